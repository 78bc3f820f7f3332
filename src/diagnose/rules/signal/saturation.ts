/** @file saturation: tanh and sigmoid layers at the ends of their range, where they pass on no gradient. */
import { number } from '../../../check/words.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { learning } from '../../statistics/learning.ts'
import { muchSaturation, saturatedLayers } from '../../statistics/saturated-layers.ts'

/** Later: what trained nets with good results do not have. */
const later = 0.7
const fine = 0.8

export const saturation: DiagnosisRule = {
  code: 'saturation',
  basis: ['run'],
  statistic:
    'Share of the outputs of each hidden tanh and sigmoid layer beyond 0.97 of the way to the ends of its range, before the first step and over the last quarter.',
  threshold: `${muchSaturation} at the start that last (a unit normal signal gives tanh 0.036); later ${later} in a run that is short of ${100 * fine}% of the way to a perfect answer: nets that have learnt sharpen their units. What gives the scores is left out.`,
  source: 'Glorot and Bengio 2010, section 3; LeCun, Bottou, Orr and Müller 1998, sections 4.4 to 4.6',
  judge(run) {
    const reached = run.derive(learning)?.reached ?? Number.NaN
    const [worst] = saturatedLayers(run)
      .filter(
        ({ start, late, seen }) =>
          (start >= muchSaturation && late >= muchSaturation) || (seen >= 3 && late >= later && !(reached >= fine)),
      )
      .sort((a, b) => b.late - a.late)
    if (worst === undefined) return undefined
    const fromStart = worst.start >= muchSaturation
    return {
      severity: 'warning',
      confidence: fromStart ? 0.85 : Number.isNaN(reached) ? 0.5 : 0.8,
      where: worst.name,
      words: `${number(100 * worst.late, 2)}% of ${worst.name}'s outputs are at the ends of their range, ${fromStart ? 'as they were' : `where it was ${number(100 * worst.start, 2)}%`} before the first step: little gradient comes through.`,
      evidence: { saturation: worst.late, saturationAtStart: worst.start, saturatedUnits: worst.lateUnits },
      advice: fromStart
        ? 'Begin with biases of 0, init.glorot() and standardised inputs, so that what enters the layer has a deviation of about 1.'
        : 'Take a lower learning rate, a third as a start, or a penalty on the weights, so that what enters the layer stays near 0; nn.layerNorm() in front of it keeps it there.',
      basis: 'run',
    }
  },
}
