/** @file saturation: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const saturation: DiagnosisRule = {
  code: 'saturation',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
