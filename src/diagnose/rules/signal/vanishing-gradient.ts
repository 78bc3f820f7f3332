/** @file vanishing-gradient: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const vanishingGradient: DiagnosisRule = {
  code: 'vanishing-gradient',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
