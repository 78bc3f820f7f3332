/** @file label-noise: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const labelNoise: DiagnosisRule = {
  code: 'label-noise',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
