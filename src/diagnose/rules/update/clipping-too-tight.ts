/** @file clipping-too-tight: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const clippingTooTight: DiagnosisRule = {
  code: 'clipping-too-tight',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
