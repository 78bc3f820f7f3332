/** @file The scale of each coordinate: a step means something only beside it. */

/**
 * Powers of two near |x|, so that x ± step is exact in most cases; for coordinates that are small beside the others of their tensor, near
 * the tensor's median; 1 where all are zero (biases at the start).
 */
export function scalesOf(at: Float64Array): Float64Array {
  const magnitudes = at.map(Math.abs).filter((magnitude) => magnitude > 0 && Number.isFinite(magnitude))
  const median = magnitudes.length === 0 ? 1 : magnitudes.sort()[(magnitudes.length - 1) >> 1]
  return at.map((x) => powerOfTwo(Math.max(Math.abs(x), median)))
}

/** Each coordinate's own magnitude where it is smaller than its scale: for steps that must be small in any case. */
export function smallScales(at: Float64Array, scales: Float64Array): Float64Array {
  return scales.map((scale, i) => (at[i] === 0 ? scale : Math.min(scale, powerOfTwo(Math.abs(at[i])))))
}

function powerOfTwo(magnitude: number): number {
  return Number.isFinite(magnitude) ? 2 ** Math.round(Math.log2(magnitude)) : 1
}

/** Distance from |x| to the next number of a precision. */
export function spacing(x: number, precision: 'float64' | 'float32'): number {
  const [digits, least] = precision === 'float64' ? [52, -1022] : [23, -126]
  const exponent = x === 0 ? least : Math.max(least, Math.floor(Math.log2(Math.abs(x))))
  return 2 ** (exponent - digits)
}

/** Half the distance from 1 to the next number: the relative error of one rounding. */
export const rounding = { float64: 2 ** -53, float32: 2 ** -24 } as const
