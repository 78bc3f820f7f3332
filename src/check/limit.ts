/**
 * @file A derivative as the limit of differences, with its own estimate of the error: extrapolation (Ridders 1982) over the range of
 * steps that agree with one another (Lepski's rule).
 */

/** One difference quotient. */
export interface Difference {
  readonly step: number
  readonly value: number
  /** By how much rounding may have moved it. */
  readonly noise: number
}

export interface Limit {
  readonly value: number
  /** Rounding and truncation together. */
  readonly uncertainty: number
  /** The part of rounding. */
  readonly noise: number
  /** The largest step that took part. */
  readonly step: number
  /** Whether the largest steps given still agreed: then larger ones could do better. */
  readonly open: boolean
}

interface Entry extends Difference {
  readonly uncertainty: number
}

/** How many steps one extrapolation joins: more gain nothing but rounding. */
const most = 5

/**
 * Where the uncertainty has grown so much again, the loss has begun to curve, and what comes after may be another place altogether: a
 * plateau far away is very flat.
 */
const worse = 4

/**
 * The limit for steps to 0. From the smallest step up, each extrapolation is an interval: value and uncertainty. Small steps are
 * noisy and without bias, large ones the other way round; a larger step counts as long as its interval meets all those before it.
 *
 * @param differences at least two, by rising step
 * @param power of the step in the leading error: 2 for centred differences, 1 for one-sided ones
 */
export function limitOf(differences: readonly Difference[], power: 1 | 2): Limit | undefined {
  const rows = entries(differences, power)
  if (rows.length === 0) return undefined
  let low = Number.NEGATIVE_INFINITY
  let high = Number.POSITIVE_INFINITY
  let best: Entry | undefined
  let accepted = 0
  for (const row of rows) {
    const entry = row.reduce((a, b) => (b.uncertainty < a.uncertainty ? b : a))
    low = Math.max(low, entry.value - entry.uncertainty)
    high = Math.min(high, entry.value + entry.uncertainty)
    if (low > high || entry.uncertainty > worse * (best?.uncertainty ?? Number.POSITIVE_INFINITY)) break
    accepted++
    if (best === undefined || entry.uncertainty <= best.uncertainty) best = entry
  }
  if (best === undefined) return undefined
  // Where the smallest steps disagree at once, the rounding is larger than was measured: what they differ by is what is known.
  const early = rows.slice(0, 3).map((row) => row[0].value)
  const spread = accepted < Math.min(3, rows.length) ? Math.max(...early) - Math.min(...early) : 0
  const { value, step, noise } = best
  return { value, step, noise, uncertainty: best.uncertainty + spread, open: accepted === rows.length }
}

/** Neville's table at step 0: for each largest step, the extrapolations that end with it, each with its uncertainty. */
function entries(differences: readonly Difference[], power: 1 | 2): Entry[][] {
  const rows: Entry[][] = []
  let above: Difference[] = []
  for (const [k, difference] of differences.entries()) {
    const row: Difference[] = [difference]
    const judged: Entry[] = []
    // above[j − 1] joins the j steps before this one; row[j] joins this one and those.
    for (let j = 1; j <= Math.min(above.length, most - 1); j++) {
      const first = differences[k - j].step
      const [small, large] = [first ** power, difference.step ** power]
      const [before, last] = [above[j - 1], row[j - 1]]
      const value = (large * before.value - small * last.value) / (large - small)
      const noise = (large * before.noise + small * last.noise) / (large - small)
      const truncation = Math.max(Math.abs(value - before.value), Math.abs(value - last.value))
      row.push({ step: difference.step, value, noise })
      judged.push({ step: difference.step, value, noise, uncertainty: truncation + noise })
    }
    if (judged.length > 0) rows.push(judged)
    above = row
  }
  return rows
}

/** A difference with a step of the user's choice: no extrapolation, the error from half the step. */
export function fixedLimit(whole: Difference, half: Difference): Limit {
  const truncation = (4 / 3) * Math.abs(whole.value - half.value)
  const noise = whole.noise + half.noise
  return { value: whole.value, uncertainty: truncation + noise, noise, step: whole.step, open: false }
}
