/** @file labels-wrong: the labels do not say what the inputs show. */
import type { FindingCode, Judgement } from '../../finding.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { baseline, checkedAs, judgedFrom } from '../../statistics/checked.ts'
import { parts, progressOf } from '../../statistics/parts.ts'
import { batchTrial, targetTrial } from '../../statistics/trials.ts'

/** Standard errors between the losses of true and shuffled labels: less is none. */
const noDifference = 2

export const labelsWrong: DiagnosisRule = {
  code: 'labels-wrong',
  basis: ['data', 'run', 'experiment'],
  statistic:
    'Before training: labels that are out of range, never occur or do not fit the loss; votes of near training rows on the rows of both parts, with the labels as they are, moved by a row, and renamed. In training: validation accuracy below that of guessing. With --probe: whether the labels are learnt better than shuffled ones, which makes the finding surer where they are not.',
  threshold:
    'One label that cannot be. A move or a new name that takes back more than 70% of a drop in the votes which is above 0.15 and four standard errors. A validation accuracy of four standard errors below guessing: who knows nothing is not worse than chance, who is consistently wrong knows something.',
  source:
    'Karpathy 2019, A recipe for training neural networks, step 1; Cover and Hart 1967; Zhang et al. 2017, arXiv:1611.03530 (nets fit random labels too)',
  judge(run) {
    const finding = checkedAs(run, 'labels-wrong')
    if (finding !== undefined && finding.verdict !== 'pass') return settled(run, judgedFrom(finding))
    return worseThanGuessing(run)
  },
}

/** Labels that are learnt no better than shuffled ones do not belong to their inputs. */
function settled(run: History, judged: Judgement): Judgement {
  const [trial, batch] = [run.derive(targetTrial), run.derive(batchTrial)]
  if (trial === undefined || batch?.isLearnt !== true || !(trial.errors < noDifference)) return judged
  return {
    ...judged,
    confidence: Math.max(judged.confidence, 0.97),
    evidence: { ...judged.evidence, trialOwn: trial.own, trialShuffled: trial.shuffled, trialErrors: trial.errors },
    basis: 'experiment',
  }
}

function isTrouble(run: History, code: FindingCode): boolean {
  const finding = checkedAs(run, code)
  return finding !== undefined && finding.verdict !== 'pass'
}

/** Training labels are learnt, and the validation part answers them with others. */
function worseThanGuessing(run: History) {
  // Inputs that were prepared otherwise have the same effect, and are told by name.
  if (isTrouble(run, 'validation-preprocessing') || isTrouble(run, 'train-validation-mismatch')) return undefined
  const both = run.derive(parts)
  const classes = run.start?.data.classes?.length
  if (both === undefined || both.points.length < 3 || classes === undefined) return undefined
  const { trainingAccuracy, validationAccuracy } = both.last
  const level = 1 / classes
  const error = Math.sqrt((level * (1 - level)) / both.rows.validation)
  const isLearnt = trainingAccuracy > level + 0.5 * (1 - level) && progressOf(both, both.last.training) > 0.3
  // Of two unequal classes a part with the other one prevailing is below a half without any label being wrong.
  if (!isLearnt || !(validationAccuracy < 0.6 * level) || !(validationAccuracy < level - 4 * error)) return undefined
  const known = run.derive(baseline)
  return {
    severity: 'error' as const,
    confidence: known !== undefined && (known.validation ?? 1) < level ? 0.9 : 0.75,
    words: `The net is right in ${(100 * trainingAccuracy).toFixed(1)}% of the training examples and in ${(100 * validationAccuracy).toFixed(1)}% of the validation examples, where guessing gets ${(100 * level).toFixed(1)}%.`,
    evidence: { trainingAccuracy, validationAccuracy, guess: level, standardError: error },
    advice:
      'What is so surely wrong was learnt by other names: compare how the labels of both parts are numbered (from 0 or from 1, by which order of classes), and look at ten examples of each part with their labels.',
    basis: 'run' as const,
  }
}
