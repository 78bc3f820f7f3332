/** @file Batches: laws of the order, rows copied whole, bad use by its messages. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Batches, BatchPlan } from '../../src/data/batches.ts'
import { dataset } from '../../src/data/dataset.ts'
import { failure } from './failure.ts'

/** Row r holds r·width, r·width + 1, ...; its label is r. */
function counted(rows: number, width: number) {
  return dataset({
    inputs: Array.from({ length: rows }, (_, r) => Array.from({ length: width }, (_, j) => r * width + j)),
    targets: Array.from({ length: rows }, (_, r) => r),
  })
}

const anyPlan = fc.record({
  rows: fc.integer({ min: 1, max: 300 }),
  batchSize: fc.integer({ min: 1, max: 320 }),
  seed: fc.nat(),
  epoch: fc.nat({ max: 1000 }),
  shuffle: fc.boolean(),
})

test('the batches of an epoch hold every row once', () => {
  fc.assert(
    fc.property(anyPlan, fc.integer({ min: 1, max: 40 }), ({ rows, epoch, ...options }, width) => {
      const batches = new Batches(counted(rows, width), options)
      const { batchSize, count } = batches.plan
      const inputs = new Float32Array(batchSize * width)
      const targets = new Int32Array(batchSize)
      const seen: number[] = []
      for (let b = 0; b < count; b++) {
        const size = batches.fill(epoch, b, inputs, targets)
        expect(size).toBe(batches.plan.sizeOf(b))
        expect(size === batchSize || b === count - 1).toBe(true)
        for (let k = 0; k < size; k++) {
          seen.push(targets[k])
          const row = Array.from(inputs.subarray(k * width, k * width + width))
          expect(row).toEqual(Array.from({ length: width }, (_, j) => targets[k] * width + j))
        }
      }
      expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, r) => r))
      if (!options.shuffle) expect(seen).toEqual(seen.toSorted((a, b) => a - b))
    }),
  )
})

test('dropLast leaves out only the partial batch', () => {
  const sizes = (rows: number, dropLast: boolean) => {
    const plan = new BatchPlan(rows, { batchSize: 4, seed: 0, dropLast })
    return Array.from({ length: plan.count }, (_, b) => plan.sizeOf(b))
  }
  expect(sizes(10, false)).toEqual([4, 4, 2])
  expect(sizes(10, true)).toEqual([4, 4])
  expect(sizes(8, true)).toEqual([4, 4])
  expect(sizes(3, false)).toEqual([3])
})

test('several batches at once are the same as one by one', () => {
  const batches = new Batches(counted(23, 50), { batchSize: 5, seed: 9 })
  const inputs = new Float32Array(4 * 5 * 50)
  const targets = new Int32Array(4 * 5)
  expect(batches.fillMany(3, 1, 4, inputs, targets)).toBe(18) // 5 + 5 + 5 + 3
  const one = new Float32Array(5 * 50)
  const label = new Int32Array(5)
  for (let b = 0; b < 4; b++) {
    const size = batches.fill(3, 1 + b, one, label)
    expect(inputs.slice(b * 250, b * 250 + size * 50)).toEqual(one.slice(0, size * 50))
    expect(targets.slice(b * 5, b * 5 + size)).toEqual(label.slice(0, size))
  }
  expect(targets.slice(18)).toEqual(Int32Array.of(0, 0))
})

test('regression targets are copied by rows too', () => {
  const whole = dataset({
    inputs: [[1], [2], [3]],
    targets: [
      [1, 10],
      [2, 20],
      [3, 30],
    ],
  })
  const batches = new Batches(whole, { batchSize: 2, seed: 0, shuffle: false })
  const targets = new Float32Array(4)
  batches.fill(0, 1, new Float32Array(2), targets)
  expect([...targets]).toEqual([3, 30, 0, 0])
})

describe('order', () => {
  const options = { batchSize: 10, seed: 5 }

  test('any epoch can be made without the ones before', () => {
    const straight = new BatchPlan(100, options)
    const orders = [0, 1, 2, 3].map((epoch) => straight.order(epoch).slice())
    expect(new BatchPlan(100, options).order(3)).toEqual(orders[3])
    expect(straight.order(0)).toEqual(orders[0])
  })
  test('epochs and seeds differ', () => {
    const plan = new BatchPlan(100, options)
    const other = new BatchPlan(100, { ...options, seed: 6 })
    const texts = [plan.order(0), plan.order(1), plan.order(2), other.order(0)].map((order) => order.join())
    expect(new Set(texts).size).toBe(4)
  })
  test('is a permutation', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.nat(), fc.nat({ max: 1e6 }), (rows, seed, epoch) => {
        const order = new BatchPlan(rows, { batchSize: 1, seed }).order(epoch)
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, i) => i))
      }),
    )
  })
  test('each row comes to each place about equally often', () => {
    // 2,000 epochs of 5 rows: 400 expected at each place, standard deviation √(2000·0.2·0.8) = 17.9; five of them allowed.
    const plan = new BatchPlan(5, { batchSize: 1, seed: 1 })
    const counts = new Float64Array(25)
    for (let epoch = 0; epoch < 2000; epoch++) plan.order(epoch).forEach((row, at) => counts[row * 5 + at]++)
    for (const count of counts) expect(Math.abs(count - 400)).toBeLessThan(90)
  })
})

describe('bad use', () => {
  const batches = new Batches(counted(10, 2), { batchSize: 4, seed: 0 })
  const inputs = new Float32Array(8)
  const targets = new Int32Array(4)
  test.each([
    [() => new BatchPlan(10, { batchSize: 0, seed: 0 }), 'usage: batchSize is 0, expected a whole number from 1 up'],
    [() => new BatchPlan(10, { batchSize: 4, seed: 0.5 }), 'usage: seed is 0.5, expected a whole number from 0 up'],
    [
      () => new BatchPlan(10, { batchSize: 11, seed: 0, dropLast: true }),
      'usage: batchSize is 11, there are 10 rows, and dropLast leaves out the only batch → choose a batchSize of at most 10',
    ],
    [() => batches.fill(0, 3, inputs, targets), 'usage: batch is 3, expected 0 to 2: an epoch has 3 batches'],
    [() => batches.fillMany(0, 1, 3, inputs, targets), 'usage: batch is 3, expected 0 to 2: an epoch has 3 batches'],
    [() => batches.fill(-1, 0, inputs, targets), 'usage: epoch is -1, expected a whole number from 0 up'],
    [
      () => batches.fill(0, 0, inputs.subarray(1), targets),
      'shape: the array for inputs is Float32Array of 7, expected Float32Array of 8 or more → 4 rows of 2 values go into it',
    ],
    [
      () => batches.fill(0, 0, inputs, new Float32Array(4)),
      'shape: the array for targets is Float32Array of 4, expected Int32Array of 4 or more → 4 rows of 1 values go into it',
    ],
    [
      () => batches.fill(0, 0, inputs, undefined as unknown as Int32Array),
      'shape: the array for targets is undefined, expected Int32Array of 4 or more → 4 rows of 1 values go into it',
    ],
  ])('%#', async (call, message) => expect(await failure(call)).toBe(message))
})
