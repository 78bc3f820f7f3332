/** @file validation-preprocessing: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const validationPreprocessing: DiagnosisRule = {
  code: 'validation-preprocessing',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
