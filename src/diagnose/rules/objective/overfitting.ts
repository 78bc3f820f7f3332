/** @file overfitting: what is learnt of the training part no longer holds for the validation part. */
import { number } from '../../../check/words.ts'
import type { Judgement } from '../../finding.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { type Overfit, overfit, parameterCount } from '../../statistics/fit.ts'

/** The share of the gain that may be given back before it is worth a word. */
const mildRise = 0.05
const fewestPoints = 3

export const overfitting: DiagnosisRule = {
  code: 'overfitting',
  basis: ['run'],
  statistic:
    'Accuracies and losses of both parts as the net is used, with the standard errors that the number of examples leaves; the validation loss now against its best, in units of what had been gained against guessing.',
  threshold:
    'Accuracies more than 0.15 apart; or a quarter of the gain in validation loss given back; or, for numbers, losses a quarter of the way from guessing to the least apart; each beyond three standard errors. A smaller rise, or one after which the run stopped by itself with its best kept, is information.',
  source:
    'CS231n notes, Neural networks 3 (the gap is the overfitting); Prechelt 1998, Early stopping — but when? (generalisation loss); Wilson 1927 for the errors of shares',
  judge(run) {
    const found = run.derive(overfit)
    if (found === undefined) return run.ended || run.start === undefined ? undefined : { tooEarly: stepsFor(run) }
    const { byAccuracy, byRise, byLoss, givenBack } = found
    if (byAccuracy || byRise || byLoss) return judged(run, found, isKept(run) ? 'info' : 'warning')
    if (givenBack > mildRise && found.parts.gap > 0 && found.parts.rise > 2 * found.parts.errors.validation)
      return judged(run, found, 'info')
    return undefined
  },
}

const stepsFor = ({ start }: History) =>
  start === undefined ? 0 : fewestPoints * Math.ceil(start.data.training / start.batchSize)

/** Early stopping has kept the parameters of the best epoch. */
const isKept = ({ outcome }: History) => outcome?.reason === 'stopped-early'

function judged(run: History, found: Overfit, severity: Judgement['severity']): Judgement {
  const { best, last, rise, gap, accuracyGap, accuracyGapError } = found.parts
  const percent = (share: number) => `${(100 * share).toFixed(1)}%`
  const accuracies = Number.isFinite(accuracyGap)
    ? `${percent(last.trainingAccuracy)} of the training examples are answered right and ${percent(last.validationAccuracy)} of the validation examples; `
    : ''
  const rose =
    rise > 0.02 * Math.abs(best.validation) ? `, ${number(best.validation)} at best (epoch ${number(best.epoch)})` : ''
  const parameters = parameterCount(run)
  const rows = run.start?.data.training
  return {
    severity,
    confidence: found.byAccuracy || found.byLoss ? 0.9 : 0.8,
    words: `${accuracies}the training loss is ${number(last.training)}, the validation loss ${number(last.validation)}${rose}.`,
    evidence: {
      trainingLoss: last.training,
      validationLoss: last.validation,
      bestValidationLoss: best.validation,
      bestEpoch: best.epoch,
      gap,
      givenBack: found.givenBack,
      ...(Number.isFinite(accuracyGap) && { accuracyGap, accuracyGapError }),
      ...(parameters !== undefined && rows !== undefined && { parametersPerExample: parameters / rows }),
    },
    advice: `${
      found.byRise || rise > 0
        ? `Stop at the best validation loss: epoch ${number(best.epoch)} of ${number(last.epoch)}. `
        : ''
    }More examples help most; else a penalty (l2 from 1e-4 up), dropout, augmentation, or a smaller net${
      parameters !== undefined && rows !== undefined && parameters > rows
        ? `: it has ${number(parameters / rows, 2)} parameters for each example`
        : ''
    }.`,
    ...(found.byRise && {
      suggestion: { what: 'epochs', value: Math.max(1, Math.round(best.epoch)), instead: last.epoch },
    }),
    basis: 'run',
  }
}
