/** @file no-nonlinearity: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const noNonlinearity: DiagnosisRule = {
  code: 'no-nonlinearity',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
