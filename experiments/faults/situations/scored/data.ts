/** @file The data of the scored half: digits with something done to them, and synthetic sets drawn by seed. */
import { RandomStream } from '../../../../src/base/random.ts'
import { type Shape, sizeOf, tensor } from '../../../../src/base/tensor.ts'
import { type ClassificationDataset, type Dataset, dataset, rowSource, subset } from '../../../../src/data/dataset.ts'
import { digits } from '../../../../src/data/digits.ts'
import type { RowSource } from '../../../../src/data/row-source.ts'
import { withInputs, withLabels, withTargets } from '../../data.ts'

export interface Parts<D extends Dataset = Dataset> {
  readonly training: D
  readonly validation: D
}

export const stream = (seed: number, name: string) => new RandomStream(seed, `scored/${name}`)

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

/** Rows of digits drawn by seed, none in both parts. */
export function digitParts(
  seed: number,
  training: number,
  validation: number,
  shape: 'flat' | 'image' = 'flat',
): Parts<ClassificationDataset> {
  const all = digits({ shape })
  const order = Array.from(stream(seed, 'digits').permutation(all.targets.data.length))
  return {
    training: subset(all, order.slice(0, training), 'digits') as ClassificationDataset,
    validation: subset(all, order.slice(training, training + validation), 'digits') as ClassificationDataset,
  }
}

/** The first rows for training, the rest for validation. */
export function divided<D extends Dataset>(data: D, training: number): Parts<D> {
  return {
    training: subset(data, range(0, training)),
    validation: subset(data, range(training, data.inputs.shape[0])),
  }
}

export { withInputs, withLabels, withTargets }

export const shuffledLabels = (data: ClassificationDataset, seed: number) => {
  const order = stream(seed, 'shuffled labels').permutation(data.targets.data.length)
  const old = data.targets.data
  return withLabels(data, (_, row) => old[order[row]])
}

/** A share of the labels drawn anew from all classes. */
export const noisyLabels = (data: ClassificationDataset, share: number, seed: number) => {
  const random = stream(seed, 'noisy labels')
  return withLabels(data, (label) => (random.uniform() < share ? random.integer(data.classes.length) : label))
}

/** A source that hands out its rows in the order of the file, whichever rows the training asks for. */
export function inFileOrder(data: ClassificationDataset): RowSource {
  const order = range(0, data.targets.data.length).sort((a, b) => data.targets.data[a] - data.targets.data[b])
  const from = rowSource(subset(data, order)) as RowSource
  return {
    ...from,
    read(rows, start, count, inputs, targets, epoch) {
      const asked = epoch === undefined ? rows : range(0, from.rows)
      from.read(asked, start, count, inputs, targets, epoch)
    },
  }
}

function classes(
  name: string,
  featureShape: Shape,
  rows: readonly Float32Array[],
  labels: readonly number[],
  count: number,
) {
  const inputs = new Float32Array(rows.length * sizeOf(featureShape))
  rows.forEach((row, i) => inputs.set(row, i * row.length))
  return dataset({
    name,
    task: 'classification',
    inputs: tensor('float32', [rows.length, ...featureShape], inputs),
    targets: labels,
    classes: Array.from({ length: count }, (_, i) => `class ${i}`),
  })
}

function numbers(
  name: string,
  featureShape: Shape,
  rows: readonly Float32Array[],
  targets: readonly (readonly number[])[],
) {
  const inputs = new Float32Array(rows.length * sizeOf(featureShape))
  rows.forEach((row, i) => inputs.set(row, i * row.length))
  return dataset({
    name,
    task: 'regression',
    inputs: tensor('float32', [rows.length, ...featureShape], inputs),
    targets,
  })
}

/** Where the clouds of `blobs` lie. */
export function centres(seed: number, count: number, features: number, apart: number): readonly (readonly number[])[] {
  const random = stream(seed, 'centres')
  return Array.from({ length: count }, () => Array.from({ length: features }, () => apart * random.normal()))
}

/** Clouds of deviation 1 around centres `apart` deviations from 0. @param shares of the classes, in any unit */
export function blobs(seed: number, rows: number, shares: readonly number[], features: number, apart: number) {
  const random = stream(seed, 'blobs')
  const places = centres(seed, shares.length, features, apart)
  const total = shares.reduce((sum, share) => sum + share, 0)
  const labels = Array.from({ length: rows }, () => {
    let at = random.uniform() * total
    return Math.max(
      0,
      shares.findIndex((share) => (at -= share) < 0),
    )
  })
  const drawn = labels.map((label) => Float32Array.from(places[label], (centre) => centre + random.normal()))
  return classes('clouds', [features], drawn, labels, shares.length)
}

/** Rings around each other in the plane, of radius 1, 2, …; other features are noise. */
export function rings(seed: number, rows: number, { count = 2, noise = 0.15, extra = 0 } = {}) {
  const random = stream(seed, 'rings')
  const labels = Array.from({ length: rows }, () => random.integer(count))
  const drawn = labels.map((label) => {
    const angle = 2 * Math.PI * random.uniform()
    const radius = label + 1 + noise * random.normal()
    const rest = Array.from({ length: extra }, () => random.normal())
    return Float32Array.from([radius * Math.cos(angle), radius * Math.sin(angle), ...rest])
  })
  return classes('rings', [2 + extra], drawn, labels, count)
}

/** Arms of a spiral, each once around. */
export function spirals(seed: number, rows: number, { arms = 3, noise = 0.05, turns = 0.75 } = {}) {
  const random = stream(seed, 'spirals')
  const labels = Array.from({ length: rows }, () => random.integer(arms))
  const drawn = labels.map((label) => {
    const along = Math.sqrt(random.uniform())
    const angle = 2 * Math.PI * (label / arms + turns * along)
    return Float32Array.from([
      along * Math.cos(angle) + noise * random.normal(),
      along * Math.sin(angle) + noise * random.normal(),
    ])
  })
  return classes('spirals', [2], drawn, labels, arms)
}

/** What a random net of tanh units says of normal inputs, scaled to deviation 1, with noise. */
export function teacher(
  seed: number,
  rows: number,
  {
    features = 10,
    hidden = 8,
    noise = 0.1,
    outputs = 1,
  }: { features?: number; hidden?: number; noise?: number; outputs?: number } = {},
) {
  const random = stream(seed, 'teacher')
  const normals = (n: number, scale: number) => Array.from({ length: n }, () => scale * random.normal())
  const inner = Array.from({ length: hidden }, () => normals(features, 1.5 / Math.sqrt(features)))
  const outer = Array.from({ length: outputs }, () => normals(hidden, 1.5 / Math.sqrt(hidden)))
  const drawn = Array.from({ length: rows }, () => Float32Array.from(normals(features, 1)))
  const dot = (a: readonly number[], b: ArrayLike<number>) => a.reduce((sum, value, i) => sum + value * b[i], 0)
  const targets = drawn.map((x) => {
    const units = inner.map((weights) => Math.tanh(dot(weights, x)))
    return outer.map((weights) => dot(weights, units) + noise * random.normal())
  })
  return numbers('a teacher net', [features], drawn, targets)
}

/** sin of one number over some waves, with noise. */
export function sine(seed: number, rows: number, { waves = 2, noise = 0.1 } = {}) {
  const random = stream(seed, 'sine')
  const xs = Array.from({ length: rows }, () => 2 * random.uniform() - 1)
  return numbers(
    'a sine',
    [1],
    xs.map((x) => Float32Array.of(x)),
    xs.map((x) => [Math.sin(waves * Math.PI * x) + noise * random.normal()]),
  )
}

/** Sequences of random bits as ±1 with a little noise, so that no two rows are the same; the label is the bit so many places before the last. */
export function echo(seed: number, rows: number, { length = 12, delay = 5 } = {}) {
  const random = stream(seed, 'echo')
  const drawn = Array.from({ length: rows }, () =>
    Float32Array.from({ length }, () => 2 * random.integer(2) - 1 + 0.1 * random.normal()),
  )
  const labels = drawn.map((bits) => (bits[length - 1 - delay] > 0 ? 1 : 0))
  return classes('an echo', [length, 1], drawn, labels, 2)
}

/** Numbers in [0, 1) with two marked ones; the target is the sum of these. Hochreiter and Schmidhuber 1997, experiment 4. */
export function adding(seed: number, rows: number, length = 10) {
  const random = stream(seed, 'adding')
  const targets: number[][] = []
  const drawn = Array.from({ length: rows }, () => {
    const values = Float32Array.from({ length: 2 * length }, (_, i) => (i % 2 === 0 ? random.uniform() : 0))
    const [a, b] = random.permutation(length)
    values[2 * a + 1] = values[2 * b + 1] = 1
    targets.push([values[2 * a] + values[2 * b]])
    return values
  })
  return numbers('the adding problem', [length, 2], drawn, targets)
}

/** Bits as ±1 with a little noise, and whether an odd number of the first ones is set. */
export function parity(seed: number, rows: number, bits: number, features = bits) {
  const random = stream(seed, 'parity')
  const drawn = Array.from({ length: rows }, () =>
    Float32Array.from({ length: features }, () => 2 * random.integer(2) - 1 + 0.1 * random.normal()),
  )
  const labels = drawn.map((x) => x.subarray(0, bits).filter((bit) => bit > 0).length % 2)
  return classes('a parity', [features], drawn, labels, 2)
}

/** Texts as counts of words: each topic has words of its own, and most words of a text belong to none. */
export function words(seed: number, rows: number, { vocabulary = 200, topics = 4, length = 30, share = 0.25 } = {}) {
  const random = stream(seed, 'words')
  const own = Math.floor(vocabulary / (2 * topics))
  const labels = Array.from({ length: rows }, () => random.integer(topics))
  const drawn = labels.map((label) => {
    const counts = new Float32Array(vocabulary)
    for (let i = 0; i < length; i++) {
      const word = random.uniform() < share ? label * own + random.integer(own) : random.integer(vocabulary)
      counts[word] += 1
    }
    return counts
  })
  return classes('texts', [vocabulary], drawn, labels, topics)
}

/** A table of customers: columns in units of their own, and whether one leaves. About a fifth of the labels are chance. */
export function customers(seed: number, rows: number, { rare = 0 } = {}) {
  const random = stream(seed, 'customers')
  const labels: number[] = []
  const drawn = Array.from({ length: rows }, () => {
    const z = Array.from({ length: 8 }, () => random.normal())
    const score = 2.2 * z[0] - 1.8 * z[1] + 1.6 * z[2] * z[0] + 1.2 * z[4] - rare
    labels.push(random.uniform() < 1 / (1 + Math.exp(-score)) ? 1 : 0)
    const [age, income, calls, months, bill, visits, distance, score2] = z
    return Float32Array.from([
      40 + 12 * age,
      30000 + 9000 * income,
      3 + calls,
      24 + 10 * months,
      60 + 20 * bill,
      5 + 2 * visits,
      0.02 + 0.005 * distance,
      score2,
    ])
  })
  return classes('customers', [8], drawn, labels, 2)
}

/** Windows of a series: two waves and noise; the target is the value after the window. */
export function series(seed: number, rows: number, { window = 16, noise = 0.3 } = {}) {
  const random = stream(seed, 'series')
  const phase = 2 * Math.PI * random.uniform()
  const values = Array.from(
    { length: rows + window },
    (_, t) => Math.sin(t / 3 + phase) + 0.5 * Math.sin(t / 7.3) + noise * random.normal(),
  )
  return numbers(
    'a series',
    [window, 1],
    range(0, rows).map((t) => Float32Array.from(values.slice(t, t + window))),
    range(0, rows).map((t) => [values[t + window]]),
  )
}

/** Classes that overlap: nobody can do better than about 80%. */
export const overlapping = (seed: number, rows: number) => blobs(seed, rows, [1, 1, 1], 6, 0.55)
