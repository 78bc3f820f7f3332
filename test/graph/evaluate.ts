/** @file Runs small graphs in tests: plain numbers in, plain numbers out. */
import { numbers, type Tensor, tensor } from '../../src/base/tensor.ts'
import { evaluate } from '../../src/engine/engine.ts'
import { nativeEngine } from '../../src/engine/native.ts'
import { toFloat64 } from '../../src/graph/float64.ts'
import { operators } from '../../src/graph/ops/index.ts'
import type { Graph } from '../../src/graph/types.ts'

export const engine = await nativeEngine({ threads: 1 })

/** Evaluates the float64 twin of a graph. @returns the values of each output; 0 for −0 */
export async function valuesOf(
  graph: Graph,
  feeds: Readonly<Record<string, readonly number[]>>,
): Promise<Record<string, number[]>> {
  const twin = toFloat64(graph, operators)
  const tensors: Record<string, Tensor> = Object.fromEntries(
    twin.inputs.map(({ name, dtype, shape }) => [name, tensor(dtype, shape, feeds[name])]),
  )
  const found = await evaluate(engine, twin, tensors)
  return Object.fromEntries(
    Object.entries(found).map(([name, output]) => [name, numbers(output).map((value) => value + 0)]),
  )
}
