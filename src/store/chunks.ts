/**
 * @file A piece of a series as bytes. All numbers are little-endian:
 *
 * | bytes | |
 * |---|---|
 * | 1 | format: 1 |
 * | 1 | which columns are even, one bit each from the lowest: steps, epochs, seconds |
 * | 2 | 0 |
 * | 4 | number of points n, unsigned |
 * | each column | steps, epochs, seconds, values: n float64; an even one is two: first and difference, and point i is first + i · difference |
 *
 * Steps are nearly always even, and epochs and seconds that nobody gave are an even NaN: it saves a quarter to three quarters. A
 * column counts as even only where the sum gives back the very same numbers (NaN is one number here). The values never do, so that
 * theirs keep their bits.
 */
import { RappelError } from '../base/errors.ts'

/** Points of a full chunk: 128 KiB at most. The last chunk of a series has fewer, and is rewritten until it is full. */
export const pointsPerChunk = 4096

/** The columns of points, all of one length. */
export interface Columns {
  readonly steps: Float64Array
  readonly epochs: Float64Array
  readonly seconds: Float64Array
  readonly values: Float64Array
}

const header = 8
const format = 1
const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

export function emptyColumns(length: number): Columns {
  const column = () => new Float64Array(length)
  return { steps: column(), epochs: column(), seconds: column(), values: column() }
}

/** @param count how many points of the columns, from the first */
export function encodeChunk({ steps, epochs, seconds, values }: Columns, count: number): Uint8Array {
  const axes = [steps, epochs, seconds].map((column) => column.subarray(0, count))
  const even = axes.map(isEven)
  const numbers = even.reduce((sum, is) => sum + (is ? 2 : count), count)
  const bytes = new Uint8Array(header + 8 * numbers)
  let offset = header
  const put = (column: Float64Array) => {
    new Float64Array(bytes.buffer, offset, column.length).set(column)
    offset += 8 * column.length
  }
  axes.forEach((column, i) => {
    put(even[i] ? Float64Array.of(column[0], difference(column)) : column)
  })
  put(values.subarray(0, count))
  if (!littleEndian) swap(bytes)
  bytes[0] = format
  bytes[1] = even.reduce((bits, is, i) => bits | (is ? 1 << i : 0), 0)
  new DataView(bytes.buffer).setUint32(4, count, true)
  return bytes
}

/**
 * Puts a chunk's points into columns.
 *
 * @param at where its first point goes in them; a negative one leaves out points at its beginning
 * @throws RappelError 'store' when the bytes are damaged
 */
export function decodeChunk(bytes: Uint8Array, columns: Columns, at: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const count = bytes.byteLength < header ? 0 : view.getUint32(4, true)
  const even = [1, 2, 4].map((bit) => (bytes[1] & bit) !== 0)
  const numbers = even.reduce((sum, is) => sum + (is ? 2 : count), count)
  if (count === 0 || bytes[0] !== format || bytes.byteLength !== header + 8 * numbers) {
    throw new RappelError('store', `a chunk of a series is damaged: ${bytes.byteLength} bytes that say ${count} points`)
  }
  const inPlace = littleEndian && bytes.byteOffset % 8 === 0
  const aligned = inPlace ? bytes : bytes.slice()
  if (!littleEndian) swap(aligned)
  const skip = Math.max(0, -at)
  let offset = aligned.byteOffset + header
  const take = (length: number) => {
    const column = new Float64Array(aligned.buffer, offset, length)
    offset += 8 * length
    return column
  }
  ;[columns.steps, columns.epochs, columns.seconds].forEach((target, axis) => {
    if (even[axis]) fill(target, at, skip, count, take(2))
    else target.set(take(count).subarray(skip), at + skip)
  })
  columns.values.set(take(count).subarray(skip), at + skip)
}

function difference(column: Float64Array): number {
  return column.length > 1 ? column[1] - column[0] : 0
}

function isEven(column: Float64Array): boolean {
  const [first] = column
  const by = difference(column)
  for (let i = 0; i < column.length; i++) if (!Object.is(column[i], first + i * by)) return false
  return true
}

function fill(target: Float64Array, at: number, skip: number, count: number, [first, by]: Float64Array): void {
  // NaN by NaN: processors differ in the bits of what a sum of them gives.
  if (Number.isNaN(first)) target.fill(Number.NaN, at + skip, at + count)
  else for (let i = skip; i < count; i++) target[at + i] = first + i * by
}

/** Turns the order of bytes of all numbers behind the header. */
function swap(bytes: Uint8Array): void {
  for (let i = header; i < bytes.length; i += 8) bytes.subarray(i, i + 8).reverse()
}
