/** @file batchnorm-statistics: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const batchnormStatistics: DiagnosisRule = {
  code: 'batchnorm-statistics',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
