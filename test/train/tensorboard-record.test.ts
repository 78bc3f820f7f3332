/** @file TensorBoard's histograms as distributions: by hand, and of numbers that are known. */
import { describe, expect, test } from 'vitest'
import { quantileLevels } from '../../src/train/events.ts'
import { distributionOf, TensorboardRecord } from '../../src/train/tensorboard-record.ts'
import { MemorySink } from './sink.ts'

const median = quantileLevels.indexOf(0.5)
const upperQuarter = quantileLevels.indexOf(0.75)

describe('a distribution', () => {
  test('of two buckets, by hand: 2 numbers in [0, 1], 6 in [1, 3]', () => {
    const found = distributionOf({ edges: [0, 1, 3], counts: [2, 6] })
    // Mean of the middles .5 and 2: (2·.5 + 6·2)/8. The fourth of 8 is a third into the second bucket, the sixth two thirds.
    expect(found).toMatchObject({ count: 8, min: 0, max: 3, mean: 1.625, nonFinite: 0 })
    expect(found.deviation).toBeCloseTo(Math.sqrt((2 * 0.25 + 6 * 4) / 8 - 1.625 ** 2), 12)
    expect(found.quantiles[median]).toBeCloseTo(1 + 2 / 3, 12)
    expect(found.quantiles[upperQuarter]).toBeCloseTo(1 + 4 / 3, 12)
    expect([found.quantiles[0], found.quantiles.at(-1)]).toEqual([0, 3])
  })
  test('takes exact moments where the file has them: 1 and 3', () =>
    expect(
      distributionOf({ edges: [0, 4], counts: [2], moments: { count: 2, sum: 4, sumOfSquares: 10 } }),
    ).toMatchObject({ mean: 2, deviation: 1, count: 2 }))
  test('of nothing has no numbers', () =>
    expect(distributionOf({ edges: [], counts: [] })).toMatchObject({ count: 0, min: Number.NaN, mean: Number.NaN }))
})

test('scalars stand at their step and time', () => {
  const sink = new MemorySink()
  const record = new TensorboardRecord(sink, 100)
  const event = { wallTime: 102.5, step: 7, scalars: { loss: 0.5 }, histograms: {}, others: [] }
  expect(record.take(event)).toBe(1)
  expect(record.take({ ...event, scalars: {} })).toBe(0)
  expect(sink.series).toEqual({ loss: [[7, Number.NaN, 2.5, 0.5]] })
  expect(sink.events).toEqual([])
})
