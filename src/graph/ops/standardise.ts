/** @file What the normalisations share: values less their mean, over their deviation, and the gradient through both. */
import type { Shape } from '../../base/tensor.ts'
import * as op from '../op.ts'
import type { Value } from '../types.ts'

/** A value and what was measured over some of its axes. All but `centred` have length 1 along these. */
export interface Standard {
  /** The axes, from the last to the first. */
  readonly axes: readonly number[]
  /** How many elements each statistic was taken over. */
  readonly count: number
  readonly mean: Value
  /** x − mean. */
  readonly centred: Value
  /** Of the population: divided by `count`. From the centred values, so that a large mean costs no digits. */
  readonly variance: Value
  /** 1 / √(variance + epsilon). */
  readonly inverse: Value
}

/** @param axes from the last to the first */
export function standardise(x: Value, axes: readonly number[], epsilon: number): Standard {
  const mean = over(meanAlong, x, axes)
  const centred = op.sub(x, mean)
  const variance = over(meanAlong, op.square(centred), axes)
  const count = axes.reduce((product, axis) => product * x.shape[axis], 1)
  return { axes, count, mean, centred, variance, inverse: inverseDeviation(variance, epsilon) }
}

export const inverseDeviation = (variance: Value, epsilon: number) => op.reciprocal(op.sqrt(op.add(variance, epsilon)))

/** A sum or a mean over axes, which stay with length 1. One after the other from the last: each is over neighbours in memory. */
export function over(along: (x: Value, axis: number) => Value, x: Value, axes: readonly number[]): Value {
  return op.reshape(axes.reduce(along, x), keptShape(x.shape, axes))
}

export const sumAlong = (x: Value, axis: number) => op.reduceSum(x, { axes: [axis] })

/** Longer ones are cut: the runtime adds one after the other, and its error grows with their number. */
const longest = 256

/** A long axis as the mean of the means of equal pieces: 4,096 float32 around 1000 then give 1000 to 1e-4, not to 2e-3. */
function meanAlong(x: Value, axis: number): Value {
  const length = x.shape[axis]
  const piece = greatestDivisor(length, Math.sqrt(length))
  if (length <= longest || piece === 1) return op.reduceMean(x, { axes: [axis] })
  const pieces = op.reshape(x, [...x.shape.slice(0, axis), length / piece, piece, ...x.shape.slice(axis + 1)])
  return op.reduceMean(op.reduceMean(pieces, { axes: [axis + 1] }), { axes: [axis] })
}

function greatestDivisor(length: number, most: number): number {
  let divisor = Math.floor(most)
  while (length % divisor !== 0) divisor--
  return divisor
}

const keptShape = (shape: Shape, axes: readonly number[]) => shape.map((dim, i) => (axes.includes(i) ? 1 : dim))

/**
 * The gradient of (x − mean) · inverse, through the mean and the variance too, when dy·scale comes for it: for each group of
 * elements dx = factor·dy + slope·(x − mean) + shift. (Ioffe and Szegedy 2015, section 3, collected by what varies.)
 *
 * @param factor inverse·scale
 * @param sum Σ of the dy
 * @param product Σ dy·(x − mean)
 */
export function coefficients(
  { count, inverse }: Standard,
  factor: Value,
  sum: Value,
  product: Value,
): { slope: Value; shift: Value } {
  return {
    slope: op.neg(op.div(op.mul(op.mul(factor, op.square(inverse)), product), count)),
    shift: op.neg(op.div(op.mul(factor, sum), count)),
  }
}
