/** @file dead-units: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const deadUnits: DiagnosisRule = {
  code: 'dead-units',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
