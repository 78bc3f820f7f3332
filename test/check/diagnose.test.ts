/** @file Each known mistake is recognised from pairs of numbers, and unknown ones are called unknown. */
import { describe, expect, test } from 'vitest'
import { diagnose } from '../../src/check/diagnose.ts'

const shape = [3, 4]
const numeric = [1.3, -0.4, 2.2, 0.7, -1.9, 0.35, 3.1, -2.6, 0.9, 1.45, -0.8, 0.15]
const at = [0.5, -1.1, 0.3, 2.2, -0.7, 1.3, -0.25, 0.9, 1.7, -0.6, 0.45, -1.4]

function diagnosed(gradient: number[], truth = numeric, batchSize?: number) {
  const samples = truth.map((n, index) => {
    const wrong = Math.abs(gradient[index] - n) > 1e-9
    return { index, analytic: gradient[index], numeric: n, uncertainty: 1e-11, wrong }
  })
  return diagnose({ shape, at: Float64Array.from(at), gradient: Float64Array.from(gradient), samples, batchSize })
}

const transposed = Array.from({ length: 12 }, (_, i) => numeric[(i % 3) * 4 + Math.floor(i / 3)])
const masked = numeric.map((n, i) => (i % 3 === 0 ? 0 : n))

describe('recognised', () => {
  test.each<[string, number[], number[]?, number?]>([
    ['factor-2', numeric.map((n) => 2 * n)],
    ['factor-half', numeric.map((n) => n / 2)],
    ['sign', numeric.map((n) => -n)],
    ['sign', numeric.map((n) => -2 * n)],
    ['batch-size', numeric.map((n) => 32 * n), numeric, 32],
    ['batch-size', numeric.map((n) => n / 32), numeric, 32],
    ['batch-size', numeric.map((n) => n / 7)],
    ['factor', numeric.map((n) => 1.37 * n)],
    ['zero', numeric.map(() => 0)],
    ['unused', numeric, numeric.map(() => 0)],
    ['mask-missing', numeric, masked],
    ['mask-excess', masked],
    ['signs', numeric.map(Math.abs)],
    ['penalty-missing', numeric.map((n, i) => n - 0.01 * at[i])],
    ['penalty-excess', numeric.map((n, i) => n + 0.01 * at[i])],
    ['penalty-missing', numeric.map((n, i) => n - 0.2 * Math.sign(at[i]))],
    ['offset', numeric.map((n) => n + 0.25)],
    ['chain', numeric.map((n, i) => n * at[i])],
    ['chain', numeric.map((n, i) => n / at[i])],
    ['transposed', transposed],
    ['shifted', numeric.map((_, i) => numeric[(i + 1) % 12])],
    ['reversed', numeric.toReversed()],
    ['single', numeric.map((n, i) => (i === 7 ? n * 1.3 : n))],
    ['by-row', numeric.map((n, i) => n * [2, 3, 5][Math.floor(i / 4)])],
    ['by-column', numeric.map((n, i) => n * [2, 3, 5, 7][i % 4])],
    ['one-row', numeric.map((n, i) => (i < 4 ? n * at[i] + 1 : n))],
  ])('%s', (cause, gradient, truth, batchSize) => {
    const found = diagnosed(gradient, truth, batchSize)
    expect(found.cause).toBe(cause)
    expect(found.confidence).toBeGreaterThan(0.5)
  })
})

test('the words carry the strength of the penalty and the batch size', () => {
  expect(diagnosed(numeric.map((n, i) => n - 0.01 * at[i])).words).toMatch(/lacks 0\.01·x/)
  expect(
    diagnosed(
      numeric.map((n) => n / 32),
      numeric,
      32,
    ).words,
  ).toMatch(/1\/32/)
})

test('no idea, where the errors follow no pattern', () => {
  const scattered = numeric.map((n, i) => n + Math.sin(37 * i * i + 1))
  expect(diagnosed(scattered)).toMatchObject({
    cause: 'unknown',
    confidence: 0,
    words: expect.stringMatching(/no idea/),
  })
})

test('one sample alone persuades nobody', () => {
  const sample = { index: 0, analytic: 2, numeric: 1, uncertainty: 1e-9, wrong: true }
  const found = diagnose({ shape: [1], at: Float64Array.of(3), gradient: Float64Array.of(2), samples: [sample] })
  expect(found.confidence).toBeLessThan(0.6)
})
