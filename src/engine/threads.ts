/** @file How many threads an operator gets: few beat many on small nets, where waking a thread costs more than it does. */
import { checkInteger, usageError } from '../base/errors.ts'
import { size } from '../graph/graph.ts'
import type { Graph, Node, Value } from '../graph/types.ts'

/** Multiply-adds of a step from which a second thread pays: between 1.4 and 4.4 million (bench/threads.ts). */
const worthASecondThread = 3_000_000

/** Whether a call of the graph is so short that what surrounds the arithmetic decides. */
export function isSmall(graph: Graph): boolean {
  return arithmetic(graph) < worthASecondThread
}

/** Up to this many threads the same bits were seen in every run; 8 and more differed. */
const mostByDefault = 4

/** Threads for a graph: one for small graphs, up to four for others. */
export function threadsFor(graph: Graph, cores: number): number {
  return isSmall(graph) ? 1 : Math.min(cores, mostByDefault)
}

/**
 * Checks a number of threads and returns it.
 *
 * @throws RappelError 'usage' beyond what could help anything: each is a thread of the system, and thousands bring it down
 */
export function checkThreads(threads: number, cores: number): number {
  checkInteger('threads', threads, 1)
  const most = Math.max(64, cores)
  if (threads <= most) return threads
  throw usageError(
    `threads is ${threads}, expected 1 to ${most}`,
    `this machine has ${cores} processors; more threads only wait`,
  )
}

/** Multiply-adds in the matrix products of a graph. */
export function arithmetic(graph: Graph): number {
  return graph.nodes.reduce((sum, node) => sum + nodeArithmetic(node), 0)
}

/** Multiply-adds in the matrix products of one node; of a body once, however often it runs. */
export function nodeArithmetic(node: Node): number {
  const { body } = node.attributes
  if (typeof body === 'object' && 'nodes' in body) return arithmetic(body)
  if (node.kind !== 'MatMul' && node.kind !== 'Gemm') return 0
  const a = node.inputs[0] as Value
  const inner = node.kind === 'Gemm' && node.attributes.transA === 1 ? a.shape[0] : a.shape[a.shape.length - 1]
  return size(node.outputs[0]) * inner
}
