/** @file Standardisation against hand calculations. */
import { describe, expect, test } from 'vitest'
import { tensor } from '../../src/base/tensor.ts'
import { dataset, subset } from '../../src/data/dataset.ts'
import { digits } from '../../src/data/digits.ts'
import { fitStandardisation } from '../../src/data/standardise.ts'
import { failure } from './failure.ts'

// Column 0: mean 5, squared deviations 9 1 1 1 0 0 4 16 (sum 32), deviation √(32/8) = 2. Column 1: constant. Column 2: mean 0,
// four times −4 and four times 4, deviation 4.
const training = dataset({
  name: 'd',
  inputs: [
    [2, 7, -4],
    [4, 7, 4],
    [4, 7, -4],
    [4, 7, 4],
    [5, 7, -4],
    [5, 7, 4],
    [7, 7, -4],
    [9, 7, 4],
  ],
  targets: [0, 0, 0, 0, 1, 1, 1, 1],
})

describe('by hand', () => {
  test('each feature by its own deviation, a constant one by 1', () => {
    const { mean, scale, apply } = fitStandardisation(training)
    expect(mean).toEqual(tensor('float32', [3], [5, 7, 0]))
    expect(scale).toEqual(tensor('float32', [3], [2, 1, 4]))
    const after = apply(subset(training, [0, 7]))
    expect([...after.inputs.data]).toEqual([-1.5, 0, -1, 2, 0, 1])
    expect(after.targets.data).toEqual(Int32Array.of(0, 1))
  })
  test('all by one scale, √((4 + 0 + 16) / 3)', () => {
    const { mean, scale } = fitStandardisation(training, { per: 'all' })
    expect([...mean.data]).toEqual([5, 7, 0])
    expect([...scale.data]).toEqual(new Array<number>(3).fill(Math.fround(Math.sqrt(20 / 3))))
  })
  test('a validation value of a constant feature stays finite', () => {
    const other = dataset({ inputs: [[5, 9, 0]], targets: [0] })
    expect([...fitStandardisation(training).apply(other).inputs.data]).toEqual([0, 2, 0])
  })
})

test('a constant that rounds in the sum is still constant', () => {
  const tenths = dataset({
    inputs: Array.from({ length: 1000 }, () => [0.1]),
    targets: new Array<number>(1000).fill(0),
  })
  const { scale, apply } = fitStandardisation(tenths)
  expect(scale.data[0]).toBe(1)
  expect(apply(tenths).inputs.data[0]).toBe(0)
})

test('all constant: one scale is 1 too; a deviation below the normal range counts as constant', () => {
  const constant = dataset({ inputs: [[3], [3]], targets: [0, 0] })
  expect(fitStandardisation(constant, { per: 'all' }).scale.data[0]).toBe(1)
  const tiny = dataset({ inputs: [[0], [2 ** -140]], targets: [0, 0] })
  expect(fitStandardisation(tiny).scale.data[0]).toBe(1)
})

test('a small deviation on a large mean is kept: the textbook formula E[x²] − E[x]² would lose it', () => {
  const far = dataset({ inputs: [[16_777_214], [16_777_216]], targets: [0, 0] })
  const { mean, scale } = fitStandardisation(far)
  expect([mean.data[0], scale.data[0]]).toEqual([16_777_215, 1])
})

test('digits: one scale by default, every value finite, training mean 0 and mean square 1 over all', () => {
  const whole = digits()
  const { scale, apply } = fitStandardisation(whole)
  expect(new Set(scale.data).size).toBe(1)
  const { data } = apply(whole).inputs
  const sum = data.reduce((total, value) => total + value, 0)
  const squares = data.reduce((total, value) => total + value * value, 0)
  expect(Math.abs(sum / data.length)).toBeLessThan(1e-6)
  expect(Math.abs(squares / data.length - 1)).toBeLessThan(1e-6)
  // The reason for the default: a pixel that is grey in two images would weigh 22 to 42 deviations.
  const largest = (values: Float32Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  expect(largest(data)).toBeLessThan(4)
  expect(largest(fitStandardisation(whole, { per: 'feature' }).apply(whole).inputs.data)).toBeGreaterThan(20)
})

test('images keep their shape', () => {
  const images = digits({ shape: 'image' })
  const { mean, apply } = fitStandardisation(images)
  expect(mean.shape).toEqual([1, 8, 8])
  expect(apply(images).inputs.shape).toEqual([1797, 1, 8, 8])
})

test('bad use', async () => {
  const { apply } = fitStandardisation(training)
  expect(await failure(() => apply(digits()))).toBe(
    'data: digits has rows of shape [64], the standardisation was fitted on rows of shape [3] → fit it on the training part of the same data',
  )
  expect(await failure(() => fitStandardisation(training, { per: 'column' as 'all' }))).toBe(
    "usage: per is \"column\", expected 'feature' or 'all'",
  )
})
