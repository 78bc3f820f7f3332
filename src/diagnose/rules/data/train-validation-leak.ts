/** @file train-validation-leak: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const trainValidationLeak: DiagnosisRule = {
  code: 'train-validation-leak',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
