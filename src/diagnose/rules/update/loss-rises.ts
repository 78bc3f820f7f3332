/** @file loss-rises: from the start the loss goes up, steadily. */
import { number } from '../../../check/words.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { leastLosses } from '../../statistics/bad-ends.ts'
import { lossCurve, lossWindow } from '../../statistics/loss-curve.ts'
import { kendall } from '../../statistics/numbers.ts'

/** Standard errors, and a part of the first loss: a rise that matters. */
const sure = 6
const least = 0.05
/** Of all pairs of parts, how many more have the later one higher than lower, as a share: Kendall's τ. By chance 0.35 is one in a hundred for 20 parts. */
const steady = 0.6

export const lossRises: DiagnosisRule = {
  code: 'loss-rises',
  basis: ['run'],
  statistic:
    'Mean losses of up to 20 equal parts of the run: of all pairs, how many more have the later one higher than lower (Kendall’s τ), and the last part, or third, above the first.',
  threshold: `τ of at least ${steady}, the first the lowest but for a twentieth of it or a fifth of the rise, and the last above it by a twentieth and six standard errors: a run that once learned has its lowest part later.`,
  source: 'Karpathy 2019, A recipe for training neural networks; Mann 1945 (a trend by how many values go up)',
  judge(run) {
    const curve = run.derive(lossCurve)
    if (curve === undefined) return undefined
    // Of a foreign run nobody says when it ends, and some tell one loss in many.
    const isFew = curve.count < (run.ended || run.step >= 2 * leastLosses ? 12 : leastLosses)
    if (isFew) return { tooEarly: leastLosses }
    const windows = curve.windows.filter((w) => Number.isFinite(w.mean))
    const [first, last] = [windows[0], windows[windows.length - 1]]
    if (first === undefined || windows.length < 2) return undefined
    const up = kendall(windows.map((w) => w.mean))
    const size = last.mean - first.mean
    const errors = Math.max(size / Math.hypot(first.error, last.error), byThirds(run))
    const dip = first.mean - curve.best.mean
    if (!(dip <= Math.max(least * Math.abs(first.mean), 0.2 * size) && !(curve.bestProgress > 0.3))) return undefined
    // A loss that explodes at once and for all is told as diverged.
    const isSteady = first.mean < 10 * Math.abs(curve.initial) || curve.initial <= 0
    if (!(isSteady && up >= steady && errors > sure && size > least * Math.abs(first.mean))) return undefined
    // Without the initial loss below the first part's it may have been a jump that never healed.
    if (!(first.mean > 0.9 * Math.min(curve.initial, run.losses[0]))) return undefined
    return {
      severity: 'error',
      confidence: windows.length >= 6 ? 0.85 : 0.6,
      words: `The loss goes up from the start, from ${number(first.mean)} to ${number(last.mean)}, steadily (Kendall’s τ ${number(up, 2)} over ${windows.length} parts of the run).`,
      evidence: { first: first.mean, last: last.mean, up, errors },
      advice:
        'It is as if the loss were maximised: look at the sign of the step (x − rate · gradient) and of the loss, and check the gradient; where they are right, the learning rate is too high.',
      basis: 'run',
    }
  },
}

/** The last third above the first, in standard errors. */
function byThirds({ losses }: History): number {
  const n = losses.length
  const [first, last] = [lossWindow(losses, 0, Math.floor(n / 3)), lossWindow(losses, Math.floor((2 * n) / 3), n)]
  return (last.mean - first.mean) / Math.hypot(first.error, last.error)
}
