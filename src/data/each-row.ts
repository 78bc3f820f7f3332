/** @file A pass over all rows, in memory or not, with memory for a few of them. */
import { sizeOf } from '../base/tensor.ts'
import { type Examples, featureShapeOf, isRowSource, rowsOf, targetShapeOf } from './dataset.ts'

/** Values read at once: 1 MiB, however short or long a row. */
const valuesAtOnce = 2 ** 18

type Visit = (
  row: number,
  inputs: Float32Array,
  inputsAt: number,
  targets: Int32Array | Float32Array,
  targetsAt: number,
) => void

/**
 * Calls `visit` for every row in its order. Rows are not augmented.
 *
 * @param visit gets arrays in which the row's inputs and targets begin at the places given; they lie there only until it returns
 */
export function eachRow(data: Examples, visit: Visit): void {
  const rows = rowsOf(data)
  const width = sizeOf(featureShapeOf(data))
  const targetWidth = sizeOf(targetShapeOf(data))
  if (!isRowSource(data)) {
    for (let row = 0; row < rows; row++) visit(row, data.inputs.data, row * width, data.targets.data, row * targetWidth)
    return
  }
  const atOnce = Math.min(rows, Math.max(1, Math.floor(valuesAtOnce / width)))
  const inputs = new Float32Array(atOnce * width)
  const targets = new (data.task === 'regression' ? Float32Array : Int32Array)(atOnce * targetWidth)
  const numbers = new Uint32Array(atOnce)
  for (let first = 0; first < rows; first += atOnce) {
    const count = Math.min(atOnce, rows - first)
    for (let k = 0; k < count; k++) numbers[k] = first + k
    data.read(numbers, 0, count, inputs, targets)
    for (let k = 0; k < count; k++) visit(first + k, inputs, k * width, targets, k * targetWidth)
  }
}
