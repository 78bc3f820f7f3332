/** @file The functions of pooling and selection, part of `op`. */
import { tensor } from '../base/tensor.ts'
import { settledWindows } from './ops/pooling_windows.ts'
import type { Attributes, AttributeValue, Value } from './types.ts'

/** The windows of a pooling over [batch, channels, …spatial]; each list has one number for each spatial axis. */
export interface WindowOptions {
  readonly kernelShape: readonly number[]
  /** Distance between windows; default 1. */
  readonly strides?: readonly number[]
  /** Places put before each axis, then after each; less than the window. Default 0. */
  readonly pads?: readonly number[]
  /** Distance between the places of a window; default 1. */
  readonly dilations?: readonly number[]
  /** Whether a last window that hangs over the end counts, where it starts inside; default false. */
  readonly ceilMode?: boolean
}

function windowAttributes(x: Value, options: WindowOptions): Attributes {
  const { kernelShape, strides, pads, dilations, ceilMode } = options
  const attributes: Record<string, AttributeValue> = { kernel_shape: kernelShape }
  if (strides?.some((stride) => stride !== 1)) attributes.strides = strides
  if (pads?.some((amount) => amount !== 0)) attributes.pads = pads
  if (dilations?.some((dilation) => dilation !== 1)) attributes.dilations = dilations
  if (ceilMode) attributes.ceil_mode = 1
  return settledWindows(x, attributes)
}

/**
 * The greatest element of each window; padding never wins, and of several that are equal the first does (as in PyTorch). A NaN
 * may be passed over by the runtime, where PyTorch hands it on: test for NaN before. The node's second output holds the places of
 * the winners, int64, counted through the whole of `x`. ONNX MaxPool-12.
 */
export const maxPool = (x: Value, options: WindowOptions): Value =>
  x.builder.node('MaxPool', [x], windowAttributes(x, options))[0]

/**
 * The mean of each window. Padding counts as zeros with `countIncludePad`, by default it is left out of sum and number; what
 * hangs over the end in `ceilMode` never counts. ONNX AveragePool-19.
 */
export function averagePool(x: Value, options: WindowOptions & { countIncludePad?: boolean }): Value {
  const counting: Attributes = options.countIncludePad ? { count_include_pad: 1 } : {}
  return x.builder.node('AveragePool', [x], { ...windowAttributes(x, options), ...counting })[0]
}

/** The mean over all spatial axes: [batch, channels, …] to [batch, channels, 1, …]. */
export const globalAveragePool = (x: Value): Value => x.builder.node('GlobalAveragePool', [x])[0]

/**
 * The k greatest elements along an axis and their positions (int64); of several that are equal those that come first.
 *
 * @param options.axis default −1. `largest`: false for the least; default true. `sorted`: whether they come in order, best
 *   first; default true
 */
export function topK(
  x: Value,
  k: number,
  options: { axis?: number; largest?: boolean; sorted?: boolean } = {},
): readonly [values: Value, indices: Value] {
  const attributes: Record<string, number> = { axis: options.axis ?? -1 }
  if (options.largest === false) attributes.largest = 0
  if (options.sorted === false) attributes.sorted = 0
  const [values, indices] = x.builder.node('TopK', [x, x.builder.constant(tensor('int64', [1], [k]))], attributes)
  return [values, indices]
}

/**
 * Puts each element at the place that a max-pooling's index names, zeros elsewhere; no place may be named twice. ONNX MaxUnpool-11.
 *
 * @param indices of the shape of `x`, flat over the whole result
 * @param shape of the result
 */
export function maxUnpool(x: Value, indices: Value, shape: readonly number[], options: WindowOptions): Value {
  const { kernel_shape, strides, pads } = windowAttributes(x, options)
  const attributes = { kernel_shape, ...(strides && { strides }), ...(pads && { pads }) }
  const target = x.builder.constant(tensor('int64', [shape.length], shape))
  return x.builder.node('MaxUnpool', [x, indices, target], attributes)[0]
}
