/** @file inputs-not-normalised: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const inputsNotNormalised: DiagnosisRule = {
  code: 'inputs-not-normalised',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
