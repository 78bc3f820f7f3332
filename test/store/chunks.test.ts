/** @file A chunk's bytes: the layout by hand, every number bit for bit, and damage that is seen. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Columns, decodeChunk, emptyColumns, encodeChunk } from '../../src/store/chunks.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const columns = (steps: number[], epochs: number[], seconds: number[], values: number[]): Columns => ({
  steps: Float64Array.from(steps),
  epochs: Float64Array.from(epochs),
  seconds: Float64Array.from(seconds),
  values: Float64Array.from(values),
})
/** As text; where a step, epoch or second is NaN, any NaN is the same. */
const bitsOf = ({ steps, epochs, seconds, values }: Columns) => {
  const axes = [steps, epochs, seconds].map((axis) =>
    axis.map((number) => (Number.isNaN(number) ? Number.NaN : number)),
  )
  return [...axes, values].map((column) => hex(new Uint8Array(column.slice().buffer)))
}

function roundTrip(given: Columns): Columns {
  const decoded = emptyColumns(given.values.length)
  decodeChunk(encodeChunk(given, given.values.length), decoded, 0)
  return decoded
}

// By hand, from the layout in chunks.ts and IEEE 754: 1 is 3ff0…, 2 is 4000…, 0.5 is 3fe0…; the lowest byte comes first.
test('little-endian, steps even, epochs and values as they are, seconds an even NaN', () => {
  const given = columns([1, 3, 5], [0.5, 1, 1], [Number.NaN, Number.NaN, Number.NaN], [-0, 1, -Infinity])
  const one = '000000000000f03f'
  const expected = [
    '01' + '05' + '0000' + '03000000', // format, steps and seconds even, three points
    one + '0000000000000040', // steps: from 1 by 2
    '000000000000e03f' + one + one, // epochs
    '000000000000f87f' + '000000000000f87f', // seconds: NaN by NaN
    '0000000000000080' + one + '000000000000f0ff', // values
  ]
  expect(hex(encodeChunk(given, 3))).toBe(expected.join(''))
  expect(bitsOf(roundTrip(given))).toEqual(bitsOf(given))
})

test('a column that is even only by rounding is kept as it is', () => {
  // 0.1 · 3 is 0.30000000000000004, so that [0, 0.1, 0.2, 0.3] is not even, and [0, 0.1, 0.2, 0.1 · 3] is.
  const given = columns([0, 0.1, 0.2, 0.3], [0, 0.1, 0.2, 0.1 * 3], [-0, -0, -0, -0], [1, 2, 3, 4])
  expect(encodeChunk(given, 4)[1]).toBe(0b010)
  expect(bitsOf(roundTrip(given))).toEqual(bitsOf(given))
})

test('all columns come back bit for bit, the bits of a NaN among the values too', () => {
  const number = fc.oneof(fc.double(), fc.constantFrom(-0, 0, Number.NaN, Infinity, -Infinity, 1, 2))
  const column = fc.oneof(
    fc.array(number, { minLength: 40, maxLength: 40 }),
    fc.tuple(number, number).map(([first, by]) => Array.from({ length: 40 }, (_, i) => first + i * by)),
    number.map((constant) => Array.from({ length: 40 }, () => constant)),
  )
  const payload = fc.bigInt(0x7ff0_0000_0000_0001n, 0x7fff_ffff_ffff_ffffn)
  const all = fc.tuple(
    fc.tuple(column, column, column, column),
    payload,
    fc.integer({ min: 1, max: 40 }),
    fc.integer({ min: 0, max: 40 }),
  )
  fc.assert(
    fc.property(all, ([lists, nan, count, skip]) => {
      const whole = columns(...lists)
      new BigUint64Array(whole.values.buffer)[0] = nan
      const [given, decoded] = [emptyColumns(count), emptyColumns(Math.max(0, count - skip) + 2)]
      for (const name of ['steps', 'epochs', 'seconds', 'values'] as const)
        given[name].set(whole[name].subarray(0, count))
      expect(bitsOf(roundTrip(given))).toEqual(bitsOf(given))
      // Somewhere else in the columns, without the first ones, from bytes that lie anywhere.
      if (skip >= count) return
      const shifted = new Uint8Array(encodeChunk(whole, count).length + 3).subarray(3)
      shifted.set(encodeChunk(whole, count))
      decodeChunk(shifted, decoded, -skip)
      expect(bitsOf(decoded).map((text) => text.slice(0, 16 * (count - skip)))).toEqual(
        bitsOf(given).map((text) => text.slice(16 * skip)),
      )
    }),
    { seed: 3, numRuns: 300 },
  )
})

test('damage is seen', () => {
  const bytes = encodeChunk(columns([1, 2, 3], [1, 2, 3], [1, 2, 3], [3, 4, 5]), 3)
  for (const wrong of [
    bytes.slice(0, -1),
    bytes.slice(0, 5),
    new Uint8Array(0),
    bytes.with(0, 2),
    bytes.with(4, 4),
    bytes.with(1, 0),
  ]) {
    expect(() => decodeChunk(wrong, emptyColumns(4), 0)).toThrow('a chunk of a series is damaged')
  }
})
