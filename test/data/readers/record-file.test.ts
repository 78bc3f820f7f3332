/** @file Binary record files as row sources: layouts by hand, the same bits as in memory, memory that does not grow, what is wrong. */
import { appendFileSync, mkdtempSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { type ClassificationDataset, type Examples, rowSource } from '../../../src/data/dataset.ts'
import { digits } from '../../../src/data/digits.ts'
import { type RecordFileOptions, recordFile } from '../../../src/data/readers/record-file.ts'
import type { RowSource } from '../../../src/data/row-source.ts'
import { loadData } from '../../../src/data/source.ts'
import { split } from '../../../src/data/split.ts'
import { fitStandardisation } from '../../../src/data/standardise.ts'
import { spawnScript } from '../../engine/spawn.ts'
import { failure } from '../failure.ts'

const folder = mkdtempSync(join(tmpdir(), 'rappel-records-'))
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0
/** A new file with these bytes. */
function file(...bytes: (number | Uint8Array)[]): string {
  const path = join(folder, `file-${files++}.bin`)
  writeFileSync(path, Buffer.concat(bytes.map((part) => (typeof part === 'number' ? Uint8Array.of(part) : part))))
  return path
}

/** Some rows as plain numbers. */
function read(source: RowSource, ...rows: number[]): { inputs: number[]; targets: number[] } {
  const width = source.featureShape.reduce((product, dim) => product * dim, 1)
  const inputs = new Float32Array(rows.length * width)
  const outputs = source.task === 'regression' ? source.targetShape.reduce((product, dim) => product * dim, 1) : 1
  const targets = new (source.task === 'regression' ? Float32Array : Int32Array)(rows.length * outputs)
  source.read(rows, 0, rows.length, inputs, targets)
  return { inputs: [...inputs], targets: [...targets] }
}

/** The digits as records of a label and 64 bytes. */
function digitsBytes(): Uint8Array {
  const { inputs, targets } = digits()
  const bytes = new Uint8Array(1797 * 65)
  targets.data.forEach(
    (label, row) => void bytes.set([label, ...inputs.data.subarray(row * 64, row * 64 + 64)], row * 65),
  )
  return bytes
}
const labelThenPixels = {
  inputs: { at: 1, dtype: 'uint8', shape: [64] },
  targets: { dtype: 'uint8' },
  sameUnit: true,
} as const

describe('layouts, by hand', () => {
  test('a label and bytes; rows in any order, more than once', async () => {
    const path = file(1, 10, 20, 0, 30, 40, 2, 50, 60)
    const source = await recordFile({
      path,
      inputs: { at: 1, dtype: 'uint8', shape: [2] },
      targets: { dtype: 'uint8' },
    }).load()
    expect(source).toMatchObject({ rows: 3, task: 'classification', classes: ['0', '1', '2'], featureShape: [2] })
    expect(read(source, 0, 1, 2)).toEqual({ inputs: [10, 20, 30, 40, 50, 60], targets: [1, 0, 2] })
    expect(read(source, 2, 0, 2)).toEqual({ inputs: [50, 60, 10, 20, 50, 60], targets: [2, 1, 2] })
    expect(read(source)).toEqual({ inputs: [], targets: [] })
  })
  test('several files one after the other, each with a header, records with a gap', async () => {
    const path = [file(99, 1, 10, 0, 2, 20, 0), file(98, 3, 30, 0)]
    const source = await recordFile({
      name: 'three',
      path,
      header: 1,
      recordBytes: 3,
      inputs: { at: 1, dtype: 'uint8' },
      targets: { at: 0, dtype: 'uint8' },
      classes: ['a', 'b', 'c', 'd'],
    }).load()
    expect(source).toMatchObject({ name: 'three', rows: 3, featureShape: [1], classes: ['a', 'b', 'c', 'd'] })
    expect(read(source, 0, 1, 2)).toEqual({ inputs: [10, 20, 30], targets: [1, 2, 3] })
    expect(read(source, 2, 1)).toEqual({ inputs: [30, 20], targets: [3, 2] })
  })
  test('inputs and labels in files of their own, big-endian labels', async () => {
    const images = file(new Uint8Array(16), 1, 2, 3, 4)
    const labels = file(new Uint8Array(8), 0, 0, 0, 1, 0, 0, 0, 0)
    const source = await recordFile({
      inputs: { path: images, header: 16, dtype: 'uint8', shape: [1, 1, 2] },
      targets: { path: labels, header: 8, dtype: 'int32', byteOrder: 'big' },
    }).load()
    expect(source).toMatchObject({ name: images, rows: 2, featureShape: [1, 1, 2] })
    expect(read(source, 1, 0)).toEqual({ inputs: [3, 4, 1, 2], targets: [0, 1] })
  })
  test('regression: floats in one record, read together; one number is one output', async () => {
    const path = file(new Uint8Array(Float32Array.of(1, 2, 30, 3, 4, 70).buffer))
    const both = recordFile({
      path,
      inputs: { dtype: 'float32', shape: [2] },
      targets: { at: 8, dtype: 'float32' },
    })
    const source = await both.load()
    expect(source).toMatchObject({ task: 'regression', targetShape: [1], featureShape: [2] })
    expect(read(source, 1, 0)).toEqual({ inputs: [3, 4, 1, 2], targets: [70, 30] })
  })
  test('whole numbers as targets of several outputs', async () => {
    const [xs, ys] = [file(1, 2), file(0xff, 5, 6, 0x80)]
    const source = await recordFile({
      inputs: { path: xs, dtype: 'uint8' },
      targets: { path: ys, dtype: 'int8', shape: [2] },
    }).load()
    expect(read(source, 0, 1)).toEqual({ inputs: [1, 2], targets: [-1, 5, 6, -128] })
  })

  /** The number 258 or 1.5 in each type, most significant byte first, as IEEE 754 and two's complement write it. */
  const big: [RecordFileOptions['inputs']['dtype'], number[], number][] = [
    ['int8', [0xfe], -2],
    ['uint8', [0xfe], 254],
    ['uint16', [1, 2], 258],
    ['int16', [0xff, 0xfe], -2],
    ['uint32', [0x80, 0, 0, 0], 2 ** 31],
    ['int32', [0xff, 0xff, 0xff, 0xfe], -2],
    ['int64', [0, 0, 0, 0, 0, 0, 1, 2], 258],
    ['float32', [0x3f, 0xc0, 0, 0], 1.5],
    ['float64', [0xbf, 0xf8, 0, 0, 0, 0, 0, 0], -1.5],
  ]
  test.each(big)('%s in both byte orders, at an odd place', async (dtype, bytes, value) => {
    const path = file(7, ...bytes, 7, ...bytes)
    const little = file(7, ...bytes.toReversed(), 7, ...bytes.toReversed())
    for (const [file, byteOrder] of [
      [path, 'big'],
      [little, 'little'],
    ] as const) {
      const source = await recordFile({
        path: file,
        byteOrder,
        inputs: { at: 1, dtype, shape: [1] },
        targets: { dtype: 'uint8' },
      }).load()
      expect(read(source, 1, 0).inputs).toEqual([value, value])
    }
  })
})

describe('the same bits as in memory', () => {
  const options = { seed: 4, validation: 0.2 }
  const inMemory = { ...digits(), featureNames: undefined }
  test('split, standardisation and rows', async () => {
    const source = await recordFile({ path: file(digitsBytes()), ...labelThenPixels }).load()
    const parts = { file: split<Examples>(source, options), memory: split<Examples>(inMemory, options) }
    const standard = {
      file: fitStandardisation(parts.file.training),
      memory: fitStandardisation(parts.memory.training),
    }
    expect(standard.file.mean).toEqual(standard.memory.mean)
    expect(standard.file.scale).toEqual(standard.memory.scale)
    for (const part of ['training', 'validation'] as const) {
      const fromFile = rowSource(standard.file.apply(parts.file[part]))
      const fromMemory = rowSource(standard.memory.apply(parts.memory[part]))
      const rows = Array.from({ length: fromMemory.rows }, (_, i) => (i * 7) % fromMemory.rows)
      expect(read(fromFile, ...rows)).toEqual(read(fromMemory, ...rows))
      expect(fromFile.name).toMatch(new RegExp(`\\(${part} part\\)$`))
    }
  })
  test('more rows than are read at once', async () => {
    // 40,000 records of 65 bytes are 2.6 MB, of which 1 MiB is read at once.
    const bytes = new Uint8Array(40_000 * 65)
    for (let row = 0; row < 40_000; row++) bytes.set([row % 10, row & 255, row >> 8], row * 65)
    const source = await recordFile({ path: file(bytes), ...labelThenPixels }).load()
    const rows = Array.from({ length: 40_000 }, (_, i) => i)
    const { inputs, targets } = read(source, ...rows)
    expect(targets).toEqual(rows.map((row) => row % 10))
    expect(rows.map((row) => inputs[row * 64] + 256 * inputs[row * 64 + 1])).toEqual(rows)
  })
})

test('memory does not grow with the file: 64 MB read twice and trained through, within 32 MB', async () => {
  const { code, stdout, stderr } = await spawnScript(new URL('./stream-large-file.ts', import.meta.url), {
    args: [join(folder, 'large.bin')],
  })
  expect([code, stderr]).toEqual([0, ''])
  const { grown, fileBytes, rows } = JSON.parse(stdout) as Record<string, number>
  expect([fileBytes, rows]).toEqual([64 * 2 ** 20, 2 ** 16])
  expect(grown).toBeLessThan(32 * 2 ** 20)
})

describe('files that are wrong', () => {
  const open = (path: string, more: Partial<RecordFileOptions> = {}) =>
    recordFile({ path, inputs: { at: 1, dtype: 'uint8', shape: [2] }, targets: { dtype: 'uint8' }, ...more }).load()

  test('missing, a folder, cut short, empty', async () => {
    expect(await failure(() => open(join(folder, 'none.bin')))).toMatch(
      /^data: .*none\.bin does not exist → looked in /,
    )
    expect(await failure(() => open(folder))).toBe(`data: ${folder} is a folder, expected a file of records`)
    const short = file(1, 10, 20, 0, 30)
    expect(await failure(() => open(short))).toBe(
      `data: ${short} has 5 bytes, expected records of 3 bytes: 2 are left after record 0 → is the layout right? If it is, the file is cut short: fetch it again`,
    )
    const empty = file(1, 2)
    expect(await failure(() => open(empty, { header: 4 }))).toBe(
      `data: ${empty} has 2 bytes, expected a header of 4 bytes and records of 3 bytes, at least one → is the layout right? If it is, the file is cut short: fetch it again`,
    )
  })
  test('labels without a class, by row', async () => {
    const path = file(1, 10, 20, 7, 30, 40)
    expect(await failure(() => open(path, { classes: ['a', 'b'] }))).toBe(
      `data: ${path}: the label of row 1 is 7, expected 0 to 1 (2 classes) → labels count from 0; correct the row, or name all classes in classes`,
    )
    const floats = file(new Uint8Array(Float32Array.of(0, 1, 1.5, 2).buffer))
    expect(
      await failure(() =>
        recordFile({
          path: floats,
          task: 'classification',
          inputs: { at: 4, dtype: 'float32' },
          targets: { dtype: 'float32' },
        }).load(),
      ),
    ).toMatch(/the label of row 1 is 1\.5, expected a whole number/)
  })
  test('numbers that are not finite, by row and feature', async () => {
    const path = file(new Uint8Array(Float32Array.of(1, 2, 3, Number.NaN, 5, 1 / 0).buffer))
    expect(
      await failure(() =>
        recordFile({
          path,
          inputs: { dtype: 'float32', shape: [2] },
          targets: { at: 8, dtype: 'float32' },
          featureNames: ['a', 'b'],
        }).load(),
      ),
    ).toBe(
      `data: ${path}: inputs hold one value that is not finite in float32: NaN at row 1, feature 'a' (0) → leave out the rows that lack a value, or fill the gaps before making the data set`,
    )
  })
  test('other numbers of inputs and labels', async () => {
    const [xs, ys] = [file(1, 2, 3), file(0, 1)]
    expect(
      await failure(() =>
        recordFile({ inputs: { path: xs, dtype: 'uint8' }, targets: { path: ys, dtype: 'uint8' } }).load(),
      ),
    ).toBe(
      `data: ${xs}: 3 rows of inputs in ${xs}, 2 of targets in ${ys} → every row of inputs needs exactly one row of targets`,
    )
  })
  test('changed after it was opened: longer, shorter, rewritten, gone', async () => {
    const hint = ' → leave the file as it is while a run reads it, and start the run again'
    const make = async () => {
      const path = file(1, 10, 20, 0, 30, 40)
      return { path, source: await open(path) }
    }
    const longer = await make()
    appendFileSync(longer.path, Uint8Array.of(1, 2, 3))
    expect(await failure(() => read(longer.source, 0))).toBe(
      `data: ${longer.path} changed while it was in use: it had 6 bytes, now it has 9${hint}`,
    )
    const shorter = await make()
    truncateSync(shorter.path, 3)
    expect(await failure(() => read(shorter.source, 0))).toBe(
      `data: ${shorter.path} changed while it was in use: it had 6 bytes, now it has 3${hint}`,
    )
    const rewritten = await make()
    utimesSync(rewritten.path, 1, 1)
    expect(await failure(() => read(rewritten.source, 0))).toBe(
      `data: ${rewritten.path} changed while it was in use: it was written to${hint}`,
    )
    const gone = await make()
    rmSync(gone.path)
    expect(await failure(() => read(gone.source, 0))).toMatch(
      /changed while it was in use: it cannot be opened any more/,
    )
  })
})

describe('options that are wrong', () => {
  const fine = { path: 'f', inputs: { dtype: 'uint8' }, targets: { dtype: 'uint8' } } as const
  test.each([
    [{ ...fine, head: 1 }, "usage: recordFile has no option 'head' → did you mean 'header'?"],
    [{ ...fine, path: undefined }, "usage: the inputs have no path → say path: 'FILE'"],
    [
      { ...fine, inputs: { dtype: 'unit8' } },
      'usage: inputs.dtype is "unit8", which is no type → did you mean \'uint8\'?',
    ],
    [{ ...fine, inputs: { dtype: 'uint8', offset: 1 } }, /^usage: inputs has no option 'offset'/],
    [
      { ...fine, targets: undefined },
      "usage: targets is undefined, expected where the numbers lie → targets: { at: 0, dtype: 'uint8' }",
    ],
    [{ ...fine, byteOrder: 'middle' }, `usage: byteOrder is "middle", expected 'little' or 'big'`],
    [{ ...fine, header: -1 }, 'usage: header is -1, expected a whole number from 0 up'],
    [
      { ...fine, inputs: { dtype: 'uint8', shape: [0] } },
      'usage: inputs.shape is 0, expected a whole number from 1 up',
    ],
    [
      { ...fine, recordBytes: 3, inputs: { at: 2, dtype: 'int16' } },
      'usage: recordBytes is 3, the inputs end at byte 4 of the record',
    ],
    [{ ...fine, task: 'x' }, `usage: task is "x", expected 'classification' or 'regression'`],
    [
      { ...fine, task: 'classification', targets: { dtype: 'uint8', shape: [2] } },
      "usage: targets.shape is [2], expected one label a row → or say task: 'regression'",
    ],
  ])('%#', async (options, message) => {
    const found = await failure(() => recordFile(options as unknown as RecordFileOptions))
    if (typeof message === 'string') expect(found).toBe(message)
    else expect(found).toMatch(message)
  })
})

describe('row sources from elsewhere are checked', () => {
  const fine = rowSource(digits() as ClassificationDataset)
  test.each([
    [{ read: 3 }, 'data: digits: read is 3, expected a function'],
    [{ rows: 0 }, 'data: digits: rows is 0, expected a whole number from 1 up → give at least one row'],
    [{ featureShape: [] }, 'data: digits: featureShape is [], expected one whole number or more, each from 1 up'],
    [{ featureShape: [65] }, 'data: digits: featureNames holds 64 names, expected one for each of 65 features'],
    [{ labels: [1] }, 'data: digits: labels is [1], expected an Int32Array of 1797: one label a row'],
    [{ classes: ['a'] }, /^data: digits: the label of row 1 is 1, expected 0 to 0/],
    [{ task: 'x' }, `data: digits: task is "x", expected 'classification' or 'regression'`],
  ])('%o', async (wrong, message) => {
    const found = await failure(() => loadData({ ...fine, ...wrong } as RowSource))
    if (typeof message === 'string') expect(found).toBe(message)
    else expect(found).toMatch(message)
    expect(await loadData({ load: async () => fine })).toBe(fine)
  })
})
