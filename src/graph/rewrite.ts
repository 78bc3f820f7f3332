/** @file Copying a graph into a builder, node by node, with replacements: what every pass is made of. */
import type { DType, Tensor } from '../base/tensor.ts'
import { Builder } from './graph.ts'
import type { Attributes, Graph, GraphBuilder, Node, Operators, Value } from './types.ts'

/** What to do with one node: the values that take the place of its outputs, or undefined to copy it as it is. */
export type Replace = (
  node: Node,
  inputs: readonly (Value | undefined)[],
  builder: GraphBuilder,
) => readonly Value[] | undefined

export interface InlineOptions {
  /** What to do with a node; default: copy. */
  readonly replace?: Replace
  /** What to do with a constant; default: copy. */
  readonly constant?: (data: Tensor) => Tensor
  /** What the inputs of bodies become, where the graph's own inputs change their dtype; default: as they are. */
  readonly dtype?: (dtype: DType) => DType
}

/**
 * Copies the nodes of a graph into a builder; bodies of Loops too, node by node.
 *
 * @param inputs what takes the place of the graph's inputs, in their order
 * @returns the values that take the place of the graph's outputs
 */
export function inline(
  graph: Graph,
  builder: GraphBuilder,
  inputs: readonly Value[],
  options: InlineOptions = {},
): Value[] {
  return copyInto(graph, builder, inputs, options, new Map())
}

/** @param around what takes the place of values of the graph around a body, which it may use by name */
function copyInto(
  graph: Graph,
  builder: GraphBuilder,
  inputs: readonly Value[],
  options: InlineOptions,
  around: ReadonlyMap<Value, Value>,
): Value[] {
  const copies = new Map(around)
  graph.inputs.forEach((input, i) => copies.set(input, inputs[i]))
  for (const constant of graph.constants) {
    const data = constant.constant as Tensor
    copies.set(constant, builder.constant(options.constant === undefined ? data : options.constant(data)))
  }
  const copyOf = (value: Value | undefined) => (value === undefined ? undefined : (copies.get(value) ?? value))
  for (const node of graph.nodes) {
    const from = node.inputs.map(copyOf)
    const outputs =
      options.replace?.(node, from, builder) ??
      builder.node(node.kind, from, copyBodies(node, builder, options, copies))
    node.outputs.forEach((output, i) => copies.set(output, outputs[i]))
  }
  return graph.outputs.map((output) => copyOf(output) as Value)
}

/** A node's attributes for another builder: bodies of Loops are copied, with what they use of the graph around them. */
export function copyBodies(
  node: Node,
  builder: GraphBuilder,
  options: InlineOptions,
  copies: ReadonlyMap<Value, Value>,
): Attributes {
  const entries = Object.entries(node.attributes).map(([name, value]) => {
    if (typeof value !== 'object' || !('nodes' in value)) return [name, value]
    const body = builder.nested()
    const inputs = value.inputs.map(({ name: inner, dtype, shape }) =>
      body.input(body.freeName(inner), options.dtype?.(dtype) ?? dtype, shape),
    )
    const outputs = copyInto(value, body, inputs, options, copies)
    return [
      name,
      body.graph(
        value.name,
        value.outputs.map(({ name: output }, i) => [body.freeName(output), outputs[i]] as const),
      ),
    ]
  })
  return Object.fromEntries(entries)
}

/** A copy of a graph, under the same names for inputs and outputs, with replacements. */
export function rewrite(graph: Graph, operators: Operators, replace: Replace): Graph {
  const builder = new Builder(operators)
  const inputs = graph.inputs.map(({ name, dtype, shape }) => builder.input(name, dtype, shape))
  const outputs = inline(graph, builder, inputs, { replace })
  return builder.graph(graph.name, namedAs(graph.outputs, outputs))
}

/** Values with the names of others, in order. */
export function namedAs(names: readonly Value[], values: readonly Value[]): [name: string, value: Value][] {
  return names.map(({ name }, i) => [name, values[i]])
}
