/** @file unstable: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const unstable: DiagnosisRule = {
  code: 'unstable',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
