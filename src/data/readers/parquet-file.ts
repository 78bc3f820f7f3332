/** @file What a Parquet file says of itself at its end: columns, row groups, and where each column's pages lie. parquet.thrift. */
import { dataError } from '../error.ts'
import { byteError } from './file.ts'
import { readStruct, type ThriftStruct, type ThriftValue } from './thrift.ts'

/** How values lie in the file, in the order of their numbers there. */
const physicalTypes = ['boolean', 'int32', 'int64', 'int96', 'float32', 'float64', 'bytes', 'fixed'] as const
export type PhysicalType = (typeof physicalTypes)[number]

/** A column at the top level. */
export interface ParquetColumn {
  readonly name: string
  readonly type: PhysicalType
  /** What the values mean; anything else is named for the message. */
  readonly meaning: 'number' | 'text' | { readonly other: string }
  /** Whether values may be missing. */
  readonly optional: boolean
  /** Bytes of a 'fixed' value. */
  readonly width: number
  readonly unsigned: boolean
  /** Whether a 'fixed' value is a number of IEEE 754's 16-bit form. */
  readonly float16: boolean
  /** Decimal digits behind the point. */
  readonly scale: number
  /** Which of a row group's columns it is. */
  readonly leaf: number
}

/** The pages of one column in one row group. */
export interface ParquetChunk {
  readonly codec: number
  readonly start: number
  readonly end: number
}

export interface ParquetFile {
  readonly columns: readonly ParquetColumn[]
  readonly groups: readonly { readonly rows: number; readonly chunks: readonly ParquetChunk[] }[]
  readonly rows: number
}

/** 'PAR1' at both ends, before the second the length of what is said. */
const mark = 0x31524150
const encryptedMark = 0x45524150

/** A file with more rows a byte than this is damaged: only constant columns take less. */
const mostRowsPerByte = 1024

/**
 * @param file stands in messages
 * @throws RappelError 'data' `FILE: byte N: ...` when it is no Parquet file, damaged or encrypted
 */
export function parquetFile(bytes: Uint8Array, file: string): ParquetFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = bytes.length - 8
  if (end < 4 || view.getUint32(0, true) !== mark)
    throw byteError(file, 0, "this is no Parquet file, expected it to begin with 'PAR1'")
  if (view.getUint32(end + 4, true) === encryptedMark)
    throw dataError(`${file} is encrypted, expected a plain Parquet file`)
  if (view.getUint32(end + 4, true) !== mark)
    throw byteError(file, end + 4, "expected 'PAR1' at the end", 'the file is cut short: fetch it again')
  const length = view.getUint32(end, true)
  if (length > end - 4) throw byteError(file, end, `the description has ${length} bytes, the file has ${bytes.length}`)
  const start = end - length
  const { fields } = readStruct(bytes, start, end, file)
  const fail = (message: string) => byteError(file, start, `the file's description ${message}`)
  const columns = topColumns(structs(fields[2]), fail)
  const rows = Number(fields[3])
  const groups = structs(fields[4]).map((group) => ({
    rows: Number(group[3]),
    // Without rows nothing need be there.
    chunks: Number(group[3]) === 0 ? [] : structs(group[1]).map((column) => chunkOf(column, end, fail)),
  }))
  const sum = groups.reduce((total, group) => total + group.rows, 0)
  if (!groups.every((group) => Number.isSafeInteger(group.rows) && group.rows >= 0) || rows !== sum)
    throw fail(`says ${fields[3]} rows, its row groups have ${sum}`)
  if (rows > mostRowsPerByte * bytes.length) throw fail(`says ${rows} rows, the file has only ${bytes.length} bytes`)
  for (const { rows: here, chunks } of groups) {
    if (here > 0 && columns.some(({ leaf }) => leaf >= chunks.length)) throw fail('lacks a column in a row group')
  }
  return { columns, groups, rows }
}

function structs(value: ThriftValue | undefined): readonly ThriftStruct[] {
  return Array.isArray(value) ? value.map((one) => (typeof one === 'object' ? (one as ThriftStruct) : {})) : []
}

function struct(value: ThriftValue | undefined): ThriftStruct {
  return typeof value === 'object' && !Array.isArray(value) ? (value as ThriftStruct) : {}
}

function text(value: ThriftValue | undefined): string {
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : ''
}

/** The schema lies flat, parents before their children, each with the number of these. */
function topColumns(elements: readonly ThriftStruct[], fail: (message: string) => Error): ParquetColumn[] {
  const columns: ParquetColumn[] = []
  let leaf = 0
  for (let at = 1; at < elements.length; ) {
    const column = columnOf(elements[at], leaf)
    columns.push(column)
    // Passes over whatever lies below it.
    for (let open = 1; open > 0; open--, at++) {
      if (at >= elements.length) throw fail('lacks a part of the schema')
      const children = Number(elements[at][5] ?? 0)
      open += children
      if (children === 0) leaf++
      if (!(children >= 0) || open > elements.length) throw fail('lacks a part of the schema')
    }
  }
  if (columns.length !== Number(elements[0]?.[5] ?? 0) || columns.length === 0)
    throw fail('has no columns that fit together')
  const second = columns.findIndex(({ name }, i) => columns.findIndex((other) => other.name === name) !== i)
  if (second !== -1) throw fail(`has two columns named '${columns[second].name}'`)
  return columns
}

function columnOf(element: ThriftStruct, leaf: number): ParquetColumn {
  const type = physicalTypes[Number(element[1] ?? 0)] ?? 'int96'
  const logical = struct(element[10])
  return {
    name: text(element[4]),
    type,
    meaning:
      Number(element[5] ?? 0) > 0 || element[3] === 2 ? { other: 'nested values' } : meaningOf(type, element, logical),
    optional: element[3] === 1,
    width: Number(element[2] ?? 0),
    unsigned: logical[10] === undefined ? isConverted(element, 11, 14) : struct(logical[10])[2] === false,
    float16: logical[15] !== undefined,
    scale: Number(struct(logical[5])[1] ?? element[7] ?? 0),
    leaf,
  }
}

function isConverted(element: ThriftStruct, from: number, to: number): boolean {
  const converted = element[6]
  return typeof converted === 'number' && converted >= from && converted <= to
}

/** From the logical type, or the older converted type. */
function meaningOf(type: PhysicalType, element: ThriftStruct, logical: ThriftStruct): ParquetColumn['meaning'] {
  if (logical[5] !== undefined || isConverted(element, 5, 5)) return type === 'int96' ? { other: 'values' } : 'number'
  if (logical[6] !== undefined || isConverted(element, 6, 6)) return { other: 'dates' }
  if (logical[7] !== undefined || isConverted(element, 7, 8)) return { other: 'times' }
  if (logical[8] !== undefined || isConverted(element, 9, 10) || type === 'int96') return { other: 'points in time' }
  if (logical[12] !== undefined || isConverted(element, 19, 20)) return { other: 'JSON' }
  if (logical[15] !== undefined && type === 'fixed' && element[2] === 2) return 'number'
  if (type === 'fixed') return { other: 'bytes' }
  return type === 'bytes' ? 'text' : 'number'
}

function chunkOf(column: ThriftStruct, fileEnd: number, fail: (message: string) => Error): ParquetChunk {
  const meta = struct(column[3])
  const [codec, size, data, dictionary] = [meta[4], meta[7], meta[9], meta[11] ?? 0n].map(Number)
  const start = dictionary > 0 && dictionary < data ? dictionary : data
  const end = start + size
  if (column[1] !== undefined) throw fail(`places a column in another file, ${text(column[1])}`)
  if (!(Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 4 && end >= start && end <= fileEnd))
    throw fail(`places a column at bytes ${start} to ${end}, outside the file`)
  return { codec, start, end }
}
