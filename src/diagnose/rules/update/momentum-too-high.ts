/** @file momentum-too-high: the velocity carries the weights over the valley and up again. */
import { number } from '../../../check/words.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { badEnds } from '../../statistics/bad-ends.ts'
import { divergence } from '../../statistics/divergence.ts'
import { lossCurve } from '../../statistics/loss-curve.ts'
import { carryingOn, momentumOf } from '../../statistics/memory.ts'

/** 0.9 and 0.95 are usual, 0.99 needs a rate that is as much lower. */
const usual = 0.965

export const momentumTooHigh: DiagnosisRule = {
  code: 'momentum-too-high',
  basis: ['run'],
  statistic:
    'The rule’s momentum μ, the cosine of successive updates, the share of watched steps that go uphill by their own gradient, and what became of the loss.',
  threshold:
    'μ above 0.965, successive updates within about 18° of each other (cosine 0.95) while the alignment with downhill is below 0.3 or a twentieth of the steps go uphill: the velocity no longer follows the slope. And a loss that ends badly or swings; or a velocity that remembers at least half the run (1/(1 − μ) steps) with a tenth of the steps uphill.',
  source:
    'Sutskever, Martens, Dahl and Hinton 2013, section 2 and table 1 (μ near 1 needs small rates, and to be lowered at the end); Goh 2017, Why momentum really works (ringing over 1/(1 − μ) steps)',
  judge(run) {
    const mu = momentumOf(run)
    if (mu === undefined || !(mu > usual)) return undefined
    const [ends, seen, curve] = [run.derive(badEnds), run.derive(carryingOn), run.derive(lossCurve)]
    const isOut = run.derive(divergence) !== undefined
    if (curve === undefined || (ends === undefined && !isOut)) return undefined
    const isBad =
      isOut ||
      (ends !== undefined &&
        (ends.worseThanGuessing || ends.thrown || ends.rising || ends.spiky || ends.jumpy || swings(run)))
    const { cosine = Number.NaN, alignment = Number.NaN, uphill = Number.NaN } = seen ?? {}
    const follows = !(cosine > 0.9) || (alignment > 0.3 && !(uphill > 0.05))
    // What the run is too short for: a velocity that never forgets, and does not follow the slope.
    const neverForgets = 1 / (1 - mu) >= 0.5 * (run.totalSteps ?? Number.POSITIVE_INFINITY) && uphill >= 0.1
    if (follows || !(isBad || neverForgets)) return undefined
    const steps = Math.round(1 / (1 - mu))
    return {
      severity: isOut ? 'error' : 'warning',
      confidence: 0.8,
      words: `With momentum ${number(mu, 4)} a step carries on for about ${steps} steps: ${number(100 * uphill, 2)}% of the watched updates went uphill, and the loss swings${isOut ? ' out of bounds' : ` (${number(curve.late.mean)} late, ${number(curve.best.mean)} at best)`}.`,
      evidence: {
        momentum: mu,
        uphill,
        alignment,
        cosine,
        loss: curve.late.mean,
        best: curve.best.mean,
      },
      advice: `Take momentum 0.9, or keep ${number(mu, 4)} with a learning rate about ${number(steps / 10, 2)} times lower.`,
      suggestion: { what: 'momentum', value: 0.9, instead: mu },
      basis: 'run',
    }
  },
}

/** Window means go up and down again by parts of the way, more than once. */
function swings(run: History): boolean {
  const curve = run.derive(lossCurve)
  if (curve === undefined || Number.isNaN(curve.way)) return false
  let [ups, low] = [0, Number.POSITIVE_INFINITY]
  let isUp = false
  for (const { mean, error } of curve.windows) {
    if (mean < low) {
      low = mean
      isUp = false
    } else if (!isUp && mean - low > 0.04 * curve.way && mean - low > 5 * error) {
      ups++
      isUp = true
      low = Number.POSITIVE_INFINITY
    }
  }
  return ups >= 2
}
