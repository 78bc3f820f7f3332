/** @file lr-too-high: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const lrTooHigh: DiagnosisRule = {
  code: 'lr-too-high',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
