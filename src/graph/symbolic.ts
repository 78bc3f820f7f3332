/** @file Graphs for any batch size: found by building the same graph for two sizes and seeing where they differ. */
import { RappelError } from '../base/errors.ts'
import { numbers, type Tensor, tensor } from '../base/tensor.ts'
import { Builder } from './graph.ts'

import { inline, namedAs } from './rewrite.ts'
import type { Graph, Node, Operators, Value } from './types.ts'

/** A graph that is right for every batch size, and the dimensions of its inputs and outputs, the batch by name. */
export interface SymbolicGraph {
  readonly graph: Graph
  readonly dimensions: (value: Value) => readonly (string | number)[]
}

/**
 * Frees a graph of its batch size. Where the two builds have different dimensions it is the batch; a Reshape to such a shape
 * gets −1 there. Anything else that depends on the batch size cannot be freed.
 *
 * @param build gives the graph for a batch size
 * @throws RappelError 'model' naming the node that holds the batch size
 */
export function freeBatch(build: (batch: number) => Graph, operators: Operators, name = 'batch'): SymbolicGraph {
  // Two sizes that hardly occur as anything else.
  const [graph, other] = [build(1013), build(1019)]
  const twins = new Map<Value, Value>()
  graph.constants.forEach((constant, i) => twins.set(constant, other.constants[i]))
  const free = (data: Tensor, twin: Tensor, node: Node): Tensor => {
    const [ours, theirs] = [numbers(data), numbers(twin)]
    const differ = ours.flatMap((n, i) => (n === theirs[i] ? [] : [i]))
    if (node.kind !== 'Reshape' || ours.length !== theirs.length || differ.length !== 1)
      throw new RappelError(
        'model',
        `${node.kind} (${node.outputs[0].name}) holds the batch size, so the model would work for one size only`,
        'write the layer so that its constants do not depend on the batch size',
      )
    return tensor(
      'int64',
      data.shape,
      ours.map((n, i) => (i === differ[0] ? -1 : n)),
    )
  }
  const builder = new Builder(operators)
  const inputs = graph.inputs.map((input) => builder.input(input.name, input.dtype, input.shape))
  const outputs = inline(graph, builder, inputs, {
    replace: (node, from) => {
      const values = node.inputs.map((input, i) => {
        const twin = input && twins.get(input)?.constant
        if (input?.constant === undefined || twin === undefined || sameData(input.constant, twin)) return from[i]
        return builder.constant(free(input.constant, twin, node))
      })
      return builder.node(node.kind, values, node.attributes)
    },
  })
  const freed = builder.graph(graph.name, namedAs(graph.outputs, outputs))
  const shapes = new Map([...other.inputs, ...other.outputs].map((value) => [value.name, value.shape]))
  const dimensions = (value: Value) => value.shape.map((dim, i) => (dim === shapes.get(value.name)?.[i] ? dim : name))
  return { graph: freed, dimensions }
}

function sameData(a: Tensor, b: Tensor): boolean {
  return (
    a.data.length === b.data.length && a.data.every((value: number | bigint, i: number) => Object.is(value, b.data[i]))
  )
}
