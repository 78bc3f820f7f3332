/** @file Single fields of a table: text to number or class, or an error that names file, line or row, and column. */
import { type RappelError, show, suggestion } from '../../base/errors.ts'
import { dataError } from '../error.ts'

/** What a table is read from, and what its rows are called there: lines of a text, rows of a binary file. */
export interface Table {
  readonly file: string
  readonly unit: 'line' | 'row'
}

/** A field and where it stands: `at` is the line, from 1, or the row, from 0. */
export interface Cell {
  readonly text: string
  readonly at: number
  readonly column: string
  readonly table: Table
}

/** How other programs write that a value is missing (pandas' `read_csv`, R, Weka). */
const missing = new Set(['', 'na', 'n/a', 'nan', 'null', 'none', '?', '-'])

/**
 * The number in a field: decimal, finite, within float32's range.
 *
 * @throws RappelError 'data' `FILE:LINE: column 'NAME' ...`
 */
export function finite(cell: Cell): number {
  const { text } = cell
  const value = Number(text)
  // Number() also takes '' as 0, and hexadecimal, octal and binary numbers.
  if (text !== '' && Number.isFinite(Math.fround(value)) && !/^.?0[xob]/i.test(text)) return value
  throw numberError(cell, value)
}

/** @throws RappelError 'data' when a field of the target column is empty, whatever it should be */
export function checkFilled(cell: Cell): void {
  if (cell.text === '')
    throw dataError(`${place(cell)} is empty, expected a target`, `fill the gap, or remove the ${cell.table.unit}`)
}

function numberError(cell: Cell, value: number): RappelError {
  const { text, at, table } = cell
  if (missing.has(text.toLowerCase()))
    return dataError(
      `${place(cell)} is ${text === '' ? 'empty' : `${show(text)}, a missing value`}, expected a number`,
      `fill the gap, remove the ${table.unit}, or leave the column out with ignore`,
    )
  if (/^[+-]?inf(inity)?$/i.test(text) || (Number.isFinite(value) && !Number.isFinite(Math.fround(value))))
    return dataError(
      `${place(cell)} is ${show(text)}, expected a finite number within ±3.4e38`,
      `correct the value, or remove the ${table.unit}`,
    )
  return dataError(
    `${place(cell)} is ${show(text)}, expected a number`,
    /^[+-]?\d+,\d+$/.test(text)
      ? 'write decimals with a point'
      : table.unit === 'line' && at === 1
        ? 'if line 1 holds the column names, say header: true'
        : 'turn text into numbers first (one column of 0 and 1 for each category), or leave the column out with ignore',
  )
}

/**
 * Class indices of labels, and the classes in their order. Whole numbers are compared as numbers ('1', '1.0' and '01' are one
 * class).
 *
 * @param given the classes to use; default: those found, numbers by size, texts by character code
 * @throws RappelError 'data' `FILE:LINE: column 'NAME' ...` when a label is no whole number among numbers, or not in `given`
 */
export function classIndices(cells: readonly Cell[], given?: readonly string[]) {
  const labels = given === undefined ? foundLabels(cells) : cells.map(({ text }) => givenLabel(text, given))
  const classes = given ?? [...new Set(labels)].sort(byValue)
  const indexOf = new Map(classes.map((name, i) => [name, i]))
  const indices = Int32Array.from(labels, (label, row) => {
    const index = indexOf.get(label)
    if (index !== undefined) return index
    throw dataError(`${place(cells[row])} is ${show(label)}, which is not in classes`, suggestion(label, classes))
  })
  return { indices, classes }
}

function foundLabels(cells: readonly Cell[]): string[] {
  const odd = cells.filter(({ text }) => !isNumber(text))
  if (odd.length === cells.length) return cells.map(({ text }) => text)
  if (odd.length > 0) {
    const [first] = odd
    if (odd.every(({ text }) => missing.has(text.toLowerCase())))
      throw dataError(
        `${place(first)} is ${show(first.text)}, a missing value; the other labels are numbers`,
        `fill the gap, or remove the ${first.table.unit}`,
      )
    if (odd.length === 1 && first === cells[0] && cells.length > 1 && first.table.unit === 'line')
      throw dataError(
        `${place(first)} is ${show(first.text)}, the other labels are numbers`,
        'if the line holds the column names, say header: true',
      )
    return cells.map(({ text }) => text)
  }
  return cells.map((cell) => {
    const value = Number(cell.text)
    // Beyond 2^53 different numbers round to the same.
    if (Number.isInteger(value)) return Number.isSafeInteger(value) ? String(value) : cell.text
    throw dataError(
      `${place(cell)} is ${cell.text}, expected a whole number or a text as the label of a class`,
      "for numbers to be predicted say task: 'regression'",
    )
  })
}

/** The name among the given ones that a label means: itself, or the same number. */
function givenLabel(text: string, given: readonly string[]): string {
  const number = String(Number(text))
  return !given.includes(text) && isNumber(text) && given.includes(number) ? number : text
}

function byValue(a: string, b: string): number {
  const difference = isNumber(a) && isNumber(b) ? Number(a) - Number(b) : 0
  return difference || (a < b ? -1 : 1)
}

/** Whether a field is a finite number. */
export function isNumber(text: string): boolean {
  return text !== '' && Number.isFinite(Number(text))
}

function place({ table, at, column }: Cell): string {
  return `${table.file}${table.unit === 'line' ? `:${at}` : `: row ${at}`}: column '${column}'`
}
