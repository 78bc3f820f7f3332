/** @file init-too-small: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const initTooSmall: DiagnosisRule = {
  code: 'init-too-small',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
