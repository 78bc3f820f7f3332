/** @file no-signal: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const noSignal: DiagnosisRule = {
  code: 'no-signal',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
