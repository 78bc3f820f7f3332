/** @file initial-loss-high: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const initialLossHigh: DiagnosisRule = {
  code: 'initial-loss-high',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
