/** @file Units that do nothing: ReLUs that are never on, tanh and sigmoids at their ends. Over many examples, not one batch. */
import { checkInteger, checkOptions, checkRange, usageError } from '../../base/errors.ts'
import { type Shape, sizeOf, tensor } from '../../base/tensor.ts'
import { withoutAugmentation } from '../../data/augmented.ts'
import { Batches, type BatchOptions } from '../../data/batches.ts'
import { type Examples, rowsOf } from '../../data/dataset.ts'
import * as op from '../../graph/op.ts'
import type { Graph, Value } from '../../graph/types.ts'
import { buildNet, inputName, type NetDescription } from '../graphs.ts'
import { rowsAtOnce } from '../measure.ts'
import { distinctLayers } from './layers.ts'
import type { Cadence, Measured, Probe, ProbeContext } from './probe.ts'

export interface UnitsOptions {
  readonly cadence?: Cadence
  /** How many examples, drawn once from the validation part, or the training part where there is none; default 512. Or all. */
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
 * @param options.cadence default at the end of every epoch
 */
export function units(options: UnitsOptions = {}): Probe {
  checkOptions('probe.units', options, ['cadence', 'rows', 'beyond', 'share'])
  const { rows = 512, cadence = { everyEpochs: 1 } } = options
  const beyond = checkRange('beyond', options.beyond ?? 0.97, { min: 0, max: 1, open: 'both' })
  const share = checkRange('share', options.share ?? 0.95, { min: 0, max: 1 })
  if (typeof rows === 'string' && rows !== 'all') throw usageError(`rows is '${rows}', expected a number, or 'all'`)
  if (typeof rows === 'number') checkInteger('rows', rows, 1)
  return {
    name: 'units',
    cadence,
    async measure(context) {
      const { layers, rowsAtOnce: most } = watchedUnits(context.net)
      if (layers.length === 0) return undefined
      return summary(layers, await count(context, layers, { rows, beyond, most }), share)
    },
  }
}

/** Middle and end of the range of an activation. */
const ranges: Readonly<Record<string, readonly [middle: number, end: number]>> = {
  tanh: [0, 1],
  sigmoid: [0.5, 1],
  leCunTanh: [0, 1.7159],
}

interface UnitLayer {
  readonly name: string
  readonly kind: string
  readonly units: number
  /** Outputs of one unit for one example. */
  readonly places: number
}

interface WatchedUnits {
  readonly layers: readonly UnitLayer[]
  readonly rowsAtOnce: number
}

const known = new WeakMap<NetDescription, WatchedUnits>()

/** Made once for each net: it means building the net some times. */
function watchedUnits(net: NetDescription): WatchedUnits {
  const made = known.get(net) ?? { layers: unitLayers(net, 1).map(described), rowsAtOnce: rowsAtOnce(net) }
  known.set(net, made)
  return made
}

function described({ name, kind, output: { shape } }: ReturnType<typeof unitLayers>[number]): UnitLayer {
  const units = shape[unitAxis(shape)]
  return { name, kind, units, places: sizeOf(shape.slice(1)) / units }
}

/** Of images [batch, channels, …] the channel, of sequences [batch, length, features] the feature. */
const unitAxis = (shape: Shape) => (shape.length === 3 ? 2 : 1)

function unitLayers(net: NetDescription, batch: number) {
  const { layers } = buildNet(net, batch, false).context
  return distinctLayers(layers).filter(({ kind }) => kind === 'relu' || Object.hasOwn(ranges, kind))
}

const countName = (place: number) => `beyond/${place}`

/** Of each unit how many of its outputs are above 0, or saturated. */
function unitsGraph(net: NetDescription, batch: number, beyond: number): Graph {
  const layers = unitLayers(net, batch)
  const outputs = layers.map(({ kind, output }, place): [string, Value] => {
    const [middle, end] = ranges[kind] ?? []
    const isBeyond =
      middle === undefined || end === undefined
        ? op.greater(output, 0)
        : op.greater(op.abs(op.sub(output, middle)), beyond * (end - middle))
    const axes = output.shape.map((_, axis) => axis).filter((axis) => axis !== unitAxis(output.shape))
    return [countName(place), op.reduceSum(op.cast(isBeyond, 'float32'), { axes })]
  })
  return layers[0].output.builder.graph('units', outputs)
}

interface Counts {
  /** How many of each unit's outputs. */
  readonly beyond: readonly Float64Array[]
  readonly rows: number
}

async function count(
  { net, seed, training, validation, run }: ProbeContext,
  layers: readonly UnitLayer[],
  { rows, beyond, most }: { readonly rows: number | 'all'; readonly beyond: number; readonly most: number },
): Promise<Counts> {
  const data = validation ?? training
  const wanted = rows === 'all' ? rowsOf(data) : Math.min(rows, rowsOf(data))
  const batchSize = Math.min(wanted, most)
  const batches = batchesOf(data, { batchSize, seed, shuffle: rows !== 'all' })
  const width = sizeOf(net.featureShape)
  const inputs = new Float32Array(batchSize * width)
  const targets = targetsFor(data, net, batchSize)
  const counts = layers.map(({ units }) => new Float64Array(units))
  for (let done = 0, batch = 0; done < wanted; batch++) {
    // The order of epoch 0: every measurement of a run sees the same examples.
    const here = Math.min(batches.fill(0, batch, inputs, targets), wanted - done)
    const feeds = { [inputName]: tensor('float32', [here, ...net.featureShape], inputs.subarray(0, here * width)) }
    const outputs = await run(`units ${here} ${beyond}`, () => unitsGraph(net, here, beyond), feeds)
    counts.forEach((sums, place) => {
      const found = outputs[countName(place)].data as Float32Array
      for (let unit = 0; unit < sums.length; unit++) sums[unit] += found[unit]
    })
    done += here
  }
  return { beyond: counts, rows: wanted }
}

const inUse = new WeakMap<Examples, { readonly key: string; readonly batches: Batches }>()

/** Kept, since drawing an order of all rows takes as long as a step. */
function batchesOf(data: Examples, options: BatchOptions): Batches {
  const key = JSON.stringify(options)
  const kept = inUse.get(data)
  if (kept?.key === key) return kept.batches
  const batches = new Batches(withoutAugmentation(data), options)
  inUse.set(data, { key, batches })
  return batches
}

function targetsFor(data: Examples, net: NetDescription, rows: number): Int32Array | Float32Array {
  const size = rows * sizeOf(net.targetShape)
  return data.task === 'classification' ? new Int32Array(size) : new Float32Array(size)
}

function summary(layers: readonly UnitLayer[], { beyond, rows }: Counts, share: number): Measured {
  const values: Record<string, number> = {}
  layers.forEach(({ name, kind, units, places }, i) => {
    const outputs = rows * places
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
