/** @file How a kernel moves over spatial dimensions: strides, dilations, padding, and the lengths that follow. */
import { RappelError } from '../../base/errors.ts'
import type { Attributes, Value } from '../types.ts'

/** How the kernel lies along one spatial dimension. */
export interface Window {
  readonly kernel: number
  readonly stride: number
  readonly dilation: number
  readonly before: number
  readonly after: number
  /** By how much the output of a transpose is longer at its end. */
  readonly extra: number
}

/** From the first entry of a kernel to its last, dilation included. */
export const reach = ({ kernel, dilation }: Window) => dilation * (kernel - 1) + 1

/** Windows that fit into a padded length. */
export const convLength = (length: number, w: Window) =>
  Math.floor((length + w.before + w.after - reach(w)) / w.stride) + 1

export const transposeLength = (length: number, w: Window) =>
  w.stride * (length - 1) + reach(w) + w.extra - w.before - w.after

function listOf(attributes: Attributes, name: string, length: number, usual: number): readonly number[] {
  const list = (attributes[name] as readonly number[] | undefined) ?? new Array<number>(length).fill(usual)
  if (list.length !== length)
    throw new RappelError(
      'shape',
      `${name} has ${list.length} number${list.length === 1 ? '' : 's'}, expected ${length}`,
    )
  const odd = list.find((n) => !(Number.isSafeInteger(n) && n >= usual))
  if (odd === undefined) return list
  const cut = name === 'pads' && odd < 0
  throw new RappelError(
    'shape',
    `${name} is [${list}], expected whole numbers from ${usual} up`,
    cut ? 'to take less than the whole input, cut it with a Slice' : undefined,
  )
}

export function windowsOf(attributes: Attributes, w: Value): Window[] {
  const kernels = w.shape.slice(2)
  const rank = kernels.length
  const strides = listOf(attributes, 'strides', rank, 1)
  const dilations = listOf(attributes, 'dilations', rank, 1)
  const pads = listOf(attributes, 'pads', 2 * rank, 0)
  const extras = listOf(attributes, 'output_padding', rank, 0)
  return kernels.map((kernel, i) => ({
    kernel,
    stride: strides[i],
    dilation: dilations[i],
    before: pads[i],
    after: pads[i + rank],
    extra: extras[i],
  }))
}

export const groupOf = (attributes: Attributes) => (attributes.group as number | undefined) ?? 1

/**
 * Zeros that a length needs so that there are ⌈length / stride⌉ windows (ONNX's SAME_UPPER, TensorFlow's 'SAME').
 *
 * @param span from the first entry of the kernel to its last
 * @returns before and after; an odd one stands after
 */
export function samePads(length: number, span: number, stride: number): [before: number, after: number] {
  const missing = Math.max(0, (Math.ceil(length / stride) - 1) * stride + span - length)
  return [Math.floor(missing / 2), Math.ceil(missing / 2)]
}
