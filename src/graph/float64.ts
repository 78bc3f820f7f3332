/** @file The float64 twin of a graph: the same function in double precision, for gradient checks and references. */
import { type DType, isFloat, type Tensor, tensor } from '../base/tensor.ts'
import { Builder } from './graph.ts'
import { dtypeNumbers } from './op.ts'
import { inline, namedAs } from './rewrite.ts'
import type { Graph, Node, Operators } from './types.ts'

const widen = (dtype: DType): DType => (isFloat(dtype) ? 'float64' : dtype)

/**
 * The graph with every float in float64. Constants keep their float32 values. Operators whose float64 kernel the runtime
 * lacks, or computes less exactly than 1e-13 of scale, are lowered to others (each table entry's `float64`).
 */
export function toFloat64(graph: Graph, operators: Operators): Graph {
  const builder = new Builder(operators)
  const inputs = graph.inputs.map(({ name, dtype, shape }) => builder.input(name, widen(dtype), shape))
  const outputs = inline(graph, builder, inputs, {
    constant: (data): Tensor =>
      isFloat(data.dtype) ? tensor('float64', data.shape, Array.from(data.data, Number)) : data,
    dtype: widen,
    replace: (node, from, target) => {
      const { float64 } = operators[node.kind]
      if (node.kind === 'Cast') return target.node('Cast', from, widenedCast(node))
      return float64 !== 'kernel' && isFloat(node.outputs[0].dtype) ? float64(node, from) : undefined
    },
  })
  return builder.graph(graph.name, namedAs(graph.outputs, outputs))
}

/** A cast to float32 becomes one to float64. */
function widenedCast(node: Node): Node['attributes'] {
  return { ...node.attributes, to: dtypeNumbers[widen(node.outputs[0].dtype)] }
}
