/** @file no-signal: nothing about the targets can be learnt from these inputs. */
import type { Judgement } from '../../finding.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { baseline, checkedAs, checkedNumber, judgedFrom } from '../../statistics/checked.ts'
import { type Parts, parts, progressOf } from '../../statistics/parts.ts'
import { batchTrial, targetTrial, trialProposal } from '../../statistics/trials.ts'

/** Standard errors above guessing that chance alone seldom gives in any of some epochs. */
const beyondChance = 3
/** Shuffled targets do as well as the true ones in so many cases: some sign of a signal where it is below. */
const someSignal = 0.01
/** Standard errors between the losses of true and shuffled targets: less is none. */
const noDifference = 2
/** Rows of each part with which a signal that matters would be seen. */
const [fewestRows, fewestValidation] = [100, 40]

export const noSignal: DiagnosisRule = {
  code: 'no-signal',
  basis: ['data', 'run', 'experiment'],
  statistic:
    'Before training: whether near rows have like targets, and any feature goes with a target, against 99 shuffles of the targets. In training: the best validation loss and accuracy against those of guessing. With --probe: the loss that some steps come to with the targets as they are, against that with the targets shuffled.',
  threshold:
    'Both tests as good in more than 10% of the shuffles. Where one of them lies between 1% and 10%: and no validation loss below that of guessing, no accuracy three standard errors above it, after three epochs or more. A net that learns takes the finding back, and so does a trial in which true targets are better by four standard errors and 5% of the loss.',
  source: 'Phipson and Smyth 2010 (probabilities from shuffles); Zhang et al. 2017, arXiv:1611.03530',
  judge(run) {
    const finding = checkedAs(run, 'no-signal')
    const both = run.derive(parts)
    const learnt = both === undefined ? undefined : generalises(run, both)
    const trial = run.derive(targetTrial)
    if (trial?.isSignal === true) return undefined
    if (finding !== undefined && finding.verdict !== 'pass')
      return learnt === true ? undefined : settled(run, judgedFrom(finding))
    if (learnt !== false || both === undefined || !(both.rows.validation >= fewestValidation)) return undefined
    return looksEmpty(run) ? settled(run, nothingLearnt(run, both)) : undefined
  },
}

/** With what the trial of shuffled targets says, where the net learns a batch by heart and so could have shown a difference. */
function settled(run: History, judged: Judgement): Judgement {
  const [trial, batch] = [run.derive(targetTrial), run.derive(batchTrial)]
  if (trial === undefined || batch?.isLearnt !== true || !(trial.errors < noDifference)) return judged
  const [own, shuffled] = [trial.own, trial.shuffled].map((loss) => String(Number(loss.toPrecision(3))))
  return {
    ...judged,
    confidence: Math.max(judged.confidence, 0.95),
    words: `${judged.words} In a trial, shuffled targets were learnt as well (to a loss of ${shuffled}) as the true ones (${own}).`,
    evidence: { ...judged.evidence, trialOwn: trial.own, trialShuffled: trial.shuffled, trialErrors: trial.errors },
    basis: 'experiment',
  }
}

/** Whether the validation part is answered better than by guessing; undefined where that is too early to say. */
function generalises(run: History, both: Parts): boolean | undefined {
  const { best, bestAccuracy, rows, errors, points } = both
  const guess = run.derive(baseline)?.guess ?? 1 / (run.start?.data.classes?.length ?? Number.NaN)
  if (bestAccuracy > 0 && Number.isFinite(guess)) {
    const error = Math.sqrt((guess * (1 - guess)) / rows.validation)
    if (bestAccuracy > guess + beyondChance * error + 0.02) return true
  }
  const gained = progressOf(both, best.validation)
  // The loss of an answer that does not depend on the inputs is known as well as the validation part is large.
  const gainError = errors.validation / both.way
  if (!Number.isFinite(gained)) return undefined
  if (gained > Math.max(0.05, beyondChance * (Number.isFinite(gainError) ? gainError : 0))) return true
  return points.length >= 3 ? false : undefined
}

/** What the tests before training saw is no more than chance may give. */
function looksEmpty(run: History): boolean {
  const near = checkedNumber(run, 'signal', 'nearRowsProbability')
  const single = checkedNumber(run, 'signal', 'singleFeatureProbability')
  const level = run.derive(baseline)
  if (level === undefined) return false
  // With fewer than 200 rows there are no such tests.
  if (near === undefined || single === undefined)
    return level.rows >= fewestRows && level.right < level.guess + 1.6 * level.error
  return Math.min(near, single) > someSignal && level.right < level.guess + 2.5 * level.error
}

function nothingLearnt(run: History, both: Parts) {
  const { best, bestAccuracy, last } = both
  const learnt = progressOf(both, last.training)
  return {
    severity: 'warning' as const,
    confidence: 0.75,
    words: `No validation loss was below that of guessing (${best.validation.toPrecision(3)} at best, ${both.origin.toPrecision(3)} by guessing)${learnt > 0.2 ? ', while the training part is learnt by heart' : ''}; near rows say nothing of each other either.`,
    evidence: {
      bestValidationLoss: best.validation,
      guess: both.origin,
      ...(bestAccuracy > 0 && { bestValidationAccuracy: bestAccuracy }),
      trainingLoss: last.training,
    },
    advice: `Do inputs and targets still stand in the same rows: was one of them sorted, shuffled or filtered alone? Is what the target depends on among the inputs at all? More training will not help.${trialProposal(run, 'learns shuffled targets as well, and compares')}`,
    basis: 'run' as const,
  }
}
