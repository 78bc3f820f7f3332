/** @file Data sets of the library's situations: drawn by seed, small, of many kinds. */
import { RandomStream } from '../../src/base/random.ts'
import { type Shape, tensor } from '../../src/base/tensor.ts'
import {
  type ClassificationDataset,
  type Dataset,
  dataset,
  type RegressionDataset,
  subset,
} from '../../src/data/dataset.ts'
import { digits } from '../../src/data/digits.ts'
import { type Split, split } from '../../src/data/split.ts'

type Draw = (random: RandomStream) => number[]

/** Rows drawn one after the other. */
function rowsOf(count: number, random: RandomStream, draw: Draw): number[][] {
  return Array.from({ length: count }, () => draw(random))
}

function inputsOf(rows: readonly (readonly number[])[], featureShape: Shape) {
  return tensor('float32', [rows.length, ...featureShape], Float32Array.from(rows.flat()))
}

/** A number of digits, drawn by the seed; all of them by default. */
export function someDigits(
  seed: number,
  { rows = 1797, shape = 'flat' }: { rows?: number; shape?: 'flat' | 'image' } = {},
): ClassificationDataset {
  const all = digits({ shape })
  if (rows >= all.targets.data.length) return all
  const order = new RandomStream(seed, 'some digits').permutation(all.targets.data.length)
  return subset(all, order.subarray(0, rows), 'digits')
}

/** The digits of some classes alone, numbered anew. */
export function digitsOf(classes: readonly number[]): ClassificationDataset {
  const all = digits()
  const rows = Array.from(all.targets.data.keys()).filter((row) => classes.includes(all.targets.data[row]))
  const picked = subset(all, rows, `digits ${classes.join(', ')}`)
  return {
    ...picked,
    classes: classes.map(String),
    targets: tensor(
      'int32',
      [rows.length],
      picked.targets.data.map((label) => classes.indexOf(label)),
    ),
  }
}

export interface Clouds {
  /** Rows of each class. */
  readonly counts: readonly number[]
  readonly features: number
  /** Deviation of the centres, in deviations of a cloud. */
  readonly apart: number
  /** Features that say nothing, after the others. */
  readonly idle?: number
}

/** A normal cloud for each class, whatever order. */
export function clouds(seed: number, { counts, features, apart, idle = 0 }: Clouds): ClassificationDataset {
  const random = new RandomStream(seed, 'clouds')
  const centres = counts.map(() => Array.from({ length: features }, () => apart * random.normal()))
  const inOrder = counts.flatMap((count, label) => new Array<number>(count).fill(label))
  const labels = Array.from(random.permutation(inOrder.length), (k) => inOrder[k])
  const inputs = labels.map((label) => [
    ...centres[label].map((centre) => centre + random.normal()),
    ...Array.from({ length: idle }, () => random.normal()),
  ])
  return dataset({
    name: 'clouds',
    task: 'classification',
    inputs: inputsOf(inputs, [features + idle]),
    targets: labels,
    classes: counts.map((_, label) => `class ${label}`),
  })
}

/** Two classes in two dimensions: half circles that lie in one another. @param noise deviation */
export function moons(seed: number, { rows, noise }: { rows: number; noise: number }): ClassificationDataset {
  const random = new RandomStream(seed, 'moons')
  const labels = Array.from({ length: rows }, () => random.integer(2))
  const inputs = labels.map((label) => {
    const angle = Math.PI * random.uniform()
    const [x, y] = label === 0 ? [Math.cos(angle), Math.sin(angle)] : [1 - Math.cos(angle), 0.5 - Math.sin(angle)]
    return [x + noise * random.normal(), y + noise * random.normal()]
  })
  return dataset({
    name: 'moons',
    task: 'classification',
    inputs: inputsOf(inputs, [2]),
    targets: labels,
    classes: ['upper', 'lower'],
  })
}

/** Arms of a spiral, one a class. */
export function spirals(
  seed: number,
  { rows, arms = 3, noise = 0.15, turns = 0.75 }: { rows: number; arms?: number; noise?: number; turns?: number },
): ClassificationDataset {
  const random = new RandomStream(seed, 'spirals')
  const labels = Array.from({ length: rows }, () => random.integer(arms))
  const inputs = labels.map((label) => {
    const radius = 0.1 + 0.9 * random.uniform()
    const angle = 2 * Math.PI * (turns * radius + label / arms) + noise * random.normal()
    return [radius * Math.sin(angle), radius * Math.cos(angle)]
  })
  return dataset({
    name: 'spirals',
    task: 'classification',
    inputs: inputsOf(inputs, [2]),
    targets: labels,
    classes: Array.from({ length: arms }, (_, i) => `arm ${i}`),
  })
}

/**
 * Numbers to be predicted from uniform inputs in [−1, 1].
 *
 * @param of the target without noise; noise: its deviation
 */
export function curve(
  seed: number,
  {
    rows,
    features,
    noise = 0,
    of,
  }: { rows: number; features: number; noise?: number; of: (x: readonly number[]) => number | readonly number[] },
): RegressionDataset {
  const random = new RandomStream(seed, 'curve')
  const inputs = rowsOf(rows, random, () => Array.from({ length: features }, () => 2 * random.uniform() - 1))
  const targets = inputs.map((x) => [of(x)].flat().map((y) => y + noise * random.normal()))
  return dataset({ name: 'curve', task: 'regression', inputs: inputsOf(inputs, [features]), targets })
}

/** Friedman 1991, of deviation about 5: 10·sin(π·x₁·x₂) + 20·(x₃ − ½)² + 10·x₄ + 5·x₅, with inputs from [−1, 1] taken to [0, 1]. */
export function friedman(x: readonly number[]): number {
  const [a, b, c, d, e] = x.map((value) => (value + 1) / 2)
  return 10 * Math.sin(Math.PI * a * b) + 20 * (c - 0.5) ** 2 + 10 * d + 5 * e
}

/** Sequences of single numbers, and a class for each. */
function sequences(
  seed: number,
  {
    rows,
    length,
    classes,
    draw,
  }: { rows: number; length: number; classes: number; draw: (label: number, random: RandomStream) => number[] },
): ClassificationDataset {
  const random = new RandomStream(seed, 'sequences')
  const labels = Array.from({ length: rows }, () => random.integer(classes))
  const inputs = labels.map((label) => draw(label, random))
  return dataset({
    name: 'sequences',
    task: 'classification',
    inputs: inputsOf(inputs, [length, inputs[0].length / length]),
    targets: labels,
    classes: Array.from({ length: classes }, (_, i) => `kind ${i}`),
  })
}

/** Waves whose frequency is the class, of any phase, with noise. */
export const waves = (seed: number, { rows, length, noise }: { rows: number; length: number; noise: number }) =>
  sequences(seed, {
    rows,
    length,
    classes: 3,
    draw(label, random) {
      const phase = 2 * Math.PI * random.uniform()
      const frequency = 0.35 + 0.3 * label
      return Array.from({ length }, (_, t) => Math.sin(frequency * t + phase) + noise * random.normal())
    },
  })

/** Whether the sequence's first value is positive, with noise behind it: what is to be remembered is `length` steps away. */
export const memory = (seed: number, { rows, length }: { rows: number; length: number }) =>
  sequences(seed, {
    rows,
    length,
    classes: 2,
    draw: (label, random) =>
      Array.from({ length }, (_, t) => (t === 0 ? (label === 1 ? 1 : -1) : 0.3 * random.normal())),
  })

/** Texts as counts of words: few of many are there. Each class has words of its own. */
export function wordCounts(
  seed: number,
  {
    rows,
    words,
    classes,
    length = 20,
    own = 0.4,
  }: { rows: number; words: number; classes: number; length?: number; own?: number },
): ClassificationDataset {
  const random = new RandomStream(seed, 'word counts')
  const labels = Array.from({ length: rows }, () => random.integer(classes))
  const share = Math.floor(words / (2 * classes))
  const inputs = labels.map((label) => {
    const counts = new Array<number>(words).fill(0)
    for (let i = 0; i < length; i++) {
      const word = random.uniform() < own ? label * share + random.integer(share) : random.integer(words)
      counts[word] += 1
    }
    return counts
  })
  return dataset({
    name: 'texts',
    task: 'classification',
    inputs: inputsOf(inputs, [words]),
    targets: labels,
    classes: Array.from({ length: classes }, (_, i) => `topic ${i}`),
    sameUnit: true,
  })
}

/** The same data with other inputs. */
export function withInputs<D extends Dataset>(
  data: D,
  change: (value: number, feature: number, row: number) => number,
): D {
  const [rows] = data.inputs.shape
  const width = data.inputs.data.length / rows
  const inputs = data.inputs.data.map((value, i) => change(value, i % width, Math.floor(i / width)))
  return { ...data, inputs: tensor('float32', data.inputs.shape, inputs) }
}

/** The same data with other labels. */
export function withLabels(
  data: ClassificationDataset,
  change: (label: number, row: number) => number,
): ClassificationDataset {
  return { ...data, targets: tensor('int32', data.targets.shape, data.targets.data.map(change)) }
}

/** The same data with other numbers to be predicted. */
export function withTargets(
  data: RegressionDataset,
  change: (target: number, row: number) => number,
): RegressionDataset {
  return { ...data, targets: tensor('float32', data.targets.shape, data.targets.data.map(change)) }
}

/** A share of the labels replaced by another class, drawn evenly. */
export function noisyLabels(data: ClassificationDataset, share: number, seed: number): ClassificationDataset {
  const random = new RandomStream(seed, 'noisy labels')
  const { length } = data.classes
  return withLabels(data, (label) =>
    random.uniform() < share ? (label + 1 + random.integer(length - 1)) % length : label,
  )
}

/** Both parts, changed each in its own way. */
export function parts<D extends Dataset>(
  data: D,
  seed: number,
  { training = (part: D) => part, validation = (part: D) => part, share = 0.2 } = {},
): Split<D> {
  const both = split(data, { seed, validation: share })
  return { training: training(both.training), validation: validation(both.validation) }
}

/** Some rows, drawn by the seed. */
export function some<D extends Dataset>(data: D, rows: number, seed: number): D {
  const order = new RandomStream(seed, 'some rows').permutation(data.inputs.shape[0])
  return subset(data, order.subarray(0, rows)) as D
}
