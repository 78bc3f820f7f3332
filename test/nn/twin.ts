/** @file Layers and losses as they are in float64: built, differentiated, widened, run. */
import { type DType, numbers, type Shape, type Tensor, tensor } from '../../src/base/tensor.ts'
import { evaluate } from '../../src/engine/engine.ts'
import { nativeEngine } from '../../src/engine/native.ts'
import { gradients } from '../../src/graph/autodiff.ts'
import { toFloat64 } from '../../src/graph/float64.ts'
import { Builder } from '../../src/graph/graph.ts'
import * as op from '../../src/graph/op.ts'
import { operators } from '../../src/graph/ops/index.ts'
import type { Graph, Value } from '../../src/graph/types.ts'
import type { Loss } from '../../src/nn/loss.ts'
import { type Layer, ModelContext } from '../../src/nn/model.ts'
import type { Recorded } from './fixtures.ts'

const engine = await nativeEngine({ threads: 1 })

/** Feeds by the name of the graph's input, in its type; gives each output's numbers. */
export async function run(
  graph: Graph,
  feeds: Readonly<Record<string, readonly number[]>>,
): Promise<Record<string, number[]>> {
  const tensors = graph.inputs.map(({ name, dtype, shape }): [string, Tensor] => [
    name,
    tensor(dtype, shape, feeds[name]),
  ])
  const outputs = await evaluate(engine, graph, Object.fromEntries(tensors))
  return Object.fromEntries(Object.entries(outputs).map(([name, output]) => [name, numbers(output)]))
}

/** A model that is being built, and what it asked for. */
export function build(model: Layer, shape: Shape, training = true): { context: ModelContext; x: Value; y: Value } {
  const context = new ModelContext(new Builder(operators), training)
  const x = context.builder.input('input', 'float32', shape)
  return { context, x, y: model.build(x, context) }
}

/** `output`, and under `gradient/…` the gradients of Σ output·cotangent by the input and every parameter, in float64. */
export async function layerInFloat64(
  model: Layer,
  input: Recorded,
  cotangent: Recorded,
  parameters: Readonly<Record<string, Recorded>> = {},
): Promise<Record<string, number[]>> {
  const { context, x, y } = build(model, input.shape)
  const { builder } = context
  const seed = builder.input('cotangent', 'float32', y.shape)
  const wrt = [x, ...context.parameters.map(({ value }) => value)]
  const slopes = gradients(op.reduceSum(op.mul(y, seed)), wrt)
  const outputs: Record<string, Value> = { output: y }
  wrt.forEach(({ name }, i) => {
    outputs[`gradient/${name}`] = slopes[i]
  })
  const graph = toFloat64(builder.graph('layer', outputs), operators)
  const given = Object.entries(parameters).map(([name, { values }]) => [name, values])
  return run(graph, { ...Object.fromEntries(given), input: input.values, cotangent: cotangent.values })
}

/** `perExample`, and `gradient` of their mean by the net's output, in float64. */
export async function lossInFloat64(
  loss: Loss,
  output: Recorded,
  target: Recorded,
): Promise<Record<'perExample' | 'gradient', number[]>> {
  const graph = toFloat64(lossGraph(loss, output.shape, target.shape), operators)
  const found = await run(graph, { output: output.values, target: target.values })
  return found as Record<'perExample' | 'gradient', number[]>
}

/** The graph of a loss on given scores: each example's loss, and the gradient of their mean. */
export function lossGraph(loss: Loss, output: Shape, target: Shape): Graph {
  const builder = new Builder(operators)
  const dtype: DType = loss.task === 'classification' ? 'int32' : 'float32'
  const scores = builder.input('output', 'float32', output)
  const perExample = loss.perExample(scores, builder.input('target', dtype, target))
  const [gradient] = gradients(op.reduceMean(perExample), [scores])
  return builder.graph('loss', { perExample, gradient })
}

/** Greatest difference, as a part of the greatest expected number. NaN anywhere gives NaN. */
export function apart(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Number.NaN
  let [difference, scale] = [0, 0]
  for (let i = 0; i < found.length; i++) {
    const distance = Math.abs(found[i] - expected[i])
    difference = Number.isNaN(distance) ? Number.NaN : Math.max(difference, distance)
    scale = Math.max(scale, Math.abs(expected[i]))
  }
  return scale === 0 ? difference : difference / scale
}
