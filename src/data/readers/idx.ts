/** @file idx, the format of MNIST: a header of big-endian numbers, then the values in row-major order. */
import type { Tensor } from '../../base/tensor.ts'
import { byteError, fileText, readMeasured } from './file.ts'
import { bytesOf, type NumberType, readNumbers } from './numbers.ts'

/** The third byte of the file says what the values are. */
const types: Readonly<Record<number, NumberType>> = {
  0x08: 'uint8',
  0x09: 'int8',
  0x0b: 'int16',
  0x0c: 'int32',
  0x0d: 'float32',
  0x0e: 'float64',
}

/** Four bytes, then four for each of at most 255 dimensions. */
const longestHeader = 4 + 4 * 255

/**
 * Reads an idx file, plain or packed with gzip.
 *
 * @returns uint8, int32 (also for int8 and int16), float32 or float64, in the shape that the file says
 * @throws RappelError 'data' `FILE: byte N: ...` when the header is none, or the file is shorter or longer than it says
 * @see Y. LeCun, C. Cortes, C. Burges, 'The MNIST database of handwritten digits', section 'File formats'
 */
export async function readIdx(path: string | URL): Promise<Tensor> {
  const bytes = await readMeasured(path, longestHeader, (start, file) => {
    const { type, shape, dataAt } = header(start, file)
    return dataAt + bytesOf(type, shape)
  })
  const { type, shape, dataAt } = header(bytes, fileText(path))
  return readNumbers(bytes, dataAt, type, shape, false)
}

function header(bytes: Uint8Array, file: string): { type: NumberType; shape: number[]; dataAt: number } {
  const hint = 'an idx file begins with two zero bytes, the type and the number of dimensions'
  if (bytes.length < 4) throw byteError(file, bytes.length, 'the file ends within the first four bytes', hint)
  const [zero, alsoZero, code, dimensions] = bytes
  if (zero !== 0 || alsoZero !== 0)
    throw byteError(file, zero === 0 ? 1 : 0, `${zero || alsoZero}, expected 0: this is no idx file`, hint)
  const type = types[code]
  if (type === undefined)
    throw byteError(
      file,
      2,
      `the type of the values is ${code}, expected one of ${Object.keys(types).join(', ')}`,
      hint,
    )
  const dataAt = 4 + 4 * dimensions
  if (bytes.length < dataAt)
    throw byteError(file, bytes.length, `the file ends within its header of ${dataAt} bytes (${dimensions} dimensions)`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return { type, shape: Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i)), dataAt }
}
