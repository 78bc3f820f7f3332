/** @file Initialisers: their variances by the papers' formulas. */
import { describe, expect, test } from 'vitest'
import { RandomStream } from '../../src/base/random.ts'
import {
  constant,
  glorot,
  he,
  type Initialiser,
  identity,
  leCun,
  normal,
  ones,
  orthogonal,
  sparse,
  uniform,
  zeros,
} from '../../src/nn/init.ts'
import { failure } from '../data/failure.ts'

const fans = { fanIn: 300, fanOut: 100 }
const n = fans.fanIn * fans.fanOut
const draw = (init: Initialiser) => init.draw([fans.fanIn, fans.fanOut], fans, new RandomStream(1, 'init/w'))

// Variances: He et al. 2015, eq. 10: 2/300. Glorot and Bengio 2010, eq. 16: 2/(300 + 100). LeCun et al. 1998, eq. 16: 1/300.
const cases: [string, Initialiser, number, 'normal' | 'uniform'][] = [
  ['he', he(), 2 / 300, 'normal'],
  ['he, uniform', he({ distribution: 'uniform' }), 2 / 300, 'uniform'],
  ['glorot', glorot(), 2 / 400, 'uniform'],
  ['glorot, normal', glorot({ distribution: 'normal' }), 2 / 400, 'normal'],
  ['leCun', leCun(), 1 / 300, 'normal'],
  ['leCun, uniform', leCun({ distribution: 'uniform' }), 1 / 300, 'uniform'],
  // A range of ±a has the variance a²/3.
  ['uniform(0.3)', uniform(0.3), 0.03, 'uniform'],
  ['normal(0.2)', normal(0.2), 0.04, 'normal'],
]

describe.each(cases)('%s', (_, init, variance, distribution) => {
  const values = [...draw(init)]
  const moment = (k: number) => values.reduce((sum, value) => sum + (value / Math.sqrt(variance)) ** k, 0) / n
  // Fourth moments: 3 for the normal distribution, 9/5 for the uniform one.
  const fourth = distribution === 'normal' ? 3 : 9 / 5

  test('mean 0 and the variance of the formula, within 5 standard errors (2.9% or 4.1% of it)', () => {
    expect(Math.abs(moment(1))).toBeLessThan(5 / Math.sqrt(n))
    expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt((fourth - 1) / n))
  })
  test('the distribution: its fourth moment, and its bounds', () => {
    expect(Math.abs(moment(4) - fourth)).toBeLessThan(0.05 * fourth)
    const most = Math.max(...values.map(Math.abs))
    const bound = Math.sqrt(3 * variance)
    // For Glorot's uniform: √(6 / (fanIn + fanOut)), as in the paper.
    if (distribution === 'uniform') expect([most <= Math.fround(bound), most > 0.999 * bound]).toEqual([true, true])
    else expect(most).toBeGreaterThan(3.5 * Math.sqrt(variance))
  })
  test('the same stream gives the same; float32', () => {
    expect(draw(init)).toEqual(Float32Array.from(values))
  })
})

test('constants', () => {
  expect([...draw(constant(0.25))]).toEqual(new Array<number>(n).fill(0.25))
  expect([...draw(zeros())]).toEqual(new Array<number>(n).fill(0))
  expect([constant(0.25).name, zeros().name, he().name, uniform(0.1).name]).toEqual([
    'constant(0.25)',
    'zeros',
    'he',
    'uniform(0.1)',
  ])
  expect([...draw(ones())]).toEqual(new Array<number>(n).fill(1))
})

/** [rows, columns] as rows. */
function matrix(init: Initialiser, rows: number, columns: number, seed = 1): number[][] {
  const values = init.draw([rows, columns], fans, new RandomStream(seed, 'init/w'))
  return Array.from({ length: rows }, (_, i) => [...values.subarray(i * columns, (i + 1) * columns)])
}
const product = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, k) => sum + value * b[k], 0)
const turned = (rows: number[][]) => rows[0].map((_, k) => rows.map((row) => row[k]))

describe('orthogonal', () => {
  // Each product of two rows of float32 is off by at most about 2^-24 · √(rows' length) · their entries' size: 1e-6 is ample.
  const expectOrthonormal = (rows: number[][], gain = 1) =>
    rows.forEach((a, i) => {
      rows.forEach((b, j) => {
        expect(Math.abs(product(a, b) - (i === j ? gain ** 2 : 0))).toBeLessThan(1e-6)
      })
    })

  test('rows where they are fewer, columns where those are, both of a square', () => {
    expectOrthonormal(matrix(orthogonal(), 5, 12))
    expectOrthonormal(turned(matrix(orthogonal(), 12, 5)))
    expectOrthonormal(matrix(orthogonal(), 40, 40))
    expectOrthonormal(turned(matrix(orthogonal(), 40, 40)))
    expectOrthonormal(matrix(orthogonal({ gain: 2 }), 4, 4), 2)
  })
  test('a kernel as a matrix [outputs, all others]', () => {
    const values = orthogonal().draw([4, 2, 3, 3], fans, new RandomStream(1, 'init/w'))
    expect(Array.from({ length: 4 }, (_, i) => [...values.subarray(i * 18, (i + 1) * 18)])).toEqual(
      matrix(orthogonal(), 4, 18),
    )
  })
  test('every direction is equally likely: the entries of 2,000 matrices 2×2 have mean 0 and variance ½', () => {
    const drawn = Array.from({ length: 2000 }, (_, seed) => matrix(orthogonal(), 2, 2, seed).flat())
    for (let place = 0; place < 4; place++) {
      const values = drawn.map((entries) => entries[place])
      const mean = values.reduce((sum, x) => sum + x, 0) / 2000
      const square = values.reduce((sum, x) => sum + x * x, 0) / 2000
      // x is the cosine of an angle that is equally likely everywhere: x² has the variance 1/8.
      expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(0.5 / 2000))
      expect(Math.abs(square - 0.5)).toBeLessThan(5 * Math.sqrt(0.125 / 2000))
    }
    // Without the sign correction a determinant of one sign would be the rule.
    const turns = drawn.filter(([a, b, c, d]) => a * d - b * c > 0).length
    expect(Math.abs(turns / 2000 - 0.5)).toBeLessThan(5 * Math.sqrt(0.25 / 2000))
  })
})

describe('sparse', () => {
  const filled = (values: readonly number[]) => values.filter((value) => value !== 0).length

  test('each unit of a dense weight, which is a column, has 15, or as many as asked for', () => {
    expect(new Set(turned(matrix(sparse(), 300, 20)).map(filled))).toEqual(new Set([15]))
    expect(new Set(turned(matrix(sparse({ count: 3 }), 300, 20)).map(filled))).toEqual(new Set([3]))
    expect(new Set(turned(matrix(sparse(), 10, 20)).map(filled))).toEqual(new Set([10]))
  })
  test('each unit of a kernel, which comes first', () => {
    const values = sparse({ count: 4 }).draw([5, 2, 3, 3], fans, new RandomStream(1, 'init/w'))
    for (let unit = 0; unit < 5; unit++) expect(filled([...values.subarray(unit * 18, (unit + 1) * 18)])).toBe(4)
  })
  test('places differ from unit to unit; values are normal, of the deviation asked for', () => {
    const columns = turned(matrix(sparse({ deviation: 0.5 }), 200, 200))
    const places = new Set(columns.map((column) => column.flatMap((value, i) => (value === 0 ? [] : [i])).join()))
    expect(places.size).toBe(200)
    const values = columns.flat().filter((value) => value !== 0)
    const square = values.reduce((sum, value) => sum + value ** 2, 0) / values.length
    expect(Math.abs(square / 0.25 - 1)).toBeLessThan(5 * Math.sqrt(2 / values.length))
  })
})

describe('identity', () => {
  const drawn = (shape: number[], gain?: number) => [
    ...identity(gain === undefined ? {} : { gain }).draw(shape, fans, new RandomStream(1, 'init/w')),
  ]
  test('square and rectangular, by hand', () => {
    expect(drawn([2, 2])).toEqual([1, 0, 0, 1])
    expect(drawn([2, 3], 0.5)).toEqual([0.5, 0, 0, 0, 0.5, 0])
    expect(drawn([3, 2])).toEqual([1, 0, 0, 1, 0, 0])
  })
  test('kernels: a 1 at the centre, channel by channel (torch.nn.init.dirac_)', () => {
    // torch.nn.init.dirac_(torch.empty(3, 2, 3, 2)).flatten().nonzero(): 3, 21
    const ones = (shape: number[]) => drawn(shape).flatMap((value, i) => (value === 0 ? [] : [i]))
    expect(ones([3, 2, 3, 2])).toEqual([3, 21])
    expect(ones([2, 2, 3])).toEqual([1, 10])
  })
})

test('what has no meaning for biases', async () => {
  const stream = new RandomStream(1, 'init/w')
  const hint = 'for biases use init.zeros() or init.constant(value)'
  for (const init of [orthogonal(), sparse(), identity()])
    expect(await failure(() => init.draw([3], fans, stream))).toBe(
      `usage: ${init.name} is for weights of two and more dimensions, got the shape [3] → ${hint}`,
    )
})
test('numbers out of range', async () => {
  expect(await failure(() => uniform(0))).toBe('usage: range is 0, expected a number above 0')
  expect(await failure(() => normal(-1))).toBe('usage: deviation is -1, expected a number above 0')
  expect(await failure(() => orthogonal({ gain: 0 }))).toBe('usage: gain is 0, expected a number above 0')
  expect(await failure(() => sparse({ count: 0 }))).toBe('usage: count is 0, expected a whole number from 1 up')
})
