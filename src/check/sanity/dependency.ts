/** @file Whether examples keep apart: what one example's inputs are must not matter to another's loss. */
import { RandomStream } from '../../base/random.ts'
import { allocate, type Engine } from '../../engine/engine.ts'
import { toFloat64 } from '../../graph/float64.ts'
import { operators } from '../../graph/ops/index.ts'
import type { Graph, OpKind, Value } from '../../graph/types.ts'
import { initialValue } from '../../nn/model.ts'
import { buildNet, inputName, type NetDescription, targetInput, targetName } from '../../train/graphs.ts'
import { plural } from '../words.ts'
import { quietNet } from './quiet.ts'
import { type Findings, type SanityFinding, speaker } from './report.ts'
import { pickFrom, type Sample } from './sample.ts'

const { fail, pass, skipped } = speaker('dependency')

/** A number of examples that hardly occurs as anything else, so that the axis along which they lie can be told. */
const examples = 7
/** What another order of sums may change in float64, relative to the value. */
const rounding = 1e-9

/** What was found to depend on other examples. */
interface Mixing {
  /** How many of the examples' losses changed with another's inputs. */
  readonly pairs: number
  /** The operator of the first value that does, in the order of computing; undefined where it could not be told. */
  readonly kind: OpKind | undefined
  /** The layer that makes it; undefined where none could be named. */
  readonly layer: string | undefined
  /** Whether it lies behind the scores: in the loss. */
  readonly inLoss: boolean
  /** Whether running values of the batch belong to the layer that it is in. */
  readonly batchStatistics: boolean
}

/**
 * Puts another example's inputs in one place of a batch after the other, in float64, and looks whether the losses of the others move: a difference
 * quotient of example i's loss with respect to example j's input, whatever the layers, differentiable or not. As the net is measured, nothing
 * may move; as it trains, the statistics of batch normalisation may, and are named.
 *
 * Karpathy 2019, 'A recipe for training neural networks', "use backprop to chart dependencies".
 */
export async function checkDependency(
  described: NetDescription,
  engine: Engine,
  sample: Sample,
  options: { readonly seed: number },
): Promise<Findings> {
  const rows = differentRows(sample, options.seed)
  if (rows === undefined) return [skipped('All examples that were looked at have the same inputs.')]
  const net = quietNet(described)
  const measured = await mixingOf(net, engine, rows, false, options.seed)
  if (measured !== undefined) return [mixes(measured, 'as it is measured')]
  const trained = await mixingOf(net, engine, rows, true, options.seed)
  const evidence = { examples, pairs: examples * (examples - 1), dependent: trained?.pairs ?? 0 }
  const expected = "no example's loss depends on another's inputs"
  if (trained === undefined)
    return [
      pass({
        expected,
        got: `none of ${evidence.pairs} pairs does`,
        words: 'The examples of a batch keep apart.',
        evidence,
      }),
    ]
  if (!trained.batchStatistics) return [mixes(trained, 'as it trains')]
  return [
    pass({
      expected: `${expected}, but through batch statistics`,
      got: `in training, through the batch's statistics in ${placeOf(trained)}; otherwise none of ${evidence.pairs} pairs does`,
      words: 'Batch normalisation lets the examples of a batch know of each other, as it should.',
      evidence,
    }),
  ]
}

function mixes(found: Mixing, when: string): SanityFinding {
  const place = found.inLoss ? 'the loss' : placeOf(found)
  const { kind } = found
  return fail({
    expected: "no example's loss depends on another's inputs",
    got: `${plural(found.pairs, 'pair')} of ${examples * (examples - 1)} do, ${when}; the first value that does is made in ${place}${kind === undefined ? '' : ` (${kind})`}`,
    words: `The examples of a batch are mixed in ${place}: a sum, softmax or normalisation along axis 0, a reshape or transpose that moves the batch, or a product over it. An example's answer then depends on which others it is asked with. Leave axis 0 to the batch.`,
    evidence: { examples, pairs: examples * (examples - 1), dependent: found.pairs },
  })
}

const placeOf = ({ layer }: Mixing) => layer ?? "the model's own function"

/** The layer's name, which stands before the last dot of what it makes. */
function layerOf({ name }: Value): string | undefined {
  const dot = name.lastIndexOf('.')
  return dot < 0 ? undefined : name.slice(0, dot)
}

/** As many examples as are asked for, neighbours with different inputs; undefined where all are the same. */
function differentRows(sample: Sample, seed: number): Sample | undefined {
  const { width, inputs } = sample
  const order = new RandomStream(seed, 'sanity/dependency').permutation(sample.rows.length)
  const text = (k: number) => inputs.subarray(k * width, (k + 1) * width).join()
  const kinds = new Map(Array.from(order, (k) => [text(k), k] as const))
  const chosen = [...kinds.values()]
  if (chosen.length < 2) return undefined
  return pickFrom(
    sample,
    Array.from({ length: examples }, (_, i) => chosen[i % chosen.length]),
  )
}

interface Watched {
  readonly graph: Graph
  /** Values along an axis of which the examples lie, in the order of making. */
  readonly values: readonly Value[]
  /** The layer that makes each. */
  readonly layers: readonly (string | undefined)[]
  readonly output: Value
  readonly losses: Value
  readonly set: (inputs: Record<string, { readonly data: unknown }>) => void
  readonly statistics: readonly string[]
}

function watch(net: NetDescription, training: boolean, sample: Sample, seed: number): Watched {
  const { builder, context, output } = buildNet(net, examples, training)
  const losses = net.loss.perExample(output, targetInput(net, builder, examples))
  const { nodes } = builder.graph('dependency', { losses })
  const values = nodes
    .flatMap(({ outputs }) => outputs)
    .filter((value) => value !== losses && axisOf(value) !== undefined)
  // As outputs they get other names.
  const layers = values.map(layerOf)
  const graph = builder.graph('dependency', [
    ['losses', losses],
    ...values.map((value, i) => [`watched/${i}`, value] as const),
  ])
  return {
    graph: toFloat64(graph, operators),
    values,
    layers,
    output,
    losses,
    set(inputs) {
      const fill = (name: string, numbers: ArrayLike<number>) =>
        void (inputs[name]?.data as Float64Array | undefined)?.set(numbers)
      fill(targetName, sample.targets)
      for (const { name, initial } of context.buffers) (inputs[name]?.data as Float64Array | undefined)?.fill(initial)
      for (const parameter of context.parameters) fill(parameter.name, initialValue(parameter, seed).data)
    },
    // A layer that carries running values takes them from the batch.
    statistics: context.buffers.flatMap(({ name, next }) => (next ? [name.slice(0, name.lastIndexOf('.'))] : [])),
  }
}

/** The axis along which the examples lie; undefined where none, or more than one, can be it. */
function axisOf({ shape, dtype }: Value): number | undefined {
  if (dtype !== 'float32' && dtype !== 'float64') return undefined
  if (shape[0] === examples) return 0
  const axes = shape.flatMap((dim, i) => (dim === examples ? [i] : []))
  return axes.length === 1 ? axes[0] : undefined
}

async function mixingOf(
  net: NetDescription,
  engine: Engine,
  sample: Sample,
  training: boolean,
  seed: number,
): Promise<Mixing | undefined> {
  const watched = watch(net, training, sample, seed)
  const { graph, values } = watched
  const executable = await engine.compile(graph)
  try {
    const { inputs, outputs } = allocate(graph)
    watched.set(inputs)
    const call = executable.bind(inputs, outputs)
    const all = [watched.losses, ...values]
    const now = () => graph.outputs.map(({ name }) => outputs[name].data as Float64Array)
    const run = async (moved: number | undefined) => {
      const { width } = sample
      const given = Float64Array.from(sample.inputs)
      if (moved !== undefined)
        given.copyWithin(moved * width, ((moved + 1) % examples) * width, ((moved + 1) % examples) * width + width)
      ;(inputs[inputName].data as Float64Array).set(given)
      await call()
      return now().map((data) => data.slice())
    }
    const before = await run(undefined)
    let pairs = 0
    const mixed = new Set<number>()
    for (let moved = 0; moved < examples; moved++) {
      const after = await run(moved)
      all.forEach((value, i) => {
        const rows = changedRows(value, before[i], after[i], moved)
        if (i === 0) pairs += rows
        else if (rows > 0) mixed.add(i - 1)
      })
    }
    if (pairs === 0) return undefined
    const at = values.findIndex((_, i) => mixed.has(i))
    const [first, layer] = at < 0 ? [] : [values[at], watched.layers[at]]
    return {
      pairs,
      kind: first?.node?.kind,
      layer,
      inLoss: first === undefined || first.id > watched.output.id,
      batchStatistics:
        first !== undefined && (first.node?.kind === 'BatchNormalization' || watched.statistics.includes(layer ?? '')),
    }
  } finally {
    await executable.release()
  }
}

/** How many examples other than the moved one have other numbers than before. */
function changedRows(value: Value, before: Float64Array, after: Float64Array, moved: number): number {
  const axis = axisOf(value) ?? 0
  const inner = value.shape.slice(axis + 1).reduce((a, b) => a * b, 1)
  const changed = new Uint8Array(examples)
  for (let i = 0; i < before.length; i++) {
    const limit = rounding * (1e-3 + Math.abs(before[i]))
    const [a, b] = [before[i], after[i]]
    if (Math.abs(a - b) > limit || Number.isNaN(a) !== Number.isNaN(b)) changed[Math.floor(i / inner) % examples] = 1
  }
  changed[moved] = 0
  return changed.reduce((sum, one) => sum + one, 0)
}
