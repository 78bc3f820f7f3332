/**
 * @file Thrift's compact protocol, in which Parquet writes its headers, as far as Parquet uses it. Every length is compared with
 * what is there before memory is taken for it. Specification: thrift-compact-protocol.md.
 */
import { byteError } from './file.ts'

/** A struct's fields by their numbers. */
export type ThriftStruct = { readonly [field: number]: ThriftValue | undefined }
export type ThriftValue = boolean | number | bigint | Uint8Array | ThriftStruct | readonly ThriftValue[]

/** Structs within structs: Parquet needs about six. */
const deepest = 16

/**
 * Reads one struct.
 *
 * @param end the byte behind the last that it may take
 * @returns its fields, and the byte behind it
 * @throws RappelError 'data' `FILE: byte N: ...`
 */
export function readStruct(
  bytes: Uint8Array,
  at: number,
  end: number,
  file: string,
): { fields: ThriftStruct; next: number } {
  const reader = new Reader(bytes, at, end, file)
  return { fields: reader.struct(0), next: reader.at }
}

class Reader {
  at: number
  readonly #bytes: Uint8Array
  readonly #end: number
  readonly #file: string

  constructor(bytes: Uint8Array, at: number, end: number, file: string) {
    this.#bytes = bytes
    this.at = at
    this.#end = end
    this.#file = file
  }

  fail(message: string): never {
    throw byteError(this.#file, this.at, message)
  }

  byte(): number {
    if (this.at >= this.#end) this.fail('a header ends too early')
    return this.#bytes[this.at++]
  }

  /** Little-endian base 128, at most 64 bits. */
  varint(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte()
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    return this.fail('a number in a header has more than ten bytes')
  }

  /** The signed number that a varint holds: 0, −1, 1, −2, ... */
  signed(): bigint {
    const value = this.varint()
    return (value >> 1n) ^ -(value & 1n)
  }

  /** A number of bytes or values, of which each takes at least one byte. */
  count(): number {
    const count = Number(this.varint())
    if (count > this.#end - this.at)
      this.fail(`a header promises ${count} values, ${this.#end - this.at} bytes are left`)
    return count
  }

  struct(depth: number): ThriftStruct {
    if (depth > deepest) this.fail('a header is nested too deeply')
    const fields: Record<number, ThriftValue> = {}
    let field = 0
    for (;;) {
      const head = this.byte()
      if (head === 0) return fields
      field = head >> 4 === 0 ? Number(this.signed()) : field + (head >> 4)
      const type = head & 0x0f
      // In a struct a boolean's value is its type.
      fields[field] = type === 1 || type === 2 ? type === 1 : this.value(type, depth)
    }
  }

  value(type: number, depth: number): ThriftValue {
    switch (type) {
      case 1:
      case 2:
        return this.byte() === 1
      case 3:
        return (this.byte() << 24) >> 24
      case 4:
      case 5:
        return Number(this.signed())
      case 6:
        return this.signed()
      case 7:
        return this.take(8)
      case 8:
        return this.take(this.count())
      case 9:
        return this.list(depth + 1)
      case 12:
        return this.struct(depth + 1)
      default:
        return this.fail(`a header holds a value of the type ${type}, which Parquet does not use`)
    }
  }

  take(length: number): Uint8Array {
    if (length > this.#end - this.at) this.fail('a header ends too early')
    this.at += length
    return this.#bytes.subarray(this.at - length, this.at)
  }

  list(depth: number): ThriftValue[] {
    if (depth > deepest) this.fail('a header is nested too deeply')
    const head = this.byte()
    let count = head >> 4
    if (count === 15) count = this.count()
    const values: ThriftValue[] = []
    for (let i = 0; i < count; i++) values.push(this.value(head & 0x0f, depth))
    return values
  }
}
