/** @file Pooling layers over pictures. */
import { checkInteger, checkOptions, RappelError, usageError } from '../base/errors.ts'
import { typeText } from '../base/tensor.ts'
import * as op from '../graph/op.ts'
import type { Value } from '../graph/types.ts'
import type { Layer } from './model.ts'

/** One number for both, or [height, width]. */
type Pair = number | readonly [height: number, width: number]

export interface PoolingOptions {
  /** Steps from one window to the next; default the window's size, so that windows lie side by side. */
  readonly stride?: Pair
  /** Rows and columns put on at every side; less than the window, default 0. */
  readonly padding?: Pair
  /** Name of the layer; default the kind and a number, 'maxPool1'. */
  readonly name?: string
}

/**
 * The greatest element of each window (Ranzato et al. 2007). Takes
 * [batch, channels, height, width], gives [batch, channels, height', width'] with
 * height' = ⌊(height + 2·padding − size) / stride⌋ + 1. Padding never wins; where several are the greatest the gradient goes to
 * the first, as in PyTorch. A NaN may be passed over, where PyTorch hands it on.
 *
 * @param size of the window: one number, or [height, width]
 * @throws RappelError 'usage' for options that do not fit; when it is built, 'shape' for what is no picture, or one that is
 *   smaller than the window
 */
export const maxPool = poolingLayer('maxPool', op.maxPool)

/**
 * The mean of each window (LeCun et al. 1998). Shapes, options and errors are those of `maxPool`. Padding counts as zeros, as by
 * default in PyTorch (count_include_pad): at the border the mean is drawn to 0.
 */
export const averagePool = poolingLayer('averagePool', (x, windows) =>
  op.averagePool(x, { ...windows, countIncludePad: true }),
)

/**
 * The mean of each channel over the whole picture: takes [batch, channels, height, width], gives [batch, channels], so that
 * `dense` may follow (Lin, Chen and Yan 2014). The spatial dimensions are dropped, as in Keras; PyTorch's AdaptiveAvgPool2d(1)
 * keeps them with length 1.
 */
export function globalAveragePool(options: { readonly name?: string } = {}): Layer {
  checkOptions('globalAveragePool', options, ['name'])
  return {
    kind: 'globalAveragePool',
    name: options.name,
    build(x) {
      checkPicture('globalAveragePool', x)
      return op.reshape(op.globalAveragePool(x), x.shape.slice(0, 2))
    },
  }
}

function poolingLayer(kind: string, pool: (x: Value, windows: op.WindowOptions) => Value) {
  return (size: Pair, options: PoolingOptions = {}): Layer => {
    checkOptions(kind, options, ['stride', 'padding', 'name'])
    const window = pairOf('size', size, 1)
    const strides = pairOf('stride', options.stride ?? window, 1)
    const padding = pairOf('padding', options.padding ?? 0, 0)
    if (padding.some((amount, i) => amount >= window[i]))
      throw usageError(`padding is ${sides(padding)}, expected less than the window's ${sides(window)}`)
    return {
      kind,
      name: options.name,
      options: { size: sides(window), stride: sides(strides), padding: sides(padding) },
      build(x) {
        checkPicture(kind, x)
        const picture = x.shape.slice(2).map((length, i) => length + 2 * padding[i])
        if (picture.some((length, i) => length < window[i]))
          throw new RappelError(
            'shape',
            `the window of ${kind} is ${sides(window)}, but the picture ${typeText(x)} is ${sides(picture)}${padding.some((n) => n > 0) ? ' with its padding' : ''}`,
            'take a smaller window, or pool less before it',
          )
        return pool(x, { kernelShape: window, strides, pads: [...padding, ...padding] })
      },
    }
  }
}

function checkPicture(kind: string, x: Value): void {
  if (x.shape.length === 4) return
  throw new RappelError(
    'shape',
    `${kind} takes [batch, channels, height, width], got ${typeText(x)}`,
    x.shape.length === 3
      ? 'pictures of one channel have the shape [1, height, width]'
      : 'put it in front of nn.flatten()',
  )
}

function pairOf(name: string, given: Pair, least: number): readonly [number, number] {
  const list = Array.isArray(given) ? (given as readonly number[]) : [given as number, given as number]
  if (list.length !== 2) throw usageError(`${name} has ${list.length} numbers, expected one, or [height, width]`)
  return [checkInteger(name, list[0], least), checkInteger(name, list[1], least)]
}

const sides = (lengths: readonly number[]) => lengths.join('×')
