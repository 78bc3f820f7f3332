/** @file npy, the format of one numpy array: a text header, then the values. NEP 1, versions 1 to 3. */
import { type DType, type Shape, sizeOf, type Tensor } from '../../base/tensor.ts'
import { dataError } from '../error.ts'
import { byteError, fileText, readMeasured } from './file.ts'
import { bytesOf, type NumberType, readNumbers } from './numbers.ts'

/** `\x93NUMPY`, two bytes of version, and the length of the text in two bytes or four. */
const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]

/** A header describes one dtype and at most 64 dimensions. */
const longestHeader = 2 ** 16 + 12

const types: Readonly<Record<string, NumberType | 'uint64'>> = {
  b1: 'bool',
  i1: 'int8',
  u1: 'uint8',
  i2: 'int16',
  u2: 'uint16',
  i4: 'int32',
  u4: 'uint32',
  i8: 'int64',
  u8: 'uint64',
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
}

const others: Readonly<Record<string, string>> = {
  O: 'Python objects, which only Python can read',
  U: 'text',
  S: 'bytes',
  a: 'bytes',
  c: 'complex numbers',
  M: 'dates',
  m: 'durations',
  V: 'records',
}

interface Header {
  readonly type: NumberType
  /** uint64 is read as int64, and its upper half refused. */
  readonly unsigned: boolean
  readonly little: boolean
  readonly columnMajor: boolean
  readonly shape: Shape
  readonly dataAt: number
}

/**
 * Reads a .npy file, plain or packed with gzip. Arrays in Fortran's order are turned into row-major ones.
 *
 * @returns float32 (also for float16), float64, int32 (also for int8, int16, uint16), int64 (also for uint32 and uint64), uint8 or bool
 * @throws RappelError 'data' `FILE: byte N: ...` when the header is none, the file is shorter or longer than it says, or the
 *   array holds no numbers
 * @see numpy.lib.format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export async function readNpy(path: string | URL): Promise<Tensor> {
  const bytes = await readMeasured(path, longestHeader, npyLength)
  return parseNpy(bytes, fileText(path))
}

/** Bytes that a .npy file has as a whole, from its beginning. */
export function npyLength(start: Uint8Array, file: string): number {
  const { type, shape, dataAt } = header(start, file)
  return dataAt + bytesOf(type, shape)
}

/** The array in the bytes of a .npy file, whose length was checked. @param file stands in messages */
export function parseNpy(bytes: Uint8Array, file: string): Tensor {
  const { type, unsigned, little, columnMajor, shape, dataAt } = header(bytes, file)
  const read = readNumbers(bytes, dataAt, type, shape, little)
  if (unsigned) {
    const large = (read.data as BigInt64Array).findIndex((value) => value < 0n)
    if (large !== -1)
      throw byteError(
        file,
        dataAt + 8 * large,
        `${BigInt.asUintN(64, BigInt(read.data[large]))}, expected a number below 2^63`,
      )
  }
  return columnMajor && shape.length > 1 ? rowMajor(read) : read
}

/**
 * Writes a tensor as a .npy file (version 1, little-endian, row-major), which `numpy.load` reads.
 *
 * @throws RappelError 'data' when the file cannot be written
 */
export async function writeNpy(path: string | URL, values: Tensor): Promise<void> {
  const { writeFile } = await import('node:fs/promises')
  try {
    await writeFile(path, npyBytes(values))
  } catch (cause) {
    throw dataError(`${fileText(path)} cannot be written: ${(cause as Error).message}`, 'check the path', { cause })
  }
}

const codes: Record<DType, string> = {
  float32: '<f4',
  float64: '<f8',
  int32: '<i4',
  int64: '<i8',
  uint8: '|u1',
  bool: '|b1',
}

function npyBytes({ dtype, shape, data }: Tensor): Uint8Array {
  const text = `{'descr': '${codes[dtype]}', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`
  // The values begin at a multiple of 64 bytes; the text ends in a line feed.
  const dataAt = Math.ceil((10 + text.length + 1) / 64) * 64
  const head = `${text.padEnd(dataAt - 11)}\n`
  const to = new Uint8Array(dataAt + data.byteLength)
  to.set([...magic, 1, 0, head.length & 0xff, head.length >> 8])
  to.set(new TextEncoder().encode(head), 10)
  to.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), dataAt)
  return to
}

function header(bytes: Uint8Array, file: string): Header {
  const wrong = magic.findIndex((byte, i) => bytes[i] !== byte)
  if (wrong !== -1) throw byteError(file, wrong, "this is no .npy file, expected it to begin with '\\x93NUMPY'")
  const [major] = bytes.subarray(6)
  if (!(major >= 1 && major <= 3)) throw byteError(file, 6, `the version is ${major ?? 'missing'}, expected 1, 2 or 3`)
  const textAt = major === 1 ? 10 : 12
  if (bytes.length < textAt) throw byteError(file, bytes.length, 'the file ends within its header')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true)
  const dataAt = textAt + length
  if (dataAt > longestHeader) throw byteError(file, 8, `the header has ${length} bytes, expected some hundreds`)
  if (dataAt > bytes.length) throw byteError(file, bytes.length, `the file ends within its header of ${length} bytes`)
  const text = new TextDecoder('latin1').decode(bytes.subarray(textAt, dataAt))
  return { ...described(text, file, textAt), dataAt }
}

/** What the header's text says: a Python dictionary of three entries. */
function described(text: string, file: string, at: number): Omit<Header, 'dataAt'> {
  const descr = /'descr'\s*:\s*('[^']*'|\[)/.exec(text)?.[1]
  const order = /'fortran_order'\s*:\s*(True|False)\b/.exec(text)?.[1]
  const dims = /'shape'\s*:\s*\(([\d\sL,]*)\)/.exec(text)?.[1]
  if (descr === undefined || order === undefined || dims === undefined)
    throw byteError(
      file,
      at,
      `the header lacks ${descr === undefined ? 'descr' : order === undefined ? 'fortran_order' : 'shape'}`,
    )
  if (descr === '[') throw byteError(file, at, 'the array holds records, expected numbers', takeColumns)
  const [, byteOrder, code] = /^'([<>|=]?)(.*)'$/.exec(descr) ?? []
  const type = types[code]
  if (type === undefined)
    throw byteError(
      file,
      at,
      `the array holds ${others[code?.[0]] ?? `values of the type ${descr}`}, expected numbers`,
      takeColumns,
    )
  const shape = dims.split(',').flatMap((dim) => (dim.trim() === '' ? [] : [Number.parseInt(dim, 10)]))
  if (shape.length > 64 || !shape.every(Number.isSafeInteger))
    throw byteError(file, at, `the shape is (${dims.slice(0, 80)}), expected at most 64 whole numbers`)
  const unsigned = type === 'uint64'
  return {
    type: unsigned ? 'int64' : type,
    unsigned,
    little: byteOrder !== '>',
    columnMajor: order === 'True',
    shape,
  }
}

const takeColumns = 'save numbers: numpy.save(file, array.astype("float32"))'

/** Values that lie with the first index fastest, put in the order of the last index fastest. */
function rowMajor({ dtype, shape, data }: Tensor): Tensor {
  const to = data.slice() as typeof data
  // The step in `data` for each index, and the place in it as the indices count up.
  const steps = shape.map((_, i) => sizeOf(shape.slice(0, i)))
  const index = shape.map(() => 0)
  let from = 0
  for (let i = 0; i < to.length; i++) {
    to[i] = data[from]
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += steps[axis]
      if (++index[axis] < shape[axis]) break
      from -= steps[axis] * shape[axis]
      index[axis] = 0
    }
  }
  return { dtype, shape, data: to }
}
