/** @file How Parquet encodes the values of a page: plain, runs and bit-packing, deltas, split streams. Encodings.md. */
import type { ParquetColumn } from './parquet-file.ts'

/** A value before its meaning is known. */
export type Raw = number | bigint | Uint8Array

/** The unpacked bytes of a page, read from the front. */
export class PageBytes {
  at = 0
  readonly bytes: Uint8Array
  readonly view: DataView
  /** Makes the error for a page that is damaged. */
  readonly fail: (message: string) => Error

  constructor(bytes: Uint8Array, fail: (message: string) => Error) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.fail = fail
  }

  get left(): number {
    return this.bytes.length - this.at
  }

  take(length: number): Uint8Array {
    if (!(length >= 0 && length <= this.left)) throw this.fail(`${length} bytes are expected, ${this.left} are left`)
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }

  uint32(): number {
    const [a, b, c, d] = this.take(4)
    return a + b * 2 ** 8 + c * 2 ** 16 + d * 2 ** 24
  }

  varint(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const [byte] = this.take(1)
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw this.fail('a number has more than ten bytes')
  }
}

/**
 * `count` values in an encoding that stands for itself (no dictionary).
 *
 * @throws what `page.fail` makes
 */
export function decode(page: PageBytes, encoding: number, column: ParquetColumn, count: number): ArrayLike<Raw> {
  const { type, width } = column
  const isNumber = type in numberWidths
  if (encoding === 0) {
    if (type === 'boolean') return bits(page, 1, count, page.take(Math.ceil(count / 8)))
    if (isNumber) return plainNumbers(page.take(count * numberWidths[type]), type, count)
    return bytesOf(page, count, () => (type === 'fixed' ? width : page.uint32()))
  }
  if (encoding === 3 && type === 'boolean') {
    page.uint32() // the length of what follows, which is all
    return runs(page, 1, count)
  }
  if (encoding === 5 && (type === 'int32' || type === 'int64')) return deltas(page, count, type === 'int32' ? 32 : 64)
  if (encoding === 6 && type === 'bytes') return deltaLengths(page, count)
  if (encoding === 7 && (type === 'bytes' || type === 'fixed')) return deltaStrings(page, count)
  if (encoding === 9 && isNumber) return plainNumbers(joined(page, count, numberWidths[type]), type, count)
  if (encoding === 9 && type === 'fixed') {
    const whole = new PageBytes(joined(page, count, width), page.fail)
    return bytesOf(whole, count, () => width)
  }
  throw page.fail(`the encoding ${encoding} of ${type} is not read`)
}

/** Bytes of one number. */
const numberWidths: Readonly<Record<string, number>> = { int32: 4, int64: 8, float32: 4, float64: 8 }

function plainNumbers(bytes: Uint8Array, type: ParquetColumn['type'], count: number): ArrayLike<Raw> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const read = {
    int32: (i: number) => view.getInt32(4 * i, true),
    int64: (i: number) => view.getBigInt64(8 * i, true),
    float32: (i: number) => view.getFloat32(4 * i, true),
    float64: (i: number) => view.getFloat64(8 * i, true),
  }[type as 'int32' | 'int64' | 'float32' | 'float64'] as (i: number) => Raw
  return Array.from({ length: count }, (_, i) => read(i))
}

function bytesOf(page: PageBytes, count: number, length: () => number): Uint8Array[] {
  // Each takes at least a byte, also where its length stands elsewhere, or none of them is worth reading.
  if (count > page.bytes.length) throw page.fail(`${count} values are expected in ${page.bytes.length} bytes`)
  return Array.from({ length: count }, () => page.take(length()))
}

/** Runs of one value, and bit-packed groups of eight. Never more values than `count` come out. */
export function runs(page: PageBytes, width: number, count: number): Uint32Array {
  if (width > 32) throw page.fail(`values have ${width} bits, expected at most 32`)
  const values = new Uint32Array(count)
  for (let filled = 0; filled < count; ) {
    const head = Number(page.varint())
    const length = Math.floor(head / 2)
    if (head % 2 === 1) {
      const taken = Math.min(8 * length, count - filled)
      // The last group may be cut off behind the values that count.
      const packed = page.take(Math.min(length * width, Math.max(page.left, Math.ceil((taken * width) / 8))))
      values.set(bits(page, width, taken, packed), filled)
      filled += taken
      if (length === 0) throw page.fail('a group of values is empty')
    } else {
      if (length === 0 || length > count - filled)
        throw page.fail(`a run has ${length} values, expected 1 to ${count - filled}`)
      let value = 0
      for (const [i, byte] of page.take(Math.ceil(width / 8)).entries()) value += byte * 2 ** (8 * i)
      values.fill(value, filled, filled + length)
      filled += length
    }
  }
  return values
}

/** Numbers of up to 32 bits, one after the other from the lowest bit up. */
function bits(page: PageBytes, width: number, count: number, packed: Uint8Array): Uint32Array {
  if (packed.length * 8 < count * width)
    throw page.fail(`${count} values of ${width} bits are expected in ${packed.length} bytes`)
  const values = new Uint32Array(count)
  for (let i = 0, at = 0; i < count; i++, at += width) {
    const first = at >> 3
    const last = (at + width + 7) >> 3
    let value = 0
    // At most five bytes: 40 bits, which doubles hold exactly.
    for (let k = last - 1; k >= first; k--) value = value * 256 + packed[k]
    values[i] = Math.floor(value / 2 ** (at & 7)) % 2 ** width
  }
  return values
}

/** DELTA_BINARY_PACKED: blocks of differences to the least difference, each miniblock with its own width. */
function deltas(page: PageBytes, count: number, size: 32 | 64): Raw[] {
  const [block, minis, total] = [page.varint(), page.varint(), page.varint()].map(Number)
  const inMini = block / minis
  if (!(Number.isInteger(inMini) && inMini % 8 === 0 && block > 0 && block <= 2 ** 20) || total !== count)
    throw page.fail(
      `deltas come in blocks of ${block} with ${minis} parts for ${total} values, expected ${count} values`,
    )
  const signed = () => {
    const value = page.varint()
    return (value >> 1n) ^ -(value & 1n)
  }
  let value = signed()
  const values: Raw[] = count === 0 ? [] : [size === 32 ? Number(BigInt.asIntN(32, value)) : BigInt.asIntN(64, value)]
  while (values.length < count) {
    const least = signed()
    for (const width of page.take(minis)) {
      if (values.length === count) break
      if (width > 64) throw page.fail(`a delta has ${width} bits, expected at most 64`)
      // A last miniblock is padded; old writers cut it off.
      const packed = page.take(Math.min((inMini * width) / 8, page.left))
      for (let i = 0; i < inMini && values.length < count; i++) {
        if ((i + 1) * width > packed.length * 8) throw page.fail('the deltas end too early')
        value = BigInt.asIntN(64, value + least + wideBits(packed, i * width, width))
        values.push(size === 32 ? Number(BigInt.asIntN(32, value)) : value)
      }
    }
  }
  return values
}

function wideBits(packed: Uint8Array, at: number, width: number): bigint {
  let value = 0n
  for (let k = ((at + width + 7) >> 3) - 1; k >= at >> 3; k--) value = (value << 8n) | BigInt(packed[k])
  return BigInt.asUintN(width, value >> BigInt(at & 7))
}

/** DELTA_LENGTH_BYTE_ARRAY: all lengths, then all bytes. */
function deltaLengths(page: PageBytes, count: number): Uint8Array[] {
  const lengths = deltas(page, count, 32)
  return lengths.map((length) => page.take(Number(length)))
}

/** Bytes at most of the values of one page: each may repeat the one before. */
const mostBytes = 2 ** 28

/** DELTA_BYTE_ARRAY: how much of the value before is kept, then what is added. */
function deltaStrings(page: PageBytes, count: number): Uint8Array[] {
  const kept = deltas(page, count, 32)
  const added = deltaLengths(page, count)
  let previous = new Uint8Array()
  let bytes = 0
  return added.map((end, i) => {
    const length = Number(kept[i])
    if (!(length >= 0 && length <= previous.length))
      throw page.fail(`a text keeps ${length} of ${previous.length} bytes`)
    bytes += length + end.length
    if (bytes > mostBytes) throw page.fail(`its texts have more than ${mostBytes} bytes`)
    const value = new Uint8Array(length + end.length)
    value.set(previous.subarray(0, length))
    value.set(end, length)
    previous = value
    return value
  })
}

/** BYTE_STREAM_SPLIT: all first bytes, then all second bytes, ... */
function joined(page: PageBytes, count: number, width: number): Uint8Array {
  const split = page.take(count * width)
  const whole = new Uint8Array(split.length)
  for (let b = 0; b < width; b++) for (let i = 0; i < count; i++) whole[i * width + b] = split[b * count + i]
  return whole
}
