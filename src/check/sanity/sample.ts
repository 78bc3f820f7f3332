/** @file Rows of a data set to be looked at closely, and what its features are like. Row sources are read in part. */
import { RandomStream } from '../../base/random.ts'
import { sizeOf } from '../../base/tensor.ts'
import { type Examples, featureShapeOf, isRowSource, rowSource, rowsOf, targetShapeOf } from '../../data/dataset.ts'

/** Rows of a data set, side by side. */
export interface Sample {
  /** Their numbers, rising. */
  readonly rows: Uint32Array
  /** [rows, width] */
  readonly inputs: Float32Array
  readonly width: number
  /** [rows, targetWidth] */
  readonly targets: Int32Array | Float32Array
  readonly targetWidth: number
  /** Whether it is all there is. */
  readonly whole: boolean
}

/** Values of the inputs that a sample holds at most: 16 MiB. */
const mostValues = 2 ** 22

/** At most `most` rows, drawn one from each of equal stretches; all of them, where there are no more. Rows are not augmented. */
export function sampleOf(data: Examples, most: number, seed: number): Sample {
  const all = rowsOf(data)
  const width = sizeOf(featureShapeOf(data))
  const targetWidth = sizeOf(targetShapeOf(data))
  const count = Math.max(1, Math.min(all, most, Math.floor(mostValues / width)))
  const random = new RandomStream(seed, `sanity/sample/${count}`)
  const rows = Uint32Array.from({ length: count }, (_, k) => {
    const [from, to] = [Math.floor((k * all) / count), Math.floor(((k + 1) * all) / count)]
    return count === all ? k : from + random.integer(to - from)
  })
  return { ...readRows(data, rows, width, targetWidth), whole: count === all }
}

function readRows(data: Examples, rows: Uint32Array, width: number, targetWidth: number): Omit<Sample, 'whole'> {
  const inputs = new Float32Array(rows.length * width)
  const targets = new (data.task === 'regression' ? Float32Array : Int32Array)(rows.length * targetWidth)
  rowSource(data).read(rows, 0, rows.length, inputs, targets)
  return { rows, inputs, width, targets, targetWidth }
}

/** The rows of a sample with these places in it. */
export function pickFrom(sample: Sample, places: readonly number[]): Sample {
  const { rows, inputs, width, targets, targetWidth } = sample
  const chosen = new Float32Array(places.length * width)
  const wanted = targets.slice(0, places.length * targetWidth)
  places.forEach((place, k) => {
    chosen.set(inputs.subarray(place * width, (place + 1) * width), k * width)
    wanted.set(targets.subarray(place * targetWidth, (place + 1) * targetWidth), k * targetWidth)
  })
  return {
    rows: Uint32Array.from(places, (k) => rows[k]),
    inputs: chosen,
    width,
    targets: wanted,
    targetWidth,
    whole: false,
  }
}

/** Calls `visit` with some rows at a time: all of a data set in memory, or as many of a row source as `most` says. */
export function eachChunk(data: Examples, most: number, seed: number, visit: (chunk: Sample) => void): void {
  if (isRowSource(data)) return visit(sampleOf(data, most, seed))
  const width = sizeOf(featureShapeOf(data))
  const targetWidth = sizeOf(targetShapeOf(data))
  const count = rowsOf(data)
  const rows = Uint32Array.from({ length: count }, (_, k) => k)
  visit({ rows, inputs: data.inputs.data, width, targets: data.targets.data, targetWidth, whole: true })
}

/** What each column of a matrix is like, NaN and infinities left out and counted. */
export interface Columns {
  readonly means: Float64Array
  readonly deviations: Float64Array
  readonly least: Float64Array
  readonly greatest: Float64Array
  readonly notFinite: number
  /** Place of the first value that is not finite, counted through rows and columns; −1 where all are. */
  readonly firstNotFinite: number
}

export function columnsOf(values: Float32Array | Int32Array, width: number): Columns {
  const means = new Float64Array(width)
  const deviations = new Float64Array(width)
  const least = new Float64Array(width).fill(Number.POSITIVE_INFINITY)
  const greatest = new Float64Array(width).fill(Number.NEGATIVE_INFINITY)
  const counts = new Float64Array(width)
  let [notFinite, firstNotFinite] = [0, -1]
  for (let at = 0; at < values.length; at += width)
    for (let j = 0; j < width; j++) {
      const value = values[at + j]
      if (Number.isFinite(value)) {
        counts[j]++
        means[j] += value
        if (value < least[j]) least[j] = value
        if (value > greatest[j]) greatest[j] = value
      } else {
        notFinite++
        if (firstNotFinite < 0) firstNotFinite = at + j
      }
    }
  for (let j = 0; j < width; j++) means[j] /= Math.max(1, counts[j])
  for (let at = 0; at < values.length; at += width)
    for (let j = 0; j < width; j++) {
      const value = values[at + j]
      if (Number.isFinite(value)) deviations[j] += (value - means[j]) ** 2
    }
  for (let j = 0; j < width; j++)
    deviations[j] = least[j] < greatest[j] ? Math.sqrt(deviations[j] / Math.max(1, counts[j])) : 0
  return { means, deviations, least, greatest, notFinite, firstNotFinite }
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]
}
