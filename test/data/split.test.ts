/** @file Splits: laws for any data set, counts by hand, bad options by their messages. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { tensor } from '../../src/base/tensor.ts'
import { dataset, subset } from '../../src/data/dataset.ts'
import { digits } from '../../src/data/digits.ts'
import { split, splitRows } from '../../src/data/split.ts'
import { failure } from './failure.ts'

/** One feature, the row's own number, so that rows can be recognised. */
function labelled(labels: readonly number[]) {
  return dataset({ name: 'd', inputs: labels.map((_, i) => [i]), targets: labels, classes: [...'abcdefgh'] })
}

/** Rows of each class. */
function perClass(labels: ArrayLike<number>): number[] {
  const counts = new Array<number>(8).fill(0)
  for (let i = 0; i < labels.length; i++) counts[labels[i]]++
  return counts
}

const anyLabels = fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 8, maxLength: 200 })
const anyFraction = fc.double({ min: 0.1, max: 0.4, noNaN: true })

test('the parts hold every row exactly once, in the sizes asked for', () => {
  fc.assert(
    fc.property(
      anyLabels,
      anyFraction,
      anyFraction,
      fc.nat(),
      fc.boolean(),
      (labels, validation, test, seed, stratify) => {
        const rows = splitRows(labelled(labels), { validation, test, seed, stratify })
        const all = [...rows.training, ...rows.validation, ...rows.test]
        expect(all.sort((a, b) => a - b)).toEqual(labels.map((_, i) => i))
        expect(rows.validation.length).toBe(Math.round(validation * labels.length))
        expect(rows.test.length).toBe(Math.round(test * labels.length))
      },
    ),
  )
})

test('each class has its share of the held-out parts to within one row', () => {
  fc.assert(
    fc.property(anyLabels, anyFraction, anyFraction, fc.nat(), (labels, validation, test, seed) => {
      const rows = splitRows(labelled(labels), { validation, test, seed })
      const all = perClass(labels)
      for (const part of [rows.validation, rows.test]) {
        const counts = perClass(Array.from(part, (row) => labels[row]))
        counts.forEach((count, i) =>
          expect(Math.abs(count - (all[i] * part.length) / labels.length)).toBeLessThanOrEqual(1),
        )
      }
    }),
    { numRuns: 1000 },
  )
})

test('without a test part the training part is within one row as well, and no class is missing where it can be there', () => {
  fc.assert(
    fc.property(anyLabels, anyFraction, fc.nat(), (labels, validation, seed) => {
      const rows = splitRows(labelled(labels), { validation, seed })
      const all = perClass(labels)
      const counts = perClass(Array.from(rows.training, (row) => labels[row]))
      counts.forEach((count, i) => {
        expect(Math.abs(count - (all[i] * rows.training.length) / labels.length)).toBeLessThanOrEqual(1)
      })
      const room = all.reduce((sum, size) => sum + Math.max(0, size - 1), 0)
      const single = all.some((size) => size === 1 || size === 2)
      if (!single && room >= rows.validation.length) counts.forEach((count, i) => expect(count > 0).toBe(all[i] > 0))
    }),
  )
})

test('by hand: 10 and 5 rows, a fifth for validation, a fifth for test', () => {
  const labels = [...new Array<number>(10).fill(0), ...new Array<number>(5).fill(1)]
  const { training, validation, test: held } = split(labelled(labels), { validation: 0.2, test: 0.2, seed: 4 })
  expect([training, validation, held].map((part) => perClass(part.targets.data).slice(0, 2))).toEqual([
    [6, 3],
    [2, 1],
    [2, 1],
  ])
  expect([training.name, validation.name, held.name]).toEqual([
    'd (training part)',
    'd (validation part)',
    'd (test part)',
  ])
})

test('inputs stay with their targets', () => {
  const whole = labelled(Array.from({ length: 50 }, (_, i) => (i * 7) % 8))
  const { training, validation } = split(whole, { seed: 1 })
  for (const part of [training, validation])
    expect(Array.from(part.inputs.data, (row) => whole.targets.data[row])).toEqual([...part.targets.data])
})

test('the same seed gives the same parts, another seed others; the digits of seed 0 as recorded', () => {
  const whole = digits()
  const rows = splitRows(whole, { seed: 0 })
  expect(splitRows(whole, { seed: 0 })).toEqual(rows)
  expect(splitRows(whole, { seed: 1 })).not.toEqual(rows)
  expect(rows.validation.length).toBe(359)
  // Recorded: runs kept in a store are repeated by seed, and a change here makes that impossible.
  expect(Array.from(rows.validation.subarray(0, 8))).toEqual([17, 18, 27, 34, 40, 43, 45, 46])
})

test('regression is split at random', () => {
  const whole = dataset({ inputs: tensor('float32', [10, 1]), targets: tensor('float32', [10, 1]) })
  const { validation, test: none } = split(whole, { validation: 3, seed: 0 })
  expect(validation.targets.shape).toEqual([3, 1])
  expect(none).toBeUndefined()
})

describe('bad options', () => {
  const whole = labelled([0, 0, 1, 1, 2, 2, 3, 3, 4, 4])
  test.each([
    [
      { validation: 1.5 },
      'usage: validation is 1.5, expected a fraction between 0 and 1 or a whole number of rows → 0.2 is a fifth of the rows, 200 is 200 rows',
    ],
    [
      { validation: 0 },
      'usage: validation is 0, expected a fraction between 0 and 1 or a whole number of rows → 0.2 is a fifth of the rows, 200 is 200 rows',
    ],
    [
      { test: Number.NaN },
      'usage: test is NaN, expected a fraction between 0 and 1 or a whole number of rows → 0.2 is a fifth of the rows, 200 is 200 rows',
    ],
    [
      { validation: 0.01 },
      'data: validation of 0.01 is less than one of 10 rows → make the part larger, or give more data',
    ],
    [
      { validation: 10 },
      'data: d has 10 rows: 10 for validation leave none for training → make the parts smaller, or give more data',
    ],
    [
      { validation: 5, test: 0.5 },
      'data: d has 10 rows: 5 for validation and 5 for test leave none for training → make the parts smaller, or give more data',
    ],
    [{ seed: -1 }, 'usage: seed is -1, expected a whole number from 0 up'],
  ])('%j', async (options, message) => {
    expect(await failure(() => split(whole, { seed: 0, ...options }))).toBe(message)
  })
  test('one row', async () => {
    expect(await failure(() => split(subset(whole, [0]), { validation: 0.5, seed: 0 }))).toBe(
      'data: d has 1 rows: 1 for validation leave none for training → make the parts smaller, or give more data',
    )
  })
  test('stratified regression', async () => {
    const numbers = dataset({ inputs: [[1], [2]], targets: [[1], [2]] })
    expect(await failure(() => split(numbers, { validation: 1, seed: 0, stratify: true }))).toBe(
      'usage: stratify needs classes, the data set is one for regression → leave stratify out',
    )
  })
})
