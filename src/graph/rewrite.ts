/** @file Copying a graph into a builder, node by node, with replacements: what every pass is made of. */
import type { Tensor } from '../base/tensor.ts'
import { Builder } from './graph.ts'
import type { Graph, Node, Operators, Value } from './types.ts'

/** What to do with one node: the values that take the place of its outputs, or undefined to copy it as it is. */
export type Replace = (
  node: Node,
  inputs: readonly (Value | undefined)[],
  builder: Builder,
) => readonly Value[] | undefined

/**
 * Copies the nodes of a graph into a builder.
 *
 * @param inputs what takes the place of the graph's inputs, in their order
 * @param options.replace what to do with a node; default: copy
 * @param options.constant what to do with a constant; default: copy
 * @returns the values that take the place of the graph's outputs
 */
export function inline(
  graph: Graph,
  builder: Builder,
  inputs: readonly Value[],
  options: { replace?: Replace; constant?: (data: Tensor) => Tensor } = {},
): Value[] {
  const copies = new Map<Value, Value>()
  graph.inputs.forEach((input, i) => copies.set(input, inputs[i]))
  for (const constant of graph.constants) {
    const data = constant.constant as Tensor
    copies.set(constant, builder.constant(options.constant === undefined ? data : options.constant(data)))
  }
  const copyOf = (value: Value | undefined) => (value === undefined ? undefined : (copies.get(value) ?? value))
  for (const node of graph.nodes) {
    const from = node.inputs.map(copyOf)
    const outputs = options.replace?.(node, from, builder) ?? builder.node(node.kind, from, node.attributes)
    node.outputs.forEach((output, i) => copies.set(output, outputs[i]))
  }
  return graph.outputs.map((output) => copyOf(output) as Value)
}

/** A copy of a graph, under the same names for inputs and outputs, with replacements. */
export function rewrite(graph: Graph, operators: Operators, replace: Replace): Graph {
  const builder = new Builder(operators)
  const inputs = graph.inputs.map(({ name, dtype, shape }) => builder.input(name, dtype, shape))
  const outputs = inline(graph, builder, inputs, { replace })
  return builder.graph(graph.name, namedAs(graph.outputs, outputs))
}

/** Values under the names of others. */
export function namedAs(names: readonly Value[], values: readonly Value[]): Record<string, Value> {
  return Object.fromEntries(names.map(({ name }, i) => [name, values[i]]))
}
