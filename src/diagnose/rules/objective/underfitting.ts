/** @file underfitting: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const underfitting: DiagnosisRule = {
  code: 'underfitting',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
