/** @file Distributions: by hand, from numpy's definition of quantiles, of odd numbers and of many. */
import { expect, test } from 'vitest'
import { RandomStream } from '../../../src/base/random.ts'
import { quantileLevels } from '../../../src/train/events.ts'
import { describe as distribution } from '../../../src/train/probes/distribution.ts'

test('1 to 5: mean 3, deviation √2, quantiles on the straight line from 1 to 5, a number in each fifth', () => {
  const got = distribution(Float32Array.of(5, 1, 4, 2, 3))
  expect(got).toMatchObject({ count: 5, nonFinite: 0, mean: 3, min: 1, max: 5 })
  expect(got.deviation).toBeCloseTo(Math.SQRT2, 12)
  got.quantiles.forEach((value, i) => expect(value).toBeCloseTo(1 + 4 * quantileLevels[i], 6))
  const { edges, counts } = got.histogram
  expect([edges.length, edges[0], edges[40]]).toEqual([41, 1, 5])
  // 40 bins of a tenth: 2, 3 and 4 begin the 11th, 21st and 31st, and 5 closes the last.
  expect(counts.flatMap((n, i) => (n > 0 ? [[i, n]] : []))).toEqual([
    [0, 1],
    [10, 1],
    [20, 1],
    [30, 1],
    [39, 1],
  ])
})

test('NaN and infinities are counted and left out', () => {
  const got = distribution(Float32Array.of(Number.NaN, 1, Number.POSITIVE_INFINITY, 3, Number.NEGATIVE_INFINITY))
  expect(got).toMatchObject({ count: 5, nonFinite: 3, mean: 2, deviation: 1, min: 1, max: 3 })
  expect(got.quantiles[quantileLevels.indexOf(0.5)]).toBe(2)
  expect(got.histogram.counts.reduce((sum, n) => sum + n)).toBe(2)
})

test('nothing finite, nothing at all, and one number only', () => {
  const odd = distribution(Float32Array.of(Number.NaN))
  expect(odd).toMatchObject({ count: 1, nonFinite: 1, mean: Number.NaN, deviation: Number.NaN, min: Number.NaN })
  expect(odd.quantiles.every(Number.isNaN)).toBe(true)
  expect(odd.histogram).toEqual({ edges: [], counts: [] })
  expect(distribution(new Float32Array(0))).toMatchObject({ count: 0, mean: Number.NaN })
  const same = distribution(Float32Array.of(7, 7, 7))
  expect(same).toMatchObject({ mean: 7, deviation: 0, histogram: { edges: [7, 7], counts: [3] } })
  expect(new Set(same.quantiles)).toEqual(new Set([7]))
})

test('200,000 normal numbers about 50: moments exact, quantiles from the sample near those of the normal distribution', () => {
  const stream = new RandomStream(3, 'normal')
  const values = Float32Array.from({ length: 200_000 }, () => 50 + stream.normal())
  values[123_456] = -1000 // hardly in the sample
  const got = distribution(values)
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length
  expect(got.mean).toBeCloseTo(mean, 9)
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0)
  expect(got.deviation).toBeCloseTo(Math.sqrt(squares / values.length), 9)
  expect([got.min, got.quantiles[0], got.max]).toEqual([-1000, -1000, values.reduce((a, b) => Math.max(a, b))])
  // Standard errors of quantiles, √(p(1 − p)/n)/φ(z) with n = 2048: 0.028, 0.034 and 0.062 at z = 0, 1 and 2.
  const at = (p: (typeof quantileLevels)[number]) => got.quantiles[quantileLevels.indexOf(p)] - 50
  expect(Math.abs(at(0.5))).toBeLessThan(0.11)
  expect(Math.abs(at(0.841) - 1)).toBeLessThan(0.14)
  expect(Math.abs(at(0.023) + 2)).toBeLessThan(0.25)
  expect(got.histogram.counts.reduce((sum, n) => sum + n)).toBe(2048)
  expect(distribution(values)).toEqual(got)
})

test('quantiles of negative numbers, zeros of both signs, tiny and huge ones are in order', () => {
  const values = [3e38, -1, 0, -0, 1e-45, -1e-45, -3e38, 2, -2, 1e-20, -1e-20]
  const got = distribution(Float32Array.from(values))
  expect(got.quantiles[quantileLevels.indexOf(0.5)]).toBe(0)
  expect(got.quantiles.toSorted((a, b) => a - b)).toEqual(got.quantiles)
  // 0.25 · 10 = 2.5: between −1 and −1e-20.
  expect(got.quantiles[quantileLevels.indexOf(0.25)]).toBeCloseTo(-0.5, 12)
})
