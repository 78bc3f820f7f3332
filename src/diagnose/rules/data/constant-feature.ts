/** @file constant-feature: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const constantFeature: DiagnosisRule = {
  code: 'constant-feature',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
