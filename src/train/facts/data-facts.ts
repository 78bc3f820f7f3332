/**
 * @file What the data are like: how often each class occurs, how large features are, and some examples as the net receives them.
 * Computed once and bounded, whatever the size of the data; nothing of the run depends on it.
 */
import { sizeOf } from '../../base/tensor.ts'
import { BatchPlan } from '../../data/batches.ts'
import { type Examples, featureShapeOf, labelsOf, rowSource, rowsOf, targetShapeOf } from '../../data/dataset.ts'
import type { DataEvent, DataPartFacts, DataSamples, Picture, SampleForm } from '../events.ts'
import type { TrainingPlan } from '../plan.ts'
import { describe } from '../probes/distribution.ts'
import { type Image, imageOf } from '../probes/pictures.ts'

/** Most features that are looked at: a grey picture of 64×64, one in colour of 32×32. */
export const mostFeatures = 4096
/** Most values of a pass over rows. */
const mostValues = 2 ** 19
/** Most rows of a part whose targets are described. */
const mostTargets = 4096
/** Most examples of a part, and most values of them all. */
const [mostSamples, mostSampleValues] = [12, 24_576]

/** Classes alone where nothing is probed: whoever switches probes off may not want his data in a record. */
export function dataEvent({
  training,
  validation,
  standardisation,
  probes = [],
  batchSize,
  seed,
}: TrainingPlan): DataEvent {
  const isOpen = probes.length > 0
  const event: DataEvent = {
    type: 'data',
    training: partFacts(training, isOpen),
    ...(validation && { validation: partFacts(validation, isOpen) }),
  }
  const width = sizeOf(featureShapeOf(training))
  if (!isOpen || width === 0) return event
  const layout = layoutOf(training)
  const first = new BatchPlan(rowsOf(training), { batchSize, seed }).order(0)
  const shown = Math.min(mostSamples, Math.max(1, Math.floor(mostSampleValues / layout.values)))
  const taken = samplesOf(training, first.subarray(0, Math.min(shown, first.length, batchSize)), layout, 0)
  const plain = hasAugmentation(training) ? samplesOf(training, taken.rows, layout) : undefined
  const held = validation && samplesOf(validation, spread(rowsOf(validation), shown), layout)
  const { facts, pictures } = featuresOf(training)
  return {
    ...event,
    form: layout.form,
    samples: { training: told(taken), ...(held && { validation: told(held) }) },
    features: facts,
    pictures: {
      training: taken.picture,
      ...(plain && { unaugmented: plain.picture }),
      ...(held && { validation: held.picture }),
      ...pictures,
      ...(standardisation && {
        'given/mean': every(standardisation.mean.data, facts.every),
        'given/scale': every(standardisation.scale.data, facts.every),
      }),
    },
  }
}

const hasAugmentation = (data: Examples) => 'augmentation' in data && data.augmentation !== undefined

function partFacts(data: Examples, isOpen: boolean): DataPartFacts {
  const rows = rowsOf(data)
  if (data.task === 'classification') {
    const classes = new Array<number>(data.classes.length).fill(0)
    for (const label of labelsOf(data)) classes[label]++
    return { rows, classes }
  }
  if (!isOpen) return { rows }
  const outputs = sizeOf(targetShapeOf(data))
  const { targets } = read(data, spread(rows, mostTargets))
  const described = Array.from({ length: Math.min(4, outputs) }, (_, output) =>
    describe(Float32Array.from({ length: targets.length / outputs }, (_, row) => targets[row * outputs + output])),
  )
  return { rows, targets: described }
}

/** How an example is laid out to be shown. */
interface Layout {
  readonly form: SampleForm
  /** Of one example. */
  readonly shape: readonly number[]
  /** Values of an example that are kept. */
  readonly values: number
  /** Writes an example's kept values, which begin at `from` in the inputs, to `at`. */
  take(inputs: Float32Array, from: number, to: Float32Array, at: number): void
}

/** A sequence of so few values a moment is a bundle of lines; of more, a picture. */
const fewLines = 4

function layoutOf(data: Examples): Layout {
  const shape = featureShapeOf(data)
  const width = sizeOf(shape)
  const isSequence = shape.length === 2 && !data.sameUnit && shape[1] <= fewLines
  const image = data.categorical || isSequence ? undefined : imageOf(shape, data.sameUnit === true)
  if (image !== undefined) return imageLayout(image)
  const values = Math.min(width, mostFeatures)
  const form = data.categorical ? 'categories' : isSequence && values === width ? 'sequence' : 'values'
  return {
    form,
    shape: form === 'sequence' ? shape : [values],
    values,
    take: (inputs, from, to, at) => to.set(inputs.subarray(from, from + values), at),
  }
}

/** Large images lose every other row and column until they are small enough. */
function imageLayout({ height, width, colours, strides }: Image): Layout {
  let every = 1
  const kept = () => [Math.ceil(height / every), Math.ceil(width / every)] as const
  while (kept()[0] * kept()[1] * colours > mostFeatures) every++
  const [rows, columns] = kept()
  return {
    form: 'image',
    shape: [rows, columns, ...(colours === 3 ? [3] : [])],
    values: rows * columns * colours,
    take(inputs, from, to, at) {
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++)
          for (let colour = 0; colour < colours; colour++)
            to[at++] =
              inputs[from + row * every * strides.row + column * every * strides.column + colour * strides.colour]
    },
  }
}

interface Taken extends DataSamples {
  readonly picture: Picture
}

const told = ({ rows, targets }: Taken): DataSamples => ({ rows, targets })

function samplesOf(data: Examples, wanted: ArrayLike<number>, layout: Layout, epoch?: number): Taken {
  const rows = Array.from(wanted)
  const { inputs, targets } = read(data, rows, epoch)
  const [width, outputs] = [sizeOf(featureShapeOf(data)), sizeOf(targetShapeOf(data))]
  const values = new Float32Array(rows.length * layout.values)
  rows.forEach((_, k) => void layout.take(inputs, k * width, values, k * layout.values))
  const targetOf = (k: number) => Array.from(targets.subarray(k * outputs, k * outputs + Math.min(8, outputs)))
  return {
    rows,
    targets: rows.map((_, k) => (data.task === 'classification' ? targets[k] : targetOf(k))),
    picture: { shape: [rows.length, ...layout.shape], values },
  }
}

/** Moments of the features over rows that are spread over the part: two passes, sums in float64, deviations of the population. */
function featuresOf(data: Examples) {
  const count = sizeOf(featureShapeOf(data))
  const stride = Math.ceil(count / mostFeatures)
  const kept = Math.ceil(count / stride)
  const numbers = spread(rowsOf(data), Math.max(1, Math.floor(mostValues / count)))
  const { inputs } = read(data, numbers)
  const rows = numbers.length
  const [sums, squares] = [new Float64Array(kept), new Float64Array(kept)]
  const min = new Float32Array(kept).fill(Number.POSITIVE_INFINITY)
  const max = new Float32Array(kept).fill(Number.NEGATIVE_INFINITY)
  for (let row = 0; row < rows; row++)
    for (let j = 0, at = row * count; j < kept; j++, at += stride) {
      const value = inputs[at]
      sums[j] += value
      if (value < min[j]) min[j] = value
      if (value > max[j]) max[j] = value
    }
  // All alike is told exactly, whatever a sum rounds to.
  const mean = sums.map((sum, j) => (min[j] === max[j] ? min[j] : sum / rows))
  for (let row = 0; row < rows; row++)
    for (let j = 0, at = row * count; j < kept; j++, at += stride) squares[j] += (inputs[at] - mean[j]) ** 2
  const deviation = squares.map((sum) => Math.sqrt(sum / rows))
  const { featureNames } = data
  const names = featureNames && Array.from({ length: kept }, (_, j) => featureNames[j * stride])
  const picture = (values: ArrayLike<number>): Picture => ({ shape: [kept], values: Float32Array.from(values) })
  return {
    facts: { count, rows, every: stride, ...(names && { names }) },
    pictures: { mean: picture(mean), deviation: picture(deviation), min: picture(min), max: picture(max) },
  }
}

function every(values: Float32Array, stride: number): Picture {
  const kept = values.filter((_, i) => i % stride === 0)
  return { shape: [kept.length], values: kept }
}

/** Row numbers at equal distances, at most so many. */
function spread(rows: number, most: number): number[] {
  const taken = Math.min(rows, most)
  return Array.from({ length: taken }, (_, i) => Math.floor((i * rows) / taken))
}

function read(data: Examples, rows: readonly number[], epoch?: number) {
  const inputs = new Float32Array(rows.length * sizeOf(featureShapeOf(data)))
  const targets = new (data.task === 'regression' ? Float32Array : Int32Array)(
    rows.length * sizeOf(targetShapeOf(data)),
  )
  rowSource(data).read(rows, 0, rows.length, inputs, targets, epoch)
  return { inputs, targets }
}
