/** @file What users hand over as inputs and targets, tensors or plain arrays of numbers, becomes tensors. */
import { show } from '../base/errors.ts'
import { type DType, dtypes, sizeOf, type Tensor, tensor, typeText } from '../base/tensor.ts'
import { dataError } from './error.ts'

/** A tensor as it is when float32, else its values rounded to float32. */
export function float32(values: unknown, what: string): Tensor<'float32'> {
  const { dtype, shape, data } = asTensor(values, what)
  if (dtype === 'float32') return { dtype, shape, data: data as Float32Array }
  return tensor('float32', shape, Float32Array.from(data as ArrayLike<number>, Number))
}

/** A tensor as it is; arrays of numbers as float64, so that no check sees a rounded value. */
export function asTensor(values: unknown, what: string): Tensor {
  if (isTensor(values)) {
    if (values.data.length !== sizeOf(values.shape))
      throw dataError(
        `${what} are ${typeText(values)} with ${values.data.length} values, expected ${sizeOf(values.shape)}`,
      )
    return values
  }
  if (!Array.isArray(values))
    throw dataError(
      `${what} are ${show(values)}, expected a tensor or an array of rows`,
      "tensor('float32', shape, data) makes one",
    )
  if (!Array.isArray(values[0])) return tensor('float64', [values.length], plainNumbers(values, what))
  const columns = values[0].length
  const data = new Float64Array(values.length * columns)
  for (const [row, line] of values.entries()) {
    if (!Array.isArray(line) || line.length !== columns)
      throw dataError(
        `${what}: row ${row} is ${Array.isArray(line) ? `${line.length} values` : show(line)}, expected ${columns} values as in row 0`,
      )
    data.set(plainNumbers(line, `${what}, row ${row}`), row * columns)
  }
  return tensor('float64', [values.length, columns], data)
}

function plainNumbers(values: readonly unknown[], what: string): Float64Array {
  return Float64Array.from(values, (value, i) => {
    if (typeof value !== 'number') throw dataError(`${what}: value ${i} is ${show(value)}, expected a number`)
    return value
  })
}

export function isTensor(value: unknown): value is Tensor {
  if (typeof value !== 'object' || value === null) return false
  const { dtype, shape, data } = value as Partial<Tensor>
  return dtypes.includes(dtype as DType) && Array.isArray(shape) && ArrayBuffer.isView(data)
}
