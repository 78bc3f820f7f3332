/** @file class-imbalance: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const classImbalance: DiagnosisRule = {
  code: 'class-imbalance',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
