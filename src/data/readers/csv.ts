/** @file CSV files become data sets. Every value that does not fit is named by file, line and column. */
import type { Dataset } from '../dataset.ts'
import { dataError } from '../error.ts'
import { type Cell, checkFilled, finite, isNumber, type Table } from './cells.ts'
import { fileText, readText } from './file.ts'
import { eachRecord } from './records.ts'
import { type Columns, checkTableOptions, chooseColumns, type TableOptions, tableDataset } from './table.ts'

export interface CsvOptions extends TableOptions {
  /** Whether the first line holds column names. Default: it does when none of its fields is a number. */
  header?: boolean
  /** One character. Default: whichever of comma, tab, semicolon and bar is most frequent in the first line. */
  delimiter?: string
}

/** For a configuration's `data`: the file is read when a command needs it. Relative paths start at the working directory. */
export function csv(path: string | URL, options: CsvOptions = {}): { name: string; load: () => Promise<Dataset> } {
  checkTableOptions('csv', options, ['header', 'delimiter'])
  return { name: fileText(path), load: () => readCsv(path, options) }
}

/**
 * Reads a CSV file: UTF-8, plain or packed with gzip, at most 500 MiB, all features numbers.
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
  checkTableOptions('csv', options, ['header', 'delimiter'])
  let rows: Rows | undefined
  eachRecord(text, file, options.delimiter, (fields, line) => {
    if (rows !== undefined) return rows.add(fields, line)
    const header = options.header ?? fields.every((field) => !isNumber(field))
    const columns = header ? columnNames(fields, file, line) : fields.map((_, i) => `column ${i + 1}`)
    rows = new Rows(columns, options, file)
    if (!header) rows.add(fields, line)
  })
  if (rows === undefined) throw dataError(`${file} is empty, expected lines of comma-separated values`)
  return rows.dataset(options)
}

/** The rows read so far: features as numbers, targets still as text, because what they are depends on all of them. */
class Rows {
  readonly #table: Table
  readonly #columns: Columns
  readonly #targets: Cell[] = []
  #values = new Float32Array(1024)

  constructor(names: readonly string[], options: CsvOptions, file: string) {
    this.#table = { file, unit: 'line' }
    this.#columns = chooseColumns(
      names,
      options,
      file,
      "if other characters than , ; | or tab separate the fields, say delimiter: '...'",
    )
  }

  add(fields: readonly string[], line: number): void {
    const { names, features, target } = this.#columns
    const table = this.#table
    if (fields.length !== names.length)
      throw dataError(
        `${table.file}:${line}: ${fields.length === 1 ? 'one field' : `${fields.length} fields`}, expected ${names.length} ('${names[0]}' to '${names.at(-1)}')`,
        fields.length < names.length
          ? `the line ends before column '${names[fields.length]}': complete it, or remove it`
          : 'remove what is too much, or quote a field that holds the delimiter',
      )
    const count = features.length
    const start = this.#targets.length * count
    if (this.#values.length < start + count) this.#grow(start + count)
    for (let k = 0; k < count; k++) {
      const i = features[k]
      this.#values[start + k] = finite({ text: fields[i], at: line, column: names[i], table })
    }
    const cell = { text: fields[target], at: line, column: names[target], table }
    checkFilled(cell)
    this.#targets.push(cell)
  }

  #grow(needed: number): void {
    const larger = new Float32Array(Math.max(needed, 2 * this.#values.length))
    larger.set(this.#values)
    this.#values = larger
  }

  dataset(options: CsvOptions): Dataset {
    const { file } = this.#table
    const rows = this.#targets.length
    if (rows === 0) throw dataError(`${file} holds column names and no rows`, 'add at least one line of values')
    const values = this.#values.slice(0, rows * this.#columns.features.length)
    return tableDataset(this.#columns, values, this.#targets, options, file)
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
