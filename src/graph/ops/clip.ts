/** @file Clip: values between two bounds, either of which may be left out. */
import { RappelError } from '../../base/errors.ts'
import { sizeOf, typeText } from '../../base/tensor.ts'
import * as op from '../op.ts'
import type {
  BatchedInput,
  BatchRule,
  ClipKind,
  GradientRule,
  KinkRule,
  Node,
  OpDefinition,
  ShapeRule,
  Value,
} from '../types.ts'
import { elementwise } from './elementwise.ts'
import { batchedValue, required } from './shapes.ts'

const shape: ShapeRule = (inputs) => {
  const x = required(inputs, 0)
  if (x.dtype === 'bool') throw new RappelError('shape', 'the input is bool, expected numbers', 'cast it first')
  for (const [i, name] of ['lower', 'upper'].entries()) {
    const bound = inputs[i + 1]
    if (bound === undefined || (bound.dtype === x.dtype && bound.shape.length <= 1 && sizeOf(bound.shape) === 1))
      continue
    throw new RappelError('shape', `the ${name} bound is ${typeText(bound)}, expected ${x.dtype}[]`)
  }
  return [{ dtype: x.dtype, shape: x.shape }]
}

/** A bound as a scalar, whatever way it was written. */
const scalarOf = (bound: Value | undefined) => bound && op.reshape(bound, [])

/** Gradients of max(x, low), or of min(x, high), by x and by the bound, where y is the clipped x. */
function sideGradient(kind: 'Max' | 'Min', x: Value, bound: Value | undefined, y: Value, dy: Value): [Value, Value?] {
  const open = kind === 'Max' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  if (bound === undefined || bound.constant?.data[0] === open) return [dy]
  const limit = op.reshape(bound, [])
  if (bound.constant !== undefined) return [op.where(kind === 'Max' ? op.greater(y, limit) : op.less(y, limit), dy, 0)]
  const { node } = kind === 'Max' ? op.maximum(x, limit) : op.minimum(x, limit)
  const [dx, dLimit] = (elementwise[kind].gradient as GradientRule)(node as Node, [dy]) as [Value, Value]
  return [dx, op.reshape(dLimit, bound.shape)]
}

/**
 * As in PyTorch: constant bounds let through what lies strictly between them; with a bound that is computed an element that
 * equals it shares the gradient, as in Max and Min. (Where two computed bounds are equal they share as well; PyTorch gives all
 * to one of them.)
 */
const gradient: GradientRule = (node, [dy]) => {
  if (dy === undefined) return []
  const [x, low, high] = [required(node.inputs, 0), node.inputs[1], node.inputs[2]]
  const [y] = node.outputs
  const raised = low === undefined ? x : op.maximum(x, op.reshape(low, []))
  const [dRaised, dHigh] = sideGradient('Min', raised, high, y, dy)
  const [dx, dLow] = sideGradient('Max', x, low, y, dRaised)
  return [dx, dLow, dHigh]
}

/** Bounds that differ from row to row are no scalars any more: Max and Min take them. */
const batch: BatchRule = (node, inputs, size) => {
  const [data, ...bounds] = inputs
  const x = batchedValue(data as BatchedInput, size)
  if (bounds.every((bound) => !bound?.batched))
    return x.builder.node('Clip', [x, ...bounds.map((bound) => bound?.value)], node.attributes)
  const [low, high] = bounds.map((bound) => {
    const ones = new Array<number>(x.shape.length - 1).fill(1)
    return bound && op.reshape(bound.value, bound.batched ? [size, ...ones] : [])
  })
  const raised = low === undefined ? x : op.maximum(x, low)
  return [high === undefined ? raised : op.minimum(raised, high)]
}

/** The winner is the piece: 0 below, 1 between, 2 above, which wins where the bounds are crossed; frozen, it is that piece. */
const kink: KinkRule = {
  winner: (_node, inputs) => {
    const x = required(inputs, 0)
    const [low, high] = [scalarOf(inputs[1]), scalarOf(inputs[2])]
    const isAbove = high && op.greater(low === undefined ? x : op.maximum(x, low), high)
    const lower =
      low === undefined
        ? op.full(x.builder, { dtype: 'int32', shape: x.shape }, 1)
        : op.cast(op.not(op.less(x, low)), 'int32')
    return isAbove === undefined ? lower : op.where(isAbove, 2, lower)
  },
  frozen: (_node, inputs, winner) => {
    const x = required(inputs, 0)
    const [low, high] = [scalarOf(inputs[1]), scalarOf(inputs[2])]
    const raised = low === undefined ? x : op.where(op.equal(winner, 0), low, x)
    return [high === undefined ? raised : op.where(op.equal(winner, 2), high, raised)]
  },
}

export const clipOps: Record<ClipKind, OpDefinition> = {
  Clip: { inputs: [1, 3], attributes: {}, shape, gradient, batch, kink, float64: 'kernel' },
}
