/** @file exploding-gradient: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const explodingGradient: DiagnosisRule = {
  code: 'exploding-gradient',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
