/** @file dropout-too-strong: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const dropoutTooStrong: DiagnosisRule = {
  code: 'dropout-too-strong',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
