/** @file double-softmax: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const doubleSoftmax: DiagnosisRule = {
  code: 'double-softmax',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
