/** @file Shape arithmetic that many operators share: broadcasting, axes, and the checks that go with them. */
import { RappelError } from '../../base/errors.ts'
import { type DType, isFloat, type Shape } from '../../base/tensor.ts'
import * as op from '../op.ts'
import type { BatchedInput, BatchRule, GradientRule, OpDefinition, ShapeRule, Value } from '../types.ts'

/** Multidirectional broadcasting (ONNX Broadcasting; numpy's rule). */
export function broadcast(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i) => {
    const dimA = a[i - rank + a.length] ?? 1
    const dimB = b[i - rank + b.length] ?? 1
    if (dimA === dimB || dimB === 1) return dimA
    if (dimA === 1) return dimB
    throw new RappelError('shape', `shapes [${a}] and [${b}] do not broadcast: ${dimA} meets ${dimB}`)
  })
}

/** An axis as an index from 0, negative ones counted from the end. */
export function axisIndex(axis: number, rank: number): number {
  if (Number.isInteger(axis) && axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis
  if (rank === 0) throw new RappelError('shape', `axis is ${axis}, but a scalar has no axes`)
  throw new RappelError('shape', `axis is ${axis}, expected a whole number from ${-rank} to ${rank - 1}`)
}

/** The input at a position; it must be there. */
export function required(inputs: readonly (Value | undefined)[], position: number): Value {
  const input = inputs[position]
  if (input === undefined) throw new RappelError('shape', `input ${position} is missing`)
  return input
}

export function requireFloat(...values: readonly Value[]): void {
  for (const { dtype, name } of values)
    if (!isFloat(dtype)) throw new RappelError('shape', `${name} is ${dtype}, expected float32 or float64`)
}

export function requireSameDtype(a: Value, b: Value): void {
  if (a.dtype !== b.dtype)
    throw new RappelError(
      'shape',
      `the inputs are ${a.dtype} and ${b.dtype}, expected the same dtype`,
      'cast one of them',
    )
}

export function requireDtype(value: Value, ...expected: readonly DType[]): void {
  if (!expected.includes(value.dtype))
    throw new RappelError('shape', `${value.name} is ${value.dtype}, expected ${expected.join(' or ')}`)
}

/** Inputs of a node whose optional ones are all there. */
export function present(inputs: readonly (Value | undefined)[]): readonly Value[] {
  return inputs.map((_, i) => required(inputs, i))
}

/** The value with a leading dimension of `size`, whether it was batched or is the same for all. */
export function batchedValue(input: BatchedInput, size: number): Value {
  if (input.batched) return input.value
  const { value } = input
  return op.expand(op.reshape(value, [1, ...value.shape]), [size, ...value.shape])
}

/**
 * Batching of an operator that broadcasts: lengths of 1 are put after the batch dimension, until all inputs have the rank
 * that the widest has.
 */
export const batchBroadcast: BatchRule = (node, inputs) => {
  const given = inputs.map((input) => input as BatchedInput)
  const rank = Math.max(...given.map(({ value, batched }) => value.shape.length - (batched ? 1 : 0)))
  const aligned = given.map(({ value, batched }) => {
    if (!batched) return value
    const [size, ...rest] = value.shape
    const ones = new Array<number>(rank - rest.length).fill(1)
    return op.reshape(value, [size, ...ones, ...rest])
  })
  return aligned[0].builder.node(node.kind, aligned, node.attributes)
}

/** Batching of an operator with one data input whose attribute `axis` counts dimensions. */
export function batchAxis(defaultAxis: number): BatchRule {
  return (node, inputs, size) => {
    const values = inputs.map((input) => batchedValue(input as BatchedInput, size))
    const rank = values[0].shape.length - 1
    const axis = axisIndex((node.attributes.axis as number | undefined) ?? defaultAxis, rank) + 1
    return values[0].builder.node(node.kind, values, { ...node.attributes, axis })
  }
}

/** The entry of an operator that only moves elements: the same in every dtype, smooth, and exact. */
export function mover(
  inputs: readonly [number, number],
  shape: ShapeRule,
  gradient: GradientRule,
  batch: BatchRule,
  attributes: OpDefinition['attributes'] = {},
): OpDefinition {
  const rule: GradientRule = (node, dys) => (dys.every((dy) => dy === undefined) ? [] : gradient(node, dys))
  return { inputs, attributes, shape, gradient: rule, batch, kink: 'smooth', float64: 'kernel' }
}

/** Constant indices along one axis, the same at every other position. */
export function indicesAlong(x: Value, places: readonly number[], axis: number, shape: Shape): Value {
  const line = x.builder.constant({ dtype: 'int64', shape: [places.length], data: BigInt64Array.from(places, BigInt) })
  const column = op.reshape(
    line,
    shape.map((_, i) => (i === axis ? places.length : 1)),
  )
  return op.expand(column, shape)
}
