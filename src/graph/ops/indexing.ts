/** @file Reading and writing by index. */
import { RappelError } from '../../base/errors.ts'
import { sizeOf } from '../../base/tensor.ts'
import * as op from '../op.ts'
import type { BatchedInput, BatchRule, GradientRule, IndexingKind, OpDefinition, ShapeRule } from '../types.ts'
import { axisIndex, batchAxis, present, requireDtype, required, requireSameDtype } from './shapes.ts'

const axisOf = (attributes: { readonly axis?: unknown }, rank: number) =>
  axisIndex((attributes.axis as number | undefined) ?? 0, rank)

const gatherShape: ShapeRule = (inputs, attributes) => {
  const [x, indices] = present(inputs)
  requireDtype(indices, 'int64', 'int32')
  const axis = axisOf(attributes, x.shape.length)
  return [{ dtype: x.dtype, shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)] }]
}

/** Rows that were read several times get the sum of what came for them. */
const gatherGradient: GradientRule = (node, dys) => {
  const [x, indices] = present(node.inputs)
  const dy = required(dys, 0)
  const axis = axisOf(node.attributes, x.shape.length)
  const count = sizeOf(indices.shape)
  const line = [...x.shape.slice(0, axis), count, ...x.shape.slice(axis + 1)]
  const column = op.reshape(
    indices,
    line.map((dim, i) => (i === axis ? dim : 1)),
  )
  const zeros = op.full(x.builder, x, 0)
  return [op.scatterElements(zeros, op.expand(column, line), op.reshape(dy, line), axis, 'add')]
}

const gatherBatch: BatchRule = (node, inputs, size) => {
  const [x, indices] = inputs.map((input) => input as BatchedInput)
  const rank = required(node.inputs, 0).shape.length
  const axis = axisOf(node.attributes, rank)
  if (!indices.batched) return [op.gather(x.value, indices.value, axis + 1)]
  const original = required(node.inputs, 1).shape
  if (!x.batched) {
    // The indices' batch dimension lands where the axis was: bring it to the front.
    const taken = op.gather(x.value, indices.value, axis)
    const order = taken.shape.map((_, i) => i).filter((i) => i !== axis)
    return [op.transpose(taken, [axis, ...order])]
  }
  // Both: one index a place, so GatherElements on the flattened indices.
  const [, ...rest] = x.value.shape
  const line = [size, ...rest.slice(0, axis), sizeOf(original), ...rest.slice(axis + 1)]
  const column = op.reshape(
    indices.value,
    line.map((dim, i) => (i === 0 || i === axis + 1 ? dim : 1)),
  )
  const taken = op.gatherElements(x.value, op.expand(column, line), axis + 1)
  return [op.reshape(taken, [size, ...node.outputs[0].shape])]
}

const gatherElementsShape: ShapeRule = (inputs, attributes) => {
  const [x, indices] = present(inputs)
  requireDtype(indices, 'int64', 'int32')
  const axis = axisOf(attributes, x.shape.length)
  const fits =
    x.shape.length === indices.shape.length && indices.shape.every((dim, i) => i === axis || dim <= x.shape[i])
  if (!fits)
    throw new RappelError(
      'shape',
      `indices of shape [${indices.shape}] do not fit into [${x.shape}] along axis ${axis}`,
    )
  return [{ dtype: x.dtype, shape: indices.shape }]
}

const gatherElementsGradient: GradientRule = (node, dys) => {
  const [x, indices] = present(node.inputs)
  const axis = axisOf(node.attributes, x.shape.length)
  return [op.scatterElements(op.full(x.builder, x, 0), indices, required(dys, 0), axis, 'add')]
}

const scatterShape: ShapeRule = (inputs, attributes) => {
  const [x, indices, updates] = present(inputs)
  requireSameDtype(x, updates)
  const reduction = (attributes.reduction as string | undefined) ?? 'none'
  if (reduction !== 'none' && reduction !== 'add')
    throw new RappelError(
      'op',
      `the reduction is '${reduction}', expected 'none' or 'add'`,
      reduction === 'mul' || reduction === 'max' || reduction === 'min' ? 'its gradient is not there yet' : undefined,
    )
  gatherElementsShape([x, indices], attributes)
  if (updates.shape.join() !== indices.shape.join())
    throw new RappelError('shape', `updates of shape [${updates.shape}] and indices of shape [${indices.shape}] differ`)
  return [{ dtype: x.dtype, shape: x.shape }]
}

/** Where elements are replaced, each place must be named once: ONNX leaves the order of writes open. */
const scatterGradient: GradientRule = (node, dys) => {
  const [x, indices, updates] = present(node.inputs)
  const dy = required(dys, 0)
  const axis = axisOf(node.attributes, x.shape.length)
  const dUpdates = op.gatherElements(dy, indices, axis)
  if (node.attributes.reduction === 'add') return [dy, undefined, dUpdates]
  return [op.scatterElements(dy, indices, op.full(x.builder, updates, 0), axis), undefined, dUpdates]
}

function indexing(
  inputs: number,
  shape: ShapeRule,
  gradient: GradientRule,
  batch: BatchRule,
  reduction = false,
): OpDefinition {
  return {
    inputs: [inputs, inputs],
    attributes: reduction ? { axis: 'int', reduction: 'string' } : { axis: 'int' },
    shape,
    gradient: (node, dys) => (dys[0] === undefined ? [] : gradient(node, dys)),
    batch,
    kink: 'smooth',
    float64: 'kernel',
  }
}

export const indexingOps: Record<IndexingKind, OpDefinition> = {
  Gather: indexing(2, gatherShape, gatherGradient, gatherBatch),
  GatherElements: indexing(2, gatherElementsShape, gatherElementsGradient, batchAxis(0)),
  ScatterElements: indexing(3, scatterShape, scatterGradient, batchAxis(0), true),
}
