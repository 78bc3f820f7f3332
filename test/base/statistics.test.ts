/** @file Wilson's interval and Kolmogorov and Smirnov's test against published values. */
import { expect, test } from 'vitest'
import { kolmogorovSmirnov, kolmogorovSmirnovProbability, wilsonInterval } from '../../src/base/statistics.ts'

// Newcombe 1998, 'Two-sided confidence intervals for the single proportion: comparison of seven methods', Statistics in Medicine
// 17, table I, method 3 (score method without continuity correction), to its four places.
test.each([
  [81, 263, 0.2553, 0.3662],
  [15, 148, 0.0624, 0.1605],
  [0, 20, 0, 0.1611],
  [1, 29, 0.0061, 0.1718],
])('%i of %i: %d to %d', (successes, trials, low, high) => {
  const interval = wilsonInterval(successes, trials)
  expect(interval.map((end) => Number(end.toFixed(4)))).toEqual([low, high])
})

test('symmetric: failures are successes seen from the other side', () => {
  const [low, high] = wilsonInterval(81, 263)
  const [otherLow, otherHigh] = wilsonInterval(263 - 81, 263)
  expect(1 - otherHigh).toBeCloseTo(low, 15)
  expect(1 - otherLow).toBeCloseTo(high, 15)
})

test('never outside [0, 1]: all of few', () => {
  const [low, high] = wilsonInterval(3, 3)
  expect(high).toBe(1)
  expect(low).toBeCloseTo(3 / (3 + 1.959963984540054 ** 2), 15) // n / (n + z²), by putting p = 1 into the formula
})

// Smirnov 1948, 'Table for estimating the goodness of fit of empirical distributions', Annals of Mathematical Statistics 19: the
// quantiles of the limit. With so many numbers Stephens' correction is below the fourth place.
test.each([
  [1.2239, 0.1],
  [1.3581, 0.05],
  [1.6276, 0.01],
])('a distance of %d / √n has the probability %d', (lambda, probability) => {
  const many = 2e10
  expect(kolmogorovSmirnovProbability(lambda / Math.sqrt(many / 2), many, many)).toBeCloseTo(probability, 4)
})

test('the distance of two samples, counted by hand: after 2, all of one and none of the other; ties count on both sides', () => {
  expect(kolmogorovSmirnov([0, 1, 2], [3, 4])).toBe(1)
  expect(kolmogorovSmirnov([1, 2, 3, 4], [1, 2, 3, 4])).toBe(0)
  // After 1: three quarters against a half.
  expect(kolmogorovSmirnov([1, 1, 1, 2], [1, 1, 2, 2])).toBe(0.25)
  expect(kolmogorovSmirnov([1, Number.NaN], [1, 2])).toBe(Number.NaN)
})
