/** @file A pass over all rows, in memory or not, with memory for a few of them. */
import { sizeOf } from '../base/tensor.ts'
import { type Examples, featureShapeOf, isRowSource, rowsOf, targetShapeOf } from './dataset.ts'

/** Values read at once: 1 MiB, however short or long a row. */
const valuesAtOnce = 2 ** 18

/**
 * Calls `visit` for every row in its order. Rows are not augmented.
 *
 * @param visit gets an array in which the row's inputs begin at `at`; they lie there only until it returns
 */
export function eachRow(data: Examples, visit: (values: Float32Array, at: number, row: number) => void): void {
  const rows = rowsOf(data)
  const width = sizeOf(featureShapeOf(data))
  if (!isRowSource(data)) {
    for (let row = 0; row < rows; row++) visit(data.inputs.data, row * width, row)
    return
  }
  const atOnce = Math.min(rows, Math.max(1, Math.floor(valuesAtOnce / width)))
  const inputs = new Float32Array(atOnce * width)
  const targetValues = atOnce * sizeOf(targetShapeOf(data))
  const targets = data.task === 'regression' ? new Float32Array(targetValues) : new Int32Array(targetValues)
  const numbers = new Uint32Array(atOnce)
  for (let first = 0; first < rows; first += atOnce) {
    const count = Math.min(atOnce, rows - first)
    for (let k = 0; k < count; k++) numbers[k] = first + k
    data.read(numbers, 0, count, inputs, targets)
    for (let k = 0; k < count; k++) visit(inputs, k * width, first + k)
  }
}
