/** @file zero-init: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const zeroInit: DiagnosisRule = {
  code: 'zero-init',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
