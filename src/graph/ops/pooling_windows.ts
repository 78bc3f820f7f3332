/** @file The windows of pooling: where they lie along each spatial axis, and how their attributes are read. */
import { RappelError } from '../../base/errors.ts'
import { type Shape, typeText } from '../../base/tensor.ts'
import type { Attributes, Value } from '../types.ts'
import { samePads } from './windows.ts'

/** The windows along one axis. Window w covers the places w·stride − before + i·dilation, i from 0 to size − 1. */
export interface WindowAxis {
  /** Length of the input. */
  readonly length: number
  /** Number of windows: length of the output. */
  readonly count: number
  /** Number of places in a window. */
  readonly size: number
  readonly stride: number
  readonly dilation: number
  /** Padding in front and behind. */
  readonly before: number
  readonly after: number
}

/** Attributes of an operator with windows, each with its default. */
export const windowAttributes = {
  kernel_shape: 'ints',
  strides: 'ints',
  pads: 'ints',
  dilations: 'ints',
  ceil_mode: 'int',
} as const

/**
 * The windows of a node, one entry for each spatial axis of [batch, channels, …spatial].
 *
 * @throws RappelError 'shape' or 'op' when the attributes do not fit the input, or a window covers padding alone
 */
export function windowsOf(x: Value, attributes: Attributes): readonly WindowAxis[] {
  const spatial = x.shape.slice(2)
  if (spatial.length < 1 || spatial.length > 3)
    throw new RappelError(
      'shape',
      `the input is ${typeText(x)}, expected [batch, channels, …] with one to three spatial dimensions`,
    )
  const sizes = listOf(attributes, 'kernel_shape', spatial.length, undefined, 1)
  const strides = listOf(attributes, 'strides', spatial.length, 1, 1)
  const dilations = listOf(attributes, 'dilations', spatial.length, 1, 1)
  const pads = listOf(attributes, 'pads', 2 * spatial.length, 0, 0)
  return spatial.map((length, i) =>
    windowAxis(i, attributes.ceil_mode === 1, {
      length,
      size: sizes[i],
      stride: strides[i],
      dilation: dilations[i],
      before: pads[i],
      after: pads[i + spatial.length],
    }),
  )
}

function listOf(
  attributes: Attributes,
  name: string,
  count: number,
  fallback: number | undefined,
  least: number,
): readonly number[] {
  const given = attributes[name] as readonly number[] | undefined
  if (given === undefined && fallback !== undefined) return new Array<number>(count).fill(fallback)
  const fits = given?.length === count && given.every((n) => Number.isSafeInteger(n) && n >= least)
  if (given !== undefined && fits) return given
  throw new RappelError(
    'shape',
    `${name} is ${given === undefined ? 'missing' : `[${given}]`}, expected ${count} whole numbers from ${least} up`,
  )
}

/** How far the last window that fits could still move, before and after padding. */
const roomOf = ({ length, size, dilation, before, after }: Omit<WindowAxis, 'count'>) =>
  length + before + after - dilation * (size - 1) - 1

/**
 * Counts the windows along an axis: those that fit; with `ceil` also one more that hangs over the end, unless it would start
 * behind the input and its front padding (ONNX MaxPool-22, PyTorch, and the runtime in every opset).
 */
function windowAxis(i: number, ceil: boolean, axis: Omit<WindowAxis, 'count'>): WindowAxis {
  const { length, size, stride, dilation, before, after } = axis
  if (before >= size || after >= size)
    throw new RappelError(
      'shape',
      `the padding of spatial axis ${i} is ${before} and ${after}, expected less than the window's ${size}`,
    )
  const room = roomOf(axis)
  if (room < 0)
    throw new RappelError(
      'shape',
      `a window reaches over ${dilation * (size - 1) + 1} places of spatial axis ${i}, which has ${length + before + after} with its padding`,
      'take a smaller window, or pad',
    )
  const fitting = Math.floor(room / stride) + 1
  const hangsOver = ceil && room % stride !== 0 && fitting * stride < length + before
  const windows = { ...axis, count: hangsOver ? fitting + 1 : fitting }
  const empty = placesOf(windows).findIndex((places) => places.length === 0)
  if (empty >= 0) throw new RappelError('shape', `window ${empty} of spatial axis ${i} covers nothing but padding`)
  return windows
}

/** Opset 20's shape inference (in the runtime) counts a window of `ceil_mode` that hangs over wherever it starts. */
const isMiscounted = (axis: WindowAxis) => Math.ceil(roomOf(axis) / axis.stride) + 1 !== axis.count

/**
 * Attributes that mean the same windows and that opset 20's shape inference counts rightly: without `ceil_mode` where no window
 * hangs over, else without the padding behind that no window reaches.
 */
export function settledWindows(x: Value, attributes: Attributes): Attributes {
  if (attributes.ceil_mode !== 1) return attributes
  const axes = fittingWindows(x, attributes)
  if (axes === undefined) return attributes
  const { ceil_mode: _, ...plain } = attributes
  if (axes.every((axis) => axis.count === Math.floor(roomOf(axis) / axis.stride) + 1)) return plain
  const after = axes.map(
    (axis) => axis.after - (isMiscounted(axis) ? Math.min(roomOf(axis) % axis.stride, axis.after) : 0),
  )
  if (axes.every((axis, i) => axis.after === after[i])) return attributes
  return { ...attributes, pads: [...axes.map(({ before }) => before), ...after] }
}

/** Undefined where they do not fit: the operator's own check tells that with its place. */
function fittingWindows(x: Value, attributes: Attributes): readonly WindowAxis[] | undefined {
  try {
    return windowsOf(x, attributes)
  } catch {
    return undefined
  }
}

/** For each window along an axis, the places of the input that it covers. */
export function placesOf({ length, count, size, stride, dilation, before }: WindowAxis): number[][] {
  return Array.from({ length: count }, (_, window) =>
    Array.from({ length: size }, (_, i) => window * stride - before + i * dilation).filter(
      (place) => place >= 0 && place < length,
    ),
  )
}

/** The other way round: for each place, the windows that cover it. */
export function coversOf(axis: WindowAxis): number[][] {
  const covers = Array.from({ length: axis.length }, (): number[] => [])
  placesOf(axis).forEach((places, window) => {
    for (const place of places) covers[place].push(window)
  })
  return covers
}

/** How many places of each window along an axis are counted: those of the input, or with the padding. */
export function countsOf(axis: WindowAxis, includePad: boolean): number[] {
  if (!includePad) return placesOf(axis).map((places) => places.length)
  const { length, count, size, stride, dilation, before, after } = axis
  return Array.from({ length: count }, (_, window) => {
    const places = Array.from({ length: size }, (_, i) => window * stride - before + i * dilation)
    // Beyond the padding a window of `ceil_mode` hangs over nothing.
    return places.filter((place) => place < length + after).length
  })
}

/** Shape of what has one element a window. @throws RappelError as `windowsOf`, and where the runtime would count otherwise */
export function pooledShape(x: Value, attributes: Attributes): Shape {
  const axes = windowsOf(x, attributes)
  const wrong = attributes.ceil_mode === 1 ? axes.findIndex(isMiscounted) : -1
  if (wrong >= 0)
    throw new RappelError(
      'op',
      `with ceil_mode the last window of spatial axis ${wrong} would start behind the input, which opset 20 cannot say`,
      'leave ceil_mode out, or cut off the end of the axis, which is in no window',
    )
  return [...x.shape.slice(0, 2), ...axes.map(({ count }) => count)]
}

/**
 * Padding with which there is a window for every `stride` places, ⌈length / stride⌉ of them (`auto_pad`); where it is odd,
 * SAME_UPPER puts more behind and SAME_LOWER more in front.
 */
export function samePoolingPads(x: Value, attributes: Attributes, mode: 'SAME_UPPER' | 'SAME_LOWER'): number[] {
  const spatial = x.shape.slice(2)
  const { kernel_shape: sizes, strides, dilations } = attributes as Record<string, readonly number[] | undefined>
  const pairs = spatial.map((length, i) => {
    const span = (dilations?.[i] ?? 1) * ((sizes?.[i] ?? 1) - 1) + 1
    const upper = samePads(length, span, strides?.[i] ?? 1)
    return mode === 'SAME_UPPER' ? upper : upper.reverse()
  })
  return [...pairs.map(([before]) => before), ...pairs.map(([, after]) => after)]
}
