/** @file The first layer's weights as images. */
import { checkInteger, checkOptions } from '../../base/errors.ts'
import { type Shape, sizeOf } from '../../base/tensor.ts'
import type { Parameter } from '../../nn/model.ts'
import type { Picture } from '../events.ts'
import type { Cadence, Probe, ProbeContext } from './probe.ts'

/**
 * The weights of the first layer, one picture a unit: of a dense layer where the inputs are images ([height, width], with 1 or 3
 * channels before or behind, or a square number of values of one unit), of a convolution always. Smooth and varied is good; noise
 * means that the net has not converged, that the learning rate is too high or the penalty too weak (CS231n notes, 'First-layer
 * visualizations'). The values are the weights as they are; scaling them to greys is for who shows them.
 *
 * @param options.most pictures, the first units'; default 64. `options.cadence`: default at the end of every epoch
 */
export function pictures(options: { readonly cadence?: Cadence; readonly most?: number } = {}): Probe {
  checkOptions('probe.pictures', options, ['cadence', 'most'])
  const most = checkInteger('most', options.most ?? 64, 1)
  return {
    name: 'pictures',
    cadence: options.cadence ?? { everyEpochs: 1 },
    measure(context) {
      const place = context.parameters.findIndex(({ value }) => value.shape.length >= 2)
      if (place < 0) return undefined
      const parameter = context.parameters[place]
      const layout = layoutOf(parameter, context)
      if (layout === undefined) return undefined
      return { pictures: { [parameter.name]: draw(context.weights()[place], layout, most) } }
    },
  }
}

/** Where the weight of a picture's pixel lies: each number a distance in the tensor. */
interface Layout {
  readonly count: number
  readonly height: number
  readonly width: number
  readonly colours: 1 | 3
  readonly strides: { readonly picture: number; readonly row: number; readonly column: number; readonly colour: number }
}

function layoutOf({ value: { shape }, unitAxis }: Parameter, { net, training }: ProbeContext): Layout | undefined {
  if (shape.length === 4 && unitAxis === 0) {
    const [filters, channels, height, width] = shape
    const size = height * width
    if (height * width === 1) return undefined
    // With three channels a filter is one picture in colour; with others each of its channels is a grey one.
    return channels === 3
      ? {
          count: filters,
          height,
          width,
          colours: 3,
          strides: { picture: 3 * size, row: width, column: 1, colour: size },
        }
      : {
          count: filters * channels,
          height,
          width,
          colours: 1,
          strides: { picture: size, row: width, column: 1, colour: 0 },
        }
  }
  if (shape.length !== 2 || unitAxis !== 1 || shape[0] !== sizeOf(net.featureShape)) return undefined
  const units = shape[1]
  const image = imageOf(net.featureShape, training.sameUnit === true)
  if (image === undefined) return undefined
  const { strides } = image
  const times = (stride: number) => stride * units
  return {
    ...image,
    count: units,
    strides: { picture: 1, row: times(strides.row), column: times(strides.column), colour: times(strides.colour) },
  }
}

/** How one example is an image. */
export type Image = Omit<Layout, 'count' | 'strides'> & { readonly strides: Omit<Layout['strides'], 'picture'> }

/** How one example is an image; undefined where it is none. */
export function imageOf(shape: Shape, sameUnit: boolean): Image | undefined {
  const grey = (height: number, width: number): Image => ({
    height,
    width,
    colours: 1,
    strides: { row: width, column: 1, colour: 0 },
  })
  if (shape.length === 1) {
    const side = Math.sqrt(shape[0])
    return sameUnit && Number.isInteger(side) && side > 1 ? grey(side, side) : undefined
  }
  if (shape.length === 2) return grey(shape[0], shape[1])
  if (shape.length !== 3) return undefined
  const [first, second, third] = shape
  if (first === 1) return grey(second, third)
  if (third === 1) return grey(first, second)
  if (first === 3)
    return { height: second, width: third, colours: 3, strides: { row: third, column: 1, colour: second * third } }
  if (third === 3)
    return { height: first, width: second, colours: 3, strides: { row: 3 * second, column: 3, colour: 1 } }
  return undefined
}

function draw(weights: Float32Array, { count, height, width, colours, strides }: Layout, most: number): Picture {
  const shown = Math.min(count, most)
  const shape = [shown, height, width, ...(colours === 3 ? [3] : [])]
  const values = new Float32Array(sizeOf(shape))
  let at = 0
  for (let picture = 0; picture < shown; picture++)
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; column++)
        for (let colour = 0; colour < colours; colour++)
          values[at++] =
            weights[picture * strides.picture + row * strides.row + column * strides.column + colour * strides.colour]
  return { shape, values }
}
