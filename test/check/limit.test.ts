/** @file Limits of differences against derivatives by hand. */
import { describe, expect, test } from 'vitest'
import { type Difference, fixedLimit, limitOf } from '../../src/check/limit.ts'

const steps = [-20, -18, -16, -14, -12, -10, -8, -6, -4, -2].map((exponent) => 2 ** exponent)

function centred(f: (x: number) => number, x: number, noise = 1e-16): Difference[] {
  return steps.map((step) => ({ step, value: (f(x + step) - f(x - step)) / (2 * step), noise: (4 * noise) / step }))
}

describe('the limit', () => {
  test.each<[string, (x: number) => number, number, number]>([
    ['exp at 1 is e', Math.exp, 1, Math.E],
    ['sin(50x) at 0.3 has slope 50·cos 15', (x) => Math.sin(50 * x), 0.3, 50 * Math.cos(15)],
    ['|x| at 0.01, with a kink inside the larger steps', Math.abs, 0.01, 1],
    ['a square', (x) => x * x, 3, 6],
  ])('%s', (_, f, x, slope) => {
    const limit = limitOf(centred(f, x), 2)
    expect(Math.abs((limit?.value ?? Number.NaN) - slope)).toBeLessThanOrEqual(limit?.uncertainty ?? 0)
    expect(limit?.uncertainty).toBeLessThan(1e-6 * Math.abs(slope))
  })

  test('one-sided slopes of |x| at 0 are 1 and −1', () => {
    const side = (sign: number) =>
      steps.map((step) => ({ step, value: Math.abs(sign * step) / (sign * step), noise: 1e-12 }))
    expect(limitOf(side(1), 1)?.value).toBeCloseTo(1, 9)
    expect(limitOf(side(-1), 1)?.value).toBeCloseTo(-1, 9)
  })

  test('noise that is larger than was said widens the uncertainty', () => {
    const wild = steps.map((step, i) => ({ step, value: 1 + (i % 2 === 0 ? 1 : -1) * 0.1, noise: 1e-9 }))
    expect(limitOf(wild, 2)?.uncertainty).toBeGreaterThan(0.05)
  })

  test('needs two differences', () => expect(limitOf(centred(Math.exp, 1).slice(0, 1), 2)).toBeUndefined())
})

test('a fixed step: x³ at 2 with 0.1 is 12.01, and the truncation is found', () => {
  const at = (step: number) => ({ step, value: ((2 + step) ** 3 - (2 - step) ** 3) / (2 * step), noise: 0 })
  const limit = fixedLimit(at(0.1), at(0.05))
  expect(limit.value).toBeCloseTo(12.01, 9)
  expect(limit.uncertainty).toBeCloseTo(0.01, 9)
})
