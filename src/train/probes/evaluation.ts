/** @file One pass of some examples through the net as it is used: what `units` and `evaluated` are told from. */
import type { Shape } from '../../base/tensor.ts'
import { type Examples, rowsOf } from '../../data/dataset.ts'
import * as op from '../../graph/op.ts'
import type { Graph, Value } from '../../graph/types.ts'
import { correctCount } from '../../nn/loss.ts'
import { buildNet, type NetDescription, targetInput } from '../graphs.ts'
import { rowsAtOnce } from '../measure.ts'
import { batchFeeds } from './feeds.ts'
import { distinctLayers } from './layers.ts'
import type { ProbeContext } from './probe.ts'
import { drawnRows } from './rows.ts'

/** Share of the way from the middle of an activation's range to its end beyond which an output is saturated. */
export const usualBeyond = 0.97
/** Examples that are drawn of a part, where nothing else is said. */
export const usualRows = 256

export interface Evaluation {
  /** Of each example, in the order in which they are drawn. */
  readonly losses: Float32Array
  /** How many are answered right; classification only. */
  readonly correct?: number
  /** Of each unit of each layer of `unitLayers` how many outputs are above 0, or saturated. */
  readonly beyond: readonly Float64Array[]
}

export interface EvaluationChoice {
  readonly data: Examples
  /** How many, drawn once; all where there are not more. */
  readonly rows: number
  readonly beyond: number
}

interface Made extends EvaluationChoice {
  readonly evaluation: Promise<Evaluation>
}

/** What has gone through in a measurement: two probes that ask for the same share one pass. */
const made = new WeakMap<ProbeContext, Made[]>()

/** The net as it is used on drawn examples: dropout off, running statistics, no augmentation. */
export function evaluate(context: ProbeContext, { data, rows, beyond }: EvaluationChoice): Promise<Evaluation> {
  const ofContext = made.get(context) ?? []
  made.set(context, ofContext)
  const wanted = Math.min(rows, rowsOf(data))
  const known = ofContext.find((one) => one.data === data && one.rows === wanted && one.beyond === beyond)
  if (known !== undefined) return known.evaluation
  const evaluation = pass(context, { data, rows: wanted, beyond })
  ofContext.push({ data, rows: wanted, beyond, evaluation })
  return evaluation
}

async function pass({ net, seed, run }: ProbeContext, { data, rows, beyond }: EvaluationChoice): Promise<Evaluation> {
  const losses = new Float32Array(rows)
  const counts = unitLayers(net).map(({ units }) => new Float64Array(units))
  let [done, correct] = [0, 0]
  for (const { size, inputs, targets } of drawnRows(data, { net, seed, rows, atOnce: evenly(rows, mostRows(net)) })) {
    const make = () => evaluationGraph(net, size, beyond)
    const outputs = await run(`evaluation ${size} ${beyond}`, make, batchFeeds(net, size, inputs, targets))
    losses.set(outputs.losses.data as Float32Array, done)
    correct += Number(outputs.correct?.data[0] ?? 0)
    counts.forEach((sums, place) => {
      const found = outputs[beyondName(place)].data as Float32Array
      for (let unit = 0; unit < sums.length; unit++) sums[unit] += found[unit]
    })
    done += size
  }
  return { losses, beyond: counts, ...(net.loss.task === 'classification' && { correct }) }
}

/** So many rows at once that parts are alike, and at most so many. */
export const evenly = (rows: number, most: number) => Math.ceil(rows / Math.ceil(rows / most))

const most = new WeakMap<NetDescription, number>()

/** Most rows in one call. Found once for each net: it means building the net some times. */
export function mostRows(net: NetDescription): number {
  const known = most.get(net) ?? rowsAtOnce(net)
  most.set(net, known)
  return known
}

/** Middle and end of the range of an activation. */
const ranges: Readonly<Record<string, readonly [middle: number, end: number]>> = {
  tanh: [0, 1],
  sigmoid: [0.5, 1],
  leCunTanh: [0, 1.7159],
}

/** A layer whose units may be dead or saturated. */
export interface UnitLayer {
  readonly name: string
  readonly kind: string
  readonly units: number
  /** Outputs of one unit for one example. */
  readonly places: number
}

const layers = new WeakMap<NetDescription, readonly UnitLayer[]>()

/** In the order of `Evaluation.beyond`. */
export function unitLayers(net: NetDescription): readonly UnitLayer[] {
  const known = layers.get(net) ?? unitsOf(buildNet(net, 1, false).context.layers).map(described)
  layers.set(net, known)
  return known
}

type BuiltUnits = ReturnType<typeof unitsOf>[number]

function unitsOf(built: Parameters<typeof distinctLayers>[0]) {
  return distinctLayers(built).filter(({ kind }) => kind === 'relu' || Object.hasOwn(ranges, kind))
}

function described({ name, kind, output: { shape } }: BuiltUnits): UnitLayer {
  const units = shape[unitAxis(shape)]
  return { name, kind, units, places: shape.slice(1).reduce((product, length) => product * length, 1) / units }
}

/** Of images [batch, channels, …] the channel, of sequences [batch, length, features] the feature. */
const unitAxis = (shape: Shape) => (shape.length === 3 ? 2 : 1)

const beyondName = (place: number) => `beyond/${place}`

function evaluationGraph(net: NetDescription, batch: number, beyond: number): Graph {
  const { builder, context, output } = buildNet(net, batch, false)
  const target = targetInput(net, builder, batch)
  const outputs: Record<string, Value> = { losses: net.loss.perExample(output, target) }
  if (net.loss.task === 'classification') outputs.correct = (net.loss.correct ?? correctCount)(output, target)
  unitsOf(context.layers).forEach((layer, place) => {
    outputs[beyondName(place)] = countBeyond(layer, beyond)
  })
  return builder.graph('evaluation', outputs)
}

/** Of each unit how many of its outputs are above 0, or saturated. */
function countBeyond({ kind, output }: BuiltUnits, beyond: number): Value {
  const [middle, end] = ranges[kind] ?? []
  const isBeyond =
    middle === undefined || end === undefined
      ? op.greater(output, 0)
      : op.greater(op.abs(op.sub(output, middle)), beyond * (end - middle))
  const axes = output.shape.map((_, axis) => axis).filter((axis) => axis !== unitAxis(output.shape))
  return op.reduceSum(op.cast(isBeyond, 'float32'), { axes })
}
