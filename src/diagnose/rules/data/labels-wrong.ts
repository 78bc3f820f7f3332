/** @file labels-wrong: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const labelsWrong: DiagnosisRule = {
  code: 'labels-wrong',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
