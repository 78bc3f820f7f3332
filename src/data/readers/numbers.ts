/** @file Numbers as binary files hold them, of each width and both byte orders, become the data of tensors. */
import { type DataOf, type DType, type Shape, sizeOf, type Tensor, tensor } from '../../base/tensor.ts'

interface NumberLayout {
  readonly bytes: number
  /** The narrowest of the tensor dtypes that holds every value (uint64's upper half excepted). */
  readonly dtype: DType
  readonly read: (view: DataView, at: number, little: boolean) => number | bigint
}

/** How each type of number lies in a file, by numpy's names. */
export const numberTypes = {
  bool: { bytes: 1, dtype: 'bool', read: (view, at) => Number(view.getUint8(at) !== 0) },
  int8: { bytes: 1, dtype: 'int32', read: (view, at) => view.getInt8(at) },
  uint8: { bytes: 1, dtype: 'uint8', read: (view, at) => view.getUint8(at) },
  int16: { bytes: 2, dtype: 'int32', read: (view, at, little) => view.getInt16(at, little) },
  uint16: { bytes: 2, dtype: 'int32', read: (view, at, little) => view.getUint16(at, little) },
  int32: { bytes: 4, dtype: 'int32', read: (view, at, little) => view.getInt32(at, little) },
  uint32: { bytes: 4, dtype: 'int64', read: (view, at, little) => BigInt(view.getUint32(at, little)) },
  int64: { bytes: 8, dtype: 'int64', read: (view, at, little) => view.getBigInt64(at, little) },
  float16: { bytes: 2, dtype: 'float32', read: (view, at, little) => half(view.getUint16(at, little)) },
  float32: { bytes: 4, dtype: 'float32', read: (view, at, little) => view.getFloat32(at, little) },
  float64: { bytes: 8, dtype: 'float64', read: (view, at, little) => view.getFloat64(at, little) },
} as const satisfies Record<string, NumberLayout>

export type NumberType = keyof typeof numberTypes

/** Bytes that a tensor takes in a file. (Header numbers can be so large that their product is no number any more.) */
export function bytesOf(type: NumberType, shape: Shape): number {
  return shape.includes(0) ? 0 : sizeOf(shape) * numberTypes[type].bytes
}

/**
 * Numbers one after the other as a tensor. The caller has checked that there are so many.
 *
 * @param at the byte at which they begin
 */
export function readNumbers(bytes: Uint8Array, at: number, type: NumberType, shape: Shape, little: boolean): Tensor {
  const { bytes: width, dtype, read }: NumberLayout = numberTypes[type]
  const to = tensor(dtype, shape)
  if (type === 'uint8') {
    ;(to.data as Uint8Array).set(bytes.subarray(at, at + to.data.length))
    return to
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const data = to.data as { length: number; [i: number]: number | bigint }
  for (let i = 0, place = at; i < data.length; i++, place += width) data[i] = read(view, place, little)
  return to
}

/** The same values as float32, rounded. */
export function asFloat32(data: DataOf[DType]): Float32Array {
  if (data instanceof Float32Array) return data
  if (!(data instanceof BigInt64Array)) return new Float32Array(data)
  const to = new Float32Array(data.length)
  for (let i = 0; i < data.length; i++) to[i] = Number(data[i])
  return to
}

/** IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits. (Node 22 lacks `DataView.getFloat16`.) */
export function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
