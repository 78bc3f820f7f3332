/** @file targets-not-scaled: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const targetsNotScaled: DiagnosisRule = {
  code: 'targets-not-scaled',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
