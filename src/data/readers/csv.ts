/** @file CSV files become data sets. Every value that does not fit is named by file, line and column. */
import { show, suggestion, usageError } from '../../base/errors.ts'
import { tensor } from '../../base/tensor.ts'
import { type Dataset, dataset } from '../dataset.ts'
import { dataError } from '../error.ts'
import { type Cell, checkFilled, classIndices, finite, isNumber } from './cells.ts'
import { fileText, readText } from './file.ts'
import { eachRecord } from './records.ts'

export interface CsvOptions {
  /** The column to be predicted, by name or by number from 1. Default: the last. */
  target?: string | number
  /** Columns to leave out (an identifier, a text), by name or by number from 1. */
  ignore?: readonly (string | number)[]
  /** Whether the first line holds column names. Default: it does when none of its fields is a number. */
  header?: boolean
  /** One character. Default: whichever of comma, tab, semicolon and bar is most frequent in the first line. */
  delimiter?: string
  /** Default 'classification': each distinct text or whole number in the target column is a class. */
  task?: Dataset['task']
  /** The classes in their order. Default: those in the file, numbers by size, texts by character code. */
  classes?: readonly string[]
  /** All features measure the same thing in the same unit: see `fitStandardisation`. */
  sameUnit?: boolean
  source?: string
  licence?: string
}

/** For a configuration's `data`: the file is read when a command needs it. Relative paths start at the working directory. */
export function csv(path: string | URL, options: CsvOptions = {}): { name: string; load: () => Promise<Dataset> } {
  checkOptions(options)
  return { name: fileText(path), load: () => readCsv(path, options) }
}

/**
 * Reads a CSV file: UTF-8, at most 500 MiB, all features numbers.
 *
 * @returns inputs [rows, columns without target]; classification: targets [rows] and the classes; regression: targets [rows, 1]
 * @throws RappelError 'data' with `FILE:LINE:` and the column when a line has another number of fields, or a field is empty or no
 *   finite number; when the file is missing, empty, a folder or no text
 */
export async function readCsv(path: string | URL, options: CsvOptions = {}): Promise<Dataset> {
  return parseCsv(await readText(path), options, fileText(path))
}

/**
 * The same from text.
 *
 * @param file stands in messages
 */
export function parseCsv(text: string, options: CsvOptions = {}, file = 'the CSV text'): Dataset {
  checkOptions(options)
  let table: Table | undefined
  eachRecord(text, file, options.delimiter, (fields, line) => {
    if (table !== undefined) return table.add(fields, line)
    const header = options.header ?? fields.every((field) => !isNumber(field))
    const columns = header ? columnNames(fields, file, line) : fields.map((_, i) => `column ${i + 1}`)
    table = new Table(columns, options, file)
    if (!header) table.add(fields, line)
  })
  if (table === undefined) throw dataError(`${file} is empty, expected lines of comma-separated values`)
  return table.dataset()
}

/** The rows read so far: features as numbers, targets still as text, because what they are depends on all of them. */
class Table {
  readonly #columns: readonly string[]
  readonly #options: CsvOptions
  readonly #file: string
  readonly #target: number
  readonly #features: readonly number[]
  readonly #targets: Cell[] = []
  #values = new Float32Array(1024)

  constructor(columns: readonly string[], options: CsvOptions, file: string) {
    this.#columns = columns
    this.#options = options
    this.#file = file
    const ignored = new Set((options.ignore ?? []).map((column) => this.#place('ignore', column)))
    const kept = columns.map((_, i) => i).filter((i) => !ignored.has(i))
    this.#target = options.target === undefined ? (kept.at(-1) ?? 0) : this.#place('target', options.target)
    this.#features = kept.filter((i) => i !== this.#target)
    if (ignored.has(this.#target))
      throw usageError(`target and ignore both name the column '${columns[this.#target]}' of ${file}`)
    if (this.#features.length === 0)
      throw dataError(
        `${file} has ${columns.length === 1 ? 'one column' : `${columns.length} columns`}, expected at least one feature and the target`,
        columns.length === 1
          ? "if other characters than , ; | or tab separate the fields, say delimiter: '...'"
          : undefined,
      )
  }

  /** Where a column stands that an option names. */
  #place(option: string, column: string | number): number {
    const columns = this.#columns
    if (typeof column === 'number') {
      if (Number.isInteger(column) && column >= 1 && column <= columns.length) return column - 1
      throw usageError(`${option} is column ${column}, expected 1 to ${columns.length}: ${this.#file} has so many`)
    }
    const place = columns.indexOf(column)
    if (place !== -1) return place
    throw usageError(`${this.#file} has no column ${show(column)} (${option})`, suggestion(column, columns))
  }

  add(fields: readonly string[], line: number): void {
    const columns = this.#columns
    const file = this.#file
    if (fields.length !== columns.length)
      throw dataError(
        `${file}:${line}: ${fields.length === 1 ? 'one field' : `${fields.length} fields`}, expected ${columns.length} ('${columns[0]}' to '${columns.at(-1)}')`,
        fields.length < columns.length
          ? `the line ends before column '${columns[fields.length]}': complete it, or remove it`
          : 'remove what is too much, or quote a field that holds the delimiter',
      )
    const count = this.#features.length
    const start = this.#targets.length * count
    if (this.#values.length < start + count) this.#grow(start + count)
    for (let k = 0; k < count; k++) {
      const i = this.#features[k]
      this.#values[start + k] = finite({ text: fields[i], line, column: columns[i], file })
    }
    const target = { text: fields[this.#target], line, column: columns[this.#target], file }
    checkFilled(target)
    this.#targets.push(target)
  }

  #grow(needed: number): void {
    const larger = new Float32Array(Math.max(needed, 2 * this.#values.length))
    larger.set(this.#values)
    this.#values = larger
  }

  dataset(): Dataset {
    const { task = 'classification', classes, sameUnit, source = this.#file, licence } = this.#options
    const rows = this.#targets.length
    const features = this.#features.length
    if (rows === 0) throw dataError(`${this.#file} holds column names and no rows`, 'add at least one line of values')
    const described = {
      name: this.#file,
      inputs: tensor('float32', [rows, features], this.#values.slice(0, rows * features)),
      featureNames: this.#features.map((i) => this.#columns[i]),
      sameUnit,
      source,
      licence,
    }
    if (task === 'regression') {
      const targets = tensor('float32', [rows, 1], this.#targets.map(finite))
      return dataset({ ...described, task, targets })
    }
    const found = classIndices(this.#targets, classes)
    return dataset({ ...described, task, targets: tensor('int32', [rows], found.indices), classes: found.classes })
  }
}

function columnNames(fields: readonly string[], file: string, line: number): string[] {
  const names = fields.map((field, i) => (field === '' ? `column ${i + 1}` : field))
  const second = names.findIndex((name, i) => names.indexOf(name) !== i)
  if (second === -1) return names
  throw dataError(
    `${file}:${line}: columns ${names.indexOf(names[second]) + 1} and ${second + 1} are both named '${names[second]}'`,
    'give every column its own name; if the file has no column names, say header: false',
  )
}

const optionNames = Object.keys({
  target: 0,
  ignore: 0,
  header: 0,
  delimiter: 0,
  task: 0,
  classes: 0,
  sameUnit: 0,
  source: 0,
  licence: 0,
} satisfies Record<keyof CsvOptions, 0>)

/** A configuration in plain JavaScript has no compiler to find a mistyped option. */
function checkOptions(options: CsvOptions): void {
  for (const name of Object.keys(options))
    if (!optionNames.includes(name)) throw usageError(`csv has no option '${name}'`, suggestion(name, optionNames))
  const { task } = options
  if (task !== undefined && task !== 'classification' && task !== 'regression')
    throw usageError(`task is ${show(task)}, expected 'classification' or 'regression'`)
}
