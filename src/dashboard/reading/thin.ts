/** @file Thinning a series for drawing, so that nothing that a person would want to see is lost. */
import type { Series } from '../../store/store.ts'
import type { Axis, Curve } from '../documents.ts'

export interface Window {
  readonly axis: Axis
  readonly from?: number
  readonly to?: number
  /** At most so many. */
  readonly points: number
  readonly halfLife?: number
}

/**
 * A window of a series with at most so many points. Where there are more, the points are cut into groups of equal length, and of each
 * group the lowest and the highest stay, in their order, and a NaN where there is one: spikes and gaps are seen however many points there are.
 * One point before and after the window stays, so that lines reach its borders.
 */
export function thinned(series: Series, { axis, from, to, points, halfLife }: Window): Curve {
  const x = positions(series, axis)
  const [first, end] = windowOf(x, from, to)
  const kept = end - first <= points ? range(first, end) : extremes(series.values, first, end, points)
  const all = halfLife === undefined ? undefined : smoothed(series.values, halfLife)
  const pick = (values: Float64Array) => kept.map((i) => values[i])
  return {
    name: series.name,
    step: pick(series.steps),
    epoch: pick(series.epochs),
    seconds: pick(series.seconds),
    values: pick(series.values),
    ...(all && { smoothed: pick(all) }),
    points: end - first,
  }
}

function positions(series: Series, axis: Axis): Float64Array {
  return { epoch: series.epochs, step: series.steps, seconds: series.seconds }[axis]
}

/** Indices of the window's points, with one more on both sides. Positions grow, or are NaN altogether. */
function windowOf(x: Float64Array, from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY): [number, number] {
  if (x.length === 0 || Number.isNaN(x[0])) return [0, x.length]
  const first = lowest(x, (value) => value >= from)
  const end = lowest(x, (value) => value > to)
  return [Math.max(0, first - 1), Math.min(x.length, end + 1)]
}

/** Index of the first of which something holds that holds of all behind it too. */
function lowest(x: Float64Array, holds: (value: number) => boolean): number {
  let [low, high] = [0, x.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (holds(x[middle])) high = middle
    else low = middle + 1
  }
  return low
}

function extremes(values: Float64Array, first: number, end: number, points: number): number[] {
  const groups = Math.max(1, Math.floor(points / 3))
  const kept: number[] = []
  for (let group = 0; group < groups; group++) {
    const begin = first + Math.floor((group * (end - first)) / groups)
    const stop = first + Math.floor(((group + 1) * (end - first)) / groups)
    let [low, high, gap] = [-1, -1, -1]
    for (let i = begin; i < stop; i++) {
      if (Number.isNaN(values[i])) gap = i
      else {
        if (low < 0 || values[i] < values[low]) low = i
        if (high < 0 || values[i] > values[high]) high = i
      }
    }
    const found = [...new Set([low, high, gap])].filter((i) => i >= 0)
    kept.push(...found.sort((a, b) => a - b))
  }
  // Where the curve begins and where it has arrived is never left out.
  if (kept[0] !== first) kept.unshift(first)
  if (kept[kept.length - 1] !== end - 1) kept.push(end - 1)
  return kept
}

/**
 * Exponential mean, in which a point has lost half its weight after `halfLife` points; the weights of what lies before the first
 * point are left out (Kingma and Ba 2015, section 3). Points that are not finite are passed over.
 */
function smoothed(values: Float64Array, halfLife: number): Float64Array {
  const keep = 0.5 ** (1 / halfLife)
  let [sum, weight] = [0, 0]
  return values.map((value) => {
    if (Number.isFinite(value)) {
      sum = keep * sum + (1 - keep) * value
      weight = keep * weight + (1 - keep)
    }
    return sum / weight
  })
}

function range(first: number, end: number): number[] {
  return Array.from({ length: end - first }, (_, i) => first + i)
}
