/** @file loss-reduction: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const lossReduction: DiagnosisRule = {
  code: 'loss-reduction',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
