/** @file What goes wrong in preparing one part and not the other, each as the change that would undo it. */
import type { Shape } from '../../base/tensor.ts'
import { columnsOf, type Sample } from './sample.ts'

/** A change of the validation part's inputs. */
export interface Preparation {
  /** Behind 'when the validation part is …'. */
  readonly words: string
  /** @returns [rows, width] */
  readonly change: () => Float32Array
}

/** Height, width and channels of a row, and where each value of it stands. */
interface Picture {
  readonly height: number
  readonly width: number
  readonly channels: number
  readonly at: (y: number, x: number, channel: number) => number
}

/** @param ours, theirs rows of the training and of the validation part, as they are */
export function preparations(ours: Sample, theirs: Sample, shape: Shape): readonly Preparation[] {
  return [...scalings(ours, theirs), ...orders(ours, theirs), ...turns(theirs, pictureOf(shape))]
}

function scalings(ours: Sample, theirs: Sample): Preparation[] {
  const [a, b] = [ours, theirs].map(({ inputs, width }) => columnsOf(inputs, width))
  const [all, other] = [ours, theirs].map(({ inputs }) => columnsOf(inputs, 1))
  const { width } = theirs
  const each = (of: (value: number, j: number) => number) => () => theirs.inputs.map((value, i) => of(value, i % width))
  return [
    {
      words: "given the training part's mean and deviation in each feature",
      change: each((value, j) => a.means[j] + ((value - b.means[j]) / (b.deviations[j] || 1)) * a.deviations[j]),
    },
    {
      words: "given the training part's mean and deviation as a whole",
      change: each(
        (value) => all.means[0] + ((value - other.means[0]) / (other.deviations[0] || 1)) * all.deviations[0],
      ),
    },
    { words: 'inverted (dark for light)', change: each((value) => all.greatest[0] + all.least[0] - value) },
    { words: 'of the other sign', change: each((value) => -value) },
  ]
}

/** The value that stands at `from(j)` in place j. */
const moved = ({ inputs, width }: Sample, from: (j: number) => number) => {
  const places = Uint32Array.from({ length: width }, (_, j) => from(j))
  return inputs.map((_, i) => inputs[i - (i % width) + places[i % width]])
}

function orders(ours: Sample, theirs: Sample): Preparation[] {
  const { width } = theirs
  if (width < 2) return []
  const [a, b] = [ours, theirs].map(({ inputs }) => byMean(inputs, width))
  const like = new Uint32Array(width)
  a.forEach((j, rank) => {
    like[j] = b[rank]
  })
  return [
    { words: 'read with its features in the reverse order', change: () => moved(theirs, (j) => width - 1 - j) },
    { words: 'read with its features in the order of the training part', change: () => moved(theirs, (j) => like[j]) },
    { words: 'read with its features moved by one place', change: () => moved(theirs, (j) => (j + 1) % width) },
    {
      words: 'read with its features moved back by one place',
      change: () => moved(theirs, (j) => (j + width - 1) % width),
    },
  ]
}

/** Features in the order of their means. */
function byMean(inputs: Float32Array, width: number): number[] {
  const { means } = columnsOf(inputs, width)
  return Array.from(means.keys()).sort((x, y) => means[x] - means[y])
}

/** How a row is a picture, where it can be one; a square number of features may be. */
function pictureOf(shape: Shape): Picture | undefined {
  const side = Math.sqrt(shape[0] ?? 0)
  if (shape.length === 1)
    return Number.isInteger(side) && side > 2
      ? { height: side, width: side, channels: 1, at: (y, x) => y * side + x }
      : undefined
  if (shape.length === 2) return { height: shape[0], width: shape[1], channels: 1, at: (y, x) => y * shape[1] + x }
  if (shape.length !== 3) return undefined
  const [first, second, third] = shape
  if (first <= 4)
    return { height: second, width: third, channels: first, at: (y, x, c) => (c * second + y) * third + x }
  return { height: first, width: second, channels: third, at: (y, x, c) => (y * second + x) * third + c }
}

function turns(theirs: Sample, picture: Picture | undefined): Preparation[] {
  if (picture === undefined) return []
  const { height, width, channels, at } = picture
  const [bottom, right] = [height - 1, width - 1]
  const to = (words: string, from: (y: number, x: number, c: number) => number): Preparation => ({
    words,
    change: () => {
      const places = new Uint32Array(theirs.width)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) for (let c = 0; c < channels; c++) places[at(y, x, c)] = from(y, x, c)
      return moved(theirs, (j) => places[j])
    },
  })
  const found = [
    to('turned upside down', (y, x, c) => at(bottom - y, x, c)),
    to('mirrored', (y, x, c) => at(y, right - x, c)),
    to('turned by half a turn', (y, x, c) => at(bottom - y, right - x, c)),
  ]
  if (height === width)
    found.push(
      to('transposed (rows for columns)', (y, x, c) => at(x, y, c)),
      to('turned by a quarter', (y, x, c) => at(x, bottom - y, c)),
      to('turned back by a quarter', (y, x, c) => at(right - x, y, c)),
    )
  if (channels > 1)
    found.push(to('read with its channels in the reverse order', (y, x, c) => at(y, x, channels - 1 - c)))
  return found
}
