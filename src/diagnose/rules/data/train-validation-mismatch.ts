/** @file train-validation-mismatch: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const trainValidationMismatch: DiagnosisRule = {
  code: 'train-validation-mismatch',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
