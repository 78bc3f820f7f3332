/** @file train-longer: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const trainLonger: DiagnosisRule = {
  code: 'train-longer',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
