/** @file How many threads an operator gets: few beat many on small nets, where waking a thread costs more than it does. */
import { size } from '../graph/graph.ts'
import type { Graph, Node, Value } from '../graph/types.ts'

/** Multiply-adds of a step from which a second thread pays: between 1.4 and 4.4 million (bench/threads.ts). */
const worthASecondThread = 3_000_000

/** Whether a call of the graph is so short that what surrounds the arithmetic decides. */
export function isSmall(graph: Graph): boolean {
  return arithmetic(graph) < worthASecondThread
}

/** Threads for a graph: one for small graphs, all cores for others. */
export function threadsFor(graph: Graph, cores: number): number {
  return isSmall(graph) ? 1 : cores
}

/** Multiply-adds in the matrix products of a graph. */
export function arithmetic(graph: Graph): number {
  return graph.nodes.reduce((sum, node) => sum + nodeArithmetic(node), 0)
}

function nodeArithmetic(node: Node): number {
  const { body } = node.attributes
  if (typeof body === 'object' && 'nodes' in body) return arithmetic(body)
  if (node.kind !== 'MatMul' && node.kind !== 'Gemm') return 0
  const a = node.inputs[0] as Value
  const inner = node.kind === 'Gemm' && node.attributes.transA === 1 ? a.shape[0] : a.shape[a.shape.length - 1]
  return size(node.outputs[0]) * inner
}
