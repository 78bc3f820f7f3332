/** @file overfitting: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const overfitting: DiagnosisRule = {
  code: 'overfitting',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
