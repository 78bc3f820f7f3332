/** @file Features as the data have them and as the net receives them. */
import type { KnownData, PlainArray } from '../../../documents.ts'

export interface FeatureRow {
  readonly index: number
  readonly name: string
  /** Before standardisation. */
  readonly given: { readonly mean: number; readonly deviation: number; readonly min: number; readonly max: number }
  /** After it. */
  readonly received: { readonly mean: number; readonly deviation: number; readonly min: number; readonly max: number }
  readonly isConstant: boolean
}

/** What standardisation did is undone for `given`: x = received · scale + mean. */
export function featureRows({ arrays, features }: Pick<KnownData, 'arrays' | 'features'>): FeatureRow[] {
  if (features === undefined || arrays.mean === undefined) return []
  const [means, scales] = [arrays['given/mean']?.values, arrays['given/scale']?.values]
  return arrays.mean.values.map((mean, j) => {
    const received = {
      mean,
      deviation: arrays.deviation.values[j],
      min: arrays.min.values[j],
      max: arrays.max.values[j],
    }
    const [off, scale] = [means?.[j] ?? 0, scales?.[j] ?? 1]
    const back = (value: number) => value * scale + off
    return {
      index: j * features.every,
      name: features.names?.[j] ?? String(j * features.every),
      received,
      given: {
        mean: back(mean),
        deviation: received.deviation * scale,
        min: back(received.min),
        max: back(received.max),
      },
      isConstant: received.min === received.max,
    }
  })
}

/**
 * Where in a row of the data the value of an image's pixel lies, as `samples` lay the image out: [height, width] or [height, width, 3].
 *
 * @param shape of one row: a square or a plane, with the channels before or behind
 */
export function placeOfPixel(shape: readonly number[], [height, width, colours = 1]: readonly number[]) {
  const isFirst = shape.length === 3 && shape[0] === colours && shape[1] === height
  return (row: number, column: number, colour: number) =>
    isFirst ? (colour * height + row) * width + column : (row * width + column) * colours + colour
}

/**
 * Examples as the data have them: standardisation undone; undefined where there was none, or where not all features are known.
 *
 * @param rowShape of one row of the data
 */
export function unstandardised(
  { shape, values }: PlainArray,
  { arrays, form }: Pick<KnownData, 'arrays' | 'form'>,
  rowShape: readonly number[],
): PlainArray | undefined {
  const [means, scales] = [arrays['given/mean']?.values, arrays['given/scale']?.values]
  const [, ...own] = shape
  const size = own.reduce((a, b) => a * b, 1)
  if (means === undefined || scales === undefined || means.length !== size) return undefined
  const [, width = 1, colours = 1] = own
  const place = placeOfPixel(rowShape, own)
  const placeOf = (i: number) => {
    const pixel = Math.floor(i / colours)
    return form === 'image' ? place(Math.floor(pixel / width), pixel % width, i % colours) : i
  }
  return { shape, values: values.map((value, i) => value * scales[placeOf(i % size)] + means[placeOf(i % size)]) }
}
