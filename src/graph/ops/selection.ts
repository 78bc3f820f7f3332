/** @file Choosing the greatest, or least, elements along an axis. */
import { RappelError } from '../../base/errors.ts'
import * as op from '../op.ts'
import type { BatchedInput, Node, OpDefinition, SelectionKind, ShapeRule } from '../types.ts'
import { axisIndex, required, requireFloat } from './shapes.ts'

const axisOf = ({ attributes }: Pick<Node, 'attributes'>, rank: number) =>
  axisIndex((attributes.axis as number | undefined) ?? -1, rank)

const topKShape: ShapeRule = (inputs, attributes) => {
  const x = required(inputs, 0)
  requireFloat(x)
  const axis = axisOf({ attributes }, x.shape.length)
  const list = op.constantInts(required(inputs, 1), 'k')
  const [k] = list
  if (list.length !== 1 || !(k >= 1 && k <= x.shape[axis]))
    throw new RappelError('shape', `k is ${list}, expected 1 to ${x.shape[axis]}, the length of axis ${axis}`)
  const shape = x.shape.map((dim, i) => (i === axis ? k : dim))
  return [
    { dtype: x.dtype, shape },
    { dtype: 'int64', shape },
  ]
}

export const selection: Record<SelectionKind, OpDefinition> = {
  TopK: {
    inputs: [2, 2],
    attributes: { axis: 'int', largest: 'int', sorted: 'int' },
    shape: topKShape,
    gradient: (node, [dy]) => {
      if (dy === undefined) return []
      const x = required(node.inputs, 0)
      // No place is chosen twice.
      const zeros = op.full(x.builder, x, 0)
      return [op.scatterElements(zeros, node.outputs[1], dy, axisOf(node, x.shape.length))]
    },
    batch: (node, inputs) => {
      const [x, k] = inputs.map((input) => (input as BatchedInput).value)
      return x.builder.node('TopK', [x, k], { ...node.attributes, axis: axisOf(node, x.shape.length - 1) + 1 })
    },
    kink: {
      winner: (node, inputs) => required(inputs, 0).builder.node('TopK', inputs, node.attributes)[1],
      frozen: (node, inputs, winner) => [
        op.gatherElements(required(inputs, 0), winner, axisOf(node, winner.shape.length)),
        winner,
      ],
    },
    float64: 'kernel',
  },
}
