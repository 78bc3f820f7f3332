/** @file momentum-too-high: the velocity carries the weights over the valley and up again. */
import { number } from '../../../check/words.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { badEnds } from '../../statistics/bad-ends.ts'
import { descents } from '../../statistics/descent.ts'
import { divergence } from '../../statistics/divergence.ts'
import { lossCurve } from '../../statistics/loss-curve.ts'
import { median } from '../../statistics/numbers.ts'
import { momentumOf } from './memory.ts'

/** 0.9 and 0.95 are usual, 0.99 needs a rate that is as much lower. */
const usual = 0.965

export const momentumTooHigh: DiagnosisRule = {
  code: 'momentum-too-high',
  basis: ['run'],
  statistic:
    'The rule’s momentum μ, the cosine of successive updates, the share of watched steps that go uphill by their own gradient, and what became of the loss.',
  threshold:
    'μ above 0.965, successive updates within about 18° of each other (cosine 0.95) while the alignment with downhill is below 0.3 or a twentieth of the steps go uphill: the velocity no longer follows the slope. And a loss that ends badly.',
  source:
    'Sutskever, Martens, Dahl and Hinton 2013, section 2 and table 1 (μ near 1 needs small rates, and to be lowered at the end); Goh 2017, Why momentum really works (ringing over 1/(1 − μ) steps)',
  judge(run) {
    const mu = momentumOf(run)
    if (mu === undefined || !(mu > usual)) return undefined
    const [ends, seen, curve] = [run.derive(badEnds), run.derive(descents), run.derive(lossCurve)]
    const isOut = run.derive(divergence) !== undefined
    if (curve === undefined || (ends === undefined && !isOut)) return undefined
    const isBad =
      isOut ||
      (ends !== undefined && (ends.worseThanGuessing || ends.thrown || ends.rising || ends.spiky || swings(run)))
    if (!isBad || !overshoots(run)) return undefined
    const steps = Math.round(1 / (1 - mu))
    return {
      severity: isOut ? 'error' : 'warning',
      confidence: 0.8,
      words: `With momentum ${number(mu, 4)} a step carries on for about ${steps} steps: ${number(100 * (seen?.all.uphill ?? 0), 2)}% of the watched updates went uphill, and the loss swings${isOut ? ' out of bounds' : ` (${number(curve.late.mean)} late, ${number(curve.best.mean)} at best)`}.`,
      evidence: {
        momentum: mu,
        ...(seen !== undefined && { uphill: seen.all.uphill, alignment: seen.late.alignment }),
        cosine: cosineOf(run),
        loss: curve.late.mean,
        best: curve.best.mean,
      },
      advice: `Take momentum 0.9, or keep ${number(mu, 4)} with a learning rate about ${steps / 10} times lower.`,
      suggestion: { what: 'momentum', value: 0.9, instead: mu },
      basis: 'run',
    }
  },
}

const cosineOf = (run: History) => median(run.series('cosine/all')?.values ?? [])

function overshoots(run: History): boolean {
  const seen = run.derive(descents)
  if (!(cosineOf(run) > 0.9)) return false
  return seen === undefined || seen.late.alignment < 0.3 || seen.all.uphill > 0.05
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
