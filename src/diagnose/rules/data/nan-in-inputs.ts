/** @file nan-in-inputs: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const nanInInputs: DiagnosisRule = {
  code: 'nan-in-inputs',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
