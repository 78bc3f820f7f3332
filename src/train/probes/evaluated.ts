/** @file Loss and accuracy on the same examples of both parts, example by example. */
import { CounterStream } from '../../base/counter-random.ts'
import { checkInteger, checkOptions } from '../../base/errors.ts'
import { type Shape, sizeOf, type Tensor, tensor } from '../../base/tensor.ts'
import type { Examples } from '../../data/dataset.ts'
import { graphText } from '../../graph/text.ts'
import { buildNet, type NetDescription } from '../graphs.ts'
import { meanOf, objectiveGraph } from './descent.ts'
import { describe } from './distribution.ts'
import { type Evaluation, evaluate, evenly, mostRows, usualBeyond, usualRows } from './evaluation.ts'
import { batchFeeds } from './feeds.ts'
import type { Cadence, Measured, Probe, ProbeContext } from './probe.ts'
import { drawnRows } from './rows.ts'

export interface EvaluatedOptions {
  readonly cadence?: Cadence
  /** How many examples of each part, drawn once; default 256. */
  readonly rows?: number
}

/**
 * Of some examples of the training part, and of as many of the validation part where there is one, as they are without augmentation:
 * - `evaluated/training/loss`, `evaluated/validation/loss`: mean data loss as the net is used, dropout off, running statistics.
 * - `evaluated/training/accuracy`, `evaluated/validation/accuracy`: classification only.
 * - `evaluated/training/lossInTraining`: the same examples as the net trains: dropout by numbers of its own, a batch normalisation by its
 *   batch. Only where that makes a difference.
 * - `surprising/training`, `surprising/validation`: the share of examples whose loss is above −ln 0.1, so that the net gave the label
 *   less than a tenth; only for losses that are a label's −ln p.
 * - distributions `exampleLoss/training`, `exampleLoss/validation`.
 *
 * The loss that every epoch tells of its batches was measured while the net changed, with dropout and augmentation; these were not.
 *
 * @param options.cadence default at the end of every epoch, 250 steps apart
 */
export function evaluated(options: EvaluatedOptions = {}): Probe {
  checkOptions('probe.evaluated', options, ['cadence', 'rows'])
  const rows = checkInteger('rows', options.rows ?? usualRows, 1)
  return {
    name: 'evaluated',
    cadence: options.cadence ?? { everyEpochs: 1, apart: 250 },
    async measure(context) {
      const { training, validation } = context
      const of = (data: Examples) => evaluate(context, { data, rows, beyond: usualBeyond })
      const ofTraining = await of(training)
      const measured = told(context.net, 'training', ofTraining)
      const inTraining = await lossInTraining(context, ofTraining.losses)
      if (inTraining !== undefined) measured.values['evaluated/training/lossInTraining'] = inTraining
      if (validation === undefined) return measured
      const ofValidation = told(context.net, 'validation', await of(validation))
      return {
        values: { ...measured.values, ...ofValidation.values },
        distributions: { ...measured.distributions, ...ofValidation.distributions },
      }
    },
  }
}

/** A loss above it gives the label a probability below 0.1. */
const surprise = -Math.log(0.1)

function told(net: NetDescription, part: string, { losses, correct }: Evaluation) {
  const values: Record<string, number> = { [`evaluated/${part}/loss`]: meanOf(losses) }
  if (correct !== undefined) values[`evaluated/${part}/accuracy`] = correct / losses.length
  if (correct !== undefined && net.loss.probabilities !== undefined)
    values[`surprising/${part}`] = losses.filter((loss) => loss > surprise).length / losses.length
  const distributions: Measured['distributions'] = { [`exampleLoss/${part}`]: describe(losses) }
  return { values, distributions }
}

/** Most batches that go through a net whose outputs depend on the batch: of tiny ones all rows would take as long as half an epoch. */
const mostBatches = 16

/** @param asUsed each example's loss as the net is used */
async function lossInTraining(
  { net, seed, step, batchSize, training, run }: ProbeContext,
  asUsed: Float32Array,
): Promise<number | undefined> {
  const { differ, byBatch, atOnce, randomShapes } = ways(net)
  if (!differ) return undefined
  const all = asUsed.length
  const size = byBatch ? Math.min(batchSize, all) : evenly(all, atOnce)
  // Batches as in training: a smaller one would have other statistics.
  const rows = byBatch ? size * Math.min(mostBatches, Math.floor(all / size)) : all
  const drawn = drawing(seed, step)
  let sum = 0
  for (const part of drawnRows(training, { net, seed, rows, atOnce: size })) {
    const random: Record<string, Tensor<'float32'>> = {}
    for (const [name, shape] of randomShapes(part.size)) random[name] = drawn(name, shape)
    const feeds = batchFeeds(net, part.size, part.inputs, part.targets, random)
    const { losses } = await run(`objective ${part.size}`, () => objectiveGraph(net, part.size), feeds)
    sum += meanOf(losses.data as Float32Array) * part.size
  }
  // Where not all rows went through, those that did stand for the others by how much training changes their loss.
  return meanOf(asUsed) + sum / rows - meanOf(asUsed.subarray(0, rows))
}

/** Uniform random numbers for one measurement: others at each step, and none that the training draws. */
function drawing(seed: number, step: number): (name: string, shape: Shape) => Tensor<'float32'> {
  const streams = new Map<string, CounterStream>()
  return (name, shape) => {
    const stream = streams.get(name) ?? new CounterStream(seed, `probe/evaluated/${name}/step-${step}`)
    streams.set(name, stream)
    const numbers = new Float32Array(sizeOf(shape))
    stream.fill(numbers)
    return tensor('float32', shape, numbers)
  }
}

interface Ways {
  /** Whether the net computes something else when it trains. */
  readonly differ: boolean
  /** Whether an example's outputs then depend on the others in its batch. */
  readonly byBatch: boolean
  /** Most rows in one call. */
  readonly atOnce: number
  /** The random numbers that layers ask for in training, by name. */
  randomShapes(rows: number): readonly (readonly [name: string, shape: Shape])[]
}

const known = new WeakMap<NetDescription, Ways>()

/** Made once for each net: it means building the net some times. */
function ways(net: NetDescription): Ways {
  const made = known.get(net) ?? makeWays(net)
  known.set(net, made)
  return made
}

function makeWays(net: NetDescription): Ways {
  const [used, trained] = [false, true].map((training) => {
    const { builder, context, output } = buildNet(net, 2, training)
    return { text: graphText(builder.graph('net', { output })), buffers: context.buffers }
  })
  const shapes = new Map<number, readonly (readonly [string, Shape])[]>()
  return {
    differ: used.text !== trained.text,
    byBatch: trained.buffers.some(({ next }) => next !== undefined),
    atOnce: mostRows(net),
    randomShapes(rows) {
      const made =
        shapes.get(rows) ??
        buildNet(net, rows, true).context.randomInputs.map(({ name, value }) => [name, value.shape] as const)
      shapes.set(rows, made)
      return made
    },
  }
}
