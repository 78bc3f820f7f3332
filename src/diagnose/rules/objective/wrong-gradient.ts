/** @file wrong-gradient: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const wrongGradient: DiagnosisRule = {
  code: 'wrong-gradient',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
