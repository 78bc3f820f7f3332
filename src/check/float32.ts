/** @file The float32 step that trains, after all passes, beside the float64 gradients: what rounding and kernel forms do to it. */
import { numbers, sizeOf, type Tensor, tensor } from '../base/tensor.ts'
import { type Engine, evaluate, type NamedTensors } from '../engine/engine.ts'
import { fastForms } from '../graph/forms.ts'
import { recordWinners } from '../graph/kinks.ts'
import { operators } from '../graph/ops/index.ts'
import type { Graph } from '../graph/types.ts'
import { gradientName, inputName, type NetDescription, targetName, trainingGraph } from '../train/graphs.ts'
import { type ModelEvaluatorOptions, randomValues } from './model.ts'
import { ModelGraphs } from './model-graphs.ts'
import { type Float32Report, worstVerdict } from './model-report.ts'
import type { Verdict } from './report.ts'

/** Up to the first all is well, beyond the second something is wrong: rounding of sums of any length stays far below. */
const [fine, wrong] = [1e-4, 1e-2]

/** A tensor's greatest entry counts at least as this share of the greatest of all: one that is zero but for rounding has no scale. */
const leastShare = 1e-2

/**
 * Compares the step's gradients of the objective with given ones.
 *
 * @param gradient in float64, in the order of the net's parameters
 * @param units the greatest entry that each tensor's gradient had elsewhere: where examples are fitted, gradients are small differences
 *   of large numbers, and rounding is as large as it was. Default: none
 */
export async function checkFloat32(
  net: NetDescription,
  engine: Engine,
  point: Omit<ModelEvaluatorOptions, 'part' | 'training' | 'operators'>,
  gradient: readonly Float64Array[],
  units: readonly number[] = [],
): Promise<Float32Report> {
  const { graph: said, parameters } = trainingGraph(net, point.inputs.shape[0])
  const graph = engine.provider === 'cpu' ? fastForms(said, operators) : said
  const found = await evaluate(engine, graph, feedsOf(graph, net, point))
  const greatest = greatestEntries(gradient).map((here, t) => Math.max(here, units[t] ?? 0))
  const least = leastShare * Math.max(...greatest)
  const deviations = parameters.map(({ name }, t) =>
    deviationOf(numbers(found[gradientName(name)]), gradient[t], Math.max(greatest[t], least)),
  )
  const worst = Math.max(...deviations)
  // NaN is no deviation that one could compare.
  const kinks = worst <= fine ? 0 : await otherWinners(net, engine, point)
  const tensors = parameters.map(({ name }, t) => ({
    name,
    deviation: deviations[t],
    verdict: verdictOf(deviations[t], kinks),
  }))
  const verdict = worstVerdict(tensors.map((one) => one.verdict))
  const named = tensors.reduce((a, b) => (b.deviation > a.deviation || Number.isNaN(b.deviation) ? b : a))
  return { verdict, tensors, kinks, words: wordsOf(verdict, named, kinks) }
}

/** The greatest absolute value in each tensor. */
export function greatestEntries(gradient: readonly Float64Array[]): number[] {
  return gradient.map((values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0))
}

/** The largest difference of two entries in units of `scale`; 0 where all are equal, NaN where one is not a number. */
export function deviationOf(found: readonly number[], expected: Float64Array, scale: number): number {
  const difference = found.reduce((most, value, i) => {
    const here = Math.abs(value - expected[i])
    return Number.isNaN(here) || Number.isNaN(most) ? Number.NaN : Math.max(most, here)
  }, 0)
  return difference === 0 ? 0 : difference / scale
}

function verdictOf(deviation: number, kinks: number): Verdict {
  if (deviation <= fine) return 'pass'
  return kinks > 0 || deviation <= wrong ? 'inconclusive' : 'fail'
}

function wordsOf(verdict: Verdict, worst: { name: string; deviation: number }, kinks: number): string {
  const off = `${worst.deviation.toExponential(1)} of its greatest entry`
  if (verdict === 'pass')
    return `The float32 step that trains agrees with float64: at most ${off} apart (${worst.name}).`
  if (kinks > 0)
    return `The float32 step is ${off} off in ${worst.name}, but ${kinks} unit${kinks === 1 ? '' : 's'} chose another side than in float64: so near to a kink the two may differ. Check with another seed.`
  if (verdict === 'inconclusive')
    return `The float32 step is ${off} off in ${worst.name}: more than rounding usually does. Large inputs or a loss of differences between large numbers would explain it: standardise the inputs.`
  return `The float32 step that trains is ${off} off in ${worst.name}, while the float64 gradient is held to the loss: a kernel or a rewritten form is wrong. Please report it with the model.`
}

/** Everything that a float32 graph of the net takes. */
export function feedsOf(
  graph: Graph,
  net: NetDescription,
  { parameters, buffers = {}, inputs, targets, seed = 0 }: Omit<ModelEvaluatorOptions, 'part'>,
): NamedTensors {
  const { buffers: known } = trainingGraph(net, inputs.shape[0])
  const initial = new Map(known.map((buffer) => [buffer.name, buffer.initial]))
  const given: NamedTensors = { ...parameters, ...buffers, [inputName]: inputs, [targetName]: targets }
  const entries = graph.inputs.map(({ name, shape }): [string, Tensor] => {
    if (given[name] !== undefined) return [name, given[name]]
    const start = initial.get(name)
    const values = start === undefined ? randomValues(seed, name, sizeOf(shape)) : undefined
    return [name, tensor('float32', shape, values ?? new Float32Array(sizeOf(shape)).fill(start as number))]
  })
  return Object.fromEntries(entries)
}

/** How many winners are others in float32 than in float64, with the same numbers. */
async function otherWinners(
  net: NetDescription,
  engine: Engine,
  point: Omit<ModelEvaluatorOptions, 'part'>,
): Promise<number> {
  const graphs = new ModelGraphs(net, { part: 'data', batch: point.inputs.shape[0], training: true })
  const { graph, winners } = recordWinners(graphs.said, operators)
  const narrow = feedsOf(graph, net, point)
  const wide = graphs.recorded().graph
  const widened = wide.inputs.map(({ name, dtype, shape }) => [name, tensor(dtype, shape, numbers(narrow[name]))])
  const in32 = await evaluate(engine, graph, narrow)
  const in64 = await evaluate(engine, wide, Object.fromEntries(widened))
  return winners.reduce((count, { name }) => {
    const other = numbers(in64[name])
    return count + numbers(in32[name]).filter((winner, i) => winner !== other[i]).length
  }, 0)
}
