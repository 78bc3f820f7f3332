/** @file Text as a row of characters: windows of it are the inputs, the character that follows each is its class. */
import { checkInteger, checkOptions, show, usageError } from '../../base/errors.ts'
import { tensor } from '../../base/tensor.ts'
import { type ClassificationDataset, dataset } from '../dataset.ts'
import { dataError } from '../error.ts'
import { fileText, readText } from './file.ts'

export interface TextOptions {
  /** Characters in a window. */
  length: number
  /** Characters from the start of one window to the start of the next; default `length`: windows that do not overlap. */
  stride?: number
  /** The characters in the order of their numbers. Default: those of the whole file, by code point. */
  vocabulary?: string | readonly string[]
  /** Which part of the text, as shares of its characters; default [0, 1], the whole. */
  range?: readonly [from: number, to: number]
  source?: string
  licence?: string
}

/** Values in one array: 4 GiB. */
const largest = 2 ** 30

/**
 * A text file (UTF-8, plain or packed with gzip) as a data set for predicting the next character, for a configuration's `data`.
 * A character is a Unicode code point.
 *
 * Windows that overlap, or lie side by side, are not independent, so a random split of them flatters. Take parts of the text:
 *
 * ```ts
 * data: { training: text(file, { length: 64, range: [0, 0.9] }), validation: text(file, { length: 64, range: [0.9, 1] }) }
 * ```
 *
 * @returns inputs [rows, length], the numbers of the characters in the vocabulary; targets [rows], the number of the character that
 *   follows; classes: the characters. The inputs are `categorical`: they are left as they are, not standardised
 * @throws RappelError 'usage' for an option that does not exist or does not fit; on loading 'data' naming the file when it is no
 *   text, too short, or holds a character that is not in the vocabulary (says where)
 */
export function text(
  path: string | URL,
  options: TextOptions,
): { name: string; load: () => Promise<ClassificationDataset> } {
  checkTextOptions(options)
  return { name: fileText(path), load: async () => windows(await readText(path), options, fileText(path)) }
}

function checkTextOptions(options: TextOptions): void {
  checkOptions('text', options ?? {}, ['length', 'stride', 'vocabulary', 'range', 'source', 'licence'])
  const { length, stride, range } = options ?? {}
  checkInteger('length', length, 1)
  if (stride !== undefined) checkInteger('stride', stride, 1)
  if (range === undefined) return
  const fits = Array.isArray(range) && range.length === 2 && range[0] >= 0 && range[0] < range[1] && range[1] <= 1
  if (!fits)
    throw usageError(`range is ${show(range)}, expected two shares of the text in order`, 'for example [0, 0.9]')
}

function windows(content: string, options: TextOptions, file: string): ClassificationDataset {
  const { length, stride = length, range = [0, 1], source = file, licence } = options
  const points = codePoints(content)
  const classes = options.vocabulary === undefined ? foundIn(points) : [...options.vocabulary]
  const numbers = numbered(points, classes, file)
  const part = numbers.subarray(Math.round(range[0] * numbers.length), Math.round(range[1] * numbers.length))
  const rows = Math.floor((part.length - length - 1) / stride) + 1
  if (rows < 1)
    throw dataError(
      `${file} has ${part.length} characters${options.range ? ' in this range' : ''}, expected at least ${length + 1}: a window of ${length} and the one after it`,
      'make length smaller, or give more text',
    )
  if (rows * length > largest)
    throw dataError(
      `${file} gives ${rows} windows of ${length} characters, which is more than the ${largest} values that fit in memory`,
      'make stride larger',
    )
  const inputs = new Float32Array(rows * length)
  const targets = new Int32Array(rows)
  for (let row = 0; row < rows; row++) {
    const start = row * stride
    inputs.set(part.subarray(start, start + length), row * length)
    targets[row] = part[start + length]
  }
  return dataset({
    name: file,
    inputs: tensor('float32', [rows, length], inputs),
    targets: tensor('int32', [rows], targets),
    task: 'classification',
    classes,
    categorical: true,
    source,
    licence,
  })
}

function codePoints(content: string): Int32Array {
  const points = new Int32Array(content.length)
  let count = 0
  for (let i = 0; i < content.length; i++, count++) {
    const point = content.codePointAt(i) ?? 0
    if (point > 0xffff) i++
    points[count] = point
  }
  return points.subarray(0, count)
}

function foundIn(points: Int32Array): string[] {
  return [...new Set(points)].sort((a, b) => a - b).map((point) => String.fromCodePoint(point))
}

/** Each character's number in the vocabulary. */
function numbered(points: Int32Array, vocabulary: readonly string[], file: string): Int32Array {
  const odd = vocabulary.find((character) => typeof character !== 'string' || [...character].length !== 1)
  if (odd !== undefined) throw usageError(`vocabulary holds ${show(odd)}, expected single characters`)
  const numbers = new Map(vocabulary.map((character, i) => [character.codePointAt(0) ?? 0, i]))
  return points.map((point, i) => {
    const number = numbers.get(point)
    if (number !== undefined) return number
    throw dataError(
      `${file}: character ${i} is ${show(String.fromCodePoint(point))} (U+${point.toString(16).toUpperCase().padStart(4, '0')}), which is not in the vocabulary`,
      'add it to vocabulary, or leave vocabulary out',
    )
  })
}
