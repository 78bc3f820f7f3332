/**
 * @file Kernel forms of convolutions and pooling. The runtime unrolls each image by itself and multiplies it with the filters: with
 * few outputs an image, as in the gradient of a kernel, that is a product with a handful of columns. Measured by
 * bench/convolutions.ts, whose table stands in bench/README.md.
 */
import { sizeOf } from '../base/tensor.ts'
import * as op from './op.ts'
import { groupOf, reach, windowsOf } from './ops/windows.ts'
import type { Replace } from './rewrite.ts'
import type { Node, Value } from './types.ts'

/** Outputs an image below which the images of a batch are taken together. */
const fewOutputs = 128

/**
 * A convolution with few outputs an image, with the batch laid behind the width: one image [1, channels, height, width · batch], over
 * which the kernel's columns lie `batch` apart. The outputs of all images are then the columns of one product.
 */
export const batchInWidth: Replace = (node, [x, w, bias]) => {
  if (x === undefined || w === undefined || bias !== undefined || x.shape.length !== 4) return undefined
  const [batch, channels, height, width] = x.shape
  const [filters] = w.shape
  const [rows, columns] = node.outputs[0].shape.slice(2)
  const [down, across] = windowsOf(node.attributes, w)
  const isPlain = groupOf(node.attributes) === 1 && x.dtype === 'float32' && down.stride === 1 && across.stride === 1
  if (!isPlain || batch === 1 || rows * columns >= fewOutputs || rows * columns >= w.shape[2] * w.shape[3])
    return undefined
  const wide = op.reshape(op.transpose(x, [1, 2, 3, 0]), [1, channels, height, width * batch])
  const y = op.conv(wide, w, undefined, {
    pads: [down.before, across.before * batch, down.after, across.after * batch],
    dilations: [down.dilation, across.dilation * batch],
  })
  return [op.transpose(op.reshape(y, [filters, rows, columns, batch]), [3, 0, 1, 2])]
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
 * The transpose of a convolution whose stride is 1, as a convolution with the kernel turned round: the runtime's ConvTranspose adds up
 * overlapping columns after its product.
 */
export const turnedKernel: Replace = (node, [x, w, bias]) => {
  if (x === undefined || w === undefined || bias !== undefined || x.shape.length !== 4) return undefined
  const windows = windowsOf(node.attributes, w)
  const [channels, filters, rows, columns] = w.shape
  const isPlain =
    groupOf(node.attributes) === 1 &&
    x.dtype === 'float32' &&
    windows.every(
      (window) => window.stride === 1 && window.extra === 0 && Math.max(window.before, window.after) < reach(window),
    )
  if (!isPlain || !turnsFaster(x, w)) return undefined
  const backwards = Array.from({ length: rows * columns }, (_, i) => rows * columns - 1 - i)
  const turned = op.gather(op.reshape(w, [channels, filters, rows * columns]), op.int64s(w.builder, backwards), 2)
  const kernel = op.reshape(op.transpose(turned, [1, 0, 2]), [filters, channels, rows, columns])
  const pads = [
    ...windows.map((window) => reach(window) - 1 - window.before),
    ...windows.map((window) => reach(window) - 1 - window.after),
  ]
  return [op.conv(x, kernel, undefined, { pads, dilations: windows.map(({ dilation }) => dilation) })]
}

/** Wide pictures with many channels, where adding up columns costs more than unrolling. */
function turnsFaster(x: Value, w: Value): boolean {
  const [, filters, rows, columns] = w.shape
  return filters >= 32 && rows * columns <= 9 && sizeOf(x.shape.slice(2)) >= 512
}

/**
 * A max-pooling's gradient, added up by place, as MaxUnpool where windows do not overlap: 64×32×32×32 take 1 ms where ScatterElements
 * takes 3.
 */
export const unpool: Replace = (_node, [zeros, places, updates]) => {
  const pooling = places?.node?.kind === 'Reshape' ? places.node.inputs[0]?.node : undefined
  const dy = updates?.node?.kind === 'Reshape' ? updates.node.inputs[0] : undefined
  if (zeros === undefined || pooling?.kind !== 'MaxPool' || dy === undefined || !isZeros(zeros)) return undefined
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
