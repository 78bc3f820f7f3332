/** @file Standardisation: numbers fitted on the training part alone, then used on every part and inside the exported model. */
import { show, usageError } from '../base/errors.ts'
import { sameShape, sizeOf, type Tensor, tensor } from '../base/tensor.ts'
import { type Examples, featureShapeOf, isRowSource, rowsOf } from './dataset.ts'
import { eachRow } from './each-row.ts'
import { dataError } from './error.ts'
import type { ReadRows } from './row-source.ts'

/** What was fitted, both of the shape of one row, and how to use it. */
export interface Standardisation {
  readonly mean: Tensor<'float32'>
  /** Never zero. */
  readonly scale: Tensor<'float32'>
  /**
   * The data set with inputs (x − mean) / scale, computed in float32: ONNX's Sub and Div give the same bits. Those of a row
   * source are computed as they are read.
   *
   * @throws RappelError 'data' when the features have another shape
   */
  apply<D extends Examples>(data: D): D
}

/**
 * Mean and deviation of the inputs of the training part. Never fit it on the whole: the validation part must stay unseen.
 *
 * The mean is subtracted from each feature by itself. `per` says what it is then divided by:
 * - 'feature': each feature's own deviation. For tables, whose columns have units of their own.
 * - 'all': one scale for all, the root mean square of the deviations. For images and other features of one unit: a pixel at the
 *   edge that is grey in one image of a thousand keeps its small part, where its own deviation would blow it up to 30 or
 *   more, and more still in a validation image. Digits, 64-100-10 with ReLU, He, Nesterov .9, rate .1 halved every 5 epochs, batch
 *   100, 20 epochs, medians of 10 seeds: validation loss .084, accuracy .980, against .148 and .972 with 'feature'.
 *
 * A constant feature is divided by 1 under 'feature', so it becomes 0 and stays finite for a validation value that differs.
 * Sums run in float64 and in two passes; the deviation is the population's (divided by N), as in scikit-learn's StandardScaler.
 *
 * @param per default: 'all' where the data set says `sameUnit`, else 'feature'
 */
export function fitStandardisation(
  training: Examples,
  { per = training.sameUnit ? 'all' : 'feature' }: { per?: 'feature' | 'all' } = {},
): Standardisation {
  if (per !== 'feature' && per !== 'all') throw usageError(`per is ${show(per)}, expected 'feature' or 'all'`)
  const shape = featureShapeOf(training)
  const { means, variances } = moments(training)
  const common = Math.sqrt(variances.reduce((sum, variance) => sum + variance, 0) / variances.length)
  const mean = tensor('float32', shape, Float32Array.from(means))
  const scale = tensor(
    'float32',
    shape,
    Float32Array.from(variances, (variance) => usableScale(per === 'all' ? common : Math.sqrt(variance))),
  )
  return {
    mean,
    scale,
    apply: (data) => standardised(data, mean, scale),
  }
}

/** Below float32's normal range a scale is rounding, or would be zero; both count as constant. */
function usableScale(deviation: number): number {
  return deviation < 2 ** -126 ? 1 : deviation
}

function moments(data: Examples): { means: Float64Array; variances: Float64Array } {
  const rows = rowsOf(data)
  const features = sizeOf(featureShapeOf(data))
  const means = new Float64Array(features)
  const variances = new Float64Array(features)
  const first = new Float32Array(features)
  const constant = new Uint8Array(features).fill(1)
  eachRow(data, (row, values, at) => {
    for (let j = 0; j < features; j++) means[j] += values[at + j]
    if (row === 0) for (let j = 0; j < features; j++) first[j] = values[at + j]
  })
  for (let j = 0; j < features; j++) means[j] /= rows
  eachRow(data, (_, values, at) => {
    for (let j = 0; j < features; j++) {
      const value = values[at + j]
      variances[j] += (value - means[j]) ** 2
      if (value !== first[j]) constant[j] = 0
    }
  })
  // The sum of a constant rounds, and what is left would be taken for a deviation.
  for (let j = 0; j < features; j++) variances[j] = constant[j] ? 0 : variances[j] / rows
  return { means, variances }
}

function standardised<D extends Examples>(data: D, mean: Tensor<'float32'>, scale: Tensor<'float32'>): D
function standardised(data: Examples, mean: Tensor<'float32'>, scale: Tensor<'float32'>): Examples {
  const shape = featureShapeOf(data)
  if (!sameShape(shape, mean.shape))
    throw dataError(
      `${data.name} has rows of shape [${shape}], the standardisation was fitted on rows of shape [${mean.shape}]`,
      'fit it on the training part of the same data',
    )
  if (isRowSource(data)) {
    const read: ReadRows = (rows, start, count, inputs, targets, epoch) => {
      data.read(rows, start, count, inputs, targets, epoch)
      standardise(inputs, inputs, count, mean.data, scale.data)
    }
    return { ...data, read }
  }
  const to = new Float32Array(data.inputs.data.length)
  standardise(data.inputs.data, to, rowsOf(data), mean.data, scale.data)
  return { ...data, inputs: tensor('float32', data.inputs.shape, to) }
}

function standardise(
  from: Float32Array,
  to: Float32Array,
  rows: number,
  mean: Float32Array,
  scale: Float32Array,
): void {
  for (let row = 0, i = 0; row < rows; row++)
    for (let j = 0; j < mean.length; j++, i++) to[i] = Math.fround(from[i] - mean[j]) / scale[j]
}
