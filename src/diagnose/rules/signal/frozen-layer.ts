/** @file frozen-layer: not judged yet. */
import type { DiagnosisRule } from '../../rule.ts'

export const frozenLayer: DiagnosisRule = {
  code: 'frozen-layer',
  basis: ['run'],
  statistic: '',
  threshold: '',
  source: '',
  judge() {
    return undefined
  },
}
