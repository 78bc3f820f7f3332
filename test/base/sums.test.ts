/** @file Sums over many numbers: the WebAssembly loop against a slow one, by hand, and with what is not finite. */
import { expect, test } from 'vitest'
import { RandomStream } from '../../src/base/random.ts'
import { compileSums, plainProducts, plainSums, type Sums } from '../../src/base/sums.ts'

const memory = new WebAssembly.Memory({ initial: 4 })
const sums = compileSums(memory)
const [x, y] = [0, 65536].map((at) => new Float32Array(memory.buffer, at, 10_000))

function fill(length: number, draw: (i: number) => number, other: (i: number) => number = () => 0) {
  x.fill(99)
  y.fill(99)
  for (let i = 0; i < length; i++) [x[i], y[i]] = [draw(i), other(i)]
  return [x.subarray(0, length), y.subarray(0, length)]
}

/** With array methods, of the finite ones. */
function slow(values: readonly number[], centre?: number): Sums {
  const finite = values.filter(Number.isFinite)
  const from = finite.map((value) => (centre === undefined ? Math.abs(value) : value - centre))
  return {
    count: values.length,
    nonFinite: values.length - finite.length,
    first: from.reduce((sum, value) => sum + value, 0),
    second: from.reduce((sum, value) => sum + value ** 2, 0),
    min: Math.min(...finite),
    max: Math.max(...finite),
  }
}

function expectSame(got: Sums, expected: Sums): void {
  expect({ ...got, first: 0, second: 0 }).toEqual({ ...expected, first: 0, second: 0 })
  const scale = Math.sqrt(expected.second * expected.count)
  expect(Math.abs(got.first - expected.first)).toBeLessThanOrEqual(1e-12 * scale)
  expect(Math.abs(got.second - expected.second)).toBeLessThanOrEqual(1e-12 * expected.second)
}

test.each([0, 1, 2, 3, 4, 5, 7, 8, 9, 1003, 10_000])('%i numbers', (length) => {
  const stream = new RandomStream(length, 'sums')
  const [a, b] = fill(
    length,
    () => 3 + stream.normal(),
    () => stream.normal(),
  )
  const differences = Array.from(a, (value, i) => Math.fround(value - b[i]))
  expectSame(sums.magnitudes(a), slow([...a]))
  expectSame(sums.about(a, 2.5), slow([...a], 2.5))
  expectSame(sums.ofDifference(a, b), slow(differences))
  expectSame(plainSums(a, { minus: b }), slow(differences))
  const over = (term: (x: number, y: number) => number) => [...a].reduce((sum, value, i) => sum + term(value, b[i]), 0)
  const products = [over((x, y) => x * y), over((x) => x * x), over((_, y) => y * y)]
  sums.products(a, b).forEach((value, i) => expect(value).toBeCloseTo(products[i], 7))
  plainProducts(a, b).forEach((value, i) => expect(value).toBeCloseTo(products[i], 7))
})

test('squares of the smallest and largest float32 numbers neither vanish nor overflow', () => {
  const [small] = fill(8, () => 1e-30)
  expect(Math.sqrt(sums.magnitudes(small).second)).toBeCloseTo(Math.sqrt(8) * Math.fround(1e-30), 40)
  const [large] = fill(8, () => -3e38)
  expect(Math.sqrt(sums.magnitudes(large).second) / (Math.sqrt(8) * Math.fround(3e38))).toBeCloseTo(1, 12)
})

test('a mean of 1e6 with a deviation of 1 about a near centre: the deviation is right', () => {
  const [a] = fill(1000, (i) => 1e6 + (i % 2 === 0 ? 1 : -1))
  const { first, second, count } = sums.about(a, 1e6 + 0.25)
  expect(second / count - (first / count) ** 2).toBe(1)
})

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('one %d among others', (odd) => {
  for (const at of [0, 5, 9]) {
    const [a, b] = fill(10, (i) => (i === at ? odd : i - 4))
    const values = [...a]
    expectSame(sums.magnitudes(a), slow(values))
    expectSame(sums.about(a, 1), slow(values, 1))
    expectSame(sums.ofDifference(a, b), slow(values))
    expect(sums.magnitudes(a).nonFinite).toBe(1)
  }
})

test('nothing finite', () => {
  const [a] = fill(5, () => Number.NaN)
  expect(sums.magnitudes(a)).toEqual({ count: 5, nonFinite: 5, first: 0, second: 0, min: Infinity, max: -Infinity })
})
