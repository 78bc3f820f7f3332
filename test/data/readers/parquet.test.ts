/** @file Parquet, against files that pyarrow wrote (`test/fixtures/make_data.py` says what stands in them). */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Dataset } from '../../../src/data/dataset.ts'
import { parquet, readParquet } from '../../../src/data/readers/parquet.ts'
import type { TableOptions } from '../../../src/data/readers/table.ts'
import { loadData } from '../../../src/data/source.ts'
import { failure } from '../failure.ts'
import { fixture, temporaryFolder } from './folder.ts'

const { write } = temporaryFolder()

/** The table of `make_data.py`, computed again. */
const columns: Record<string, (i: number) => number> = {
  half: (i) => i / 8 - 2,
  single: (i) => i / 4 - 3,
  double: Math.sqrt,
  byte: (i) => i - 20,
  small: (i) => 300 * i - 6000,
  whole: (i) => 4e7 * i - 8e8,
  long: (i) => (i - 20) * 2 ** 40,
  ubyte: (i) => 6 * i,
  uint: (i) => 1e8 * i,
  ulong: (i) => i * 2 ** 58,
  flag: (i) => (i % 3 === 0 ? 1 : 0),
  money: (i) => (125 * i - 2000) / 100,
  runs: (i) => (i < 20 ? 1.5 : 2.5),
}
const names = Object.keys(columns)
const expected = Array.from({ length: 40 }, (_, i) => names.map((name) => Math.fround(columns[name](i)))).flat()

describe('what pyarrow wrote', () => {
  test.each([
    'none',
    'snappy',
    'gzip',
    'brotli',
    'zstd',
    'v2',
    'v2_plain',
    'required',
    'required_v2',
    'groups',
    'delta_length_byte_array',
    'delta_byte_array',
  ])('%s', async (name) => {
    const data = await readParquet(fixture(`${name}.parquet`))
    expect(data.inputs.shape).toEqual([40, 13])
    expect([...data.inputs.data]).toEqual(expected)
    expect([...data.targets.data]).toEqual(Array.from({ length: 40 }, (_, i) => i % 3))
    expect(data).toMatchObject({ featureNames: names, classes: ['setosa', 'versicolor', 'virginica'] })
  })
  test('a codec that is not read', async () => {
    const file = fixture('lz4.parquet')
    expect(await failure(() => readParquet(file))).toBe(
      `data: ${file}: byte 4: column 'half': it is packed by LZ4 (raw), which is not read → write the file with Snappy, gzip, Brotli, zstd or no compression`,
    )
  })
})

describe('options', () => {
  const file = fixture('snappy.parquet')
  test('target and ignore, by name and by number', async () => {
    const data = await readParquet(file, { target: 'flag', ignore: [1, 'label', 'money'] })
    expect(data.featureNames).toEqual(names.filter((name) => !['half', 'flag', 'money'].includes(name)))
    expect(data).toMatchObject({ task: 'classification', classes: ['false', 'true'] })
    expect(Array.from(data.targets.data.slice(0, 4))).toEqual([1, 0, 0, 1])
  })
  test('regression', async () => {
    const data = await readParquet(file, { target: 'double', ignore: ['label'], task: 'regression' })
    expect([data.task, data.targets.shape]).toEqual(['regression', [40, 1]])
    expect(data.targets.data[2]).toBe(Math.fround(Math.SQRT2))
  })
  test('classes in a given order; the source for a configuration', async () => {
    const classes = ['virginica', 'setosa', 'versicolor']
    const data = (await loadData(parquet(file, { classes, sameUnit: true, licence: 'CC0' }))) as Dataset
    expect(data).toMatchObject({ name: file, source: file, classes, sameUnit: true, licence: 'CC0' })
    expect(Array.from(data.targets.data.slice(0, 3))).toEqual([1, 2, 0])
  })
  test('whole numbers beyond 2^53 stay different classes', async () => {
    const data = await readParquet(fixture('classes.parquet'))
    expect(data).toMatchObject({ classes: ['9007199254740992', '9007199254740993'] })
    expect([...data.targets.data]).toEqual([1, 0, 1])
  })
  test.each<[TableOptions, string]>([
    [{ target: 'lable' }, 'usage: FILE has no column "lable" (target) → did you mean \'label\'?'],
    [{ ignore: [15] }, 'usage: ignore is column 15, expected 1 to 14: FILE has so many'],
    [
      { classes: ['setosa'] },
      'data: FILE: row 1: column \'label\' is "versicolor", which is not in classes → expected one of: setosa',
    ],
    [
      { header: true } as TableOptions,
      "usage: parquet has no option 'header' → expected one of: target, ignore, task, classes, sameUnit, source, licence",
    ],
    [
      { task: 'regression' },
      'data: FILE: row 0: column \'label\' is "setosa", expected a number → turn text into numbers first (one column of 0 and 1 for each category), or leave the column out with ignore',
    ],
  ])('%o', async (options, message) => {
    expect(await failure(() => readParquet(file, options))).toBe(message.replaceAll('FILE', file))
  })
})

describe('what does not fit', () => {
  const fill = 'fill the gap, remove the row, or leave the column out with ignore'
  const convert =
    'turn it into numbers first (one column of 0 and 1 for each category), or leave the column out with ignore'
  test.each<[string, TableOptions, string]>([
    ['missing', {}, `row 1: column 'x' is empty, expected a number → ${fill}`],
    ['missing', { target: 'x', ignore: [] }, `column 'y' holds text, expected numbers → ${convert}`],
    [
      'not_finite',
      {},
      `row 1: column 'x' is "Infinity", expected a finite number within ±3.4e38 → correct the value, or remove the row`,
    ],
    ['not_finite', { ignore: ['x'] }, `row 1: column 'z' is "NaN", a missing value, expected a number → ${fill}`],
    [
      'not_finite',
      { ignore: ['x', 'z'] },
      `row 1: column 'big' is "1e+39", expected a finite number within ±3.4e38 → correct the value, or remove the row`,
    ],
    ['others', {}, `column 'list' holds nested values, expected numbers → ${convert}`],
    ['others', { ignore: ['list'] }, `column 'struct' holds nested values, expected numbers → ${convert}`],
    ['others', { ignore: ['list', 'struct'] }, `column 'date' holds dates, expected numbers → ${convert}`],
    [
      'others',
      { ignore: ['list', 'struct', 'date'] },
      `column 'time' holds points in time, expected numbers → ${convert}`,
    ],
    [
      'others',
      { ignore: ['list', 'struct', 'date', 'time', 'old_time', 'nothing'] },
      `column 'text' holds text, expected numbers → ${convert}`,
    ],
    [
      'others',
      { ignore: ['list', 'struct', 'date', 'time', 'old_time', 'text'] },
      `row 0: column 'nothing' is empty, expected a number → ${fill}`,
    ],
  ])('%s %o', async (name, options, message) => {
    const file = fixture(`${name}.parquet`)
    expect(await failure(() => readParquet(file, options))).toBe(`data: ${file}: ${message}`)
  })
  test('a missing target', async () => {
    const table = fixture('missing.parquet')
    expect(await failure(() => readParquet(table, { target: 'y', ignore: [] }))).toMatch("row 1: column 'x' is empty")
  })
  test('nested columns beside the others do no harm when they are left out', async () => {
    const ignore = ['list', 'struct', 'date', 'time', 'old_time', 'text', 'nothing']
    const data = await readParquet(fixture('others.parquet'), { ignore })
    expect([[...data.inputs.data], data.featureNames, [...data.targets.data]]).toEqual([[1, 2], ['x'], [0, 1]])
  })
  test('no rows', async () => {
    const file = fixture('empty.parquet')
    expect(await failure(() => readParquet(file))).toBe(`data: ${file} holds no rows, expected at least one`)
  })
})

describe('broken files', () => {
  const good = new Uint8Array(readFileSync(fixture('none.parquet')))
  const damaged = 'check that the file is what you meant; if it is damaged, fetch it again'
  test.each<[string, Uint8Array, string]>([
    ['empty', new Uint8Array(), `byte 0: this is no Parquet file, expected it to begin with 'PAR1' → ${damaged}`],
    [
      'CSV',
      Buffer.from('a,b\n1,2\n3,4\n'),
      `byte 0: this is no Parquet file, expected it to begin with 'PAR1' → ${damaged}`,
    ],
    [
      'cut',
      good.subarray(0, -9),
      `byte ${good.length - 13}: expected 'PAR1' at the end → the file is cut short: fetch it again`,
    ],
    [
      'a long description',
      good.with(good.length - 5, 255),
      `byte ${good.length - 8}: the description has ${good[good.length - 8] + 256 * good[good.length - 7] + 255 * 2 ** 24} bytes, the file has ${good.length} → ${damaged}`,
    ],
  ])('%s', async (name, content, message) => {
    const file = write(`${name}.parquet`, content)
    expect(await failure(() => readParquet(file))).toBe(`data: ${file}: ${message}`)
  })
  test('an encrypted one', async () => {
    const file = write('secret.parquet', good.with(good.length - 1, 'E'.charCodeAt(0)))
    expect(await failure(() => readParquet(file))).toBe(`data: ${file} is encrypted, expected a plain Parquet file`)
  })
})
