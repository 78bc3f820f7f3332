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
