/** @file init-too-large: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const initTooLarge: DiagnosisRule = {
  code: 'init-too-large',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
