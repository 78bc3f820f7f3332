/** @file Random streams: against a transcription of the published generator, and by statistics with fixed seeds. */
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'
import { describe, expect, test } from 'vitest'
import { type RandomState, RandomStream } from '../../src/base/random.ts'
import { failure } from '../data/failure.ts'

function streamAt(state: RandomState): RandomStream {
  const stream = new RandomStream(0, 'any')
  stream.state = state
  return stream
}

const take = <T>(n: number, draw: () => T): T[] => Array.from({ length: n }, draw)

/** xoroshiro128+ as published (Blackman and Vigna 2018, a = 24, b = 16, c = 37), in 64-bit integers; the low 32 bits of each. */
function* published(state: RandomState): Generator<number> {
  const wrap = (n: bigint) => BigInt.asUintN(64, n)
  const rotl = (x: bigint, k: bigint) => wrap(x << k) | (x >> (64n - k))
  const [high0, low0, high1, low1] = state.map((n) => BigInt(n >>> 0))
  let s0 = (high0 << 32n) | low0
  let s1 = (high1 << 32n) | low1
  for (;;) {
    yield Number(BigInt.asUintN(32, s0 + s1))
    s1 ^= s0
    s0 = rotl(s0, 24n) ^ s1 ^ wrap(s1 << 16n)
    s1 = rotl(s1, 37n)
  }
}

describe('the generator', () => {
  const states: RandomState[] = [
    [1, 2, 3, 4],
    [-1, 5, 0x12345678, -7],
    [0, 0, 0, 1],
    [-2147483648, 2147483647, -1, 0],
  ]
  test.each(states)('from state %i %i %i %i: the published algorithm and pure-rand agree', (...state) => {
    const stream = streamAt(state)
    const paper = published(state)
    const pureRand = xoroshiro128plusFromState(state)
    for (let i = 0; i < 1000; i++) {
      const draw = stream.uint32()
      expect(draw).toBe(paper.next().value)
      expect(draw).toBe(pureRand.next() >>> 0)
    }
  })

  // By a Python transcription of FNV-1a, MurmurHash3's mixer and the generator. They must never change: a seed in a paper or a
  // checkpoint means these numbers.
  test.each([
    [7, 'init/dense1.weight', [390649153, 4253917635, 3184243911, 784989699]],
    [0, 'größe', [2310123576, 2165139781, 368028428, 3050859294]],
  ])('seed %i, stream %s', (seed, name, numbers) => {
    const stream = new RandomStream(seed, name)
    expect(take(4, () => stream.uint32())).toEqual(numbers)
  })
})

describe('the state', () => {
  test('restored, it goes on as if nothing had happened, whatever was drawn between', () => {
    const stream = new RandomStream(3, 'a')
    const draw = () => [stream.uint32(), stream.uniform(), stream.integer(7), stream.normal(), ...stream.permutation(5)]
    draw()
    const kept = stream.state
    const first = [draw(), draw()]
    stream.state = kept
    expect([draw(), draw()]).toEqual(first)
    const other = new RandomStream(99, 'b')
    other.state = JSON.parse(JSON.stringify(kept)) as RandomState
    expect(take(3, () => other.uint32())).toEqual(
      take(
        3,
        (
          (fresh) => () =>
            fresh.uint32()
        )(streamAt(kept)),
      ),
    )
  })
  test('what is kept is not changed by drawing', () => {
    const stream = new RandomStream(3, 'a')
    const kept = stream.state
    const copy = [...kept]
    stream.uint32()
    expect(kept).toEqual(copy)
    expect(stream.state).not.toEqual(copy)
  })
  test.each([
    [[0, 0, 0, 0], '[0, 0, 0, 0]'],
    [[1, 2, 3], '[1, 2, 3]'],
    [[1, 2, 3, 4.5], '[1, 2, 3, 4.5]'],
    [[1, 2, 3, 2 ** 31], '[1, 2, 3, 2147483648]'],
    [undefined, 'undefined'],
    [['1', 2, 3, 4], '["1", 2, 3, 4]'],
  ])('refuses %o', async (state, shown) => {
    expect(await failure(() => streamAt(state as unknown as RandomState))).toBe(
      `data: a random state is ${shown}, expected four 32-bit integers, not all zero`,
    )
  })
  test.each([-1, 0.5, Number.NaN])('refuses the seed %d', async (seed) => {
    expect(await failure(() => new RandomStream(seed, 'a'))).toBe(
      `usage: seed is ${seed}, expected a whole number from 0 up`,
    )
  })
})

/** Pearson's statistic for counts that should be equal. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

// Quantiles of the χ² distribution at 0.999 (R: qchisq(.999, df)). Seeds are fixed: these tests cannot fail by chance.
const chiSquare999: Readonly<Record<number, number>> = { 6: 22.458, 15: 37.697, 23: 49.728, 99: 148.23 }

describe('by statistics', () => {
  test('uniform: 100 classes of 100,000 draws; never 1', () => {
    const stream = new RandomStream(1, 'uniform')
    const counts = new Array<number>(100).fill(0)
    for (let i = 0; i < 100_000; i++) counts[Math.floor(stream.uniform() * 100)]++
    expect(chiSquare(counts)).toBeLessThan(chiSquare999[99])
  })

  test('uniform: 27 high bits and 26 low bits of two draws', () => {
    const bits = [0xfedcba98, 0x76543210]
    // The state whose first sum of low halves is the first number; the second follows from the algorithm.
    const stream = streamAt([0, bits[0] | 0, 0, 0])
    const paper = published([0, bits[0] | 0, 0, 0])
    const [a, b] = [paper.next().value as number, paper.next().value as number]
    expect(a).toBe(bits[0])
    const exact = ((BigInt(a) >> 5n) << 26n) | (BigInt(b) >> 6n)
    expect(stream.uniform()).toBe(Number(exact) / 2 ** 53)
  })

  test('fillUniform: multiples of 2^-24 below 1, one draw each, 16 classes', () => {
    const [stream, twin] = [new RandomStream(1, 'fill'), new RandomStream(1, 'fill')]
    const values = new Float32Array(64_000)
    stream.fillUniform(values)
    expect([...values].every((value) => value >= 0 && value < 1 && Number.isInteger(value * 2 ** 24))).toBe(true)
    expect([...values.subarray(0, 100)]).toEqual(take(100, () => (twin.uint32() >>> 8) / 2 ** 24))
    const counts = new Array<number>(16).fill(0)
    for (const value of values) counts[Math.floor(value * 16)]++
    expect(chiSquare(counts)).toBeLessThan(chiSquare999[15])
  })

  test('fillUniform piece by piece gives the same as at once', () => {
    const [whole, pieces] = [new RandomStream(4, 'f'), new RandomStream(4, 'f')]
    const [a, b] = [new Float32Array(10), new Float32Array(10)]
    whole.fillUniform(a)
    pieces.fillUniform(b.subarray(0, 3))
    pieces.fillUniform(b.subarray(3))
    expect(b).toEqual(a)
  })

  test('integer: 7 classes; within range', async () => {
    const stream = new RandomStream(1, 'integer')
    const counts = new Array<number>(7).fill(0)
    for (let i = 0; i < 70_000; i++) counts[stream.integer(7)]++
    expect(chiSquare(counts)).toBeLessThan(chiSquare999[6])
    expect(stream.integer(1)).toBe(0)
    expect(await failure(() => stream.integer(0))).toBe('usage: n is 0, expected a whole number from 1 up')
  })

  test('integer has no bias: of [0, 3·2^30) a third lies below 2^30, where a plain remainder would give a half', () => {
    const stream = new RandomStream(1, 'bias')
    const below = take(30_000, () => stream.integer(3 * 2 ** 30)).filter((n) => n < 2 ** 30).length
    // 5 standard deviations: 5·√(30000·⅓·⅔) = 408.
    expect(Math.abs(below - 10_000)).toBeLessThan(408)
  })

  test('normal: moments of 200,000 draws within 5 standard errors, and 5% outside ±1.96', () => {
    const n = 200_000
    const stream = new RandomStream(1, 'normal')
    const draws = take(n, () => stream.normal())
    const moment = (k: number) => draws.reduce((sum, x) => sum + x ** k, 0) / n
    // Standard errors of the first four moments of a normal sample: √(1/n), √(2/n), √(15/n), √(96/n) (moments 1, 0, 3, 15, 105).
    expect(Math.abs(moment(1))).toBeLessThan(5 * Math.sqrt(1 / n))
    expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / n))
    expect(Math.abs(moment(3))).toBeLessThan(5 * Math.sqrt(15 / n))
    expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96 / n))
    const outside = draws.filter((x) => Math.abs(x) > 1.959964).length
    expect(Math.abs(outside / n - 0.05)).toBeLessThan(5 * Math.sqrt((0.05 * 0.95) / n))
    const [a, b] = [new RandomStream(2, 'n'), new RandomStream(2, 'n')]
    a.normal()
    a.normal()
    b.state = streamAt(a.state).state
    expect(b.normal()).toBe(a.normal()) // no second number of a pair is hidden outside the state
  })

  test('permutation: all 24 orders of 4, of 48,000, equally often', () => {
    const stream = new RandomStream(1, 'permutation')
    const counts = new Map<string, number>()
    for (let i = 0; i < 48_000; i++) {
      const order = stream.permutation(4).join('')
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect(counts.size).toBe(24)
    expect(chiSquare([...counts.values()])).toBeLessThan(chiSquare999[23])
  })

  test('permutation: every number once, also of none and one', () => {
    const stream = new RandomStream(1, 'p')
    expect([...stream.permutation(1000)].sort((a, b) => a - b)).toEqual(
      take(
        1000,
        (
          (i) => () =>
            i++
        )(0),
      ),
    )
    expect([...stream.permutation(0)]).toEqual([])
    expect([...stream.permutation(1)]).toEqual([0])
  })
})

describe('independence', () => {
  test('streams of other names, and of other seeds, are not correlated', () => {
    const n = 10_000
    const draws = (seed: number, name: string) => {
      const stream = new RandomStream(seed, name)
      return take(n, () => stream.uniform() - 0.5)
    }
    const correlation = (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + x * b[i], 0) / (n / 12)
    const first = draws(1, 'init/dense1.weight')
    const others: [number, string][] = [
      [1, 'init/dense1.bias'],
      [1, 'init/dense2.weight'],
      [2, 'init/dense1.weight'],
      [11, 'init/dense1.weight'],
      [1, 'shuffle/epoch-0'],
    ]
    // The correlation of n independent pairs has the standard deviation 1/√n.
    for (const [seed, name] of others)
      expect(Math.abs(correlation(first, draws(seed, name)))).toBeLessThan(4 / Math.sqrt(n))
  })

  test('the first numbers of 16,000 neighbouring names and seeds are spread evenly', () => {
    for (const make of [
      (i: number) => new RandomStream(0, `shuffle/epoch-${i}`),
      (i: number) => new RandomStream(i, 'init/dense1.weight'),
    ]) {
      const counts = new Array<number>(16).fill(0)
      for (let i = 0; i < 16_000; i++) counts[make(i).uint32() >>> 28]++
      expect(chiSquare(counts)).toBeLessThan(chiSquare999[15])
    }
  })

  test('drawing from one changes nothing in another', () => {
    const [a, b] = [new RandomStream(1, 'a'), new RandomStream(1, 'b')]
    const expected = new RandomStream(1, 'b').uint32()
    take(100, () => a.uint32())
    expect(b.uint32()).toBe(expected)
  })
})
