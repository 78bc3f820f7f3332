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
  const mean = over(op.reduceMean, x, axes)
  const centred = op.sub(x, mean)
  const variance = over(op.reduceMean, op.square(centred), axes)
  const count = axes.reduce((product, axis) => product * x.shape[axis], 1)
  return { axes, count, mean, centred, variance, inverse: inverseDeviation(variance, epsilon) }
}

export const inverseDeviation = (variance: Value, epsilon: number) => op.reciprocal(op.sqrt(op.add(variance, epsilon)))

/** A sum or a mean over axes, which stay with length 1. One after the other from the last: each is over neighbours in memory. */
export function over(reduce: typeof op.reduceSum, x: Value, axes: readonly number[]): Value {
  const reduced = axes.reduce((value, axis) => reduce(value, { axes: [axis] }), x)
  return op.reshape(reduced, keptShape(x.shape, axes))
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
