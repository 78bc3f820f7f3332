/** @file What the check does beside comparing numbers: kinks, jumps, randomness, the point put back, forms, modes, the report. */
import { describe, expect, test } from 'vitest'
import { RappelError } from '../../src/base/errors.ts'
import { assertGradient, checkEvaluator, type Evaluator, gradientCheck, type Objective } from '../../src/check/index.ts'

const squares: Objective<number[]> = {
  loss: (x) => x.reduce((sum, v) => sum + v * v, 0),
  gradient: (x) => x.map((v) => 2 * v),
}

const one = (loss: (x: number) => number, slope: (x: number) => number): Objective<number[]> => ({
  loss: ([x]) => loss(x),
  gradient: ([x]) => [slope(x)],
})

describe('a coordinate', () => {
  const coordinate = async (objective: Objective<number[]>, at: number, options = {}) => {
    const report = await gradientCheck(objective, [at], options)
    return { ...report.tensors[0].coordinates[0], overall: report.verdict }
  }

  test('happy, with its numbers', async () => {
    // d/dx x³ at 2 is 12.
    expect(
      await coordinate(
        one(
          (x) => x ** 3,
          (x) => 3 * x * x,
        ),
        2,
      ),
    ).toMatchObject({
      band: 'happy',
      verdict: 'pass',
      analytic: 12,
      numeric: expect.closeTo(12, 6),
    })
  })

  test('wrong: |6 − 12| / 18 by the sum, 6/12 by the larger', async () => {
    const half = one(
      (x) => x ** 3,
      (x) => 1.5 * x * x,
    )
    expect(await coordinate(half, 2)).toMatchObject({ band: 'wrong', relativeError: expect.closeTo(1 / 3, 6) })
    expect(await coordinate(half, 2, { relativeError: 'max' })).toMatchObject({ relativeError: expect.closeTo(0.5, 6) })
  })

  test('uncomfortable and fine, and still wrong where nothing explains them', async () => {
    const off = (factor: number) =>
      one(
        (x) => Math.exp(x),
        (x) => factor * Math.exp(x),
      )
    expect(await coordinate(off(1.002), 1)).toMatchObject({ band: 'uncomfortable', verdict: 'fail' })
    expect(await coordinate(off(1.00002), 1)).toMatchObject({ band: 'fine', verdict: 'fail' })
  })

  test('a difference of 4e-7 is let through, with a warning', async () => {
    const report = await gradientCheck(
      one(Math.exp, (x) => (1 + 8e-7) * Math.exp(x)),
      [1],
    )
    expect(report.verdict).toBe('pass')
    expect(report.warnings.join()).toMatch(/more than rounding explains/)
  })

  test('both zero is counted apart', async () => {
    const report = await gradientCheck<number[]>({ loss: ([x]) => x, gradient: () => [1, 0] }, [1, 2])
    expect(report.bands).toMatchObject({ happy: 1, zero: 1 })
    expect(report.tensors[0].coordinates[1].relativeError).toBe(0)
  })

  test('opposite signs of tiny values do not divide by about 0', async () => {
    expect(
      await coordinate(
        one(
          (x) => 1e-9 * x,
          () => -1e-9,
        ),
        1,
      ),
    ).toMatchObject({ verdict: 'fail', relativeError: 1 })
  })

  test.each([0, 0.5, 1])('a kink at the point: %d lies between the slopes 0 and 1', async (slope) => {
    const found = await coordinate(
      one(
        (x) => Math.max(0, x),
        () => slope,
      ),
      0,
    )
    expect(found).toMatchObject({ verdict: 'pass' })
    if (slope > 0) expect(found).toMatchObject({ band: slope === 0.5 ? 'happy' : 'kink' })
  })

  test('a kink does not excuse what lies outside', async () => {
    expect(
      await coordinate(
        one(
          (x) => Math.max(0, x),
          () => 3,
        ),
        0,
      ),
    ).toMatchObject({ verdict: 'fail' })
  })

  test('a jump at the point says nothing, and is named', async () => {
    const found = await coordinate(
      one(
        (x) => x + (x > 1 ? 5 : 0),
        () => 1,
      ),
      1,
    )
    expect(found).toMatchObject({ band: 'jump', verdict: 'inconclusive', overall: 'inconclusive' })
    expect(found.words).toMatch(/jumps/)
  })

  test('one side of the domain is enough', async () => {
    expect(
      await coordinate(
        one(
          (x) => x ** 1.5,
          (x) => 1.5 * Math.sqrt(x),
        ),
        0,
      ),
    ).toMatchObject({ verdict: 'pass' })
  })

  test('drowned in rounding: 2 beside 10²⁰', async () => {
    const found = await coordinate(
      one(
        (x) => 1e20 + x * x,
        (x) => 2 * x,
      ),
      1,
    )
    expect(found).toMatchObject({ band: 'noise', overall: 'inconclusive' })
  })

  test('a step of the user’s choice: (f(2.1) − f(1.9)) / 0.2 of x³ is 12.01', async () => {
    const found = await coordinate(
      one(
        (x) => x ** 3,
        (x) => 3 * x * x,
      ),
      2,
      { step: 0.1 },
    )
    expect(found).toMatchObject({ numeric: expect.closeTo(12.01, 9), verdict: 'pass' })
    expect(found.uncertainty).toBeGreaterThan(0.009)
    expect(
      await coordinate(
        one(
          (x) => x ** 3,
          (x) => 1.5 * x * x,
        ),
        2,
        { step: 0.1 },
      ),
    ).toMatchObject({ verdict: 'fail' })
  })
})

describe('float32', () => {
  test('is seen in the values, also behind an array of numbers', async () => {
    const f = Math.fround
    const cubes: Objective<number[]> = {
      loss: (x) => x.reduce((sum, v) => f(sum + f(f(v) ** 3)), 0),
      gradient: (x) => x.map((v) => f(3 * f(v) ** 2)),
    }
    expect(await gradientCheck(cubes, [0.3, -1.7, 2.2])).toMatchObject({ verdict: 'pass', precision: 'float32' })
    const wrong = { ...cubes, gradient: (x: number[]) => x.map((v) => f(3.005 * f(v) ** 2)) }
    expect(await gradientCheck(wrong, [0.3, -1.7, 2.2])).toMatchObject({ verdict: 'fail', precision: 'float32' })
  })
})

describe('what is no number', () => {
  test('a loss', async () => {
    const report = await gradientCheck(
      one(Math.log, (x) => 1 / x),
      [-1],
    )
    expect(report).toMatchObject({ verdict: 'fail', words: expect.stringMatching(/the loss is NaN/) })
  })
  test('a gradient, by name', async () => {
    const objective = {
      loss: ({ a, b }: { a: number[]; b: number[] }) => a[0] + b[0],
      gradient: () => ({ a: [1], b: [Number.NaN] }),
    }
    const report = await gradientCheck(objective, { a: [1], b: [2] })
    expect(report).toMatchObject({ verdict: 'fail', words: expect.stringMatching(/'b' is NaN at 0/) })
  })
  test('the point', async () => {
    const report = await gradientCheck(squares, [1, Number.POSITIVE_INFINITY])
    expect(report).toMatchObject({ verdict: 'fail', words: expect.stringMatching(/point itself/) })
  })
  test('JSON spells it out', async () => {
    const report = await gradientCheck(
      one(Math.log, (x) => 1 / x),
      [-1],
    )
    expect(JSON.parse(JSON.stringify(report)).loss).toBe('NaN')
  })
})

describe('the form of the gradient', () => {
  const at = { W: [1, 2], b: [3] }
  const loss = ({ W, b }: typeof at) => W[0] * W[1] + b[0]
  const check = (gradient: unknown) => gradientCheck({ loss, gradient: () => gradient as typeof at }, at)
  test.each([
    ['a missing tensor', { W: [2, 1] }, /nothing for 'b'/],
    ['a wrong length', { W: [2, 1, 0], b: [1] }, /3 numbers for 'W', expected 2/],
    ['one too many', { W: [2, 1], b: [1], c: [1] }, /'c', which the point does not have/],
    ['nothing', undefined, /undefined/],
  ])('%s is a failed check', async (_, gradient, words) => {
    const report = await check(gradient)
    expect(report.verdict).toBe('fail')
    expect(report.words).toMatch(words)
  })
})

describe('randomness', () => {
  test('a loss that changes from call to call', async () => {
    let call = 0
    const noisy = { ...squares, loss: (x: number[]) => x[0] * (call++ % 2) }
    const report = await gradientCheck(noisy, [1, 2])
    expect(report).toMatchObject({ verdict: 'inconclusive', words: expect.stringMatching(/dropout.*reseed/) })
  })
  test('a gradient with a mask of its own', async () => {
    let call = 0
    const report = await gradientCheck({ ...squares, gradient: (x) => x.map((v) => 2 * v * (call++ % 2)) }, [1, 2, 3])
    expect(report).toMatchObject({ verdict: 'fail', words: expect.stringMatching(/a mask of its own/) })
  })
  test('reseed replays the masks', async () => {
    let state = 0
    const draw = () => {
      state = (state * 1103515245 + 12345) % 2 ** 31
      return state > 2 ** 30 ? 2 : 0
    }
    const dropped: Objective<number[]> = {
      loss: (x) => x.reduce((sum, v) => sum + draw() * v * v, 0),
      gradient: (x) => x.map((v) => 2 * v * draw()),
    }
    const reseed = () => {
      state = 7
    }
    expect((await gradientCheck(dropped, [1, 2, 3, 4])).verdict).toBe('inconclusive')
    expect((await gradientCheck(dropped, [1, 2, 3, 4], { reseed })).verdict).toBe('pass')
  })
})

describe('the point', () => {
  test.each([false, true])('is as before, also after an error (inPlace %s)', async (inPlace) => {
    const at = { w: Float64Array.of(0.1, 0.2), b: [-0, 0.3] }
    const before = structuredClone(at)
    let calls = 0
    const objective = {
      loss: ({ w, b }: typeof at) => {
        if (calls++ > 30) throw new Error('enough')
        return w[0] * w[1] + b[0] + b[1] ** 2
      },
      gradient: ({ w, b }: typeof at) => ({ w: Float64Array.of(w[1], w[0]), b: [1, 2 * b[1]] }),
    }
    await expect(gradientCheck(objective, at, { inPlace })).rejects.toThrow('enough')
    expect(at).toEqual(before)
    expect(Object.is(at.b[0], -0)).toBe(true)
  })

  test('an objective that holds its parameters needs inPlace, and the diagnosis says so', async () => {
    const held = Float64Array.of(1, 2)
    const objective = {
      loss: () => held[0] ** 2 * held[1],
      gradient: () => Float64Array.of(2 * held[0] * held[1], held[0] ** 2),
    }
    expect(await gradientCheck(objective, held)).toMatchObject({
      verdict: 'fail',
      diagnosis: { words: expect.stringMatching(/inPlace/) },
    })
    expect((await gradientCheck(objective, held, { inPlace: true })).verdict).toBe('pass')
  })

  test('an objective that writes into its argument is told', async () => {
    const rude: Objective<number[]> = {
      ...squares,
      loss: (x) => {
        const value = x[0] ** 2 + x[1] ** 2
        x[1] = 9
        return value
      },
    }
    const report = await gradientCheck(rude, [1, 2])
    expect(report.verdict).toBe('pass')
    expect(report.warnings.join()).toMatch(/changes its argument/)
  })

  test('may be several, asynchronous, a tree', async () => {
    type Net = { layers: { w: Float64Array }[]; b: number[] }
    const net: Objective<Net> = {
      loss: async ({ layers, b }) => layers[0].w[0] * layers[1].w[0] + Math.abs(b[0]),
      gradient: async ({ layers }) => ({ layers: [{ w: layers[1].w }, { w: layers[0].w }], b: [1] }),
    }
    const at = (b: number): Net => ({ layers: [{ w: Float64Array.of(2) }, { w: Float64Array.of(3) }], b: [b] })
    const report = await gradientCheck(net, at(1), { points: [at(2), at(-1)] })
    expect(report.tensors.map(({ name }) => name)).toEqual(['layers.0.w', 'layers.1.w', 'b'])
    expect(report).toMatchObject({ verdict: 'fail', words: expect.stringMatching(/^at point 3: .*'b'/) })
    expect(report.points?.map(({ verdict }) => verdict)).toEqual(['pass', 'fail'])
  })
})

describe('the penalty', () => {
  const penalty: Objective<number[]> = {
    loss: (x) => 1e3 * x.reduce((sum, v) => sum + v * v, 0),
    gradient: (x) => x.map((v) => 2e3 * v),
  }
  test('is checked apart, with a warning where it swamps the data', async () => {
    const report = await gradientCheck(squares, [1, 2], { penalty })
    expect(report).toMatchObject({ verdict: 'pass', penalty: { verdict: 'pass' } })
    expect(report.warnings.join()).toMatch(/swamps/)
  })
  test('fails the check where it is wrong', async () => {
    const report = await gradientCheck(squares, [1, 2], {
      penalty: { ...penalty, gradient: (x) => x.map((v) => 1e3 * v) },
    })
    expect(report).toMatchObject({ verdict: 'fail', words: expect.stringMatching(/^the penalty/) })
  })
})

describe('many coordinates', () => {
  const size = 10_000
  const at = Float64Array.from({ length: size }, (_, i) => Math.sin(i * i))
  const quartic = (wrong: readonly number[]): Objective<Float64Array> => ({
    loss: (x) => x.reduce((sum, v) => sum + v ** 4, 0),
    gradient: (x) => x.map((v, i) => 4 * v ** 3 * (wrong.includes(i) ? 1.5 : 1)),
  })
  test.each(['coordinates', 'directions'] as const)('one wrong entry is found by %s', async (mode) => {
    const report = await gradientCheck(quartic([4321]), at, { mode })
    const found = report.tensors[0].coordinates.filter(({ verdict }) => verdict === 'fail')
    expect(found.map(({ index }) => index)).toEqual([4321])
    expect(report.evaluations.loss).toBeLessThan(2000)
  })
  test('three as well', async () => {
    const report = await gradientCheck(quartic([17, 4000, 9876]), at)
    const found = report.tensors[0].coordinates.filter(({ verdict }) => verdict === 'fail')
    expect(found.map(({ index }) => index)).toEqual([17, 4000, 9876])
  })
  test('two that cancel under a vector of ones do not hide', async () => {
    // What a projection onto one fixed vector cannot see.
    const objective: Objective<Float64Array> = {
      ...quartic([]),
      gradient: (x) => x.map((v, i) => 4 * v ** 3 + (i === 5 ? 1e-3 : i === 6 ? -1e-3 : 0)),
    }
    expect((await gradientCheck(objective, at, { mode: 'directions' })).verdict).toBe('fail')
  })
  test('right ones pass in few evaluations, and say what they would miss', async () => {
    const report = await gradientCheck(quartic([]), at, { mode: 'directions' })
    expect(report).toMatchObject({ verdict: 'pass', taylor: { verdict: 'pass' } })
    expect(report.evaluations.loss).toBeLessThan(200)
    expect(report.tensors[0].missProbability).toBeLessThan(0.05)
  })
  test('a quota of each tensor', async () => {
    const objective = {
      loss: ({ big, bias }: { big: Float64Array; bias: number[] }) => big.reduce((s, v) => s + v * v, 0) + bias[0],
      gradient: ({ big }: { big: Float64Array; bias: number[] }) => ({ big: big.map((v) => 2 * v), bias: [2] }),
    }
    const report = await gradientCheck(objective, { big: at, bias: [1] }, { coordinates: 10 })
    expect(report.tensors.map(({ checked, verdict }) => [checked, verdict])).toEqual([
      [10, 'pass'],
      [1, 'fail'],
    ])
  })
})

describe('Taylor remainder', () => {
  test('slope 2 where the gradient is right, 1 where it is not, nothing to see where the loss is linear', async () => {
    const quartic = one(
      (x) => x ** 4,
      (x) => 4 * x ** 3,
    )
    expect((await gradientCheck(quartic, [1.3], { taylor: true })).taylor?.slope).toBeCloseTo(2, 2)
    const wrong = await gradientCheck(
      one(
        (x) => x ** 4,
        (x) => 3 * x ** 3,
      ),
      [1.3],
      { taylor: true },
    )
    expect(wrong.taylor).toMatchObject({ verdict: 'fail', slope: expect.closeTo(1, 2) })
    const linear = await gradientCheck(
      one(
        (x) => 3 * x,
        () => 3,
      ),
      [1.3],
      { taylor: true },
    )
    expect(linear.taylor).toMatchObject({ verdict: 'pass', words: expect.stringMatching(/nothing to see/) })
  })
})

describe('second order', () => {
  /** f = x₀²·x₁ + x₁³: the Hessian is [[2x₁, 2x₀], [2x₀, 6x₁]]. */
  const cubic = (factor: number, skew = 0): Objective<number[]> => ({
    loss: ([a, b]) => a * a * b + b ** 3,
    gradient: ([a, b]) => [2 * a * b, a * a + 3 * b * b],
    hessianVector: ([a, b], [u, v]) => [2 * b * u + (2 * a + skew) * v, 2 * a * u + 6 * b * factor * v],
  })
  test('right, wrong, not symmetric', async () => {
    expect((await gradientCheck(cubic(1), [1.2, -0.7])).secondOrder).toMatchObject({ verdict: 'pass' })
    expect((await gradientCheck(cubic(0.5), [1.2, -0.7])).secondOrder).toMatchObject({ verdict: 'fail' })
    const skew = await gradientCheck(cubic(1, 0.3), [1.2, -0.7])
    expect(skew).toMatchObject({ verdict: 'fail', secondOrder: { words: expect.stringMatching(/symmetric/) } })
    expect((await gradientCheck(cubic(0.5), [1.2, -0.7], { secondOrder: false })).verdict).toBe('pass')
  })
})

describe('an evaluator that knows its winners', () => {
  /** |x − 1|·3 + x² with the sign as winner. */
  const evaluator = (slope: number, at: number): Evaluator => {
    const sign = Math.sign(at - 1)
    const value = (x: number, s = Math.sign(x - 1)) => 3 * s * (x - 1) + x * x
    const values = (offsets: readonly number[], frozen: boolean) => ({
      loss: Float64Array.from(offsets, (offset) => value(at + offset, frozen ? sign : undefined)),
      moved: Float64Array.from(offsets, (offset) => at + offset - at),
      kinks: Uint32Array.from(offsets, (offset) => Number(Math.sign(at + offset - 1) !== sign)),
    })
    return {
      tensors: [{ name: 'x', shape: [1], size: 1 }],
      precision: 'float64',
      at: [Float64Array.of(at)],
      analytic: async () => ({ loss: value(at), gradient: [Float64Array.of(slope)] }),
      valuesAt: async (moves) =>
        values(
          moves.map(({ offset }) => offset),
          false,
        ),
      frozenValuesAt: async (moves) =>
        values(
          moves.map(({ offset }) => offset),
          true,
        ),
      valuesAlong: async (directions, offsets) =>
        values(
          offsets.map((offset, i) => offset * directions[i][0][0]),
          false,
        ),
    }
  }
  test('holds them fixed where every step crosses a kink', async () => {
    const right = await checkEvaluator(evaluator(3 + 2 * (1 + 1e-13), 1 + 1e-13))
    expect(right).toMatchObject({ verdict: 'pass', tensors: [{ kinks: 1 }] })
    expect((await checkEvaluator(evaluator(2, 1 + 1e-13))).verdict).toBe('fail')
  })
})

describe('assertGradient', () => {
  test('throws what a person needs', async () => {
    await assertGradient(squares, [1, 2])
    const failed = assertGradient({ ...squares, gradient: (x) => x.map((v) => -2 * v) }, [1, 2])
    await expect(failed).rejects.toThrow(RappelError)
    await expect(failed).rejects.toThrow(/'x'.*sign is wrong/)
  })
  test('an inconclusive check does not pass unless it may', async () => {
    const drowned = one(
      (x) => 1e20 + x * x,
      (x) => 2 * x,
    )
    await expect(assertGradient(drowned, [1])).rejects.toThrow(/cannot tell/)
    expect((await assertGradient(drowned, [1], { allowInconclusive: true })).verdict).toBe('inconclusive')
  })
})

describe('bad use', () => {
  test.each([
    ['a mistyped option', () => gradientCheck(squares, [1], { steps: 1 } as object), /no option 'steps'/],
    ['a step of 0', () => gradientCheck(squares, [1], { step: 0 }), /step is 0/],
    ['no gradient', () => gradientCheck({ loss: squares.loss } as typeof squares, [1]), /gradient is undefined/],
    [
      'a loss that is no number',
      () => gradientCheck({ ...squares, loss: () => undefined as unknown as number }, [1]),
      /the loss is undefined/,
    ],
    ['a point of text', () => gradientCheck(squares, 'x' as unknown as number[]), /the point is "x"/],
    ['a wrong shape', () => gradientCheck(squares, [1, 2], { shapes: { x: [3] } }), /not 2 numbers/],
  ])('%s', async (_, run, message) => {
    await expect(run()).rejects.toThrow(message)
  })
})
