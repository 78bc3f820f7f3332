/** @file first-steps-too-large: the damage is done in the first steps, the rest is sound. */
import { number } from '../../../check/words.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { badEnds } from '../../statistics/bad-ends.ts'
import { descents } from '../../statistics/descent.ts'
import { divergence } from '../../statistics/divergence.ts'
import { firstAmplification } from '../../statistics/gain.ts'
import { lossCurve } from '../../statistics/loss-curve.ts'
import { quantile } from '../../statistics/numbers.ts'
import { highestRate } from '../../statistics/rates.ts'
import { updateRatios } from '../../statistics/update-ratios.ts'

/** Steps that count as the first ones: what a missing correction or warm-up spoils lasts for tens of steps. */
const firstSteps = 30

export const firstStepsTooLarge: DiagnosisRule = {
  code: 'first-steps-too-large',
  basis: ['run'],
  statistic:
    'How much larger the first updates are than the rule makes them later from the same gradients, what the loss did in the first steps, and whether what follows is sound.',
  threshold:
    'First updates at least twice as large for their gradient and rate, or three times the rate that follows; a loss that is thrown above 1.5 times its start within the first 30 steps; afterwards steps that stop before the bottom of their valley (excess below 0.35) and a loss that falls.',
  source:
    'Kingma and Ba 2015, section 3 (without bias correction the first steps are larger by (1 − β1)/√(1 − β2)); Goyal et al. 2017, section 2.2 (warm-up)',
  judge(run) {
    const curve = run.derive(lossCurve)
    if (run.start === undefined || curve === undefined || curve.count < 12) return undefined
    const amplified = firstAmplification(run)
    if (amplified === undefined) return undefined
    const harm = thrownBy(run)
    const out = run.derive(divergence)
    const isOut = out !== undefined && out.step <= firstSteps
    if (!isOut && (!(harm > 1.5) || !isSoundLater(run))) return undefined
    const rate = highestRate(run)
    const ratio = run.derive(updateRatios)?.first
    return {
      severity: isOut ? 'error' : 'warning',
      confidence: 0.75,
      words: `The first updates are ${number(amplified.factor, 2)} times as large as ${amplified.than}, and the loss went up to ${number(harm, 2)} times its start within ${firstSteps} steps.`,
      evidence: {
        factor: amplified.factor,
        harm,
        ...(ratio !== undefined && { updateToWeightAtFirst: ratio }),
        ...(rate !== undefined && { learningRate: rate }),
      },
      advice: amplified.advice,
      basis: 'run',
    }
  },
}

/** The highest losses of the first steps over where they began; of a single batch's noise the upper tenth is left out. */
function thrownBy({ losses }: History): number {
  return quantile(losses.subarray(0, firstSteps), 0.9) / losses[0]
}

function isSoundLater(run: History): boolean {
  const [curve, ends, seen] = [run.derive(lossCurve), run.derive(badEnds), run.derive(descents)]
  if (curve === undefined || ends === undefined) return false
  return (
    !ends.worseThanGuessing &&
    !ends.rising &&
    !ends.spiky &&
    (seen === undefined || !(Math.max(seen.late.typicalExcess, 0.5 * seen.late.excess) > 0.35))
  )
}
