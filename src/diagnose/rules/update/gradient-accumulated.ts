/** @file gradient-accumulated: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const gradientAccumulated: DiagnosisRule = {
  code: 'gradient-accumulated',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
