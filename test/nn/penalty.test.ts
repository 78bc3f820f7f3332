/** @file Penalties by hand. */
import { describe, expect, test } from 'vitest'
import { gradients } from '../../src/graph/autodiff.ts'
import { Builder } from '../../src/graph/graph.ts'
import { operators } from '../../src/graph/ops/index.ts'
import { l1, l2, type Penalty, sum } from '../../src/nn/penalty.ts'
import { failure } from '../data/failure.ts'
import { run } from './twin.ts'

const weights = [3, -4, 0, 0.5]

async function of(penalty: Penalty) {
  const builder = new Builder(operators)
  const w = builder.input('w', 'float32', [2, 2])
  const value = penalty.of(w)
  const [gradient] = gradients(value, [w])
  return run(builder.graph('penalty', { value, gradient }), { w: weights })
}

describe('of the weights 3, −4, 0, ½', () => {
  // Σw² = 9 + 16 + ¼ = 25.25; Σ|w| = 7.5. All numbers here are exact in float32.
  test('l2(¼): ½·¼·25.25, gradient ¼·w', async () => {
    expect(await of(l2(0.25))).toEqual({ value: [3.15625], gradient: [0.75, -1, 0, 0.125] })
  })
  test('l1(¼): ¼·7.5, gradient ±¼, 0 at 0', async () => {
    expect(await of(l1(0.25))).toEqual({ value: [1.875], gradient: [0.25, -0.25, 0, 0.25] })
  })
  test('their sum', async () => {
    const both = sum(l2(0.25), l1(0.25))
    expect(await of(both)).toEqual({ value: [5.03125], gradient: [1, -1.25, 0, 0.375] })
    expect(both.name).toBe('l2(0.25) + l1(0.25)')
  })
  test('strength 0', async () => expect(await of(l2(0))).toEqual({ value: [0], gradient: [0, -0, 0, 0] }))
})

test('a strength below 0', async () => {
  expect(await failure(() => l2(-1))).toBe('usage: strength is -1, expected a number from 0 up')
  expect(await failure(() => l1(Number.NaN))).toBe('usage: strength is NaN, expected a number from 0 up')
})
test('a sum of nothing', async () => {
  expect(await failure(() => sum())).toBe('usage: a sum of no penalties → leave the penalty out')
})
