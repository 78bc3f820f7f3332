/** @file Splits a data set into training, validation and test parts, by seed and, for classes, in equal proportions. */
import { checkInteger, show, usageError } from '../base/errors.ts'
import { RandomStream } from '../base/random.ts'
import { type Dataset, type Examples, labelsOf, rowsOf, subset } from './dataset.ts'
import { dataError } from './error.ts'

/** How to split. A number below 1 is a fraction of all rows (rounded), a whole number is a count of rows. */
export interface SplitOptions {
  /** Default 0.2. */
  validation?: number
  /** Default 0: no test part. */
  test?: number
  seed: number
  /**
   * Give each class its share of every part, to within one row. Default: true for classification. A class keeps a row in the
   * training part where that is possible.
   */
  stratify?: boolean
}

/** Row numbers of each part, ascending. Together they are every row exactly once. */
export interface SplitRows {
  training: Uint32Array
  validation: Uint32Array
  /** Empty when no test part was asked for. */
  test: Uint32Array
}

export interface Split<D extends Examples = Dataset> {
  training: D
  validation: D
  test?: D
}

/**
 * Splits a data set; the same seed gives the same parts on every machine.
 *
 * @throws RappelError 'usage' when an option is out of range; 'data' when a part would be empty
 */
export function split<D extends Examples>(data: D, options: SplitOptions & { test: number }): Required<Split<D>>
export function split<D extends Examples>(data: D, options: SplitOptions): Split<D>
export function split<D extends Examples>(data: D, options: SplitOptions): Split<D> {
  const rows = splitRows(data, options)
  const part = (name: string, indices: Uint32Array) => subset(data, indices, `${data.name} (${name} part)`)
  return {
    training: part('training', rows.training),
    validation: part('validation', rows.validation),
    ...(rows.test.length > 0 && { test: part('test', rows.test) }),
  }
}

/** The same as row numbers, for records and for data that is kept elsewhere. */
export function splitRows(data: Examples, options: SplitOptions): SplitRows {
  const { validation = 0.2, test = 0, seed, stratify = data.task === 'classification' } = options
  checkInteger('seed', seed)
  const rows = rowsOf(data)
  const validationRows = rowCount('validation', validation, rows)
  const testRows = test === 0 ? 0 : rowCount('test', test, rows)
  if (validationRows + testRows >= rows)
    throw dataError(
      `${data.name} has ${rows} rows: ${validationRows} for validation${testRows > 0 ? ` and ${testRows} for test` : ''} leave none for training`,
      'make the parts smaller, or give more data',
    )
  if (stratify && data.task !== 'classification')
    throw usageError('stratify needs classes, the data set is one for regression', 'leave stratify out')
  const order = new RandomStream(seed, 'split').permutation(rows)
  const groups = stratify && data.task === 'classification' ? byClass(order, labelsOf(data), data.classes) : [order]
  const sizes = groups.map((group) => group.length)
  const inValidation = apportion(sizes, validationRows / rows, validationRows, sizes)
  const left = sizes.map((size, i) => size - inValidation[i])
  const inTest = apportion(sizes, testRows / rows, testRows, left)
  const held = sizes.map((_, i) => inValidation[i] + inTest[i])
  const part = (from: number[], to: number[]) =>
    Uint32Array.from(groups.flatMap((group, i) => Array.from(group.slice(from[i], to[i])))).sort()
  const none = sizes.map(() => 0)
  return { training: part(held, sizes), validation: part(none, inValidation), test: part(inValidation, held) }
}

function rowCount(name: string, part: number, rows: number): number {
  const fits = part > 0 && Number.isFinite(part) && (part < 1 || Number.isInteger(part))
  if (!fits)
    throw usageError(
      `${name} is ${show(part)}, expected a fraction between 0 and 1 or a whole number of rows`,
      `0.2 is a fifth of the rows, 200 is 200 rows`,
    )
  const count = part < 1 ? Math.round(part * rows) : part
  if (count === 0)
    throw dataError(`${name} of ${part} is less than one of ${rows} rows`, 'make the part larger, or give more data')
  return count
}

function byClass(order: Uint32Array, labels: Int32Array, classes: readonly string[]): number[][] {
  const groups: number[][] = classes.map(() => [])
  for (const row of order) groups[labels[row]].push(row)
  return groups
}

/**
 * Whole numbers that add up to `total`, each within one of its share `fraction · size` as long as there is room: every group gets
 * the share rounded down, and the largest remainders get one more (Hamilton's method), those groups last that it would empty.
 */
function apportion(sizes: number[], fraction: number, total: number, room: number[]): number[] {
  // Rounded so that a share that is a whole number stays one in floating point.
  const shares = sizes.map((size) => Math.round(fraction * size * 1e9) / 1e9)
  const counts = shares.map((share, i) => Math.min(Math.floor(share), room[i]))
  const remainder = (i: number) => shares[i] - counts[i]
  const emptied = (i: number) => (counts[i] + 1 >= room[i] ? 1 : 0)
  const groups = sizes.map((_, i) => i)
  const order = groups.toSorted((a, b) => emptied(a) - emptied(b) || remainder(b) - remainder(a) || a - b)
  let left = total - counts.reduce((sum, count) => sum + count, 0)
  // Groups without a remainder come in only when the others are full, in further passes.
  for (let pass = 0; left > 0; pass++) {
    for (const i of order) {
      if (left === 0) break
      if (counts[i] >= room[i] || (pass === 0 && remainder(i) <= 0)) continue
      counts[i]++
      left--
    }
  }
  return counts
}
