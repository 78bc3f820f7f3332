/** @file The pages of a Parquet column: headers, compression, missing values, dictionaries. */
import { byteError } from './file.ts'
import { decode, PageBytes, type Raw, runs } from './parquet-encodings.ts'
import type { ParquetChunk, ParquetColumn } from './parquet-file.ts'
import { unsnappy } from './snappy.ts'
import { readStruct, type ThriftStruct } from './thrift.ts'

/** Bytes at most of one page, unpacked. Writers make pages of about a mebibyte. */
const largestPage = 2 ** 28

const codecs = ['uncompressed', 'Snappy', 'gzip', 'LZO', 'Brotli', 'LZ4', 'zstd', 'LZ4 (raw)'] as const

type Unpack = (bytes: Uint8Array, length: number) => Uint8Array | undefined

/** How to unpack what was packed by each codec; Node brings them, but for Snappy. LZO and LZ4 are rare. */
export async function unpackers(): Promise<readonly (Unpack | undefined)[]> {
  const { brotliDecompressSync, gunzipSync, zstdDecompressSync } = await import('node:zlib')
  const bounded =
    (unpack: (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array): Unpack =>
    (bytes, length) => {
      try {
        return unpack(bytes, { maxOutputLength: Math.max(length, 1) })
      } catch {
        return undefined
      }
    }
  return [
    (bytes) => bytes,
    unsnappy,
    bounded(gunzipSync),
    undefined,
    bounded(brotliDecompressSync),
    undefined,
    bounded(zstdDecompressSync),
    undefined,
  ]
}

export interface ColumnRead<T> {
  readonly bytes: Uint8Array
  readonly file: string
  readonly column: ParquetColumn
  readonly unpack: readonly (Unpack | undefined)[]
  /** What a value means; called once for each entry of a dictionary. */
  readonly convert: (raw: Raw) => T
  /** Gets every row of the chunk in turn; undefined where the value is missing. */
  readonly visit: (row: number, value: T | undefined) => void
}

/**
 * Reads one column of one row group.
 *
 * @param rows how many there must be
 * @throws RappelError 'data' `FILE: byte N: column 'NAME': ...`
 */
export function readChunk<T>(read: ColumnRead<T>, { codec, start, end }: ParquetChunk, rows: number): void {
  const { bytes, file, column } = read
  let dictionary: readonly T[] | undefined
  let row = 0
  for (let at = start; row < rows; ) {
    const fail = (message: string, hint?: string) => byteError(file, at, `column '${column.name}': ${message}`, hint)
    if (at >= end) throw fail(`the pages hold ${row} rows, expected ${rows}`)
    const { fields, next } = readStruct(bytes, at, end, file)
    const [kind, size, packed] = [fields[1], fields[2], fields[3]].map(Number)
    if (!(packed >= 0 && next + packed <= end)) throw fail(`a page has ${packed} bytes, ${end - next} are left`)
    if (!(size >= 0 && size <= largestPage))
      throw fail(`a page unpacks to ${size} bytes, expected at most ${largestPage}`)
    const body = bytes.subarray(next, next + packed)
    const unpack = (part: Uint8Array, length: number) => unpacked(read.unpack, codec, part, length, fail)
    if (kind === 2) dictionary = dictionaryOf(read, fields, new PageBytes(unpack(body, size), fail))
    else if (kind === 0 || kind === 3) {
      const page =
        kind === 0
          ? firstForm(fields, unpack(body, size), column, fail)
          : secondForm(fields, body, size, column, unpack, fail)
      if (!(page.rows >= 0 && page.rows <= rows - row))
        throw fail(`a page has ${page.rows} rows, expected at most ${rows - row}`)
      visitPage(read, page, dictionary, row)
      row += page.rows
    } else if (kind !== 1) throw fail(`a page is of the kind ${kind}, which is not read`)
    at = next + packed
  }
}

type Fail = (message: string, hint?: string) => Error

function unpacked(
  unpack: readonly (Unpack | undefined)[],
  codec: number,
  bytes: Uint8Array,
  length: number,
  fail: Fail,
): Uint8Array {
  const one = unpack[codec]
  if (one === undefined)
    throw fail(
      `it is packed by ${codecs[codec] ?? `codec ${codec}`}, which is not read`,
      'write the file with Snappy, gzip, Brotli, zstd or no compression',
    )
  const found = one(bytes, length)
  if (found?.length === length) return found
  throw fail(`a page does not unpack (${codecs[codec]}) to the ${length} bytes that its header says`)
}

interface Page {
  readonly rows: number
  readonly encoding: number
  /** Levels and values, or the values alone. */
  readonly values: PageBytes
  /** Where the levels lie, for a column whose values may be missing. */
  readonly levels?: PageBytes
}

/** A data page whose levels and values are packed together. */
function firstForm(fields: ThriftStruct, bytes: Uint8Array, { optional }: ParquetColumn, fail: Fail): Page {
  const header = (fields[5] ?? {}) as ThriftStruct
  const values = new PageBytes(bytes, fail)
  const common = { rows: Number(header[1]), encoding: Number(header[2]), values }
  if (!optional) return common
  if (header[3] !== 3) throw fail(`the encoding ${header[3]} of missing values is not read`)
  return { ...common, levels: new PageBytes(values.take(values.uint32()), fail) }
}

/** A data page of version 2: the levels lie in front and are not packed. */
function secondForm(
  fields: ThriftStruct,
  body: Uint8Array,
  size: number,
  { optional }: ParquetColumn,
  unpack: (part: Uint8Array, length: number) => Uint8Array,
  fail: Fail,
): Page {
  const header = (fields[8] ?? {}) as ThriftStruct
  const [levels, repetition] = [header[5] ?? 0, header[6] ?? 0].map(Number)
  const front = levels + repetition
  if (!(levels >= 0 && repetition >= 0 && front <= body.length && front <= size))
    throw fail(`its levels have ${front} bytes, the page has ${body.length}`)
  const rest = body.subarray(front)
  const common = {
    rows: Number(header[1]),
    encoding: Number(header[4]),
    values: new PageBytes(header[7] === false ? rest : unpack(rest, size - front), fail),
  }
  return optional ? { ...common, levels: new PageBytes(body.subarray(repetition, front), fail) } : common
}

function dictionaryOf<T>({ column, convert }: ColumnRead<T>, fields: ThriftStruct, page: PageBytes): T[] {
  const count = Number(((fields[7] ?? {}) as ThriftStruct)[1])
  if (!(count >= 0 && count <= page.bytes.length))
    throw page.fail(`a dictionary has ${count} values in ${page.bytes.length} bytes`)
  return Array.from(decode(page, 0, column, count), convert)
}

function visitPage<T>(read: ColumnRead<T>, page: Page, dictionary: readonly T[] | undefined, row: number): void {
  const { rows, encoding, values, levels } = page
  const present = levels === undefined ? undefined : runs(levels, 1, rows)
  const count = present === undefined ? rows : present.reduce((sum, level) => sum + level, 0)
  const valueAt =
    encoding === 2 || encoding === 8
      ? fromDictionary(values, dictionary, count)
      : converted(read, values, encoding, count)
  for (let i = 0, k = 0; i < rows; i++) read.visit(row + i, present?.[i] === 0 ? undefined : valueAt(k++))
}

function converted<T>(
  { column, convert }: ColumnRead<T>,
  page: PageBytes,
  encoding: number,
  count: number,
): (i: number) => T {
  const raw = decode(page, encoding, column, count)
  return (i) => convert(raw[i])
}

function fromDictionary<T>(page: PageBytes, dictionary: readonly T[] | undefined, count: number): (i: number) => T {
  if (dictionary === undefined) throw page.fail('a page refers to a dictionary that is not there')
  const indices = count === 0 ? [] : runs(page, page.take(1)[0], count)
  return (i) => {
    if (indices[i] < dictionary.length) return dictionary[indices[i]]
    throw page.fail(`a value is number ${indices[i]} of a dictionary of ${dictionary.length}`)
  }
}
