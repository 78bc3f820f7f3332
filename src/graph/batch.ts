/** @file Batching (vmap): one graph that does what another does for many values of some inputs at once. */
import { RappelError } from '../base/errors.ts'
import { Builder } from './graph.ts'
import { batchedValue } from './ops/shapes.ts'
import { namedAs } from './rewrite.ts'
import type { BatchedInput, Graph, Operators, Value } from './types.ts'

/**
 * The graph for `size` points at once: the named inputs get a leading dimension of that size, the others stay as they are
 * and are shared, and every output gets the leading dimension.
 *
 * @throws RappelError 'op' when an operator that would have to be batched cannot be
 */
export function batchGraph(graph: Graph, operators: Operators, inputNames: readonly string[], size: number): Graph {
  const builder = new Builder(operators)
  const copies = new Map<Value, BatchedInput>()
  for (const input of graph.inputs) {
    const batched = inputNames.includes(input.name)
    const shape = batched ? [size, ...input.shape] : input.shape
    copies.set(input, { value: builder.input(input.name, input.dtype, shape), batched })
  }
  for (const constant of graph.constants)
    if (constant.constant !== undefined)
      copies.set(constant, { value: builder.constant(constant.constant), batched: false })
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((input) => input && copies.get(input))
    const batched = inputs.some((input) => input?.batched)
    const rule = operators[node.kind].batch
    if (batched && rule === 'none')
      throw new RappelError('op', `${node.kind} (${node.outputs[0].name}) cannot be batched`)
    const outputs =
      batched && rule !== 'none'
        ? rule(node, inputs, size)
        : builder.node(
            node.kind,
            inputs.map((input) => input?.value),
            node.attributes,
          )
    node.outputs.forEach((output, i) => copies.set(output, { value: outputs[i], batched }))
  }
  const outputs = graph.outputs.map((output) => batchedValue(copies.get(output) as BatchedInput, size))
  return builder.graph(graph.name, namedAs(graph.outputs, outputs))
}
