/** @file Order statistics and straight lines, as the other statistics need them. NaN and infinities are left out. */

/** NaN of nothing. */
export function median(values: Iterable<number>): number {
  return quantile(values, 0.5)
}

/** Between neighbours it is linear (Hyndman and Fan 1996, type 7). @param share in [0, 1] */
export function quantile(values: Iterable<number>, share: number): number {
  const sorted = [...values].filter(Number.isFinite).sort((a, b) => a - b)
  if (sorted.length === 0) return Number.NaN
  const at = (sorted.length - 1) * share
  const below = Math.floor(at)
  return sorted[below] + (at - below) * ((sorted[below + 1] ?? sorted[below]) - sorted[below])
}

/** NaN of nothing. */
export function mean(values: ArrayLike<number>): number {
  let [sum, count] = [0, 0]
  for (let i = 0; i < values.length; i++)
    if (Number.isFinite(values[i])) {
      sum += values[i]
      count++
    }
  return sum / count
}

/** A share of those that can be judged; NaN of none. */
export function shareOf<T>(values: readonly T[], is: (value: T) => boolean): number {
  return values.filter(is).length / values.length
}

/** Least squares: slope and its standard error from the residuals; NaN of fewer than three points. */
export function line(
  x: readonly number[],
  y: readonly number[],
): { readonly slope: number; readonly intercept: number; readonly error: number } {
  const n = x.length
  const [mx, my] = [mean(x), mean(y)]
  let [xx, xy] = [0, 0]
  for (let i = 0; i < n; i++) {
    xx += (x[i] - mx) ** 2
    xy += (x[i] - mx) * (y[i] - my)
  }
  const slope = xy / xx
  const intercept = my - slope * mx
  let rest = 0
  for (let i = 0; i < n; i++) rest += (y[i] - intercept - slope * x[i]) ** 2
  return { slope, intercept, error: n < 3 ? Number.NaN : Math.sqrt(rest / (n - 2) / xx) }
}

/** Kendall's τ of a series over time: of all pairs, the share in which the later is higher less the share in which it is lower. NaN of fewer than two. */
export function kendall(values: readonly number[]): number {
  const n = values.length
  let sum = 0
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) sum += Math.sign(values[j] - values[i])
  return sum / ((n * (n - 1)) / 2)
}
