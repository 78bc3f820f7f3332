/** @file underfitting: the net is too small for what there is to learn. */
import { number } from '../../../check/words.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { baseline } from '../../statistics/checked.ts'
import { parameterCount } from '../../statistics/fit.ts'
import { lossCurve } from '../../statistics/loss-curve.ts'
import { parts, progressOf } from '../../statistics/parts.ts'
import { batchTrial, trialProposal } from '../../statistics/trials.ts'

/** So much better is a vote of near rows. */
const leastLack = 0.08
const standardErrors = 3
/** Change of the loss over the run's second half, of the way from guessing to the least: more is still learning. */
const still = 0.08
/** With more parameters than these for each example a net can learn all examples by heart: its size is not what it lacks. */
const mostParameters = 2

export const underfitting: DiagnosisRule = {
  code: 'underfitting',
  basis: ['run', 'data', 'experiment'],
  statistic:
    'Accuracy on the training part as the net is used (of numbers, the share of the variance that is explained), against what a vote of the nearest other training rows gets; the gap to the validation part; the trend of the loss. With --probe: whether one batch can be learnt, which makes the finding surer where it cannot.',
  threshold:
    'A vote that is better by 0.08 and three standard errors, at the end or late in a run whose loss has settled (less than 8% of the way in its second half), without a gap between the parts, and with fewer than two parameters for each example. Where classes overlap the vote is no better than the net: nothing is said.',
  source:
    'CS231n notes, Neural networks 3 (no gap and low accuracy: a larger model); Cover and Hart 1967; Zhang et al. 2017, arXiv:1611.03530, theorem 1',
  judge(run) {
    const level = run.derive(baseline)
    const curve = run.derive(lossCurve)
    const parameters = parameterCount(run)
    const rows = run.start?.data.training
    if (level === undefined || curve === undefined || parameters === undefined || rows === undefined) return undefined
    if (!run.ended && !(run.step > 0.7 * (run.totalSteps ?? Number.POSITIVE_INFINITY))) return undefined
    if (parameters > mostParameters * rows) return undefined
    const reached = reachedBy(run)
    if (reached === undefined || reached.gap > leastLack + standardErrors * reached.error) return undefined
    const lack = level.right - reached.right
    const error = Math.hypot(level.error, reached.error)
    const done = Math.abs(curve.trend.change) / curve.way
    if (!(lack > leastLack) || lack < standardErrors * error || !(done < still)) return undefined
    // A net that has learnt nothing may be held up by something else than its size; one that is a line is not.
    const isLine = run.start?.graph?.nonlinear.length === 0
    if (reached.right < level.guess + 0.03 && !isLine) return undefined
    const batch = run.derive(batchTrial)
    const cannot = batch !== undefined && !batch.isLearnt
    const kind = level.guess > 0 ? 'of the training examples right' : 'of the variance'
    return {
      severity: 'warning',
      confidence: Math.min(0.9, 0.6 + lack + (cannot ? 0.15 : 0)),
      words: `The net gets ${percent(reached.right)} ${kind} and has settled; a vote of near rows, which has learnt nothing, gets ${percent(level.right)}.${cannot ? ` Not even one batch, over and over, is learnt: its loss goes from ${number(batch.start)} to ${number(batch.end)}.` : ''}`,
      evidence: {
        ...(batch && { batchStart: batch.start, batchEnd: batch.end }),
        reached: reached.right,
        baseline: level.right,
        lack,
        standardError: error,
        gap: reached.gap,
        parameters,
        parametersPerExample: parameters / rows,
      },
      advice: `There is more to learn than this net can hold (${parameters} parameters, ${number(parameters / rows, 2)} for each example): make it wider or deeper, twice as wide first. ${
        run.start?.graph?.nonlinear.length === 0
          ? 'It has no hidden layer that bends: a line is all that it can draw. '
          : ''
      }Raise it until the training part is fit, then see to the gap.${trialProposal(run, 'tells whether it can hold a single batch')}`,
      basis: cannot ? 'experiment' : 'run',
    }
  },
}

const percent = (share: number) => `${(100 * share).toFixed(1)}%`

/** What the net gets right of the training part, in units of the vote's. */
function reachedBy(run: History) {
  const both = run.derive(parts)
  const rows = Math.min(256, run.start?.data.training ?? 0)
  if (run.start?.data.task === 'classification') {
    const told = run.series('evaluated/training/accuracy')?.values.at(-1)
    const right = told ?? both?.last.trainingAccuracy ?? run.epochs.at(-1)?.training?.accuracy
    if (right === undefined || !Number.isFinite(right)) return undefined
    const gap = both === undefined ? 0 : both.accuracyGap
    return { right, gap, error: Math.sqrt(Math.max(right * (1 - right), 0.5 / rows) / rows) }
  }
  if (both === undefined || !Number.isFinite(both.way)) return undefined
  return {
    right: progressOf(both, both.last.training),
    gap: both.gap / both.way,
    error: both.errors.training / both.way,
  }
}
