/** @file Pooling: the greatest element or the mean of each window, of [batch, channels, …spatial]. */
import { RappelError } from '../../base/errors.ts'
import { type Shape, sizeOf, tensor, typeText } from '../../base/tensor.ts'
import * as op from '../op.ts'
import type {
  BatchedInput,
  BatchRule,
  GradientRule,
  KinkRule,
  LoweringRule,
  Node,
  OpDefinition,
  PoolingKind,
  ShapeRule,
  Value,
} from '../types.ts'
import { countsOf, coversOf, placesOf, pooledShape, windowAttributes, windowsOf } from './pooling_windows.ts'
import { required, requireFloat } from './shapes.ts'

const nodeWindows = (node: Node) => windowsOf(required(node.inputs, 0), node.attributes)
const flat = (x: Value) => op.reshape(x, [sizeOf(x.shape)])

/** [size, batch, channels, …] as [size·batch, channels, …]: examples are pooled one by one, however many there are. */
function folded(input: BatchedInput | undefined): Value {
  const { value } = input as BatchedInput
  const [size, batch, ...rest] = value.shape
  return op.reshape(value, [size * batch, ...rest])
}

const maxPoolShape: ShapeRule = (inputs, attributes) => {
  const x = required(inputs, 0)
  requireFloat(x)
  if ((attributes.storage_order ?? 0) !== 0)
    throw new RappelError('op', 'storage_order is 1, expected 0: indices are counted row by row')
  const shape = pooledShape(x, attributes)
  return [
    { dtype: x.dtype, shape },
    { dtype: 'int64', shape },
  ]
}

/** Windows may overlap: an element gets the sum of what comes for it. */
const maxPoolGradient: GradientRule = (node, [dy]) => {
  if (dy === undefined) return []
  const x = required(node.inputs, 0)
  const zeros = op.full(x.builder, { dtype: x.dtype, shape: [sizeOf(x.shape)] }, 0)
  return [op.reshape(op.scatterElements(zeros, flat(node.outputs[1]), flat(dy), 0, 'add'), x.shape)]
}

/** Indices count through the whole tensor: each of the `size` tensors starts again at 0. */
const maxPoolBatch: BatchRule = (node, inputs, size) => {
  const x = folded(inputs[0])
  const [y, indices] = x.builder.node('MaxPool', [x], node.attributes)
  const { shape } = node.outputs[0]
  const width = sizeOf(required(node.inputs, 0).shape)
  const starts = Array.from({ length: size }, (_, i) => i * width)
  const offsets = x.builder.constant(tensor('int64', [size, ...shape.map(() => 1)], starts))
  return [op.reshape(y, [size, ...shape]), op.sub(op.reshape(indices, [size, ...shape]), offsets)]
}

const maxPoolKink: KinkRule = {
  winner: (node, inputs) => required(inputs, 0).builder.node('MaxPool', inputs, node.attributes)[1],
  frozen: (_node, inputs, winner) => {
    const chosen = op.gatherElements(flat(required(inputs, 0)), flat(winner), 0)
    return [op.reshape(chosen, winner.shape), winner]
  },
}

const averagePoolShape: ShapeRule = (inputs, attributes) => {
  const x = required(inputs, 0)
  requireFloat(x)
  return [{ dtype: x.dtype, shape: pooledShape(x, attributes) }]
}

/** How many elements each window's sum is divided by: a number where it is the same for all, else [1, 1, …windows]. */
function divisors(node: Node, x: Value): Value {
  const axes = nodeWindows(node)
  const includePad = node.attributes.count_include_pad === 1
  const counts = axes.map((axis) => countsOf(axis, includePad))
  const products = counts.reduce((all, along) => all.flatMap((product) => along.map((n) => product * n)), [1])
  if (products.every((product) => product === products[0])) return x.builder.scalar(x.dtype, products[0])
  return x.builder.constant(tensor(x.dtype, [1, 1, ...axes.map(({ count }) => count)], products))
}

/**
 * Along one axis, sums of the elements that each row of a table names: sums over windows, or, with the table the other way
 * round, over the windows that cover an element. Rows may be shorter than others: they are filled up with a zero put behind.
 */
function gatheredSums(x: Value, axis: number, table: readonly (readonly number[])[]): Value {
  const most = Math.max(...table.map((row) => row.length))
  const filled = table.every((row) => row.length === most)
  const length = x.shape[axis]
  const behind = x.shape.map((_, i) => (i === axis ? 1 : 0))
  const data = filled ? x : op.pad(x, [...x.shape.map(() => 0), ...behind])
  const places = Array.from({ length: most }, (_, i) => table.map((row) => row[i] ?? length)).flat()
  const taken = op.gather(data, x.builder.constant(tensor('int64', [most, table.length], places)), axis)
  return op.reduceSum(taken, { axes: [axis] })
}

/** Above this many entries (4 MB) sums are not done as products with a matrix, which has one for each pair of places. */
const mostEntries = 2 ** 20

/**
 * The same sums as a product with a matrix of zeros and ones, in less time: the gradient of 64×32 pictures of 28×28 in windows of
 * 2×2 takes 2 ms, where Gather takes 14 and Expand 12 (onnxruntime 1.30, one thread, bench/pooling.ts). An infinite element
 * makes its whole line NaN, so only gradients are summed in this way.
 */
function multipliedSums(x: Value, axis: number, table: readonly (readonly number[])[]): Value {
  const length = x.shape[axis]
  if (table.length * length > mostEntries) return gatheredSums(x, axis, table)
  const isLast = axis === x.shape.length - 1
  const matrix = tensor(x.dtype, isLast ? [length, table.length] : [table.length, length])
  table.forEach((row, i) => {
    for (const place of row) matrix.data[isLast ? place * table.length + i : i * length + place] = 1
  })
  const ones = x.builder.constant(matrix)
  if (isLast) return op.matMul(x, ones)
  const lines = op.reshape(x, [...x.shape.slice(0, axis + 1), sizeOf(x.shape.slice(axis + 1))])
  const shape = x.shape.map((dim, i) => (i === axis ? table.length : dim))
  return op.reshape(op.matMul(ones, lines), shape)
}

const averagePoolLowered: LoweringRule = (node, inputs) => {
  const x = required(inputs, 0)
  // A window is a box, so the sum over it is done axis by axis.
  const sums = nodeWindows(node).reduce((sum, axis, i) => gatheredSums(sum, i + 2, placesOf(axis)), x)
  return [op.div(sums, divisors(node, x))]
}

/** Every element gets the sum over the windows that cover it. */
const averagePoolGradient: GradientRule = (node, [dy]) => {
  if (dy === undefined) return []
  const shares = op.div(dy, divisors(node, dy))
  return [nodeWindows(node).reduce((sum, axis, i) => multipliedSums(sum, i + 2, coversOf(axis)), shares)]
}

/** A pooling whose only output is a value. */
const foldedBatch: BatchRule = (node, inputs, size) => {
  const x = folded(inputs[0])
  const [y] = x.builder.node(node.kind, [x], node.attributes)
  return [op.reshape(y, [size, ...node.outputs[0].shape])]
}

const spatialAxes = (x: Value) => x.shape.map((_, i) => i).slice(2)

const globalShape: ShapeRule = (inputs) => {
  const x = required(inputs, 0)
  requireFloat(x)
  if (x.shape.length < 3)
    throw new RappelError('shape', `the input is ${typeText(x)}, expected [batch, channels, …spatial]`)
  const shape: Shape = x.shape.map((dim, i) => (i < 2 ? dim : 1))
  return [{ dtype: x.dtype, shape }]
}

export const pooling: Record<PoolingKind, OpDefinition> = {
  MaxPool: {
    inputs: [1, 1],
    attributes: { ...windowAttributes, storage_order: 'int' },
    requiredOutputs: 1,
    shape: maxPoolShape,
    gradient: maxPoolGradient,
    batch: maxPoolBatch,
    kink: maxPoolKink,
    float64: 'kernel',
  },
  AveragePool: {
    inputs: [1, 1],
    attributes: { ...windowAttributes, count_include_pad: 'int' },
    shape: averagePoolShape,
    gradient: averagePoolGradient,
    batch: foldedBatch,
    kink: 'smooth',
    float64: averagePoolLowered,
  },
  GlobalAveragePool: {
    inputs: [1, 1],
    attributes: {},
    shape: globalShape,
    gradient: (node, [dy]) => {
      const { shape } = required(node.inputs, 0)
      // Divided, not multiplied by 1 / count: as a constant that would be rounded to float32, in the float64 twin too.
      return [dy && op.expand(op.div(dy, sizeOf(shape.slice(2))), shape)]
    },
    batch: foldedBatch,
    kink: 'smooth',
    float64: (_node, inputs) => {
      const x = required(inputs, 0)
      return [op.reduceMean(x, { axes: spatialAxes(x), keepDims: true })]
    },
  },
}
