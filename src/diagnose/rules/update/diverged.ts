/** @file diverged: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const diverged: DiagnosisRule = {
  code: 'diverged',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
