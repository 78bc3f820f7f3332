/** @file Convolutional layers over pictures. */
import { checkInteger, checkOptions, RappelError, show, suggestion, usageError } from '../base/errors.ts'
import { typeText } from '../base/tensor.ts'
import * as op from '../graph/op.ts'
import { samePads } from '../graph/ops/windows.ts'
import type { Value } from '../graph/types.ts'
import { he, type Initialiser, zeros } from './init.ts'
import type { Layer, LayerContext, LayerSettings, ParameterOptions } from './model.ts'

/** One number for both, or [height, width]. */
type Pair = number | readonly [height: number, width: number]

interface ConvolutionOptions {
  /** Steps from one window to the next; default 1. */
  readonly stride?: Pair
  /** Steps from one entry of the kernel to the next; default 1: entries that are neighbours meet neighbours. */
  readonly dilation?: Pair
  /** Groups of channels that have nothing to do with each other; must divide the channels and the filters. Default 1. */
  readonly groups?: number
  /** Of the weight; default He. */
  readonly init?: Initialiser
  /** Initialiser of the bias, or false for none; default zeros. */
  readonly bias?: Initialiser | false
  /** Name of the layer, and prefix of its parameters; default: the kind and a number, 'conv2d1'. */
  readonly name?: string
}

export interface Conv2dOptions extends ConvolutionOptions {
  /**
   * Zeros around the picture: 'valid' for none (default), a number for every side or [height, width], or 'same' for as many as
   * keep ⌈length / stride⌉ outputs; an odd one then stands below or on the right (TensorFlow, ONNX's SAME_UPPER).
   */
  readonly padding?: 'same' | 'valid' | Pair
}

export interface ConvTranspose2dOptions extends ConvolutionOptions {
  /** Rows and columns that are cut off at every side; default 0. */
  readonly padding?: Pair
  /** Rows and columns that are put on below and on the right; below the stride or the dilation, default 0. */
  readonly outputPadding?: Pair
}

const shared = ['stride', 'padding', 'dilation', 'groups', 'init', 'bias', 'name']

/**
 * A convolutional layer: each filter is multiplied with every window of the picture, and its bias added (LeCun et al. 1989; the
 * kernel is not turned round, as everywhere in the field). Takes [batch, channels, height, width], gives
 * [batch, filters, height', width'] with height' = ⌊(height + padding − dilation·(kernel − 1) − 1) / stride⌋ + 1, where `padding`
 * counts both sides. Parameters: `weight` [filters, channels / groups, kernel height, kernel width] and `bias` [filters].
 *
 * Fans: fanIn = channels / groups · kernel area, fanOut = filters / groups · kernel area. (PyTorch does not divide fanOut by the
 * groups, though a channel reaches only the filters of its own.)
 *
 * @param filters number of output channels @param kernel its size: one number, or [height, width]
 * @throws RappelError 'usage' for options that do not fit; when it is built, 'shape' for what is no picture
 */
export function conv2d(filters: number, kernel: Pair, options: Conv2dOptions = {}): Layer {
  checkOptions('conv2d', options, shared)
  const given = settingsOf(filters, kernel, options)
  const padding = paddingOf(options.padding ?? 'valid')
  const { size, stride, dilation, groups } = given
  return {
    kind: 'conv2d',
    name: options.name,
    options: { ...settingsInWords(filters, given, options), padding: pairText(padding) },
    build(x, context) {
      const channels = channelsOf('conv2d', x, groups)
      const area = size[0] * size[1]
      const fans = { fanIn: (channels / groups) * area, fanOut: (filters / groups) * area }
      const shape = [filters, channels / groups, ...size]
      const { weight, bias } = parametersOf(context, filters, shape, { fans, unitAxis: 0 }, options)
      const sides = [0, 1].map((i): readonly [number, number] =>
        padding === 'same'
          ? samePads(x.shape[i + 2], dilation[i] * (size[i] - 1) + 1, stride[i])
          : [padding[i], padding[i]],
      )
      const pads = [0, 1].flatMap((side) => sides.map((both) => both[side]))
      return op.conv(x, weight, bias, { strides: stride, pads, dilations: dilation, group: groups })
    },
  }
}

/**
 * A transposed convolution, which makes pictures larger: each input is spread, times the kernel, over its window (Zeiler et al.
 * 2010; PyTorch's ConvTranspose2d). Takes [batch, channels, height, width], gives [batch, filters, height', width'] with
 * height' = stride·(height − 1) + dilation·(kernel − 1) + 1 − 2·padding + outputPadding. Parameters: `weight` [channels,
 * filters / groups, kernel height, kernel width] and `bias` [filters].
 *
 * Fans: fanIn = channels / groups · kernel area / stride area, which is how many products an output adds up on average, and
 * fanOut = filters / groups · kernel area. (PyTorch takes filters / groups · kernel area for fanIn.)
 *
 * @param filters number of output channels @param kernel its size: one number, or [height, width]
 * @throws RappelError 'usage' for options that do not fit; when it is built, 'shape' for what is no picture
 */
export function convTranspose2d(filters: number, kernel: Pair, options: ConvTranspose2dOptions = {}): Layer {
  checkOptions('convTranspose2d', options, [...shared, 'outputPadding'])
  const given = settingsOf(filters, kernel, options)
  const { size, stride, dilation, groups } = given
  const padding = pairOf('padding', options.padding ?? 0, 0)
  const outputPadding = pairOf('outputPadding', options.outputPadding ?? 0, 0)
  if (outputPadding.some((extra, i) => extra >= Math.max(stride[i], dilation[i])))
    throw usageError(
      `outputPadding is ${show(options.outputPadding)}, expected less than the stride or the dilation`,
      'put more on with padding around the result of the layer',
    )
  return {
    kind: 'convTranspose2d',
    name: options.name,
    options: {
      ...settingsInWords(filters, given, options),
      padding: pairText(padding),
      outputPadding: pairText(outputPadding),
    },
    build(x, context) {
      const channels = channelsOf('convTranspose2d', x, groups)
      const area = size[0] * size[1]
      const fans = { fanIn: ((channels / groups) * area) / (stride[0] * stride[1]), fanOut: (filters / groups) * area }
      const shape = [channels, filters / groups, ...size]
      const { weight, bias } = parametersOf(context, filters, shape, { fans, unitAxis: 1, unitGroups: groups }, options)
      const pads = [...padding, ...padding]
      return op.convTranspose(x, weight, bias, {
        strides: stride,
        pads,
        dilations: dilation,
        group: groups,
        outputPadding,
      })
    },
  }
}

function settingsOf(filters: number, kernel: Pair, options: ConvolutionOptions) {
  checkInteger('filters', filters, 1)
  const groups = checkInteger('groups', options.groups ?? 1, 1)
  if (filters % groups !== 0)
    throw usageError(`filters is ${filters}, expected a multiple of groups, which is ${groups}`)
  return {
    size: pairOf('kernel', kernel, 1),
    stride: pairOf('stride', options.stride ?? 1, 1),
    dilation: pairOf('dilation', options.dilation ?? 1, 1),
    groups,
  }
}

const pairText = (pair: string | readonly number[]) => (typeof pair === 'string' ? pair : pair.join('×'))

/** For the record. */
function settingsInWords(
  filters: number,
  { size, stride, dilation, groups }: ReturnType<typeof settingsOf>,
  { init = he(), bias }: ConvolutionOptions,
): LayerSettings {
  const [kernel, strides, dilations] = [size, stride, dilation].map(pairText)
  return { filters, kernel, stride: strides, dilation: dilations, groups, init: init.name, bias: bias !== false }
}

function pairOf(name: string, value: Pair, min: number): readonly [number, number] {
  const pair: readonly unknown[] = Array.isArray(value) ? value : [value, value]
  if (pair.length === 2 && pair.every((n) => Number.isSafeInteger(n) && (n as number) >= min))
    return pair as readonly [number, number]
  throw usageError(`${name} is ${show(value)}, expected a whole number from ${min} up, or [height, width]`)
}

function paddingOf(padding: 'same' | 'valid' | Pair): 'same' | readonly [number, number] {
  if (padding === 'same') return padding
  if (padding === 'valid') return [0, 0]
  if (typeof padding === 'string')
    throw usageError(`padding is ${show(padding)}`, suggestion(padding, ['same', 'valid']))
  return pairOf('padding', padding, 0)
}

/** The picture's channels. @throws RappelError 'shape' when it is no picture, or they cannot be shared out */
function channelsOf(kind: string, x: Value, groups: number): number {
  if (x.shape.length !== 4)
    throw new RappelError(
      'shape',
      `${kind} takes [batch, channels, height, width], got ${typeText(x)}`,
      "give examples that shape first: nn.functional('picture', (x) => op.reshape(x, [x.shape[0], 1, 28, 28]))",
    )
  const channels = x.shape[1]
  if (channels % groups === 0) return channels
  throw new RappelError(
    'shape',
    `${kind} shares out ${channels} channels among ${groups} groups, expected a number of groups that divides them`,
  )
}

function parametersOf(
  context: LayerContext,
  filters: number,
  shape: readonly number[],
  described: Pick<ParameterOptions, 'fans' | 'unitAxis' | 'unitGroups'>,
  options: ConvolutionOptions,
): { weight: Value; bias: Value | undefined } {
  const weight = context.parameter('weight', shape, { init: options.init ?? he(), penalised: true, ...described })
  if (options.bias === false) return { weight, bias: undefined }
  return {
    weight,
    bias: context.parameter('bias', [filters], {
      init: options.bias ?? zeros(),
      fans: described.fans,
      penalised: false,
    }),
  }
}
