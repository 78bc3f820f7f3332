/** @file Which rows lie near each other: distances between the rows of samples, and what the nearest ones vote for. */
import { type Columns, columnsOf, type Sample } from './sample.ts'

/** Each feature with mean 0, and of deviation 1 where the features have no common unit. */
export interface Scale {
  readonly means: Float64Array
  readonly factors: Float64Array
}

export function scaleOf(sample: Pick<Sample, 'inputs' | 'width'>, common: boolean): Scale {
  const { means, deviations }: Columns = columnsOf(sample.inputs, sample.width)
  return { means, factors: deviations.map((deviation) => (common || deviation === 0 ? 1 : 1 / deviation)) }
}

/** The inputs of a sample in that scale. [rows, width] */
export function scaledBy({ inputs, width }: Pick<Sample, 'inputs' | 'width'>, { means, factors }: Scale): Float32Array {
  const out = new Float32Array(inputs.length)
  for (let at = 0; at < inputs.length; at += width)
    for (let j = 0; j < width; j++) out[at + j] = (inputs[at + j] - means[j]) * factors[j]
  return out
}

/** The nearest rows of another set, and how far they are. */
export interface Nearest {
  readonly count: number
  /** [rows, count] places, the nearest first. */
  readonly places: Uint32Array
  /** [rows, count] squared distances. */
  readonly squares: Float64Array
}

/**
 * For each row of `a` its nearest rows of `b`, by Euclid's distance.
 *
 * @param a, b [rows, width]; the same array twice: a row is none of its own neighbours
 * @param count at most the rows of `b` (less one where it is the same)
 */
export function nearestOf(a: Float32Array, b: Float32Array, width: number, count: number): Nearest {
  const [rows, others] = [a.length / width, b.length / width]
  const places = new Uint32Array(rows * count)
  const squares = new Float64Array(rows * count).fill(Number.POSITIVE_INFINITY)
  for (let i = 0; i < rows; i++) {
    const base = i * count
    for (let k = 0; k < others; k++) {
      if (a === b && i === k) continue
      // Once it is farther than the farthest kept, how far does not matter.
      const limit = squares[base + count - 1]
      const square = squareWithin(a, i * width, b, k * width, width, limit)
      if (square < limit) keep(places, squares, base, count, k, square)
    }
  }
  return { count, places, squares }
}

function squareWithin(a: Float32Array, i: number, b: Float32Array, k: number, width: number, limit: number): number {
  let sum = 0
  for (let j = 0; j < width; ) {
    const end = Math.min(width, j + 32)
    for (; j < end; j++) {
      const apart = a[i + j] - b[k + j]
      sum += apart * apart
    }
    if (sum >= limit) return sum
  }
  return sum
}

function keep(places: Uint32Array, squares: Float64Array, base: number, count: number, place: number, square: number) {
  let at = base + count - 1
  while (at > base && squares[at - 1] > square) {
    squares[at] = squares[at - 1]
    places[at] = places[at - 1]
    at--
  }
  squares[at] = square
  places[at] = place
}
