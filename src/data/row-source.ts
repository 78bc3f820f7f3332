/** @file Row sources: examples that are read when they are needed, so that there can be more of them than memory holds. */
import type { Shape } from '../base/tensor.ts'

/**
 * Reads rows into arrays, one after the other from their start: inputs [count, ...featureShape], targets [count] labels or
 * [count, ...targetShape] numbers. The same rows give the same bits whenever they are read, alone or with others.
 *
 * @param rows row numbers; those from `start` on, `count` of them, are read
 * @param epoch whose augmentation is applied where the source has one; left out, the rows come as they are
 * @throws RappelError 'data' when they cannot be read
 */
export type ReadRows = (
  rows: ArrayLike<number>,
  start: number,
  count: number,
  inputs: Float32Array,
  targets: Int32Array | Float32Array,
  epoch?: number,
) => void

interface DescribedRows {
  /** Stands in messages and reports. */
  readonly name: string
  /** Number of rows. */
  readonly rows: number
  /** Shape of one row of the inputs. */
  readonly featureShape: Shape
  /** One name for each feature, in row-major order of the feature shape. */
  readonly featureNames?: readonly string[]
  /** All features measure the same thing in the same unit: see `fitStandardisation`. */
  readonly sameUnit?: boolean
  /** The inputs are numbers of categories, not quantities: see `Dataset`. */
  readonly categorical?: boolean
  /** Where the data come from. */
  readonly source?: string
  readonly licence?: string
  /** In words, where rows are changed at random in every epoch. */
  readonly augmentation?: string
  readonly read: ReadRows
}

export interface ClassificationRows extends DescribedRows {
  readonly task: 'classification'
  readonly classes: readonly string[]
  /** Of every row, as indices into `classes`: four bytes a row, so that a split can give each class its share. */
  readonly labels: Int32Array
}

export interface RegressionRows extends DescribedRows {
  readonly task: 'regression'
  /** Shape of one row of the targets. */
  readonly targetShape: Shape
}

/** Examples to be read row by row, where a `Dataset` holds them all. */
export type RowSource = ClassificationRows | RegressionRows

/** The rows with these numbers, in this order, as a source of its own. */
export function pickRows<S extends RowSource>(from: S, indices: ArrayLike<number>, name: string): S {
  const kept = Uint32Array.from(indices)
  let asked = new Uint32Array(0)
  const read: ReadRows = (rows, start, count, ...rest) => {
    if (asked.length < count) asked = new Uint32Array(count)
    for (let k = 0; k < count; k++) asked[k] = kept[rows[start + k]]
    from.read(asked, 0, count, ...rest)
  }
  const picked = { ...from, name, rows: kept.length, read }
  return from.task === 'regression' ? picked : { ...picked, labels: Int32Array.from(kept, (row) => from.labels[row]) }
}
