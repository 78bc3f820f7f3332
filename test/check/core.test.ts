/** @file The core beyond the catalogue: its modes, its care for the point, the penalty apart, second order, Taylor remainders. */
import { describe, expect, test } from 'vitest'
import { RandomStream } from '../../src/base/random.ts'
import { assertGradient, gradientCheck } from '../../src/check/index.ts'
import { failure } from '../data/failure.ts'

/** Σ x⁴/12: gradient x³/3, Hessian diag(x²). All by hand. */
const quartic = {
  loss: (x: number[]) => x.reduce((sum, v) => sum + v ** 4 / 12, 0),
  gradient: (x: number[]) => x.map((v) => v ** 3 / 3),
}
const at = [1, -2, 0.5]

describe('second order', () => {
  test('a right Hessian-vector product', async () => {
    const { verdict, secondOrder } = await gradientCheck(
      { ...quartic, hessianVector: (x, v) => x.map((xi, i) => xi * xi * v[i]) },
      at,
    )
    expect([verdict, secondOrder?.verdict]).toEqual(['pass', 'pass'])
  })
  test('one that forgets a factor, one that is not symmetric', async () => {
    const half = await gradientCheck(
      { ...quartic, hessianVector: (x, v) => x.map((xi, i) => (xi * xi * v[i]) / 2) },
      at,
    )
    expect([half.verdict, half.secondOrder?.verdict]).toEqual(['fail', 'fail'])
    const odd = await gradientCheck(
      { ...quartic, hessianVector: (x, v) => x.map((xi, i) => xi * xi * v[i] + (i === 0 ? v[1] : 0)) },
      at,
    )
    expect(odd.secondOrder?.verdict).toBe('fail')
  })
})

test('second derivatives that cannot be told are a warning, no verdict', async () => {
  // A loss of 1e8 with a curvature of 1e-9: its gradient of 1 shows, its second derivative does not.
  const coarse = {
    loss: ([x]: number[]) => 1e8 + x + 5e-10 * x * x,
    gradient: ([x]: number[]) => [1 + 1e-9 * x],
    hessianVector: (_: number[], [v]: number[]) => [1e-9 * v],
  }
  const { verdict, secondOrder, warnings } = await gradientCheck(coarse, [0.5])
  expect([verdict, secondOrder?.verdict === 'fail']).toEqual(['pass', false])
  expect(warnings.some((warning) => warning.startsWith('second derivatives'))).toBe(
    secondOrder?.verdict === 'inconclusive',
  )
})

describe('Taylor remainders', () => {
  test('fall with the square of the step', async () => {
    const { taylor } = await gradientCheck(quartic, at, { taylor: true })
    expect(taylor?.verdict).toBe('pass')
    expect(Math.abs((taylor?.slope ?? 0) - 2)).toBeLessThan(0.1)
  })
  test('with the step alone where the gradient is wrong', async () => {
    const { taylor } = await gradientCheck({ ...quartic, gradient: (x) => x.map((v) => v ** 3) }, at, { taylor: true })
    expect(taylor?.verdict).toBe('fail')
    expect(Math.abs((taylor?.slope ?? 0) - 1)).toBeLessThan(0.1)
  })
  test('of a linear loss are rounding', async () => {
    const { taylor, verdict } = await gradientCheck({ loss: (x: number[]) => 3 * x[0], gradient: () => [3] }, [2], {
      taylor: true,
    })
    expect([verdict, taylor?.verdict, taylor?.slope]).toEqual(['pass', 'pass', Number.NaN])
  })
})

describe('by directions', () => {
  test('says how likely one wrong entry is missed', async () => {
    const { verdict, tensors, evaluations } = await gradientCheck(quartic, at, { mode: 'directions' })
    expect([verdict, tensors[0].checked]).toEqual(['pass', 0])
    expect(tensors[0].missProbability).toBeLessThan(0.01)
    expect(evaluations.gradient).toBe(1)
  })
  test('finds the wrong entry where a direction disagrees', async () => {
    const wrong = { ...quartic, gradient: (x: number[]) => quartic.gradient(x).map((g, i) => (i === 1 ? 0 : g)) }
    const { verdict, worst } = await gradientCheck(wrong, at, { mode: 'directions' })
    expect([verdict, worst?.index]).toEqual(['fail', 1])
  })
})

describe('the point', () => {
  test('is put back bit for bit, also when the objective throws', async () => {
    const point = Float64Array.of(0.1, 0.2, 0.3)
    let calls = 0
    const held = {
      loss: () => {
        if (++calls === 9) throw new Error('out of paper')
        return point.reduce((sum, v) => sum + v * v, 0)
      },
      gradient: () => point.map((v) => 2 * v),
    }
    await expect(gradientCheck(held, point, { inPlace: true })).rejects.toThrow('out of paper')
    expect(point).toEqual(Float64Array.of(0.1, 0.2, 0.3))
    calls = 10
    expect((await gradientCheck(held, point, { inPlace: true })).verdict).toBe('pass')
    expect(point).toEqual(Float64Array.of(0.1, 0.2, 0.3))
  })
  test('may be a tree, the objective may be asynchronous', async () => {
    const tree = { layers: [{ w: [1, 2] }, { w: [3] }], b: Float64Array.of(4) }
    const objective = {
      loss: async (p: typeof tree) => p.layers[0].w[0] * p.layers[0].w[1] * p.layers[1].w[0] * p.b[0],
      gradient: async ({ layers: [one, two], b }: typeof tree) => ({
        layers: [{ w: [one.w[1] * two.w[0] * b[0], one.w[0] * two.w[0] * b[0]] }, { w: [one.w[0] * one.w[1] * b[0]] }],
        b: Float64Array.of(0),
      }),
    }
    const { verdict, tensors } = await gradientCheck(objective, tree)
    expect(verdict).toBe('fail')
    expect(tensors.map(({ name, verdict: own }) => [name, own])).toEqual([
      ['layers.0.w', 'pass'],
      ['layers.1.w', 'pass'],
      ['b', 'fail'],
    ])
  })
  test('further points: a gradient that is right at the start only', async () => {
    const lucky = { ...quartic, gradient: (x: number[]) => x.map((v) => (v === 1 ? 1 / 3 : v)) }
    expect((await gradientCheck(lucky, [1])).verdict).toBe('pass')
    const both = await gradientCheck(lucky, [1], { points: [[2]] })
    expect([both.verdict, both.points?.[0].verdict]).toEqual(['fail', 'fail'])
    expect(both.words).toMatch(/^at point 2: /)
  })
})

describe('what cannot be checked, or is no gradient', () => {
  test('a gradient of another form is a failure with words', async () => {
    const { verdict, words } = await gradientCheck({ ...quartic, gradient: () => [1, 2] }, at)
    expect(verdict).toBe('fail')
    expect(words).toMatch(/2.*3|3.*2/)
  })
  test('a loss that is not finite', async () => {
    const { verdict, words } = await gradientCheck({ loss: (x: number[]) => Math.log(x[0]), gradient: () => [1] }, [0])
    expect(verdict).not.toBe('pass')
    expect(words).toMatch(/-Infinity/)
  })
  test('misspelt options, a point that is none', async () => {
    expect(await failure(() => gradientCheck(quartic, at, { coordinate: 3 } as never))).toMatch(
      /coordinate.*coordinates/s,
    )
    expect(await failure(() => gradientCheck(quartic as never, 'abc' as never))).toMatch(/expected an array of numbers/)
  })
  test('a gradient that draws a mask of its own', async () => {
    const stream = new RandomStream(1, 'mask')
    const leaky = {
      ...quartic,
      gradient: (x: number[]) => quartic.gradient(x).map((g) => (stream.uniform() < 0.5 ? 0 : 2 * g)),
    }
    const { verdict, words } = await gradientCheck(leaky, at)
    expect([verdict, words]).toEqual(['fail', expect.stringMatching(/changes from call to call/)])
  })
})

describe('the penalty apart', () => {
  const penalty = (strength: number, factor = 1) => ({
    loss: (x: number[]) => (strength / 2) * x.reduce((sum, v) => sum + v * v, 0),
    gradient: (x: number[]) => x.map((v) => factor * strength * v),
  })
  test('is named when it is wrong', async () => {
    const { verdict, words } = await gradientCheck(quartic, at, { penalty: penalty(1, 2) })
    expect([verdict, words]).toEqual(['fail', expect.stringMatching(/^the penalty: /)])
  })
  test('that swamps the data is warned of', async () => {
    expect((await gradientCheck(quartic, at, { penalty: penalty(1) })).warnings).toEqual([])
    const { verdict, warnings } = await gradientCheck(quartic, at, { penalty: penalty(1000) })
    expect([verdict, warnings[0]]).toEqual(['pass', expect.stringMatching(/swamps/)])
  })
})

test('assertGradient throws the words of the report', async () => {
  await expect(assertGradient(quartic, at)).resolves.toMatchObject({ verdict: 'pass' })
  await expect(assertGradient({ ...quartic, gradient: (x) => x }, at)).rejects.toThrow(
    /^gradient check: the gradient is wrong/,
  )
})

test('the report survives JSON, with NaN spelt out', async () => {
  const report = await gradientCheck({ loss: (x: number[]) => x[0], gradient: () => [Number.NaN] }, [1])
  expect(JSON.stringify(report)).not.toMatch(/null/)
})
