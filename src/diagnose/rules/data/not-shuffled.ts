/** @file not-shuffled: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const notShuffled: DiagnosisRule = {
  code: 'not-shuffled',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
