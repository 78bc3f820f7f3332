/** @file Numbers in the bytes of a record become values of an array: no tensor in between. */
import { type NumberType, numberTypes } from './numbers.ts'

/** Copies `count` numbers that begin at byte `at` to the place `start` of an array, which rounds them to its own type. */
export type Decode = (view: DataView, at: number, to: { [i: number]: number }, start: number, count: number) => void

/** @param little the byte order: least significant byte first */
export function decoder(type: NumberType, little: boolean): Decode {
  // Loops of their own for the two that hold large data: a call for each value costs several times as much.
  if (type === 'uint8')
    return (view, at, to, start, count) => {
      for (let i = 0; i < count; i++) to[start + i] = view.getUint8(at + i)
    }
  if (type === 'float32')
    return (view, at, to, start, count) => {
      for (let i = 0; i < count; i++) to[start + i] = view.getFloat32(at + 4 * i, little)
    }
  const { bytes, read } = numberTypes[type]
  return (view, at, to, start, count) => {
    for (let i = 0; i < count; i++) to[start + i] = Number(read(view, at + bytes * i, little))
  }
}
