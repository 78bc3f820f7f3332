/** @file Axes of small drawings: where a value stands, and which values are written beside the axis. */

export interface Scale {
  readonly isLogarithmic: boolean
  readonly min: number
  readonly max: number
  /** From 0 at `min` to 1 at `max`. */
  at(value: number): number
  /** Round values within the axis, few enough to be written side by side. */
  readonly ticks: readonly number[]
}

/**
 * An axis over values. On a logarithmic one those that are not positive have no place and are left out; without any, it goes from 1 to 10.
 *
 * @param most ticks
 * @param always values that lie on it too
 */
export function scaleOf(
  values: Iterable<number>,
  {
    isLogarithmic = false,
    most = 5,
    always = [],
  }: { isLogarithmic?: boolean; most?: number; always?: readonly number[] } = {},
): Scale {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of [...values, ...always]) {
    if (!Number.isFinite(value) || (isLogarithmic && value <= 0)) continue
    if (value < min) min = value
    if (value > max) max = value
  }
  if (min > max) [min, max] = isLogarithmic ? [1, 10] : [0, 1]
  if (min === max)
    [min, max] = isLogarithmic ? [min / 3, max * 3] : [min - (Math.abs(min) || 1) / 2, max + (Math.abs(max) || 1) / 2]
  const [low, high] = isLogarithmic ? [Math.log10(min), Math.log10(max)] : [min, max]
  const place = (value: number) => ((isLogarithmic ? Math.log10(value) : value) - low) / (high - low)
  return { isLogarithmic, min, max, at: place, ticks: ticksOf(min, max, most, isLogarithmic) }
}

/** Within one power of ten a logarithmic axis has round values too. */
function ticksOf(min: number, max: number, most: number, isLogarithmic: boolean): number[] {
  const found = isLogarithmic ? powers(Math.log10(min), Math.log10(max), most) : []
  return found.length >= 2 ? found : rounds(min, max, most)
}

/** Powers of ten, every so many. */
function powers(low: number, high: number, most: number): number[] {
  const [first, last] = [Math.ceil(low - 1e-9), Math.floor(high + 1e-9)]
  const every = Math.max(1, Math.ceil((last - first + 1) / most))
  const found: number[] = []
  for (let power = last; power >= first; power -= every) found.unshift(Number(`1e${power}`))
  return found
}

/** Multiples of 1, 2 or 5 times a power of ten: the widest of which at least two lie within, and not many more than asked for. */
function rounds(min: number, max: number, most: number): number[] {
  const rough = (max - min) / most
  const power = 10 ** Math.floor(Math.log10(rough))
  const steps = [0.5, 1, 2, 5, 10].map((factor) => factor * power)
  const first = steps.findIndex((step) => step >= rough * 0.999)
  const found = multiples(min, max, steps[first] ?? 10 * power)
  return found.length >= 2 ? found : multiples(min, max, steps[first - 1] ?? rough)
}

function multiples(min: number, max: number, step: number): number[] {
  const [first, last] = [Math.ceil(min / step - 1e-9), Math.floor(max / step + 1e-9)]
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => Number(((first + i) * step).toPrecision(12)))
}
