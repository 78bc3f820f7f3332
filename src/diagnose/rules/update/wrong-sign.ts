/** @file wrong-sign: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const wrongSign: DiagnosisRule = {
  code: 'wrong-sign',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
