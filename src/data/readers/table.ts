/** @file What all readers of tables share: which columns are features, which is the target, and the data set they become. */
import { checkOptions, show, suggestion, usageError } from '../../base/errors.ts'
import { tensor } from '../../base/tensor.ts'
import { type Dataset, dataset } from '../dataset.ts'
import { dataError } from '../error.ts'
import { type Cell, classIndices, finite } from './cells.ts'

export interface TableOptions {
  /** The column to be predicted, by name or by number from 1. Default: the last. */
  target?: string | number
  /** Columns to leave out (an identifier, a text), by name or by number from 1. */
  ignore?: readonly (string | number)[]
  /** Default 'classification': each distinct text or whole number in the target column is a class. */
  task?: Dataset['task']
  /** The classes in their order. Default: those in the file, numbers by size, texts by character code. */
  classes?: readonly string[]
  /** All features measure the same thing in the same unit: see `fitStandardisation`. */
  sameUnit?: boolean
  source?: string
  licence?: string
}

const optionNames = Object.keys({
  target: 0,
  ignore: 0,
  task: 0,
  classes: 0,
  sameUnit: 0,
  source: 0,
  licence: 0,
} satisfies Record<keyof TableOptions, 0>)

/** A configuration in plain JavaScript has no compiler to find a mistyped option. @param others what this reader has besides */
export function checkTableOptions(reader: string, options: TableOptions, others: readonly string[] = []): void {
  checkOptions(reader, options, [...optionNames, ...others])
  const { task } = options
  if (task !== undefined && task !== 'classification' && task !== 'regression')
    throw usageError(`task is ${show(task)}, expected 'classification' or 'regression'`)
}

/** The columns of a table by their numbers from 0. */
export interface Columns {
  readonly names: readonly string[]
  readonly features: readonly number[]
  readonly target: number
}

/**
 * @param alone what to do about a table of one column
 * @throws RappelError 'usage' when an option names a column that does not exist; 'data' when no feature is left
 */
export function chooseColumns(names: readonly string[], options: TableOptions, file: string, alone?: string): Columns {
  const place = (option: string, column: string | number): number => {
    if (typeof column === 'number') {
      if (Number.isInteger(column) && column >= 1 && column <= names.length) return column - 1
      throw usageError(`${option} is column ${column}, expected 1 to ${names.length}: ${file} has so many`)
    }
    const found = names.indexOf(column)
    if (found !== -1) return found
    throw usageError(`${file} has no column ${show(column)} (${option})`, suggestion(column, names))
  }
  const ignored = new Set((options.ignore ?? []).map((column) => place('ignore', column)))
  const kept = names.map((_, i) => i).filter((i) => !ignored.has(i))
  const target = options.target === undefined ? (kept.at(-1) ?? 0) : place('target', options.target)
  const features = kept.filter((i) => i !== target)
  if (ignored.has(target)) throw usageError(`target and ignore both name the column '${names[target]}' of ${file}`)
  if (features.length === 0)
    throw dataError(
      `${file} has ${names.length === 1 ? 'one column' : `${names.length} columns`}, expected at least one feature and the target`,
      names.length === 1 ? alone : undefined,
    )
  return { names, features, target }
}

/** The data set of a table's values [rows, features] and the fields of its target column. */
export function tableDataset(
  { names, features }: Columns,
  values: Float32Array,
  cells: readonly Cell[],
  { task = 'classification', classes, sameUnit, source, licence }: TableOptions,
  file: string,
): Dataset {
  const rows = cells.length
  const described = {
    name: file,
    inputs: tensor('float32', [rows, features.length], values),
    featureNames: features.map((i) => names[i]),
    sameUnit,
    source: source ?? file,
    licence,
  }
  if (task === 'regression')
    return dataset({ ...described, task, targets: tensor('float32', [rows, 1], cells.map(finite)) })
  const found = classIndices(cells, classes)
  return dataset({ ...described, task, targets: tensor('int32', [rows], found.indices), classes: found.classes })
}
