/** @file schedule-too-fast: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const scheduleTooFast: DiagnosisRule = {
  code: 'schedule-too-fast',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
