/** @file Convolutions and their transposes, over any number of spatial dimensions. */
import { RappelError } from '../../base/errors.ts'
import type { Shape } from '../../base/tensor.ts'
import * as op from '../op.ts'
import type {
  Attributes,
  BatchedInput,
  BatchRule,
  ConvolutionKind,
  GradientRule,
  OpDefinition,
  ShapeRule,
  Value,
} from '../types.ts'
import { convFloat64, transposeFloat64 } from './convolution_float64.ts'
import { required, requireFloat, requireSameDtype } from './shapes.ts'
import { convLength, groupOf, reach, transposeLength, type Window, windowsOf } from './windows.ts'

/** The options that say the same, for the functions of op.ts. */
function optionsOf(windows: readonly Window[], group: number) {
  return {
    strides: windows.map(({ stride }) => stride),
    pads: [...windows.map(({ before }) => before), ...windows.map(({ after }) => after)],
    dilations: windows.map(({ dilation }) => dilation),
    group,
  }
}

/** What both operators ask of their inputs. */
function operandsOf(inputs: readonly (Value | undefined)[], attributes: Attributes) {
  const [x, w] = [required(inputs, 0), required(inputs, 1)]
  requireFloat(x)
  requireSameDtype(x, w)
  if (x.shape.length < 3)
    throw new RappelError(
      'shape',
      `the input has ${x.shape.length} dimensions, expected [batch, channels, ...spatial], at least 3`,
    )
  if (w.shape.length !== x.shape.length)
    throw new RappelError(
      'shape',
      `the kernel has ${w.shape.length} dimensions and the input ${x.shape.length}, expected as many`,
    )
  if (w.shape.includes(0)) throw new RappelError('shape', `the kernel has the shape [${w.shape}] and is empty`)
  const group = groupOf(attributes)
  if (!(Number.isSafeInteger(group) && group >= 1))
    throw new RappelError('shape', `group is ${group}, expected a whole number from 1 up`)
  return { x, w, group, windows: windowsOf(attributes, w) }
}

function checkBias(bias: Value | undefined, x: Value, filters: number): void {
  if (bias === undefined) return
  requireSameDtype(x, bias)
  if (bias.shape.length !== 1 || bias.shape[0] !== filters)
    throw new RappelError('shape', `the bias has the shape [${bias.shape}], expected [${filters}], one for each filter`)
}

const convShape: ShapeRule = (inputs, attributes) => {
  const { x, w, group, windows } = operandsOf(inputs, attributes)
  const [filters, taken] = w.shape
  if (x.shape[1] !== taken * group)
    throw new RappelError(
      'shape',
      `the input has ${x.shape[1]} channels, but the kernel takes ${taken} in ${group === 1 ? '1 group' : `each of ${group} groups`}`,
      'a kernel has the shape [filters, channels / group, ...kernel]',
    )
  if (filters % group !== 0)
    throw new RappelError('shape', `${filters} filters cannot be shared out among ${group} groups`)
  checkBias(inputs[2], x, filters)
  const lengths = x.shape.slice(2).map((length, i) => {
    const { before, after } = windows[i]
    if (length + before + after >= reach(windows[i])) return convLength(length, windows[i])
    throw new RappelError(
      'shape',
      `the kernel reaches over ${reach(windows[i])} along axis ${i + 2}, the padded input has ${length + before + after}`,
      'use a smaller kernel or dilation, or more padding',
    )
  })
  return [{ dtype: x.dtype, shape: [x.shape[0], filters, ...lengths] }]
}

const transposeShape: ShapeRule = (inputs, attributes) => {
  const { x, w, group, windows } = operandsOf(inputs, attributes)
  const [channels, made] = w.shape
  if (x.shape[1] !== channels)
    throw new RappelError(
      'shape',
      `the input has ${x.shape[1]} channels, but the kernel takes ${channels}`,
      'the kernel of a transpose has the shape [channels, filters / group, ...kernel]',
    )
  if (channels % group !== 0)
    throw new RappelError('shape', `${channels} channels cannot be shared out among ${group} groups`)
  checkBias(inputs[2], x, made * group)
  const lengths = x.shape.slice(2).map((length, i) => {
    const { extra, stride, before, after } = windows[i]
    if (extra >= stride)
      throw new RappelError(
        'shape',
        `output_padding is ${extra} along axis ${i + 2}, expected less than the stride, ${stride}`,
        'zeros behind the input make the result longer by a stride each',
      )
    const result = transposeLength(length, windows[i])
    if (result >= 1) return result
    throw new RappelError(
      'shape',
      `pads of ${before} and ${after} along axis ${i + 2} cut all ${result + before + after} of the result`,
    )
  })
  return [{ dtype: x.dtype, shape: [x.shape[0], made * group, ...lengths] }]
}

const rest = (shape: Shape) => shape.map((_, i) => i).slice(2)
/** The first two dimensions exchanged. */
const swap = (x: Value) => op.transpose(x, [1, 0, ...rest(x.shape)])

/** The first entries along the spatial dimensions. */
function cutTo(x: Value, lengths: readonly number[]): Value {
  const axes = lengths.flatMap((length, i) => (length < x.shape[i + 2] ? [i + 2] : []))
  if (axes.length === 0) return x
  return op.slice(
    x,
    axes.map(() => 0),
    axes.map((axis) => lengths[axis - 2]),
    axes,
  )
}

/**
 * The gradient of a kernel is again a convolution, with the batch in the place of the channels: each entry of the kernel has
 * met `small` (the gradient of the outputs) at steps of the stride, and its neighbour lies a dilation further, so that the two
 * change places.
 *
 * @param large [batch, group · a, ...], over which the windows move @param small [batch, b, ...], one entry for each window
 * @returns [b, a, ...kernel]
 */
function kernelGradient(large: Value, small: Value, windows: readonly Window[], group: number): Value {
  const swapped = windows.map((window, i): Window => {
    const length = small.shape[i + 2]
    const { stride, dilation, before, after } = window
    // What is left behind the last window belongs to no entry.
    const left = large.shape[i + 2] + before + after - stride * (length - 1) - reach(window)
    return { kernel: length, stride: dilation, dilation: stride, before, after: Math.max(0, after - left), extra: 0 }
  })
  const entries = op.conv(channelsInFront(large, group), swap(small), undefined, optionsOf(swapped, group))
  return swap(
    cutTo(
      entries,
      windows.map(({ kernel }) => kernel),
    ),
  )
}

/** [batch, group · a, ...] as [a, group · batch, ...]. */
function channelsInFront(x: Value, group: number): Value {
  if (group === 1) return swap(x)
  const [batch, channels, ...spatial] = x.shape
  const apart = op.reshape(x, [batch, group, channels / group, ...spatial])
  const turned = op.transpose(apart, [2, 1, 0, ...spatial.map((_, i) => i + 3)])
  return op.reshape(turned, [channels / group, group * batch, ...spatial])
}

const biasGradient = (dy: Value) => op.reduceSum(dy, { axes: [0, ...rest(dy.shape)] })

const convGradient: GradientRule = (node, [dy]) => {
  if (dy === undefined) return []
  const { x, w, group, windows } = operandsOf(node.inputs, node.attributes)
  // What no window reached has no gradient: zeros at the end.
  const outputPadding = windows.map((window, i) => x.shape[i + 2] - transposeLength(dy.shape[i + 2], window))
  const dx = op.convTranspose(dy, w, undefined, { ...optionsOf(windows, group), outputPadding })
  return [dx, kernelGradient(x, dy, windows, group), node.inputs[2] && biasGradient(dy)]
}

const transposeGradient: GradientRule = (node, [dy]) => {
  if (dy === undefined) return []
  const { x, w, group, windows } = operandsOf(node.inputs, node.attributes)
  const dx = op.conv(dy, w, undefined, optionsOf(windows, group))
  return [dx, kernelGradient(dy, x, windows, group), node.inputs[2] && biasGradient(dy)]
}

/** The kernels of all rows as one: what belongs to one group stays together. */
function foldKernels(kind: ConvolutionKind, w: Value, group: number): Value {
  const [size, first, second, ...kernel] = w.shape
  // A transpose has the group in the kernel's first dimension and the filters in its second, a convolution both in the first.
  if (kind === 'ConvTranspose') return op.reshape(swap(w), [first, size * second, ...kernel])
  const grouped = op.reshape(w, [size, group, first / group, second, ...kernel])
  return op.reshape(swap(grouped), [size * first, second, ...kernel])
}

/** [batch, group · size · a, ...] as [size, batch, group · a, ...]. */
function unfoldFilters(y: Value, group: number, size: number): Value {
  const [length, filters, ...spatial] = y.shape
  const apart = op.reshape(y, [length, group, size, filters / group / size, ...spatial])
  const turned = op.transpose(apart, [2, 0, 1, 3, ...spatial.map((_, i) => i + 4)])
  return op.reshape(turned, [size, length, filters / size, ...spatial])
}

/**
 * Inputs that differ from row to row go into the batch, kernels that differ into the filters of each group; where both do, each
 * row has groups of its own.
 */
const batch: BatchRule = (node, inputs, size) => {
  const [x, w, b] = inputs as readonly [BatchedInput, BatchedInput, BatchedInput | undefined]
  const kind = node.kind as ConvolutionKind
  const group = groupOf(node.attributes)
  const rank = node.outputs[0].shape.length - 2
  const run = (input: Value, kernel: Value, groups: number, bias?: Value) =>
    again(kind, node.attributes, input, kernel, groups, bias)
  const [length, ...others] = x.batched ? x.value.shape.slice(1) : x.value.shape
  if (!w.batched && x.batched) {
    const shared = b?.batched ? undefined : b?.value
    const y = run(op.reshape(x.value, [size * length, ...others]), w.value, group, shared)
    const apart = op.reshape(y, [size, length, ...y.shape.slice(1)])
    return [b?.batched ? addBias(apart, b, rank) : apart]
  }
  if (!w.batched) return [addBias(run(x.value, w.value, group), b, rank)]
  if (!x.batched)
    return [addBias(unfoldFilters(run(x.value, foldKernels(kind, w.value, group), group), group, size), b, rank)]
  const together = op.reshape(swap(x.value), [length, size * others[0], ...others.slice(1)])
  const kernels = op.reshape(w.value, [size * w.value.shape[1], ...w.value.shape.slice(2)])
  return [addBias(unfoldFilters(run(together, kernels, size * group), 1, size), b, rank)]
}

/** The operator with the same attributes, but for the number of groups. */
function again(kind: ConvolutionKind, attributes: Attributes, x: Value, w: Value, group: number, bias?: Value): Value {
  const windows = windowsOf(attributes, w)
  const options = optionsOf(windows, group)
  if (kind === 'Conv') return op.conv(x, w, bias, options)
  return op.convTranspose(x, w, bias, { ...options, outputPadding: windows.map(({ extra }) => extra) })
}

/** Adds a bias to [size, batch, filters, ...], or to [batch, filters, ...] when it differs from row to row itself. */
function addBias(y: Value, b: BatchedInput | undefined, rank: number): Value {
  if (b === undefined) return y
  const { value, batched } = b
  const [filters] = value.shape.slice(-1)
  return op.add(y, op.reshape(value, [batched ? value.shape[0] : 1, 1, filters, ...new Array<number>(rank).fill(1)]))
}

const attributes = { strides: 'ints', pads: 'ints', dilations: 'ints', group: 'int' } as const

export const convolutions: Record<ConvolutionKind, OpDefinition> = {
  Conv: {
    inputs: [2, 3],
    attributes,
    shape: convShape,
    gradient: convGradient,
    batch,
    kink: 'smooth',
    float64: convFloat64,
  },
  ConvTranspose: {
    inputs: [2, 3],
    attributes: { ...attributes, output_padding: 'ints' },
    shape: transposeShape,
    gradient: transposeGradient,
    batch,
    kink: 'smooth',
    float64: transposeFloat64,
  },
}
