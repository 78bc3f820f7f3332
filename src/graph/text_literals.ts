/** @file Literals of the text form: whole numbers, floats and the elements of tensors. */
import { type DType, isFloat, type Tensor, tensor } from '../base/tensor.ts'
import { locate, modelError } from './document.ts'
import type { Scanner } from './text_scanner.ts'

type IntegerType = Exclude<DType, 'float32' | 'float64'>

/** The range of the whole numbers that a dtype holds. */
const ranges: Readonly<Record<IntegerType, readonly [bigint, bigint]>> = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint8: [0n, 255n],
  bool: [0n, 1n],
}

/** A whole number that a JavaScript number holds exactly. */
export function scanInteger(scanner: Scanner, what: string): number {
  const { mark } = scanner
  const text = scanner.number()
  if (text === undefined) throw scanner.error(what)
  const number = Number(text)
  // −0 is no whole number of its own.
  if (Number.isSafeInteger(number) && /^[+-]?\d+$/.test(text)) return number === 0 ? 0 : number
  throw modelError(scanner.placeOf(mark), `found ${text}, expected ${what}: a whole number below 2^53`)
}

/** A length of a dimension. */
export function scanLength(scanner: Scanner, what: string): number {
  const { mark } = scanner
  const length = scanInteger(scanner, what)
  if (length >= 0) return length
  throw modelError(scanner.placeOf(mark), `found the length ${length}, expected a whole number from 0 up`)
}

/** A number rounded to a dtype; `nan`, `inf` and `-inf` are numbers too. */
export function scanFloat(scanner: Scanner, dtype: 'float32' | 'float64'): number {
  const { mark } = scanner
  const text = scanner.number()
  if (text === undefined) throw scanner.error('a number')
  if (text.endsWith('nan')) return Number.NaN
  if (text.includes('inf')) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  const number = dtype === 'float32' ? Math.fround(Number(text)) : Number(text)
  if (Number.isFinite(number)) return number
  throw modelError(scanner.placeOf(mark), `found ${text}, expected a number that ${dtype} can hold`)
}

/** The elements of a tensor: `{1, 2, 3}`. */
export function scanElements(scanner: Scanner, dtype: DType, shape: readonly number[]): Tensor {
  const { place } = scanner
  scanner.expect('{')
  if (isFloat(dtype)) {
    const values = scanner.list('}', () => scanFloat(scanner, dtype))
    return locate(place, () => tensor(dtype, shape, values))
  }
  const values = scanner.list('}', () => scanWhole(scanner, dtype))
  if (dtype === 'int64') return locate(place, () => tensor(dtype, shape, BigInt64Array.from(values)))
  return locate(place, () => tensor(dtype, shape, values.map(Number)))
}

/** A whole number in the range of a dtype. */
export function scanWhole(scanner: Scanner, dtype: IntegerType): bigint {
  const { mark } = scanner
  const text = scanner.number()
  if (text === undefined) throw scanner.error('a whole number')
  const [least, greatest] = ranges[dtype]
  const value = /^[+-]?\d+$/.test(text) ? BigInt(text.replace('+', '')) : undefined
  if (value !== undefined && value >= least && value <= greatest) return value
  const expected = `a whole number from ${least} to ${greatest} (${dtype})`
  throw modelError(scanner.placeOf(mark), `found ${text}, expected ${expected}`)
}
