/** @file symmetric-units: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const symmetricUnits: DiagnosisRule = {
  code: 'symmetric-units',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
