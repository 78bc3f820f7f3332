/** @file Augmentations: each epoch sees every training image a little changed, by chance that its seed, epoch and row decide. */
import type { CounterStreams } from '../base/counter-random.ts'
import { checkInteger, checkOptions, checkRange, show, usageError } from '../base/errors.ts'
import { type Shape, sizeOf } from '../base/tensor.ts'

/** The chance of one example: `uniform()` in [0, 1), `integer(n)` in [0, n), `normal()` with deviation 1. */
export type Draw = Pick<CounterStreams, 'uniform' | 'integer' | 'normal'>

/** Changes the example that starts at `at`, in place. What comes out depends on its values and the draws alone. */
export type Change = (values: Float32Array, at: number, draw: Draw) => void

/** A random change of single examples that leaves their targets right. Your own are objects of this form. */
export interface Augmentation {
  /** With its parameters, for the record: `shift(2)`. */
  readonly name: string
  /** Gets ready for examples of one shape. @throws RappelError 'usage' when it cannot change such */
  on(shape: Shape): Change
}

/** What stands where an image was moved away: a number in the units of the data, or the nearest pixel of the image. */
export type Fill = number | 'edge'

interface Image {
  readonly channels: number
  readonly height: number
  readonly width: number
}

/**
 * Moves images by a random whole number of pixels in each direction, −most to most, each equally likely.
 *
 * @param most pixels, or [vertical, horizontal]; below height and width
 * @param options.fill what comes in at the border, default 0
 * @see LeCun, Bottou, Bengio, Haffner 1998, part III.A: planar distortions of MNIST
 */
export function shift(most: number | readonly [number, number], options: { fill?: Fill } = {}): Augmentation {
  checkOptions('augment.shift', options, ['fill'])
  const [vertical, horizontal] = typeof most === 'number' ? [most, most] : most
  checkInteger('most', vertical, 0)
  checkInteger('most', horizontal, 0)
  const fill = checkFill(options.fill)
  const name = `shift(${show(most)}${fillText(fill)})`
  return {
    name,
    on(shape) {
      const image = imageOf(shape, name)
      if (vertical >= image.height || horizontal >= image.width)
        throw usageError(`${name} is for images larger than that, these are ${image.height}×${image.width}`)
      return (values, at, draw) => {
        const down = draw.integer(2 * vertical + 1) - vertical
        const right = draw.integer(2 * horizontal + 1) - horizontal
        if (down !== 0 || right !== 0) move(values, at, image, down, right, fill)
      }
    },
  }
}

/**
 * Mirrors images with a probability.
 *
 * @param options.axis 'horizontal' (default) exchanges left and right, 'vertical' top and bottom
 * @param options.probability in [0, 1], default ½
 */
export function flip(options: { axis?: 'horizontal' | 'vertical'; probability?: number } = {}): Augmentation {
  checkOptions('augment.flip', options, ['axis', 'probability'])
  const { axis = 'horizontal', probability = 0.5 } = options
  if (axis !== 'horizontal' && axis !== 'vertical')
    throw usageError(`axis is ${show(axis)}, expected 'horizontal' or 'vertical'`)
  checkRange('probability', probability, { min: 0, max: 1 })
  const name = `flip(${axis}, probability ${probability})`
  return {
    name,
    on(shape) {
      const image = imageOf(shape, name)
      const mirror = axis === 'horizontal' ? mirrorRows : mirrorColumns
      return (values, at, draw) => {
        if (draw.uniform() < probability) mirror(values, at, image)
      }
    },
  }
}

/**
 * Adds a border, cuts out a window at a random place, each equally likely, and brings it to the size of the image. So the net sees
 * one size in training, validation and use. A window of the image's own size is not scaled: with a border of 4 this is the usual
 * augmentation of CIFAR-10 (He et al. 2016, part 4.2), and the same as `shift(4)`.
 *
 * @param options.pad pixels of border on each side, default 0
 * @param options.size height and width of the window, or [height, width]; default: the image's. Scaled bilinearly between the
 *   centres of pixels, as PyTorch's `interpolate(mode='bilinear', align_corners=False)`
 * @param options.fill what the border holds, default 0
 */
export function crop(options: { pad?: number; size?: number | readonly [number, number]; fill?: Fill }): Augmentation {
  checkOptions('augment.crop', options, ['pad', 'size', 'fill'])
  const pad = checkInteger('pad', options.pad ?? 0)
  const fill = checkFill(options.fill)
  const size = typeof options.size === 'number' ? [options.size, options.size] : options.size
  if (size === undefined && pad === 0)
    throw usageError('augment.crop has neither pad nor size', 'for example augment.crop({ pad: 4 })')
  for (const length of size ?? []) checkInteger('size', length, 1)
  const name = `crop(${[...(pad > 0 ? [`pad ${pad}`] : []), ...(size ? [`size ${size[0]}×${size[1]}`] : [])].join(', ')}${fillText(fill)})`
  return {
    name,
    on(shape) {
      const image = imageOf(shape, name)
      const [height, width] = size ?? [image.height, image.width]
      const rows = image.height + 2 * pad - height
      const columns = image.width + 2 * pad - width
      if (rows < 0 || columns < 0)
        throw usageError(
          `${name}: the window is ${height}×${width}, the image with its border ${image.height + 2 * pad}×${image.width + 2 * pad}`,
          'cut out a smaller window, or add a wider border',
        )
      if (pad >= image.height || pad >= image.width)
        throw usageError(`${name} is for images larger than the border, these are ${image.height}×${image.width}`)
      const scaled = height !== image.height || width !== image.width
      const zoom = scaled ? makeZoom(image, { ...image, height, width }, fill) : undefined
      return (values, at, draw) => {
        // Where the window begins, in pixels of the image.
        const top = draw.integer(rows + 1) - pad
        const left = draw.integer(columns + 1) - pad
        if (zoom !== undefined) zoom(values, at, top, left)
        else if (top !== 0 || left !== 0) move(values, at, image, -top, -left, fill)
      }
    },
  }
}

/**
 * Adds an independent normal number to every value. For inputs of any shape.
 *
 * @param deviation ≥ 0, in the units of the data (grey values, not standardised ones)
 * @see Bishop 1995, 'Training with noise is equivalent to Tikhonov regularization'
 */
export function noise(deviation: number): Augmentation {
  checkRange('deviation', deviation, { min: 0 })
  return {
    name: `noise(${deviation})`,
    on(shape) {
      const size = sizeOf(shape)
      return (values, at, draw) => {
        for (let i = at; i < at + size; i++) values[i] += deviation * draw.normal()
      }
    },
  }
}

/** Several, one after the other. A list in a configuration means the same. */
export function compose(...augmentations: readonly Augmentation[]): Augmentation {
  if (augmentations.length === 0) throw usageError('a composition of no augmentations', 'leave the augmentation out')
  return {
    name: augmentations.map(({ name }) => name).join(', '),
    on(shape) {
      const changes = augmentations.map((augmentation) => augmentation.on(shape))
      return (values, at, draw) => {
        for (const change of changes) change(values, at, draw)
      }
    },
  }
}

function checkFill(fill: Fill = 0): Fill {
  if (fill === 'edge' || (typeof fill === 'number' && Number.isFinite(fill))) return fill
  throw usageError(`fill is ${show(fill)}, expected a finite number or 'edge'`)
}

function fillText(fill: Fill): string {
  return fill === 0 ? '' : `, fill ${fill}`
}

function imageOf(shape: Shape, name: string): Image {
  if (shape.length !== 2 && shape.length !== 3)
    throw usageError(
      `augment.${name} changes images [channels, height, width], the examples have the shape [${shape}]`,
      shape.length === 1
        ? "let the data set give images, for example digits({ shape: 'image' }); nn.flatten() makes them flat for dense layers"
        : undefined,
    )
  const [height, width] = shape.slice(-2)
  return { channels: shape.length === 3 ? shape[0] : 1, height, width }
}

/** Moves an image in place by whole pixels, less than its size. */
function move(
  values: Float32Array,
  start: number,
  { channels, height, width }: Image,
  down: number,
  right: number,
  fill: Fill,
): void {
  const size = height * width
  const by = down * width + right
  // The part of the plane that the image still covers.
  const [top, bottom] = [Math.max(0, down), Math.min(height, height + down)]
  const [first, end] = [Math.max(0, right), Math.min(width, width + right)]
  for (let channel = 0, at = start; channel < channels; channel++, at += size) {
    // All rows at once: what runs over a row's end into the next lies outside, and is filled below.
    if (by > 0) values.copyWithin(at + by, at, at + size - by)
    else values.copyWithin(at, at - by, at + size)
    for (let y = top, row = at + top * width; y < bottom; y++, row += width) {
      const [before, after] = fill === 'edge' ? [values[row + first], values[row + end - 1]] : [fill, fill]
      for (let x = 0; x < first; x++) values[row + x] = before
      for (let x = end; x < width; x++) values[row + x] = after
    }
    for (let y = 0; y < top; y++) fillRow(values, at + y * width, at + top * width, width, fill)
    for (let y = bottom; y < height; y++) fillRow(values, at + y * width, at + (bottom - 1) * width, width, fill)
  }
}

/** @param nearest where the nearest row of the image begins */
function fillRow(values: Float32Array, row: number, nearest: number, width: number, fill: Fill): void {
  if (fill === 'edge') values.copyWithin(row, nearest, nearest + width)
  else for (let x = 0; x < width; x++) values[row + x] = fill
}

function mirrorRows(values: Float32Array, start: number, { channels, height, width }: Image): void {
  for (let row = 0, left = start; row < channels * height; row++, left += width) {
    for (let a = left, b = left + width - 1; a < b; a++, b--) {
      const kept = values[a]
      values[a] = values[b]
      values[b] = kept
    }
  }
}

function mirrorColumns(values: Float32Array, start: number, { channels, height, width }: Image): void {
  for (let channel = 0, first = start; channel < channels; channel++, first += height * width) {
    for (let a = first, b = first + (height - 1) * width; a < b; a += width, b -= width) {
      for (let x = 0; x < width; x++) {
        const kept = values[a + x]
        values[a + x] = values[b + x]
        values[b + x] = kept
      }
    }
  }
}

type Zoom = (values: Float32Array, start: number, top: number, left: number) => void

/** Scales a window of an image, which may reach over its border, to the image's size. */
function makeZoom(image: Image, window: Image, fill: Fill): Zoom {
  const { channels, height, width } = image
  const from = new Float32Array(channels * window.height * window.width)
  const mixed = new Float64Array(window.width)
  const rows = taps(window.height, height)
  const columns = taps(window.width, width)
  return (values, start, top, left) => {
    cut(values, start, image, from, window, top, left, fill)
    for (let channel = 0, to = start; channel < channels; channel++) {
      for (let y = 0; y < height; y++) {
        const upper = (channel * window.height + rows.low[y]) * window.width
        const lower = (channel * window.height + rows.high[y]) * window.width
        const v = rows.weight[y]
        for (let x = 0; x < window.width; x++) mixed[x] = (1 - v) * from[upper + x] + v * from[lower + x]
        for (let x = 0; x < width; x++, to++) {
          const u = columns.weight[x]
          values[to] = (1 - u) * mixed[columns.low[x]] + u * mixed[columns.high[x]]
        }
      }
    }
  }
}

/** Copies a window of an image; what lies outside the image is filled. */
function cut(
  values: Float32Array,
  start: number,
  { channels, height, width }: Image,
  to: Float32Array,
  window: Image,
  top: number,
  left: number,
  fill: Fill,
): void {
  for (let channel = 0, i = 0; channel < channels; channel++) {
    for (let y = top; y < top + window.height; y++) {
      const row = start + (channel * height + Math.min(height - 1, Math.max(0, y))) * width
      const inside = y >= 0 && y < height
      for (let x = left; x < left + window.width; x++, i++) {
        if (fill === 'edge') to[i] = values[row + Math.min(width - 1, Math.max(0, x))]
        else to[i] = inside && x >= 0 && x < width ? values[row + x] : fill
      }
    }
  }
}

/** For each of `to` places, the two of `from` between whose centres it lies, and how far it is from the first to the second. */
function taps(from: number, to: number): { low: Int32Array; high: Int32Array; weight: Float64Array } {
  const centres = Float64Array.from({ length: to }, (_, i) => Math.max(0, ((i + 0.5) * from) / to - 0.5))
  const low = Int32Array.from(centres, (centre) => Math.min(from - 1, Math.floor(centre)))
  return {
    low,
    high: low.map((place) => Math.min(from - 1, place + 1)),
    weight: centres.map((centre, i) => centre - low[i]),
  }
}
