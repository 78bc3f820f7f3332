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
  OpDefinition,
  ShapeRule,
  Value,
} from '../types.ts'
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

/** Below the lower bound, where that is the result; above the upper one, which wins where the two are crossed. */
function sides(inputs: readonly (Value | undefined)[]): { below: Value | undefined; above: Value | undefined } {
  const x = required(inputs, 0)
  const [low, high] = [scalarOf(inputs[1]), scalarOf(inputs[2])]
  if (low === undefined || high === undefined)
    return { below: low && op.less(x, low), above: high && op.greater(x, high) }
  return {
    below: op.and(op.less(x, low), op.less(low, high)),
    above: op.or(op.greater(x, high), op.less(high, low)),
  }
}

/**
 * As in PyTorch: an element that passes, on a bound too, has slope 1; the elements below the lower bound flow into it, those
 * above the upper one into that; where the bounds are equal or crossed the lower one gets nothing.
 */
const gradient: GradientRule = (node, [dy]) => {
  if (dy === undefined) return []
  const [x, low, high] = node.inputs
  const { below, above } = sides(node.inputs)
  const part = (side: Value | undefined, bound: Value | undefined) =>
    side && bound && bound.constant === undefined
      ? op.reshape(op.reduceSum(op.where(side, dy, 0)), bound.shape)
      : undefined
  return [op.where(op.equal(required([x], 0), node.outputs[0]), dy, 0), part(below, low), part(above, high)]
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

/** The winner is the piece: 0 below, 1 between, 2 above; frozen, it is that piece alone. */
const kink: KinkRule = {
  winner: (_node, inputs) => {
    const x = required(inputs, 0)
    const { below, above } = sides(inputs)
    let piece = op.full(x.builder, { dtype: 'int32', shape: x.shape }, 1)
    if (below !== undefined) piece = op.sub(piece, op.cast(below, 'int32'))
    return above === undefined ? piece : op.add(piece, op.cast(above, 'int32'))
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
