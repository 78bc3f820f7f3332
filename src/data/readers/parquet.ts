/** @file Parquet files become data sets, with the options of CSV. Every value that does not fit is named by file, row and column. */
import { tensor } from '../../base/tensor.ts'
import type { Dataset } from '../dataset.ts'
import { dataError } from '../error.ts'
import { type Cell, checkFilled, finite, type Table } from './cells.ts'
import { fileText, readBytes } from './file.ts'
import { half } from './numbers.ts'
import type { Raw } from './parquet-encodings.ts'
import { type ParquetColumn, type ParquetFile, parquetFile } from './parquet-file.ts'
import { readChunk, unpackers } from './parquet-pages.ts'
import { type Columns, checkTableOptions, chooseColumns, type TableOptions, tableDataset } from './table.ts'

/**
 * A Parquet file as a data set, for a configuration's `data`: it is read when a command needs it. `target`, `ignore` and the rest
 * mean what they mean for `csv`.
 */
export function parquet(
  path: string | URL,
  options: TableOptions = {},
): { name: string; load: () => Promise<Dataset> } {
  checkTableOptions('parquet', options)
  return { name: fileText(path), load: () => readParquet(path, options) }
}

/**
 * Reads a Parquet file of at most 2 GiB: columns at the top level, features of whole, floating-point or decimal numbers or booleans
 * (0 and 1), a target of numbers, booleans or text. Packed by Snappy, gzip, Brotli, zstd or not at all.
 *
 * @returns inputs [rows, columns without target]; classification: targets [rows] and the classes; regression: targets [rows, 1]
 * @throws RappelError 'data' naming the column when a feature holds no numbers; row (from 0) and column when a value is missing or
 *   not finite; `FILE: byte N: ...` when the file is damaged
 * @see Apache Parquet, format 2: https://github.com/apache/parquet-format
 */
export async function readParquet(path: string | URL, options: TableOptions = {}): Promise<Dataset> {
  checkTableOptions('parquet', options)
  const file = fileText(path)
  const bytes = await readBytes(path)
  const described = parquetFile(bytes, file)
  const columns = chooseColumns(
    described.columns.map(({ name }) => name),
    options,
    file,
  )
  for (const i of columns.features) checkMeaning(described.columns[i], file, ['number'])
  checkMeaning(described.columns[columns.target], file, ['number', 'text'])
  if (described.rows === 0) throw dataError(`${file} holds no rows, expected at least one`)
  return read(bytes, described, columns, options, file, await unpackers())
}

function checkMeaning({ name, meaning }: ParquetColumn, file: string, wanted: readonly string[]): void {
  const text = typeof meaning === 'string' ? meaning : meaning.other
  if (wanted.includes(text)) return
  throw dataError(
    `${file}: column '${name}' holds ${text}, expected ${wanted.map((one) => (one === 'number' ? 'numbers' : one)).join(' or ')}`,
    'turn it into numbers first (one column of 0 and 1 for each category), or leave the column out with ignore',
  )
}

/** Reads column by column, one row group after the other. */
function read(
  bytes: Uint8Array,
  { columns: all, groups, rows }: ParquetFile,
  columns: Columns,
  options: TableOptions,
  file: string,
  unpack: Awaited<ReturnType<typeof unpackers>>,
): Dataset {
  const { features, target } = columns
  const table: Table = { file, unit: 'row' }
  const values = tensor('float32', [rows, features.length]).data
  const cells: Cell[] = []
  let first = 0
  for (const group of groups) {
    if (group.rows === 0) continue
    for (const [k, i] of features.entries()) {
      const column = all[i]
      const visit = (row: number, value: number | undefined) => {
        const at = first + row
        const rounded = Math.fround(value ?? Number.NaN)
        if (!Number.isFinite(rounded))
          finite({ text: value === undefined ? '' : String(value), at, column: column.name, table })
        values[at * features.length + k] = rounded
      }
      readChunk(
        { bytes, file, column, unpack, convert: numberFrom(column), visit },
        group.chunks[column.leaf],
        group.rows,
      )
    }
    const column = all[target]
    const visit = (row: number, text: string | undefined) => {
      const cell = { text: text ?? '', at: first + row, column: column.name, table }
      checkFilled(cell)
      cells.push(cell)
    }
    readChunk({ bytes, file, column, unpack, convert: textFrom(column), visit }, group.chunks[column.leaf], group.rows)
    first += group.rows
  }
  return tableDataset(columns, values, cells, options, file)
}

/** A column's values as numbers; whole ones beyond 2^53 lose their last digits. */
function numberFrom({ type, unsigned, float16, scale }: ParquetColumn): (raw: Raw) => number {
  const factor = 10 ** scale
  if (float16) return (raw) => half((raw as Uint8Array)[0] + 256 * (raw as Uint8Array)[1])
  if (type === 'fixed' || type === 'bytes') return (raw) => Number(whole(raw)) / factor
  if (unsigned) return (raw) => Number(typeof raw === 'bigint' ? BigInt.asUintN(64, raw) : Number(raw) >>> 0)
  return scale === 0 ? Number : (raw) => Number(raw) / factor
}

/** A column's values as they stand in a text, to be classes or numbers to be predicted. */
function textFrom(column: ParquetColumn): (raw: Raw) => string {
  const { type, meaning, unsigned } = column
  if (meaning === 'text') {
    const decoder = new TextDecoder()
    return (raw) => decoder.decode(raw as Uint8Array).trim()
  }
  if (type === 'boolean') return (raw) => String(raw !== 0)
  if (type === 'int64' && column.scale === 0) return (raw) => String(unsigned ? BigInt.asUintN(64, raw as bigint) : raw)
  const number = numberFrom(column)
  return (raw) => String(number(raw))
}

/** A big-endian two's complement number of any length: an unscaled decimal. */
function whole(raw: Raw): bigint {
  if (!(raw instanceof Uint8Array)) return BigInt(raw)
  let value = 0n
  for (const byte of raw) value = (value << 8n) | BigInt(byte)
  return BigInt.asIntN(8 * raw.length, value)
}
