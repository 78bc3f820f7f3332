/** @file loss-rises: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const lossRises: DiagnosisRule = {
  code: 'loss-rises',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
