/**
 * @file Convolutions in float64, for which the runtime has no kernel: every product's factors gathered by a constant index, then
 * one matrix product. No node for each entry of the kernel: in a kernel's gradient the "kernel" is as large as the picture.
 */
import { sizeOf, tensor } from '../../base/tensor.ts'
import * as op from '../op.ts'
import type { LoweringRule, Value } from '../types.ts'
import { required } from './shapes.ts'
import { groupOf, type Window, windowsOf } from './windows.ts'

/** Which place along an axis an entry of the kernel meets for an output: it may lie outside, and undefined is none at all. */
type Meeting = (window: Window, output: number, entry: number) => number | undefined

const convMeets: Meeting = ({ stride, dilation, before }, output, entry) => output * stride + entry * dilation - before

/** An input is spread over its window: the inverse of the above, where it has one. */
const transposeMeets: Meeting = ({ stride, dilation, before }, output, entry) => {
  const place = (output + before - entry * dilation) / stride
  return Number.isInteger(place) ? place : undefined
}

export const convFloat64: LoweringRule = (node, inputs) => {
  const [x, w] = [required(inputs, 0), required(inputs, 1)]
  const group = groupOf(node.attributes)
  const [filters, taken] = w.shape
  const rows = op.reshape(w, [group, filters / group, taken * sizeOf(w.shape.slice(2))])
  const columns = columnsOf(x, windowsOf(node.attributes, w), node.outputs[0].shape.slice(2), group, convMeets)
  return [withBias(op.reshape(op.matMul(rows, columns), node.outputs[0].shape), inputs[2])]
}

export const transposeFloat64: LoweringRule = (node, inputs) => {
  const [x, w] = [required(inputs, 0), required(inputs, 1)]
  const group = groupOf(node.attributes)
  const [channels, made] = w.shape
  const entries = sizeOf(w.shape.slice(2))
  const apart = op.transpose(op.reshape(w, [group, channels / group, made, entries]), [0, 2, 1, 3])
  const rows = op.reshape(apart, [group, made, (channels / group) * entries])
  const columns = columnsOf(x, windowsOf(node.attributes, w), node.outputs[0].shape.slice(2), group, transposeMeets)
  return [withBias(op.reshape(op.matMul(rows, columns), node.outputs[0].shape), inputs[2])]
}

function withBias(y: Value, bias: Value | undefined): Value {
  return bias === undefined ? y : op.add(y, op.reshape(bias, [...bias.shape, ...y.shape.slice(2).map(() => 1)]))
}

/** What each output multiplies with the kernel: [batch, group, channels / group · entries of the kernel, outputs]. */
function columnsOf(
  x: Value,
  windows: readonly Window[],
  outputs: readonly number[],
  group: number,
  meets: Meeting,
): Value {
  const [batch, channels, ...lengths] = x.shape
  const count = sizeOf(lengths)
  // What lies outside, or between the inputs of a transpose, is the zero that stands behind the last element.
  const flat = op.pad(op.reshape(x, [batch, channels, count]), [0, 0, 0, 0, 0, 1])
  const kernels = windows.map(({ kernel }) => kernel)
  const index = placesOf(windows, kernels, outputs, lengths, meets).map((place) => place ?? count)
  const shape = [sizeOf(kernels), sizeOf(outputs)]
  const taken = op.gather(flat, x.builder.constant(tensor('int32', shape, Int32Array.from(index))), 2)
  return op.reshape(taken, [batch, group, (channels / group) * shape[0], shape[1]])
}

/** For each entry of the kernel and each output the place in the flattened input; undefined where there is none. */
function placesOf(
  windows: readonly Window[],
  kernels: readonly number[],
  outputs: readonly number[],
  lengths: readonly number[],
  meets: Meeting,
): (number | undefined)[] {
  const all = positions(outputs)
  return positions(kernels).flatMap((entry) =>
    all.map((output) => {
      let flat = 0
      for (const [i, window] of windows.entries()) {
        const place = meets(window, output[i], entry[i])
        if (place === undefined || place < 0 || place >= lengths[i]) return undefined
        flat = flat * lengths[i] + place
      }
      return flat
    }),
  )
}

/** All positions in a grid, the last axis fastest. */
function positions(lengths: readonly number[]): number[][] {
  return lengths.reduce<number[][]>(
    (found, length) => found.flatMap((start) => Array.from({ length }, (_, i) => [...start, i])),
    [[]],
  )
}
