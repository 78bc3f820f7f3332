/** @file Small pieces of statistics that reports need. */

/** Two-sided 95% quantile of the standard normal distribution. */
const z95 = 1.959963984540054

/**
 * 95% interval of a proportion (Wilson 1927): unlike the plain normal one it stays within [0, 1] and is sensible near its ends.
 *
 * @param successes of `trials`, at least one trial
 */
export function wilsonInterval(successes: number, trials: number): readonly [low: number, high: number] {
  const p = successes / trials
  const z2 = z95 * z95
  const centre = (p + z2 / (2 * trials)) / (1 + z2 / trials)
  const half = (z95 / (1 + z2 / trials)) * Math.sqrt((p * (1 - p)) / trials + z2 / (4 * trials * trials))
  return [Math.max(0, centre - half), Math.min(1, centre + half)]
}

/**
 * The largest distance between the distributions of two samples (Kolmogorov and Smirnov).
 *
 * @param a, b in rising order, at least one number each
 * @returns from 0 to 1; NaN where one of them holds a NaN
 */
export function kolmogorovSmirnov(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [i, j, most] = [0, 0, 0]
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i], b[j])
    if (Number.isNaN(value)) return Number.NaN
    while (i < a.length && a[i] === value) i++
    while (j < b.length && b[j] === value) j++
    most = Math.max(most, Math.abs(i / a.length - j / b.length))
  }
  return most
}

/**
 * How likely so large a distance is between two samples of one distribution: the asymptotic form 2·Σ (−1)^(k−1)·e^(−2k²λ²) with
 * Stephens' correction (1970) λ = (√n + 0.12 + 0.11/√n)·distance, n = n₁n₂/(n₁ + n₂). Too large where there are ties.
 */
export function kolmogorovSmirnovProbability(distance: number, first: number, second: number): number {
  const root = Math.sqrt((first * second) / (first + second))
  const lambda = (root + 0.12 + 0.11 / root) * distance
  if (lambda < 0.2) return 1
  let sum = 0
  for (let k = 1; k <= 100; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * (k * lambda) ** 2)
  return Math.min(1, Math.max(0, sum))
}

/** 97.5% points of Student's t with 1, 2, … degrees of freedom; beyond the last about that of the normal distribution, 1.96 + 2.4/df. */
const studentPoints = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
]

/**
 * Mean and its 95% interval from a sample of normal values (Student 1908): mean ± t·s/√n. Of one value the interval is infinite.
 *
 * @param values at least one; where one is not finite the mean is not, and the interval is NaN
 */
export function meanInterval(values: readonly number[]): {
  readonly mean: number
  readonly interval: readonly [low: number, high: number]
} {
  const { length: n } = values
  const mean = values.reduce((sum, value) => sum + value, 0) / n
  if (n === 1) return { mean, interval: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] }
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1)
  const reach = (studentPoints[n - 2] ?? 1.96 + 2.4 / (n - 1)) * Math.sqrt(variance / n)
  return { mean, interval: [mean - reach, mean + reach] }
}
