/** @file clipping-too-tight: nearly every gradient is cut, and the steps are too small. */
import { number } from '../../../check/words.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { leastLosses } from '../../statistics/bad-ends.ts'
import { descents } from '../../statistics/descent.ts'
import { type Gain, gains, isAdaptive } from '../../statistics/gain.ts'
import { lossCurve } from '../../statistics/loss-curve.ts'
import { median, quantile, shareOf } from '../../statistics/numbers.ts'
import { highestRate, rates } from '../../statistics/rates.ts'

export const clippingTooTight: DiagnosisRule = {
  code: 'clipping-too-tight',
  basis: ['run'],
  statistic:
    'The largest element and the norm of updates against those of their gradients: under a clip they stand still while gradients vary; their ratio to rate · gradient.',
  threshold:
    'In at least 80% of the watched steps the update has the same size to 1% (largest element, or norm) though gradients vary by a factor of 1.5, and it is below half of rate · gradient; steps far too small for their valley (excess below 0.02) and less than 80% of the way done.',
  source:
    'Pascanu, Mikolov and Bengio 2013, section 3.2 (a threshold of 0.5 to 10 times the average norm); Zhang et al. 2020, arXiv:1905.11881',
  judge(run) {
    const curve = run.derive(lossCurve)
    if (run.start === undefined || curve === undefined || isAdaptive(run) || changesRate(run)) return undefined
    if (curve.count < (run.ended ? 12 : leastLosses)) return { tooEarly: leastLosses }
    const cut = cutOf(run)
    if (cut === undefined || !(curve.progress < 0.8)) return undefined
    const excess = run.derive(descents)?.all.excess
    if (excess !== undefined && !(excess < 0.02)) return undefined
    const rate = highestRate(run)
    const threshold = rate === undefined ? undefined : cut.size / rate
    return {
      severity: 'warning',
      confidence: 0.8,
      words: `The ${cut.of} of the updates is ${number(cut.size)} in ${number(100 * cut.share, 2)}% of the steps, while that of the gradients varies about ${number(cut.usual)}: nearly every gradient is clipped, and the loss is still ${number(curve.late.mean)}.`,
      evidence: {
        size: cut.size,
        share: cut.share,
        gradient: cut.usual,
        ...(threshold !== undefined && { threshold }),
        loss: curve.late.mean,
        progress: curve.progress,
      },
      advice: `Clip only what is out of the ordinary: a threshold of ${number(cut.rare, 2)}, which nine tenths of the gradients stay below${threshold === undefined ? '' : `, instead of about ${number(threshold, 2)}`}.`,
      basis: 'run',
    }
  },
}

function changesRate(run: History): boolean {
  const plan = run.derive(rates)
  return plan !== undefined && !plan.isConstant
}

/** What is held at one size, if anything is. */
function cutOf(run: History) {
  const seen = run.derive(gains).filter((gain) => gain.gradient > 0 && gain.update > 0)
  if (seen.length < 8) return undefined
  const rate = highestRate(run) ?? 1
  const kinds = [
    { of: 'largest element', update: (g: Gain) => g.largestUpdate, gradient: (g: Gain) => g.largestGradient },
    { of: 'norm', update: (g: Gain) => g.update, gradient: (g: Gain) => g.gradient },
  ]
  for (const { of, update, gradient } of kinds) {
    const sizes = seen.map(update)
    const size = median(sizes)
    const share = shareOf(sizes, (value) => Math.abs(value / size - 1) < 0.01)
    const [low, usual, rare] = [0.05, 0.5, 0.9].map((at) => quantile(seen.map(gradient), at))
    if (share >= 0.8 && rare / low > 1.5 && size < 0.5 * rate * usual) return { of, size, share, usual, rare }
  }
  return undefined
}
