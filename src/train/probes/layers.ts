/** @file The second graph of a step: every layer's output, and the objective's gradient by it. */
import { gradients } from '../../graph/autodiff.ts'
import { isDifferentiable } from '../../graph/graph.ts'
import type { Graph, Value } from '../../graph/types.ts'
import type { BuiltLayer } from '../../nn/model.ts'
import { buildNet, buildObjective, type NetDescription } from '../graphs.ts'

export const outputName = (place: number) => `layer/${place}`
export const layerGradientName = (place: number) => `layer_gradient/${place}`

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

/** One step's forward and backward pass, without the gradients of the parameters. */
export function layersGraph(net: NetDescription, batch: number): Graph {
  const { builder, context, objective } = buildObjective(net, batch)
  const values = distinctLayers(context.layers).map(({ output }) => output)
  const outputs: Record<string, Value> = {}
  gradients(objective, values).forEach((gradient, place) => {
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
