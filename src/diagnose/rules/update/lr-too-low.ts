/** @file lr-too-low: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const lrTooLow: DiagnosisRule = {
  code: 'lr-too-low',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
