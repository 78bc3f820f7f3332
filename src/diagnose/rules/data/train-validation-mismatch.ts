/** @file train-validation-mismatch: the validation part asks something else than what is learnt. */
import { number } from '../../../check/words.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { baseline, checkedAs, judgedFrom } from '../../statistics/checked.ts'
import { type Parts, parts, progressOf } from '../../statistics/parts.ts'

/** Training that has come so far, and not farther, has learnt what is general: what is special comes later. */
const [begun, byHeart] = [0.25, 0.85]
/** Validation gains at that time in units of the training's: near 1 where both are drawn from the same. */
const leastCarried = 0.35
const standardErrors = 4

export const trainValidationMismatch: DiagnosisRule = {
  code: 'train-validation-mismatch',
  basis: ['data', 'run'],
  statistic:
    "Kolmogorov and Smirnov's distance of every feature and the shares of the classes between the parts; how well near training rows predict validation rows against training rows. In training: the validation part's gain against guessing over the training part's, while the latter is between 25% and 85% of the way.",
  threshold:
    'A distance of 0.15 at a probability of 1e-4 after Bonferroni; predictions that drop by 0.15 and four standard errors. In training: less than 0.35 of the gain at every time, and beyond four standard errors: what is general is learnt first, so that a gap which is there from the start was not learnt by heart.',
  source:
    'Kolmogorov and Smirnov; Cover and Hart 1967; Arpit et al. 2017, arXiv:1706.05394; Karpathy 2019, A recipe for training neural networks',
  judge(run) {
    const finding = checkedAs(run, 'train-validation-mismatch')
    if (finding !== undefined && finding.verdict !== 'pass') return judgedFrom(finding)
    const both = run.derive(parts)
    return both && fromTheStart(run, both)
  },
}

function fromTheStart(run: History, both: Parts) {
  // Where near training rows predict validation rows, the parts fit each other; and few examples are learnt by heart at once.
  const known = run.derive(baseline)
  if (known?.validation !== undefined && known.validation > known.right - 0.1) return undefined
  if (!(both.rows.validation >= 50) || !((run.start?.data.training ?? 0) >= 300) || !both.isSameNet) return undefined
  const early = both.points.filter(({ training }) => {
    const done = progressOf(both, training)
    return done > begun && done < byHeart
  })
  if (early.length < 2) return undefined
  const shares = early.map((point) => progressOf(both, point.validation) / progressOf(both, point.training))
  const error = both.errors.validation / both.way
  const isFar = early.every(
    (point, i) =>
      shares[i] < leastCarried &&
      progressOf(both, point.training) - progressOf(both, point.validation) > standardErrors * error,
  )
  // Where nothing at all carries over the labels may be the cause as well.
  if (!isFar || known === undefined || known.right < known.guess + 0.1) return undefined
  const [first] = early
  return {
    severity: 'warning' as const,
    confidence: 0.7,
    words: `From the start the validation part is answered far worse: at epoch ${number(first.epoch)} its loss was ${number(first.validation)} where the training part's was ${number(first.training)} (guessing: ${number(both.origin)}).`,
    evidence: {
      carried: Math.max(...shares),
      training: first.training,
      validation: first.validation,
      epoch: first.epoch,
    },
    advice:
      'Nothing has been learnt by heart so early: the parts differ. Are they from other sources or times, or prepared otherwise? Look at ten examples of each side by side; where the order says nothing, split at random.',
    basis: 'run' as const,
  }
}
