/** @file Sums, means and maxima over axes, and the position of the greatest element. */

import { RappelError } from '../../base/errors.ts'
import { sizeOf } from '../../base/tensor.ts'
import * as op from '../op.ts'
import type {
  BatchedInput,
  BatchRule,
  KinkRule,
  Node,
  OpDefinition,
  ReductionKind,
  ShapeRule,
  Value,
} from '../types.ts'
import { axisIndex, required, requireFloat } from './shapes.ts'

/** The axes that a node reduces over, from 0, ascending. Without a list it is all of them (opset 18). */
function axesOf(x: Value, axes: Value | undefined): number[] {
  const rank = x.shape.length
  const given = axes === undefined ? [] : op.constantInts(axes, 'the list of axes')
  const indices = given.length === 0 ? x.shape.map((_, i) => i) : given.map((axis) => axisIndex(axis, rank))
  if (new Set(indices).size !== indices.length) throw new RappelError('shape', `an axis stands twice in [${given}]`)
  return indices.sort((a, b) => a - b)
}

const nodeAxes = (node: Node) => axesOf(required(node.inputs, 0), node.inputs[1])

function reducedShape(x: Value, axes: readonly number[], keep: boolean): number[] {
  return keep ? x.shape.map((dim, i) => (axes.includes(i) ? 1 : dim)) : x.shape.filter((_, i) => !axes.includes(i))
}

const shape: ShapeRule = (inputs, attributes) => {
  const x = required(inputs, 0)
  requireFloat(x)
  if (attributes.noop_with_empty_axes === 1)
    throw new RappelError('op', 'noop_with_empty_axes is 1, expected 0', 'name the axes')
  return [{ dtype: x.dtype, shape: reducedShape(x, axesOf(x, inputs[1]), attributes.keepdims !== 0) }]
}

/** A reduced value brought back to the shape that it was reduced from. */
function spread(reduced: Value, node: Node): Value {
  const x = required(node.inputs, 0)
  return op.expand(op.reshape(reduced, reducedShape(x, nodeAxes(node), true)), x.shape)
}

const batch: BatchRule = (node, inputs) => {
  const { value } = inputs[0] as BatchedInput
  const axes = nodeAxes(node).map((axis) => axis + 1)
  // A scalar has no axes: its sum is itself.
  if (axes.length === 0) return [value]
  const reduce = { ReduceSum: op.reduceSum, ReduceMean: op.reduceMean, ReduceMax: op.reduceMax }[
    node.kind as 'ReduceSum'
  ]
  return [reduce(value, { axes, keepDims: node.attributes.keepdims !== 0 })]
}

function reduction(gradient: (dy: Value, node: Node) => Value, kink: KinkRule | 'smooth' = 'smooth'): OpDefinition {
  return {
    inputs: [1, 2],
    attributes: { keepdims: 'int', noop_with_empty_axes: 'int' },
    shape,
    gradient: (node, [dy]) => [dy && gradient(dy, node)],
    batch,
    kink,
    float64: 'kernel',
  }
}

/** 1 where an element is the greatest; several that are equal share, as in PyTorch's amax. */
function shareOfMax(node: Node, x: Value): Value {
  const axes = nodeAxes(node)
  const top = op.reduceMax(x, { axes, keepDims: true })
  const mask = op.cast(op.equal(x, top), x.dtype)
  return op.div(mask, op.reduceSum(mask, { axes, keepDims: true }))
}

const maximumKink: KinkRule = {
  winner: (node, inputs) => {
    const x = required(inputs, 0)
    return op.equal(x, op.reduceMax(x, { axes: nodeAxes(node), keepDims: true }))
  },
  frozen: (node, inputs, winner) => {
    const x = required(inputs, 0)
    const axes = nodeAxes(node)
    const mask = op.cast(winner, x.dtype)
    const sum = op.reduceSum(op.where(winner, x, 0), { axes, keepDims: node.attributes.keepdims !== 0 })
    return [op.div(sum, op.reduceSum(mask, { axes, keepDims: node.attributes.keepdims !== 0 }))]
  },
}

const argMax: OpDefinition = {
  inputs: [1, 1],
  attributes: { axis: 'int', keepdims: 'int', select_last_index: 'int' },
  shape: (inputs, attributes) => {
    const x = required(inputs, 0)
    const axis = axisIndex((attributes.axis as number | undefined) ?? 0, x.shape.length)
    return [{ dtype: 'int64', shape: reducedShape(x, [axis], attributes.keepdims !== 0) }]
  },
  gradient: 'none',
  batch: (node, inputs) => {
    const { value } = inputs[0] as BatchedInput
    const axis = axisIndex((node.attributes.axis as number | undefined) ?? 0, value.shape.length - 1) + 1
    return value.builder.node('ArgMax', [value], { ...node.attributes, axis })
  },
  kink: {
    winner: (node, inputs) => required(inputs, 0).builder.node('ArgMax', inputs, node.attributes)[0],
    frozen: (_node, _inputs, winner) => [winner],
  },
  float64: 'kernel',
}

export const reductions: Record<ReductionKind, OpDefinition> = {
  ReduceSum: reduction((dy, node) => spread(dy, node)),
  ReduceMean: reduction((dy, node) => {
    const x = required(node.inputs, 0)
    const count = sizeOf(nodeAxes(node).map((axis) => x.shape[axis]))
    // Divided, not multiplied by 1 / count: as a constant that would be rounded to float32, in the float64 twin too.
    return spread(op.div(dy, count), node)
  }),
  ReduceMax: reduction((dy, node) => op.mul(spread(dy, node), shareOfMax(node, required(node.inputs, 0))), maximumKink),
  ArgMax: argMax,
}
