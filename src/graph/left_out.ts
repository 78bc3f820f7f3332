/** @file Which outputs of a node are written: those that are optional and that nothing uses are left out, as ONNX allows. */
import { capturedValues } from './graph.ts'
import type { Graph, Node, Value } from './types.ts'

/** The values of a graph that are of use: to a node, to a body inside, or as an output. */
export function usedValues(graph: Graph): ReadonlySet<Value | undefined> {
  return new Set([...graph.outputs, ...graph.nodes.flatMap((node) => [...node.inputs, ...capturedValues(node)])])
}

/**
 * Names of a node's outputs as they stand in a file: '' for one that is left out, and none for those at the end. The runtime
 * saves the work for them: MaxPool without its indices takes a fraction of the time.
 */
export function writtenOutputs({ kind, outputs }: Node, used: ReadonlySet<Value | undefined>): string[] {
  const required = outputs[0].builder.operators[kind].requiredOutputs ?? outputs.length
  const names = outputs.map((value, i) => (i < required || used.has(value) ? value.name : ''))
  return names.slice(0, names.findLastIndex((name) => name !== '') + 1)
}
