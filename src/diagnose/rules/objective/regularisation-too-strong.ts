/** @file regularisation-too-strong: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const regularisationTooStrong: DiagnosisRule = {
  code: 'regularisation-too-strong',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
