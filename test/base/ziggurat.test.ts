/** @file Normal numbers by the ziggurat: their distribution, in the middle and in the tail. */
import { describe, expect, test } from 'vitest'
import { CounterStreams } from '../../src/base/counter-random.ts'

const n = 1 << 20
const streams = new CounterStreams(5, 'normal').at(3)
const values = Float64Array.from({ length: n }, () => streams.normal())
const mean = (of: (x: number) => number) => values.reduce((sum, x) => sum + of(x), 0) / n

describe('a million numbers', () => {
  test('the first moments: 0, 1, 0, 3', () => {
    // Variances of x, x², x³, x⁴ under the normal distribution: 1, 2, 15, 96. Four deviations allowed.
    for (const [power, expected, variance] of [
      [1, 0, 1],
      [2, 1, 2],
      [3, 0, 15],
      [4, 3, 96],
    ])
      expect(Math.abs(mean((x) => x ** power) - expected)).toBeLessThan(4 * Math.sqrt(variance / n))
  })
  test('shares beyond 0.5, 1, 2, 3 and in the tail, beyond 3.5 and 4', () => {
    // P(|x| > z) from a table of the normal distribution (Abramowitz and Stegun 26.2; scipy.stats.norm.sf).
    for (const [z, p] of [
      [0.5, 0.6170750774519738],
      [1, 0.31731050786291415],
      [2, 0.04550026389635842],
      [3, 0.0026997960632601866],
      [3.5, 0.0004652581580710802],
      [4, 0.00006334248366623993],
    ])
      expect(Math.abs(mean((x) => (Math.abs(x) > z ? 1 : 0)) - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / n))
  })
  test('the sign is even and neighbours are independent', () => {
    expect(Math.abs(mean(Math.sign))).toBeLessThan(4 / Math.sqrt(n))
    const products = values.reduce((sum, x, i) => sum + (i === 0 ? 0 : x * values[i - 1]), 0)
    expect(Math.abs(products / n)).toBeLessThan(4 / Math.sqrt(n))
  })
})
