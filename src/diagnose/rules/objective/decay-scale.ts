/** @file decay-scale: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const decayScale: DiagnosisRule = {
  code: 'decay-scale',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
