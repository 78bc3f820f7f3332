/** @file Numbers in the bytes of a record, of each type and both byte orders, as values of an array. */

/** By numpy's names. */
const numbers = {
  uint8: { bytes: 1, read: (view: DataView, at: number) => view.getUint8(at) },
  int8: { bytes: 1, read: (view: DataView, at: number) => view.getInt8(at) },
  uint16: { bytes: 2, read: (view: DataView, at: number, little: boolean) => view.getUint16(at, little) },
  int16: { bytes: 2, read: (view: DataView, at: number, little: boolean) => view.getInt16(at, little) },
  uint32: { bytes: 4, read: (view: DataView, at: number, little: boolean) => view.getUint32(at, little) },
  int32: { bytes: 4, read: (view: DataView, at: number, little: boolean) => view.getInt32(at, little) },
  int64: { bytes: 8, read: (view: DataView, at: number, little: boolean) => Number(view.getBigInt64(at, little)) },
  float32: { bytes: 4, read: (view: DataView, at: number, little: boolean) => view.getFloat32(at, little) },
  float64: { bytes: 8, read: (view: DataView, at: number, little: boolean) => view.getFloat64(at, little) },
} as const

/** How a number lies in a file. */
export type FileNumber = keyof typeof numbers

export const fileNumbers = Object.keys(numbers) as FileNumber[]

export function bytesPerNumber(type: FileNumber): number {
  return numbers[type].bytes
}

/** Copies `count` numbers that begin at byte `at` to the place `start` of an array, which rounds them to its own type. */
export type Decode = (view: DataView, at: number, to: { [i: number]: number }, start: number, count: number) => void

/** @param little the byte order: least significant byte first */
export function decoder(type: FileNumber, little: boolean): Decode {
  // Loops of their own for the two that hold large data: a call for each value costs several times as much.
  if (type === 'uint8')
    return (view, at, to, start, count) => {
      for (let i = 0; i < count; i++) to[start + i] = view.getUint8(at + i)
    }
  if (type === 'float32')
    return (view, at, to, start, count) => {
      for (let i = 0; i < count; i++) to[start + i] = view.getFloat32(at + 4 * i, little)
    }
  const { bytes, read } = numbers[type]
  return (view, at, to, start, count) => {
    for (let i = 0; i < count; i++) to[start + i] = read(view, at + bytes * i, little)
  }
}
