/** @file Small data sets of every kind, drawn by seed. */
import { RandomStream } from '../../../src/base/random.ts'
import { type Shape, sizeOf, tensor } from '../../../src/base/tensor.ts'
import { type ClassificationDataset, dataset, type RegressionDataset, subset } from '../../../src/data/dataset.ts'
import { digits } from '../../../src/data/digits.ts'

const draw = (name: string) => new RandomStream(7, name)

/** Every third of the digits. */
export function someDigits(shape: 'flat' | 'image' = 'flat'): ClassificationDataset {
  const all = digits({ shape })
  return subset(
    all,
    Array.from({ length: 599 }, (_, i) => 3 * i),
    'some digits',
  ) as ClassificationDataset
}

/** The same data with other inputs. */
export function withInputs<D extends ClassificationDataset | RegressionDataset>(
  data: D,
  change: (value: number, i: number) => number,
): D {
  return { ...data, inputs: tensor('float32', data.inputs.shape, data.inputs.data.map(change)) }
}

export const withLabels = (data: ClassificationDataset, labels: ArrayLike<number>): ClassificationDataset => ({
  ...data,
  targets: tensor('int32', [labels.length], Int32Array.from(labels)),
})

export const shuffledLabels = (data: ClassificationDataset): ClassificationDataset => {
  const order = draw('shuffled labels').permutation(data.targets.data.length)
  return withLabels(
    data,
    Array.from(order, (k) => data.targets.data[k]),
  )
}

/** Clouds around centres that lie `apart` deviations away from 0. @param counts examples of each class */
export function blobs(counts: readonly number[], features: number, apart = 3): ClassificationDataset {
  const random = draw('blobs')
  const centres = counts.map(() => Array.from({ length: features }, () => apart * random.normal()))
  const labels = counts.flatMap((count, label) => new Array<number>(count).fill(label))
  const order = random.permutation(labels.length)
  const shuffled = Array.from(order, (k) => labels[k])
  return dataset({
    name: 'blobs',
    task: 'classification',
    inputs: shuffled.map((label) => centres[label].map((centre) => centre + random.normal())),
    targets: shuffled,
    classes: counts.map((_, label) => `class ${label}`),
  })
}

/** Normal inputs, and targets from a function of each. */
export function numbersFrom(
  rows: number,
  featureShape: Shape,
  of: (x: readonly number[], random: RandomStream) => readonly number[],
): RegressionDataset {
  const random = draw('numbers')
  const inputs = Array.from({ length: rows }, () => Array.from({ length: sizeOf(featureShape) }, () => random.normal()))
  return dataset({
    name: 'numbers',
    task: 'regression',
    inputs: tensor('float32', [rows, ...featureShape], Float32Array.from(inputs.flat())),
    targets: inputs.map((x) => of(x, random)),
  })
}

const weights = [0.8, -0.5, 0.3, 0.6, -0.7, 0.2, 0.1, -0.4]
export const weighted = (x: readonly number[]) =>
  x.reduce((sum, value, i) => sum + value * weights[i % weights.length], 0)

/** A plane with some noise. */
export const plane = (rows = 300) => numbersFrom(rows, [5], (x, random) => [weighted(x) + 0.1 * random.normal()])

/** Several numbers at once, bent. */
export const bent = () => numbersFrom(300, [4], (x) => [Math.sin(x[0]), x[1] * x[2], Math.tanh(weighted(x))])

/** Each of three questions is a side of a plane. */
export const questions = () => numbersFrom(300, [5], (x) => [x[0] > 0, weighted(x) > 0, x[3] + x[4] > 0.5].map(Number))

/** Distributions over three classes: softmax of a plane each. */
export const distributions = () =>
  numbersFrom(300, [5], (x) => {
    const powers = [2 * x[0], 2 * weighted(x), 2 * x[4]].map(Math.exp)
    const sum = powers.reduce((a, b) => a + b)
    return powers.map((power) => power / sum)
  })

/** Sequences of six steps of two values; whether the first adds up to more than the second. */
export function sequences(): ClassificationDataset {
  const data = numbersFrom(300, [6, 2], (x) => [x.reduce((sum, value, i) => sum + (i % 2 === 0 ? value : -value), 0)])
  return dataset({
    name: 'sequences',
    task: 'classification',
    inputs: data.inputs,
    targets: Array.from(data.targets.data, (sum) => (sum > 0 ? 1 : 0)),
  })
}

/** Words of five letters out of eight; the class is the letter that comes first in the alphabet, if it is one of three. */
export function words(): ClassificationDataset {
  const random = draw('words')
  const inputs = Array.from({ length: 400 }, () => Array.from({ length: 5 }, () => random.integer(8)))
  return dataset({
    name: 'words',
    task: 'classification',
    categorical: true,
    inputs,
    targets: inputs.map((word) => Math.min(2, ...word)),
    classes: ['a', 'b', 'other'],
  })
}

/** Two classes in the four quarters of a plane. */
export function quarters(): ClassificationDataset {
  const data = numbersFrom(300, [2], (x) => [x[0] * x[1]])
  return dataset({
    name: 'quarters',
    task: 'classification',
    inputs: data.inputs,
    targets: Array.from(data.targets.data, (product) => (product > 0 ? 1 : 0)),
  })
}
