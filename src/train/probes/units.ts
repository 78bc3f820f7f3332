/** @file Units that do nothing: ReLUs that are never on, tanh and sigmoids at their ends. Over many examples, not one batch. */
import { checkInteger, checkOptions, checkRange, usageError } from '../../base/errors.ts'
import { rowsOf } from '../../data/dataset.ts'
import { type Evaluation, evaluate, type UnitLayer, unitLayers, usualBeyond, usualRows } from './evaluation.ts'
import type { Cadence, Measured, Probe } from './probe.ts'

export interface UnitsOptions {
  readonly cadence?: Cadence
  /** How many examples, drawn once from the validation part, or the training part where there is none; default 256. Or all. */
  readonly rows?: number | 'all'
  /** An output is saturated beyond this share of the way from the middle of the range to its end; default 0.97. */
  readonly beyond?: number
  /** A unit is saturated when more than this share of its outputs are; default 0.95. */
  readonly share?: number
}

/**
 * Of each ReLU layer the share of units whose output was 0 for every example (`dead/relu1`) and the share of outputs above 0
 * (`active/relu1`); of each tanh or sigmoid layer the share of units that are saturated (`saturated/tanh1`) and the share of outputs
 * that are (`saturation/tanh1`). A unit of images is a channel, of sequences a feature: all its places count. Dropout is off.
 *
 * A dead unit does not learn any more; more than some per cent point to too high a learning rate (CS231n notes, 'ReLU'). Saturated
 * ones pass on no gradient (Glorot and Bengio 2010). Layers that write such an operator in a function of their own are not seen.
 *
 * Of 256 examples a unit that is on for one in a hundred is taken for dead with a probability of 0.99^256 = 8%, for one in fifty 0.6%.
 * The examples are those of `evaluated`; a measurement that both are due for has one pass.
 *
 * @param options.cadence default at the end of every epoch
 */
export function units(options: UnitsOptions = {}): Probe {
  checkOptions('probe.units', options, ['cadence', 'rows', 'beyond', 'share'])
  const { rows = usualRows, cadence = { everyEpochs: 1 } } = options
  const beyond = checkRange('beyond', options.beyond ?? usualBeyond, { min: 0, max: 1, open: 'both' })
  const share = checkRange('share', options.share ?? 0.95, { min: 0, max: 1 })
  if (typeof rows === 'string' && rows !== 'all') throw usageError(`rows is '${rows}', expected a number, or 'all'`)
  if (typeof rows === 'number') checkInteger('rows', rows, 1)
  return {
    name: 'units',
    cadence,
    async measure(context) {
      const layers = unitLayers(context.net)
      if (layers.length === 0) return undefined
      const data = context.validation ?? context.training
      const wanted = rows === 'all' ? rowsOf(data) : rows
      return summary(layers, await evaluate(context, { data, rows: wanted, beyond }), share)
    },
  }
}

function summary(layers: readonly UnitLayer[], { beyond, losses }: Evaluation, share: number): Measured {
  const values: Record<string, number> = {}
  layers.forEach(({ name, kind, units, places }, i) => {
    const outputs = losses.length * places
    const shareOfUnits = (is: (found: number) => boolean) => beyond[i].filter(is).length / units
    const shareOfOutputs = beyond[i].reduce((sum, found) => sum + found, 0) / (outputs * units)
    if (kind === 'relu') {
      values[`dead/${name}`] = shareOfUnits((found) => found === 0)
      values[`active/${name}`] = shareOfOutputs
    } else {
      values[`saturated/${name}`] = shareOfUnits((found) => found > share * outputs)
      values[`saturation/${name}`] = shareOfOutputs
    }
  })
  return { values }
}
