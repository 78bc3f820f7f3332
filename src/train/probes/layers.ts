/** @file The second graph of a step: every layer's output, and the objective's gradient by it. */
import type { Tensor } from '../../base/tensor.ts'
import type { NamedTensors } from '../../engine/engine.ts'
import { gradients } from '../../graph/autodiff.ts'
import { isDifferentiable } from '../../graph/graph.ts'
import * as op from '../../graph/op.ts'
import type { Graph, Value } from '../../graph/types.ts'
import type { BuiltLayer, ModelContext } from '../../nn/model.ts'
import { buildNet, buildObjective, type NetDescription } from '../graphs.ts'
import { rowFeeds } from './feeds.ts'
import type { ProbeContext, WatchedLayer } from './probe.ts'

export const outputName = (place: number) => `layer/${place}`
const layerGradientName = (place: number) => `layer_gradient/${place}`

/**
 * The layers that give something of their own: one that passes on what the layer inside it gave, or its own input (a dropout
 * that is off), is left out, and so is one that only changes the shape.
 */
export function distinctLayers(layers: readonly BuiltLayer[]): BuiltLayer[] {
  const last = new Map<Value, BuiltLayer>()
  for (const layer of layers) {
    const { output } = layer
    const isOwn = output.node !== undefined && isDifferentiable(output) && layer.kind !== 'flatten'
    if (!isOwn) continue
    const holder = last.get(output)
    // Of one value the innermost layer gave it first; what follows passes it on.
    if (holder === undefined || layer.name.startsWith(`${holder.name}.`)) last.set(output, layer)
  }
  return layers.filter((layer) => last.get(layer.output) === layer)
}

/**
 * One step's forward and backward pass, without the gradients of the parameters.
 *
 * @param of rows of the batch whose mean loss is the objective; default: those that go through. Where they are more, the gradients
 *   are still the step's own
 */
export function layersGraph(net: NetDescription, rows: number, of = rows): Graph {
  const { builder, context, loss, objective } = buildObjective(net, rows)
  const values = distinctLayers(context.layers).map(({ output }) => output)
  const outputs: Record<string, Value> = {}
  // A penalty has no slope by outputs.
  gradients(rows === of ? objective : op.mul(loss, rows / of), values).forEach((gradient, place) => {
    outputs[outputName(place)] = values[place]
    outputs[layerGradientName(place)] = gradient
  })
  return builder.graph('watched_layers', outputs)
}

const known = new WeakMap<NetDescription, readonly BuiltLayer[]>()

/** Names and kinds in the order of the graph's outputs. */
export function watchedLayers(net: NetDescription): readonly BuiltLayer[] {
  // A batch of two: one value a channel has no variance.
  const made = known.get(net) ?? distinctLayers(buildNet(net, 2, true).context.layers)
  known.set(net, made)
  return made
}

/** The layers as a graph of `layersGraph` gave them. */
export function layersOf(net: NetDescription, outputs: NamedTensors): WatchedLayer[] {
  return watchedLayers(net).map(({ name, kind }, place) => ({
    name,
    kind,
    output: outputs[outputName(place)] as Tensor<'float32'>,
    gradient: outputs[layerGradientName(place)] as Tensor<'float32'>,
  }))
}

/**
 * Every layer on the first rows of the step's batch, with the gradients and dropout that they had in the step. All rows where one
 * depends on the others.
 */
export async function layersOfRows(context: ProbeContext, most: number): Promise<readonly WatchedLayer[]> {
  const { net } = context
  const batch = context.batch()
  const rows = areApart(net) ? Math.min(most, batch.size) : batch.size
  if (rows === batch.size) return context.layers()
  const make = () => layersGraph(net, rows, batch.size)
  return layersOf(net, await context.run(`layers ${rows} ${batch.size}`, make, rowFeeds(net, batch, { rows })))
}

const apart = new WeakMap<NetDescription, boolean>()

/** Whether each row goes through the net in training without the others: no statistics of the batch, random numbers row by row. */
function areApart(net: NetDescription): boolean {
  const known = apart.get(net) ?? findApart(net)
  apart.set(net, known)
  return known
}

function findApart(net: NetDescription): boolean {
  const [two, three] = [2, 3].map((rows) => buildNet(net, rows, true).context)
  const isByRow = ({ value: { shape } }: ModelContext['randomInputs'][number], i: number) => {
    const more = three.randomInputs[i].value.shape
    return shape[0] === 2 && more[0] === 3 && shape.slice(1).join() === more.slice(1).join()
  }
  return two.buffers.every(({ next }) => next === undefined) && two.randomInputs.every(isByRow)
}
