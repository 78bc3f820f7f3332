/** @file feature-scale: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const featureScale: DiagnosisRule = {
  code: 'feature-scale',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
