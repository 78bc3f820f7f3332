/** @file A vote of neighbours: what it reaches, and what it contradicts. Rates are those that were planted. */
import { describe, expect, test } from 'vitest'
import { RandomStream } from '../../../src/base/random.ts'
import { tensor } from '../../../src/base/tensor.ts'
import { checkNeighbours } from '../../../src/check/sanity/neighbours.ts'
import { type ClassificationDataset, type Dataset, dataset, subset } from '../../../src/data/dataset.ts'
import { digits } from '../../../src/data/digits.ts'
import { blobs, numbersFrom, weighted, withInputs, withLabels } from './data.ts'

const random = new RandomStream(5, 'neighbours test')
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

/** Two parts of one data set, the rows in an order of chance. */
function halves<D extends Dataset>(whole: D, rows = whole.inputs.shape[0]): [training: D, validation: D] {
  const order = [...new RandomStream(3, 'halves').permutation(whole.inputs.shape[0])].slice(0, rows)
  const cut = Math.floor(0.75 * rows)
  return [subset(whole, order.slice(0, cut)) as D, subset(whole, order.slice(cut)) as D]
}

const noisy = (data: ClassificationDataset, rate: number) =>
  withLabels(
    data,
    data.targets.data.map((label) =>
      random.uniform() < rate ? (label + 1 + random.integer(data.classes.length - 1)) % data.classes.length : label,
    ),
  )

/** Normal clouds on both sides of 0, their centres so many deviations apart. */
function overlapping(rows: number, features: number, apart: number): ClassificationDataset {
  const targets = range(0, rows).map(() => random.integer(2))
  const inputs = targets.map((label) =>
    range(0, features).map((j) => random.normal() + (j === 0 ? (label - 0.5) * apart : 0)),
  )
  return dataset({ task: 'classification', inputs, targets })
}

const look = (training: Dataset, validation?: Dataset) => checkNeighbours(training, validation, { seed: 1 })
const spoken = (training: Dataset, validation?: Dataset) =>
  look(training, validation).flatMap(({ verdict, code }) => (verdict === 'pass' || verdict === 'skipped' ? [] : [code]))
const images = (change: (row: readonly number[]) => readonly number[]) => (data: ClassificationDataset) => {
  const width = 64
  const rows = range(0, data.inputs.shape[0])
  const inputs = rows.flatMap((k) => change([...data.inputs.data.subarray(k * width, (k + 1) * width)]))
  return { ...data, inputs: tensor('float32', data.inputs.shape, Float32Array.from(inputs)) }
}

const [ours, theirs] = halves(digits())
const wave = (rows: number) => numbersFrom(rows, [2], (x, noise) => [Math.sin(2 * x[0]) + x[1] + 0.1 * noise.normal()])

describe('silent where all is well', () => {
  const right: Record<string, () => readonly [Dataset, Dataset?]> = {
    digits: () => [ours, theirs],
    'few digits': () => halves(digits(), 150),
    'digits with 3% of the labels wrong': () => halves(noisy(digits(), 0.03)),
    'clouds far apart': () => halves(blobs([100, 100, 100], 5)),
    'rare classes': () => halves(blobs([400, 30, 20], 5, 1)),
    'a bent function': () => halves(wave(500)),
    'a plane in many dimensions': () => halves(numbersFrom(300, [40], (x) => [weighted(x)])),
    'numbers of chance': () => halves(numbersFrom(400, [5], (_, noise) => [noise.normal()])),
    'a validation part of 20 rows': () => [ours, subset(theirs, range(0, 20))],
    'heavy tails': () => halves(numbersFrom(500, [2], (x, noise) => [x[0] + 0.3 * noise.normal() ** 3])),
  }
  for (const apart of [0.5, 1, 1.5, 2, 3, 4])
    for (const features of [2, 10])
      for (const rows of [300, 1200])
        right[`two clouds ${apart} apart, ${features} features, ${rows} rows`] = () =>
          halves(overlapping(rows, features, apart))
  test.each(Object.entries(right))('%s', (_, make) => expect(spoken(...make())).toEqual([]))
})

describe('labels that contradict their neighbours', () => {
  test.each([0.15, 0.2, 0.3, 0.4])('digits, a share of %d', (rate) => {
    const [first] = look(noisy(ours, rate))
    expect(first).toMatchObject({ check: 'neighbours', verdict: 'warning', code: 'label-noise' })
    expect(first.evidence.low).toBeLessThan(rate)
    expect(first.evidence.high).toBeGreaterThan(rate)
  })
  test.each([0.12, 0.2])('two clouds 5 apart, a share of %d', (rate) =>
    expect(spoken(noisy(overlapping(1000, 2, 5), rate))).toEqual(['label-noise']),
  )
  test.each([0.15, 0.25])('five clouds, a share of %d', (rate) =>
    expect(spoken(noisy(blobs([120, 120, 120, 120, 120], 6), rate))).toEqual(['label-noise']),
  )
  test('in both parts', () => {
    const [a, b] = halves(noisy(digits(), 0.2))
    expect(spoken(a, b)).toEqual(['label-noise'])
  })
  test('only in the training part: its rows then predict the others better than each other', () =>
    expect(spoken(noisy(ours, 0.25), theirs)).toEqual(['label-noise']))
})

describe('parts that do not fit each other', () => {
  const square = (of: (y: number, x: number) => number) =>
    images((row) => row.map((_, j) => row[of(Math.floor(j / 8), j % 8)]))
  const wrong = {
    'turned upside down': square((y, x) => 8 * (7 - y) + x),
    mirrored: square((y, x) => 8 * y + 7 - x),
    transposed: square((y, x) => 8 * x + y),
    'turned by a quarter': square((y, x) => 8 * x + 7 - y),
    'features in the reverse order': images((row) => row.toReversed()),
    inverted: (data: ClassificationDataset) => withInputs(data, (value) => 16 - value),
    'of another sign': (data: ClassificationDataset) => withInputs(data, (value) => -value),
    'of another scale': (data: ClassificationDataset) => withInputs(data, (value) => value / 255),
  }
  test.each(Object.entries(wrong))('%s', (_, change) =>
    expect(spoken(ours, change(theirs))).toEqual(['validation-preprocessing']),
  )
  test('noise on the inputs of one part', () =>
    expect(
      spoken(
        ours,
        withInputs(theirs, (value) => value + 12 * random.normal()),
      ),
    ).toEqual(['train-validation-mismatch']))
  test('targets in other units', () => {
    const [a, b] = halves(wave(600))
    const scaled = {
      ...b,
      targets: tensor(
        'float32',
        b.targets.shape,
        b.targets.data.map((value) => 100 * value + 7),
      ),
    }
    expect(spoken(a, scaled)).toEqual(['validation-preprocessing'])
  })
})

describe('labels that belong elsewhere', () => {
  test("the validation part's classes in another order", () => {
    const renamed = withLabels(
      theirs,
      theirs.targets.data.map((label) => (label + 3) % 10),
    )
    expect(spoken(ours, renamed)).toEqual(['labels-wrong'])
    expect(look(ours, renamed)[0].got).toContain("'0' there is '7' here")
  })
  test('the validation labels one row off', () => {
    const { data } = theirs.targets
    expect(
      spoken(
        ours,
        withLabels(
          theirs,
          data.map((_, k) => data[(k + 1) % data.length]),
        ),
      ),
    ).toEqual(['labels-wrong'])
  })
  test('the validation labels shuffled', () => {
    const order = new RandomStream(1, 'shuffled').permutation(theirs.targets.data.length)
    expect(
      spoken(
        ours,
        withLabels(
          theirs,
          Array.from(order, (k) => theirs.targets.data[k]),
        ),
      ),
    ).toEqual(['labels-wrong'])
  })
  test.each([1, -1, 2])('the labels %d rows off', (by) => {
    const { data } = ours.targets
    const moved = withLabels(
      ours,
      data.map((_, k) => data[(k + by + data.length) % data.length]),
    )
    expect(spoken(moved)).toEqual(['labels-wrong'])
  })
})

describe('near copies', () => {
  test('digits with little noise on them', () => {
    const [a, b] = halves(digits(), 600)
    const copied = withInputs(
      subset(a, range(0, 150)) as ClassificationDataset,
      (value) => value + 0.1 * random.normal(),
    )
    expect(spoken(a, copied)).toEqual(['train-validation-leak'])
    expect(spoken(a, b)).toEqual([])
  })
})

test('the level: of well separated clouds all, of chance none', () => {
  const level = (data: Dataset) => look(data).at(-1)?.evidence ?? {}
  expect(level(blobs([100, 100], 5)).baseline).toBeGreaterThan(0.98)
  expect(level(overlapping(400, 3, 0)).baseline).toBeCloseTo(0.5, 1)
  expect(level(wave(500)).baseline).toBeGreaterThan(0.9)
})
