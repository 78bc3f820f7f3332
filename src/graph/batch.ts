/** @file Batching (vmap): one graph that does what another does for many values of some inputs at once. */
import { RappelError, suggestion } from '../base/errors.ts'
import { Builder, capturedValues } from './graph.ts'
import { batchedValue } from './ops/shapes.ts'
import { copyBodies, namedAs } from './rewrite.ts'
import type { BatchedInput, Graph, Node, Operators, Value } from './types.ts'

/**
 * The graph for `size` points at once: the named inputs get a leading dimension of that size, the others stay as they are
 * and are shared, and every output gets the leading dimension.
 *
 * @throws RappelError 'shape' when the graph has no input of a given name; 'op' when an operator that would have to be
 *   batched cannot be
 */
export function batchGraph(graph: Graph, operators: Operators, inputNames: readonly string[], size: number): Graph {
  const known = graph.inputs.map(({ name }) => name)
  for (const name of inputNames)
    if (!known.includes(name))
      throw new RappelError('shape', `the graph '${graph.name}' has no input '${name}'`, suggestion(name, known))
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
    const batched = [...node.inputs, ...capturedValues(node)].some((value) => value && copies.get(value)?.batched)
    const outputs = batched ? batchNode(node, operators, copies, size) : copyNode(node, builder, copies)
    node.outputs.forEach((output, i) => copies.set(output, { value: outputs[i], batched }))
  }
  const outputs = graph.outputs.map((output) => batchedValue(copies.get(output) as BatchedInput, size))
  return builder.graph(graph.name, namedAs(graph.outputs, outputs))
}

type Copies = ReadonlyMap<Value, BatchedInput>

const copiedInputs = (node: Node, copies: Copies) => node.inputs.map((input) => input && copies.get(input))

function batchNode(node: Node, operators: Operators, copies: Copies, size: number): readonly Value[] {
  const rule = operators[node.kind].batch
  if (rule === 'none') throw new RappelError('op', `${node.kind} (${node.outputs[0].name}) cannot be batched`)
  return rule(node, copiedInputs(node, copies), size)
}

function copyNode(node: Node, builder: Builder, copies: Copies): readonly Value[] {
  const inputs = copiedInputs(node, copies).map((input) => input?.value)
  const values = new Map([...copies].map(([from, { value }]) => [from, value]))
  return builder.node(node.kind, inputs, copyBodies(node, builder, {}, values))
}
