/** @file little-data: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const littleData: DiagnosisRule = {
  code: 'little-data',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
