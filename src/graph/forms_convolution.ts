/**
 * @file Kernel forms of convolutions and pooling. The runtime unrolls each image by itself and multiplies it with the filters: with
 * few outputs an image, as in the gradient of a kernel, that is a product with a handful of columns. Measured by
 * bench/convolutions.ts, whose table stands in bench/README.md.
 */
import { sizeOf } from '../base/tensor.ts'
import * as op from './op.ts'
import { groupOf, reach, type Window, windowsOf } from './ops/windows.ts'
import type { Replace } from './rewrite.ts'
import type { Node, Value } from './types.ts'

/** Outputs an image below which the images of a batch are taken together. */
const fewOutputs = 128

/**
 * A convolution with few outputs an image, with the batch laid behind the width: one image [1, channels, height, width · batch], over
 * which the kernel's columns lie `batch` apart. The outputs of all images are then the columns of one product, whose rows are the
 * filters; where those are few, images and filters change places.
 */
export const batchInWidth: Replace = (node, [x, w, bias]) => {
  if (x === undefined || w === undefined || bias !== undefined || !isPlain(node, x)) return undefined
  const [batch, channels, height, width] = x.shape
  const [filters, , kernelRows, kernelColumns] = w.shape
  const [rows, columns] = node.outputs[0].shape.slice(2)
  const windows = windowsOf(node.attributes, w)
  const few = rows * columns < Math.min(fewOutputs, kernelRows * kernelColumns)
  if (!few || batch === 1 || windows.some(({ stride }) => stride !== 1)) return undefined
  if (2 * filters <= batch && windows.every(({ dilation }) => dilation === 1))
    return filtersInWidth(x, w, windows, [rows, columns])
  const [down, across] = windows
  const wide = op.reshape(op.transpose(x, [1, 2, 3, 0]), [1, channels, height, width * batch])
  const y = op.conv(wide, w, undefined, {
    pads: [down.before, across.before * batch, down.after, across.after * batch],
    dilations: [down.dilation, across.dilation * batch],
  })
  return [op.transpose(op.reshape(y, [filters, rows, columns, batch]), [3, 0, 1, 2])]
}

/** The images move over the filters, and meet their windows in the opposite order. */
function filtersInWidth(x: Value, w: Value, windows: readonly Window[], results: readonly number[]) {
  const [batch] = x.shape
  const [filters, channels, height, width] = w.shape
  const before = results.map((count, i) => count - 1 - windows[i].before)
  const after = results.map((_, i) => results[i] + x.shape[i + 2] - 1 - windows[i].kernel - before[i])
  if ([...before, ...after].some((amount) => amount < 0)) return undefined
  const wide = op.reshape(op.transpose(w, [1, 2, 3, 0]), [1, channels, height, width * filters])
  const y = op.conv(wide, x, undefined, {
    pads: [before[0], before[1] * filters, after[0], after[1] * filters],
    dilations: [1, filters],
  })
  const [rows, columns] = results
  const turned = backwards(op.reshape(y, [batch, rows * columns, filters]), 1)
  return [op.reshape(op.transpose(turned, [0, 2, 1]), [batch, filters, rows, columns])]
}

/** What these forms are for: float32 pictures, without groups. */
function isPlain(node: Node, x: Value): boolean {
  return x.dtype === 'float32' && x.shape.length === 4 && groupOf(node.attributes) === 1
}

/** The entries along an axis in the opposite order. */
function backwards(x: Value, axis: number): Value {
  const last = x.shape[axis] - 1
  const places = Array.from({ length: last + 1 }, (_, i) => last - i)
  return op.gather(x, op.int64s(x.builder, places), axis)
}

/** Two transpositions in a row are one, or none. */
export const transposeOnce: Replace = (node, [x]) => {
  const before = x?.node?.kind === 'Transpose' ? x.node : undefined
  const [inner] = before?.inputs ?? []
  if (before === undefined || inner === undefined) return undefined
  const [first, second] = [before, node].map(({ attributes }) => attributes.perm as readonly number[] | undefined)
  if (first === undefined || second === undefined) return undefined
  return [
    op.transpose(
      inner,
      second.map((axis) => first[axis]),
    ),
  ]
}

/**
 * The transpose of a convolution whose stride is 1, as a convolution with the kernel turned round, where it gives at least as many
 * channels as it takes: those are the rows of the product, and the runtime's ConvTranspose adds up overlapping columns after its own.
 */
export const turnedKernel: Replace = (node, [x, w, bias]) => {
  if (x === undefined || w === undefined || bias !== undefined || !isPlain(node, x)) return undefined
  const windows = windowsOf(node.attributes, w)
  const [taken, made, rows, columns] = w.shape
  const turns = windows.every(
    (window) => window.stride === 1 && window.extra === 0 && Math.max(window.before, window.after) < reach(window),
  )
  if (!turns || made < taken) return undefined
  const turned = backwards(op.reshape(w, [taken, made, rows * columns]), 2)
  const kernel = op.reshape(op.transpose(turned, [1, 0, 2]), [made, taken, rows, columns])
  const pads = [
    ...windows.map((window) => reach(window) - 1 - window.before),
    ...windows.map((window) => reach(window) - 1 - window.after),
  ]
  return [op.conv(x, kernel, undefined, { pads, dilations: windows.map(({ dilation }) => dilation) })]
}

/**
 * A max-pooling's gradient, added up by place, as MaxUnpool where windows do not overlap: no sums, so less than half of the time
 * (bench/pooling.ts).
 */
export const unpool: Replace = (_node, [zeros, places, updates]) => {
  const pooling = places?.node?.kind === 'Reshape' ? places.node.inputs[0]?.node : undefined
  const dy = updates?.node?.kind === 'Reshape' ? updates.node.inputs[0] : undefined
  if (pooling?.kind !== 'MaxPool' || dy === undefined) return undefined
  if (zeros?.shape.length !== 1 || !isZeros(zeros)) return undefined
  const [x] = pooling.inputs as readonly [Value]
  const [, indices] = pooling.outputs
  const options = apart(pooling)
  const fits = dy.shape.join() === indices.shape.join() && sizeOf(x.shape) === sizeOf(zeros.shape)
  if (options === undefined || !fits || dy.dtype !== 'float32') return undefined
  return [op.reshape(op.maxUnpool(dy, indices, x.shape, options), zeros.shape)]
}

/** The windows of a pooling, where no two cover the same element. */
function apart({ attributes }: Node): op.WindowOptions | undefined {
  const kernelShape = attributes.kernel_shape as readonly number[]
  const list = (name: string) => (attributes[name] as readonly number[] | undefined) ?? kernelShape.map(() => 1)
  const strides = list('strides')
  if (attributes.ceil_mode === 1 || attributes.pads !== undefined || list('dilations').some((n) => n !== 1))
    return undefined
  return kernelShape.every((length, i) => length <= strides[i]) ? { kernelShape, strides } : undefined
}

/** A scalar 0, spread out. */
function isZeros(value: Value): boolean {
  const source = value.node?.kind === 'Expand' ? value.node.inputs[0] : value
  const data = source?.constant?.data
  return data !== undefined && data.every((n: number | bigint) => Number(n) === 0)
}
