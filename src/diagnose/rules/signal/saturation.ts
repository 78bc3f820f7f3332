/** @file saturation: tanh and sigmoid layers at the ends of their range, where they pass on no gradient. */
import { number } from '../../../check/words.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { learning } from '../../statistics/learning.ts'
import { muchSaturation, type Saturation, saturatedLayers } from '../../statistics/saturated-layers.ts'

/** In a run that is short of a good end: from the start on; later, together with units that are at one end for nearly every example. */
const some = 0.3
const later = { outputs: 0.7, units: 0.25 }
const fine = 0.8

export const saturation: DiagnosisRule = {
  code: 'saturation',
  basis: ['run'],
  statistic:
    'Share of the outputs of each tanh and sigmoid layer beyond 0.97 of the way to the ends of its range, and of units that nearly always are, before the first step and over the last quarter; of recurrent layers the share of a normal quantity of the size that enters their gates.',
  threshold: `${muchSaturation} at the start that last (a unit normal signal gives tanh 0.036). In a run that is short of ${100 * fine}% of the way to a perfect answer ${some} from the start on; or ${later.outputs} later where ${100 * later.units}% of the units are at one end for nearly every example: nets that have learnt sharpen their units to steps, each with examples on both sides. Layers that give the scores of classes are left out.`,
  source: 'Glorot and Bengio 2010, section 3; LeCun, Bottou, Orr and Müller 1998, sections 4.4 to 4.6',
  judge(run) {
    const reached = run.derive(learning)?.reached ?? Number.NaN
    const isFine = reached >= fine
    const [worst] = saturatedLayers(run)
      .filter((layer) => lasts(layer, isFine) || isStuck(layer, isFine))
      .sort((a, b) => b.late - a.late)
    if (worst === undefined) return undefined
    const fromStart = lasts(worst, isFine)
    return {
      severity: 'warning',
      confidence: fromStart ? 0.85 : Number.isNaN(reached) ? 0.5 : 0.8,
      where: worst.name,
      words: `${number(100 * worst.late, 2)}% of ${worst.name}'s outputs are at the ends of their range, ${fromStart ? 'as they were' : `where it was ${number(100 * worst.start, 2)}%`} before the first step: little gradient comes through.`,
      evidence: { saturation: worst.late, saturationAtStart: worst.start, saturatedUnits: worst.lateUnits },
      advice: worst.isOutput
        ? 'The last layer cannot give what lies beyond its range: leave it without an activation, or bring the targets within the range.'
        : fromStart
          ? 'Begin with biases of 0, init.glorot() and standardised inputs, so that what enters the layer has a deviation of about 1.'
          : 'Take a lower learning rate, a third as a start, or a penalty on the weights, so that what enters the layer stays near 0; nn.layerNorm() in front of it keeps it there.',
      basis: 'run',
    }
  },
}

const lasts = ({ start, late }: Saturation, isFine: boolean) =>
  Math.min(start, late) >= (isFine ? muchSaturation : some)

const isStuck = ({ late, lateUnits, seen, isOutput }: Saturation, isFine: boolean) =>
  !isFine && seen >= 3 && (isOutput ? late >= muchSaturation : late >= later.outputs && lateUnits >= later.units)
