/** @file Text as windows of characters. */
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { type TextOptions, text } from '../../../src/data/readers/text.ts'
import { failure } from '../failure.ts'
import { temporaryFolder } from './folder.ts'

const { write } = temporaryFolder()
const file = write('abc.txt', 'hello, world')

/** Each window as text, an arrow, and the character that follows. */
async function windows(path: string, options: TextOptions): Promise<string[]> {
  const { inputs, targets, classes } = await text(path, options).load()
  const [rows, length] = inputs.shape
  const words = Array.from(inputs.data, (i) => classes[i])
  return Array.from(
    { length: rows },
    (_, r) => `${words.slice(r * length, (r + 1) * length).join('')}→${classes[targets.data[r]]}`,
  )
}

describe('text', () => {
  test('windows side by side, and what is left over is left out', async () => {
    expect(await windows(file, { length: 3 })).toEqual(['hel→l', 'lo,→ ', ' wo→r'])
    expect(await windows(file, { length: 11 })).toEqual(['hello, worl→d'])
  })
  test('windows that overlap', async () => {
    expect(await windows(file, { length: 8, stride: 2 })).toEqual(['hello, w→o', 'llo, wor→l'])
  })
  test('a data set of its own kind', async () => {
    const data = await text(file, { length: 4 }).load()
    expect(data).toMatchObject({ name: file, task: 'classification', categorical: true, source: file })
    expect(data.classes).toEqual([' ', ',', 'd', 'e', 'h', 'l', 'o', 'r', 'w'])
    expect([...data.inputs.data.subarray(0, 4), data.targets.data[0]]).toEqual([4, 3, 5, 5, 6])
  })
  test('packed with gzip; characters are code points', async () => {
    const packed = write('packed', gzipSync('a😀é😀b'))
    expect(await windows(packed, { length: 1 })).toEqual(['a→😀', '😀→é', 'é→😀', '😀→b'])
    expect((await text(packed, { length: 1 }).load()).classes).toEqual(['a', 'b', 'é', '😀'])
  })
  test('parts of the text share the vocabulary of the whole', async () => {
    const [front, back] = [[0, 0.5] as const, [0.5, 1] as const]
    expect(await windows(file, { length: 2, range: front })).toEqual(['he→l', 'll→o'])
    expect(await windows(file, { length: 2, range: back })).toEqual([' w→o', 'or→l'])
    const classes = async (range: readonly [number, number]) => (await text(file, { length: 2, range }).load()).classes
    expect(await classes(front)).toEqual(await classes(back))
  })
  test('a given vocabulary decides the numbers', async () => {
    const data = await text(write('ab', 'abba'), { length: 2, vocabulary: 'xba' }).load()
    expect([data.classes, [...data.inputs.data], [...data.targets.data]]).toEqual([['x', 'b', 'a'], [2, 1], [1]])
  })
  test.each<[string, TextOptions, string]>([
    [
      'abcd',
      { length: 4 },
      'data: FILE has 4 characters, expected at least 5: a window of 4 and the one after it → make length smaller, or give more text',
    ],
    [
      'abcd',
      { length: 2, range: [0, 0.5] },
      'data: FILE has 2 characters in this range, expected at least 3: a window of 2 and the one after it → make length smaller, or give more text',
    ],
    [
      '',
      { length: 1 },
      'data: FILE has 0 characters, expected at least 2: a window of 1 and the one after it → make length smaller, or give more text',
    ],
    [
      'ab\u0301c',
      { length: 1, vocabulary: ['a', 'b', 'c'] },
      'data: FILE: character 2 is "\u0301" (U+0301), which is not in the vocabulary → add it to vocabulary, or leave vocabulary out',
    ],
    ['ab', { length: 1, vocabulary: ['a', 'bc'] }, 'usage: vocabulary holds "bc", expected single characters'],
    ['ab', { length: 1, vocabulary: 'aab' }, 'data: FILE: classes names "a" twice, expected different names'],
  ])('%j with %o', async (content, options, message) => {
    const path = write('bad.txt', content)
    expect(await failure(() => text(path, options).load())).toBe(message.replace('FILE', path))
  })
  test.each<[object | undefined, string]>([
    [undefined, 'usage: length is undefined, expected a whole number from 1 up'],
    [{ length: 1.5 }, 'usage: length is 1.5, expected a whole number from 1 up'],
    [{ length: 2, stride: 0 }, 'usage: stride is 0, expected a whole number from 1 up'],
    [{ length: 2, strid: 1 }, "usage: text has no option 'strid' → did you mean 'stride'?"],
    [
      { length: 2, range: [0.9, 0.1] },
      'usage: range is [0.9, 0.1], expected two shares of the text in order → for example [0, 0.9]',
    ],
    [{ length: 2, range: 0.9 }, 'usage: range is 0.9, expected two shares of the text in order → for example [0, 0.9]'],
  ])('options are checked before the file is needed: %o', async (options, message) => {
    expect(await failure(() => text('later', options as TextOptions))).toBe(message)
  })
  test('too many windows are refused before memory is taken', async () => {
    const path = write('long.txt', 'ab'.repeat(100_000))
    expect(await failure(() => text(path, { length: 100_000, stride: 1 }).load())).toMatch(
      `data: ${path} gives 100000 windows of 100000 characters, which is more than`,
    )
  })
})
