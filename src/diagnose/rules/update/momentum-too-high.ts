/** @file momentum-too-high: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const momentumTooHigh: DiagnosisRule = {
  code: 'momentum-too-high',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
