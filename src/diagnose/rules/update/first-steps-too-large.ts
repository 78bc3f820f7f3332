/** @file first-steps-too-large: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const firstStepsTooLarge: DiagnosisRule = {
  code: 'first-steps-too-large',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
