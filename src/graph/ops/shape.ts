/** @file Operators that move elements and compute nothing. */
import { RappelError } from '../../base/errors.ts'
import { sizeOf } from '../../base/tensor.ts'
import * as op from '../op.ts'
import type {
  BatchedInput,
  BatchRule,
  GradientRule,
  Node,
  OpDefinition,
  ShapeKind,
  ShapeRule,
  Value,
} from '../types.ts'
import { pad } from './pad.ts'
import { axisIndex, batchAxis, broadcast, indicesAlong, mover, present, required, requireSameDtype } from './shapes.ts'

const batched = (inputs: readonly (BatchedInput | undefined)[]) => (inputs[0] as BatchedInput).value

const reshapeShape: ShapeRule = (inputs, attributes) => {
  const [x, target] = present(inputs)
  const asked = op.constantInts(target, 'the new shape')
  const zeroCopies = attributes.allowzero !== 1
  const dims = asked.map((dim, i) => (dim === 0 && zeroCopies ? (x.shape[i] ?? 0) : dim))
  const known = dims.reduce((product, dim) => (dim === -1 ? product : product * dim), 1)
  const shape = dims.map((dim) => (dim === -1 ? sizeOf(x.shape) / known : dim))
  const fits = dims.filter((dim) => dim === -1).length <= 1 && shape.every((dim) => Number.isInteger(dim) && dim >= 0)
  if (!fits || sizeOf(shape) !== sizeOf(x.shape))
    throw new RappelError(
      'shape',
      `[${x.shape}] holds ${sizeOf(x.shape)} elements and cannot take the shape [${asked}]`,
    )
  return [{ dtype: x.dtype, shape }]
}

function permutationOf(node: { attributes: Node['attributes'] }, rank: number): readonly number[] {
  return (node.attributes.perm as readonly number[] | undefined) ?? Array.from({ length: rank }, (_, i) => rank - 1 - i)
}

const transposeShape: ShapeRule = (inputs, attributes) => {
  const x = required(inputs, 0)
  const perm = permutationOf({ attributes }, x.shape.length)
  const sorted = [...perm].sort((a, b) => a - b)
  if (sorted.length !== x.shape.length || sorted.some((axis, i) => axis !== i))
    throw new RappelError('shape', `perm is [${perm}], expected each of the ${x.shape.length} axes once`)
  return [{ dtype: x.dtype, shape: perm.map((axis) => x.shape[axis]) }]
}

const concatShape: ShapeRule = (inputs, attributes) => {
  const values = present(inputs)
  const [first] = values
  const axis = axisIndex(attributes.axis as number, first.shape.length)
  let length = 0
  for (const value of values) {
    requireSameDtype(first, value)
    const differs =
      first.shape.length !== value.shape.length || value.shape.some((dim, i) => i !== axis && dim !== first.shape[i])
    if (differs) throw new RappelError('shape', `[${first.shape}] and [${value.shape}] differ outside axis ${axis}`)
    length += value.shape[axis]
  }
  return [{ dtype: first.dtype, shape: first.shape.map((dim, i) => (i === axis ? length : dim)) }]
}

const concatGradient: GradientRule = (node, dys) => {
  const dy = required(dys, 0)
  const axis = axisIndex(node.attributes.axis as number, dy.shape.length)
  return op.split(
    dy,
    present(node.inputs).map((value) => value.shape[axis]),
    axis,
  )
}

function splitLengths(inputs: readonly (Value | undefined)[], attributes: Node['attributes'], dim: number): number[] {
  if (inputs[1] !== undefined) return op.constantInts(inputs[1], 'the list of lengths')
  const pieces = attributes.num_outputs as number | undefined
  if (pieces === undefined) throw new RappelError('op', 'neither lengths nor num_outputs are given')
  if (!(pieces >= 1 && pieces <= dim))
    throw new RappelError('shape', `num_outputs is ${pieces}, expected 1 to ${dim}, the length of the axis`)
  const length = Math.ceil(dim / pieces)
  return Array.from({ length: pieces }, (_, i) => Math.min(length, dim - i * length))
}

const splitShape: ShapeRule = (inputs, attributes) => {
  const x = required(inputs, 0)
  const axis = axisIndex((attributes.axis as number | undefined) ?? 0, x.shape.length)
  const lengths = splitLengths(inputs, attributes, x.shape[axis])
  if (lengths.reduce((sum, n) => sum + n, 0) !== x.shape[axis] || lengths.some((n) => n < 0))
    throw new RappelError('shape', `lengths [${lengths}] do not add up to ${x.shape[axis]}, the length of axis ${axis}`)
  return lengths.map((length) => ({ dtype: x.dtype, shape: x.shape.map((dim, i) => (i === axis ? length : dim)) }))
}

const splitGradient: GradientRule = (node, dys) => {
  const axis = (node.attributes.axis as number | undefined) ?? 0
  const x = required(node.inputs, 0)
  return [
    op.concat(
      node.outputs.map((output, i) => dys[i] ?? op.full(x.builder, output, 0)),
      axis,
    ),
  ]
}

/** One axis of a slice: `count` elements from `start`, `step` apart. */
interface Range {
  readonly start: number
  readonly step: number
  readonly count: number
}

/** What a slice takes of each axis, after clamping (ONNX Slice-13). */
function sliceRanges(inputs: readonly (Value | undefined)[]): Range[] {
  const x = required(inputs, 0)
  const starts = op.constantInts(required(inputs, 1), 'the list of starts')
  const ends = op.constantInts(required(inputs, 2), 'the list of ends')
  const axes = inputs[3] === undefined ? starts.map((_, i) => i) : op.constantInts(inputs[3], 'the list of axes')
  const steps = inputs[4] === undefined ? starts.map(() => 1) : op.constantInts(inputs[4], 'the list of steps')
  if (new Set([starts.length, ends.length, axes.length, steps.length]).size !== 1)
    throw new RappelError(
      'shape',
      `starts, ends, axes and steps have lengths ${starts.length}, ${ends.length}, ${axes.length} and ${steps.length}`,
    )
  const ranges: Range[] = x.shape.map((dim) => ({ start: 0, step: 1, count: dim }))
  axes.forEach((given, i) => {
    const axis = axisIndex(given, x.shape.length)
    const [dim, step] = [x.shape[axis], steps[i]]
    if (step === 0) throw new RappelError('shape', `the step along axis ${axis} is 0`)
    const clamp = (n: number, low: number, high: number) => Math.min(Math.max(n < 0 ? n + dim : n, low), high)
    const start = step > 0 ? clamp(starts[i], 0, dim) : clamp(starts[i], 0, dim - 1)
    const end = step > 0 ? clamp(ends[i], 0, dim) : clamp(ends[i], -1, dim - 1)
    ranges[axis] = { start, step, count: Math.max(0, Math.ceil((end - start) / step)) }
  })
  return ranges
}

const sliceGradient: GradientRule = (node, dys) => {
  const dy = required(dys, 0)
  const x = required(node.inputs, 0)
  const ranges = sliceRanges(node.inputs)
  if (ranges.every(({ step }) => step === 1)) {
    const before = ranges.map(({ start }) => start)
    const after = ranges.map(({ start, count }, i) => x.shape[i] - start - count)
    return [op.pad(dy, [...before, ...after])]
  }
  // With steps: put back axis by axis, into zeros of the axis' full length.
  let spread = dy
  ranges.forEach(({ start, step, count }, axis) => {
    const dim = x.shape[axis]
    if (step === 1 && count === dim) return
    const places = Array.from({ length: count }, (_, i) => start + i * step)
    const zeros = op.full(x.builder, { dtype: x.dtype, shape: spread.shape.map((d, i) => (i === axis ? dim : d)) }, 0)
    spread = op.scatterElements(zeros, indicesAlong(x, places, axis, spread.shape), spread, axis)
  })
  return [spread]
}

const sliceBatch: BatchRule = (node, inputs) => {
  const x = batched(inputs)
  const ranges = sliceRanges(node.inputs)
  const starts = ranges.map(({ start }) => start)
  // An end of −1 would count from the back: 'before the first element' is any number below −length.
  const ends = ranges.map(({ start, step, count }) => start + count * step).map((end) => (end < 0 ? -(2 ** 31) : end))
  const axes = ranges.map((_, i) => i + 1)
  if (axes.length === 0) return [x]
  return [
    op.slice(
      x,
      starts,
      ends,
      axes,
      ranges.map(({ step }) => step),
    ),
  ]
}

const expandShape: ShapeRule = (inputs) => {
  const [x, target] = present(inputs)
  return [{ dtype: x.dtype, shape: broadcast(x.shape, op.constantInts(target, 'the new shape')) }]
}

const expandBatch: BatchRule = (node, inputs) => {
  const [size, ...rest] = batched(inputs).shape
  const target = node.outputs[0].shape
  const ones = new Array<number>(target.length - rest.length).fill(1)
  return [op.expand(op.reshape(batched(inputs), [size, ...ones, ...rest]), [size, ...target])]
}

export const shapeOps: Record<ShapeKind, OpDefinition> = {
  Reshape: mover(
    [2, 2],
    reshapeShape,
    (node, dys) => [op.reshape(required(dys, 0), required(node.inputs, 0).shape)],
    (node, inputs, size) => [op.reshape(batched(inputs), [size, ...node.outputs[0].shape])],
    { allowzero: 'int' },
  ),
  Transpose: mover(
    [1, 1],
    transposeShape,
    (node, dys) => {
      const perm = permutationOf(node, node.outputs[0].shape.length)
      return [
        op.transpose(
          required(dys, 0),
          perm.map((_, i) => perm.indexOf(i)),
        ),
      ]
    },
    (node, inputs) => {
      const perm = permutationOf(node, node.outputs[0].shape.length)
      return [op.transpose(batched(inputs), [0, ...perm.map((axis) => axis + 1)])]
    },
    { perm: 'ints' },
  ),
  Concat: mover([1, Number.POSITIVE_INFINITY], concatShape, concatGradient, batchAxis(0), { axis: 'int' }),
  Split: mover(
    [1, 2],
    splitShape,
    splitGradient,
    (node, inputs) => {
      const axis = axisIndex((node.attributes.axis as number | undefined) ?? 0, node.outputs[0].shape.length)
      return op.split(
        batched(inputs),
        node.outputs.map((output) => output.shape[axis]),
        axis + 1,
      )
    },
    { axis: 'int', num_outputs: 'int' },
  ),
  Slice: mover(
    [3, 5],
    (inputs) => [{ dtype: required(inputs, 0).dtype, shape: sliceRanges(inputs).map(({ count }) => count) }],
    sliceGradient,
    sliceBatch,
  ),
  Pad: pad,
  Expand: mover(
    [2, 2],
    expandShape,
    (node, dys) => [op.sumTo(required(dys, 0), required(node.inputs, 0).shape)],
    expandBatch,
  ),
}
