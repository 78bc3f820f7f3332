/** @file Where the numbers of a row lie in binary files of fixed-size records: what users say, checked and made complete. */
import { checkInteger, checkOptions, show, suggestion, usageError } from '../../base/errors.ts'
import { type Shape, sizeOf } from '../../base/tensor.ts'
import { type Decode, decoder } from './decode.ts'
import { type NumberType, numberTypes } from './numbers.ts'
import type { RecordLayout, Visit } from './record-table.ts'

/** Where records lie. */
export interface RecordPlace {
  /** One file, or several whose records follow each other. */
  path?: string | URL | readonly (string | URL)[]
  /** Bytes before the first record of each file; default 0. */
  header?: number
  /** Bytes from one record to the next; default: to the end of its last field. */
  recordBytes?: number
  /** Default 'little': least significant byte first. */
  byteOrder?: 'little' | 'big'
}

/** Numbers in a record. What is said here of its place goes before what is said for all. */
export interface RecordField extends RecordPlace {
  /** Byte of the record at which they begin; default 0. */
  at?: number
  dtype: NumberType
  /** Of one row; default []: one number. */
  shape?: Shape
}

/** A field with everything that it left to others. */
export interface PlacedField extends RecordLayout {
  readonly at: number
  readonly dtype: NumberType
  readonly shape: Shape
  readonly little: boolean
}

const names = Object.keys({
  path: 0,
  header: 0,
  recordBytes: 0,
  byteOrder: 0,
  at: 0,
  dtype: 0,
  shape: 0,
} satisfies Record<keyof RecordField, 0>)

/** @param what 'inputs' or 'targets', for messages. @throws RappelError 'usage' */
export function placedField(what: string, field: RecordField, all: RecordPlace): PlacedField {
  if (typeof field !== 'object' || field === null)
    throw usageError(`${what} is ${show(field)}, expected where the numbers lie`, `${what}: { at: 0, dtype: 'uint8' }`)
  checkOptions(what, field, names)
  const { path = all.path, header = all.header ?? 0, recordBytes = all.recordBytes } = field
  const { byteOrder = all.byteOrder ?? 'little', at = 0, dtype, shape = [] } = field
  const paths = path === undefined ? [] : [path].flat()
  if (paths.length === 0) throw usageError(`the ${what} have no path`, "say path: 'FILE'")
  if (!Object.hasOwn(numberTypes, dtype))
    throw usageError(
      `${what}.dtype is ${show(dtype)}, which is no type`,
      suggestion(String(dtype), Object.keys(numberTypes)),
    )
  if (byteOrder !== 'little' && byteOrder !== 'big')
    throw usageError(`byteOrder is ${show(byteOrder)}, expected 'little' or 'big'`)
  if (!Array.isArray(shape)) throw usageError(`${what}.shape is ${show(shape)}, expected a list of whole numbers`)
  for (const dim of shape) checkInteger(`${what}.shape`, dim, 1)
  checkInteger('header', header)
  const end = checkInteger(`${what}.at`, at) + sizeOf(shape) * numberTypes[dtype].bytes
  if (recordBytes !== undefined && checkInteger('recordBytes', recordBytes, 1) < end)
    throw usageError(`recordBytes is ${recordBytes}, the ${what} end at byte ${end} of the record`)
  return { paths, header, recordBytes: recordBytes ?? end, at, dtype, shape, little: byteOrder === 'little' }
}

/** Both fields with the same length of record where they lie in the same records. */
export function shareRecords(
  a: PlacedField,
  b: PlacedField,
): { inputs: PlacedField; targets: PlacedField; together: boolean } {
  const together = a.header === b.header && String(a.paths) === String(b.paths)
  if (!together) return { inputs: a, targets: b, together }
  const recordBytes = Math.max(a.recordBytes, b.recordBytes)
  return { inputs: { ...a, recordBytes }, targets: { ...b, recordBytes }, together }
}

/** Copies the field of each record that is visited to its place in an array. */
export function fieldVisitor(field: PlacedField): (to: { [i: number]: number }) => Visit {
  const decode: Decode = decoder(field.dtype, field.little)
  const width = sizeOf(field.shape)
  return (to) => (view, at, k) => decode(view, at + field.at, to, k * width, width)
}
