/** @file little-data: too few examples for what is to be learnt. */
import { number } from '../../../check/words.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { baseline } from '../../statistics/checked.ts'
import { overfit, parameterCount, rowsPerClass } from '../../statistics/fit.ts'

/** So few examples of a class do not show what varies in it. */
const few = 20

export const littleData: DiagnosisRule = {
  code: 'little-data',
  basis: ['run', 'data'],
  statistic: 'Training examples for each class (for each two, of numbers), and the signs of overfitting.',
  threshold:
    'Fewer than 20 for each class, and the validation part is answered worse by as much as overfitting asks for. Few examples that do suffice are none of its business. With this many parameters for each example it is the examples that lack: a smaller net would only hide it.',
  source:
    'Fukunaga and Hayes 1989, Effects of sample size in classifier design; Figueroa et al. 2012, Predicting sample size required for classification',
  judge(run) {
    const rows = rowsPerClass(run)
    if (rows === undefined || rows >= few) return undefined
    const found = run.derive(overfit)
    if (found === undefined || !(found.byAccuracy || found.byRise || found.byLoss)) return undefined
    const { last, accuracyGap } = found.parts
    const training = run.start?.data.training ?? 0
    const parameters = parameterCount(run) ?? Number.NaN
    const level = run.derive(baseline)
    return {
      severity: 'warning',
      confidence: 0.85,
      words: `There are ${training} training examples, ${number(rows)} ${run.start?.data.task === 'classification' ? 'of each class' : 'pairs'}, and ${number(parameters / training, 2)} parameters for each; they are fit (loss ${number(last.training)}), and the validation loss is ${number(last.validation)}.`,
      evidence: {
        training,
        examplesPerClass: rows,
        parametersPerExample: parameters / training,
        trainingLoss: last.training,
        validationLoss: last.validation,
        ...(Number.isFinite(accuracyGap) && { accuracyGap }),
        ...(level?.validation !== undefined && { baseline: level.validation }),
      },
      advice: `More examples help most: errors fall about with the root of their number, so that four times as many halve what is owed to chance. Until then augmentation, a net that was trained on other data, or a much smaller one with a strong penalty; and compare with nearest neighbours${level?.validation === undefined ? '' : `, which get ${(100 * Math.max(0, level.validation)).toFixed(1)}% here`}.`,
      basis: 'run',
    }
  },
}
