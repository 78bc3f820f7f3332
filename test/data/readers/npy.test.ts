/** @file npy and npz, against files that numpy wrote. */

import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { tensor } from '../../../src/base/tensor.ts'
import { readNpy, writeNpy } from '../../../src/data/readers/npy.ts'
import { type NpzOptions, npz, readNpz } from '../../../src/data/readers/npz.ts'
import { failure } from '../failure.ts'
import { byteArray, npy, zip } from './encoders.ts'
import { fixture, temporaryFolder } from './folder.ts'

const { path: folder, write } = temporaryFolder()
const damaged = 'check that the file is what you meant; if it is damaged, fetch it again'

describe('npy of numpy', () => {
  test('every type of number, in both byte orders', async () => {
    const dtypes = Object.entries(await readNpz(fixture('types.npz'))).map(([code, { dtype, shape, data }]) => {
      expect([code, shape, Array.from(data as ArrayLike<number>, Number)]).toEqual([
        code,
        [2, 3],
        code === '|b1' ? [1, 1, 1, 1, 1, 1] : [1, 2, 3, 4, 5, 6],
      ])
      return `${code} ${dtype}`
    })
    expect(dtypes).toEqual([
      '<f2 float32',
      '>f2 float32',
      '<f4 float32',
      '>f4 float32',
      '<f8 float64',
      '>f8 float64',
      '|i1 int32',
      '<i2 int32',
      '>i2 int32',
      '<i4 int32',
      '>i4 int32',
      '<i8 int64',
      '>i8 int64',
      '|u1 uint8',
      '<u2 int32',
      '>u2 int32',
      '<u4 int64',
      '>u4 int64',
      '<u8 int64',
      '>u8 int64',
      '|b1 bool',
    ])
  })
  test("Fortran's order becomes row-major: numpy's arange(24).reshape(2, 3, 4)", async () => {
    const read = await readNpy(fixture('fortran.npy'))
    expect([read.shape, [...read.data]]).toEqual([[2, 3, 4], Array.from({ length: 24 }, (_, i) => i)])
  })
  test('a scalar, and half precision at its ends', async () => {
    expect(await readNpy(fixture('scalar.npy'))).toEqual(tensor('float64', [], [0.5]))
    // 0.1 in binary16 is 1638.4 rounded / 16384.
    expect([...(await readNpy(fixture('vector.npy'))).data]).toEqual([-1.5, 65504, 2 ** -24, 1638 / 16384])
  })
  test.each([1, 2, 3])('version %i of the header', async (version) => {
    expect([...(await readNpy(fixture(`version${version}.npy`))).data]).toEqual([1, 2, 3, 4, 5, 6])
  })
  test('packed with gzip', async () => {
    const file = write('packed.npy.gz', gzipSync(readFileSync(fixture('fortran.npy'))))
    expect(await readNpy(file)).toEqual(await readNpy(fixture('fortran.npy')))
  })
  test.each([
    ['objects', 'Python objects, which only Python can read'],
    ['text', 'text'],
    ['records', 'records'],
  ])('%s are refused', async (name, what) => {
    const file = fixture(`${name}.npy`)
    expect(await failure(() => readNpy(file))).toBe(
      `data: ${file}: byte 10: the array holds ${what}, expected numbers → save numbers: numpy.save(file, array.astype("float32"))`,
    )
  })
})

describe('npy by hand', () => {
  const header = (descr: string, shape: string, order = 'False') =>
    `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape}), }\n`

  test('special numbers of half precision: ±0, the infinities, NaN, the least that is normal', async () => {
    const bits = [0x0000, 0x8000, 0x7c00, 0xfc00, 0x7e00, 0x0400]
    const file = write(
      'half.npy',
      npy(
        header('<f2', '6,'),
        bits.flatMap((value) => [value & 255, value >> 8]),
      ),
    )
    expect([...(await readNpy(file)).data]).toEqual([0, -0, Infinity, -Infinity, Number.NaN, 2 ** -14])
  })
  test('uint64 within int64, and beyond', async () => {
    const below = write('below.npy', npy(header('<u8', '1,'), [255, 255, 255, 255, 255, 255, 255, 127]))
    expect((await readNpy(below)).data).toEqual(BigInt64Array.of(2n ** 63n - 1n))
    const text = header('<u8', '2,')
    const above = write('above.npy', npy(text, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 128]))
    expect(await failure(() => readNpy(above))).toBe(
      `data: ${above}: byte ${10 + text.length + 8}: 9223372036854775808, expected a number below 2^63 → ${damaged}`,
    )
  })
  test("Python 2's long numbers, other spaces, another order of entries", async () => {
    const file = write(
      'old.npy',
      npy(`{"x": 1, 'shape': ( 2L , ), 'descr' : '=i2','fortran_order':False}`, [1, 0, 2, 0]),
    )
    expect([...(await readNpy(file)).data]).toEqual([1, 2])
  })
  const cut = 'it is cut short or damaged: fetch it again'
  test.each<[string, Uint8Array, string]>([
    ['empty', new Uint8Array(), `byte 0: this is no .npy file, expected it to begin with '\\x93NUMPY' → ${damaged}`],
    [
      'other',
      Uint8Array.of(0x93, 0x4e, 0x50),
      `byte 2: this is no .npy file, expected it to begin with '\\x93NUMPY' → ${damaged}`,
    ],
    ['version 4', npy(header('|u1', '1,'), [1], 4), `byte 6: the version is 4, expected 1, 2 or 3 → ${damaged}`],
    ['only a mark', npy('', []).subarray(0, 8), `byte 8: the file ends within its header → ${damaged}`],
    [
      'half a header',
      npy(header('|u1', '1,'), []).subarray(0, 40),
      `byte 40: the file ends within its header of 58 bytes → ${damaged}`,
    ],
    ['no shape', npy(`{'descr': '|u1', 'fortran_order': False}`, []), `byte 10: the header lacks shape → ${damaged}`],
    ['a negative shape', npy(header('|u1', '-1,'), []), `byte 10: the header lacks shape → ${damaged}`],
    [
      '65 dimensions',
      npy(header('|u1', '1,'.repeat(65)), [1]),
      `byte 10: the shape is (${'1,'.repeat(40)}), expected at most 64 whole numbers → ${damaged}`,
    ],
    [
      'cut',
      byteArray([3], [1, 2]),
      `byte 70: the file ends here at the latest, its beginning promises 71 bytes → ${cut}`,
    ],
    [
      'a terabyte',
      npy(header('<f8', '1000000, 1000000'), []),
      `byte 82: the file ends here at the latest, its beginning promises 8000000000082 bytes → ${cut}`,
    ],
    ['too long', byteArray([1], [1, 2]), `byte 69: 1 byte follows the data, expected the end of the file → ${damaged}`],
    [
      'a long header',
      Uint8Array.from([...npy('', [], 2).subarray(0, 8), 0, 0, 0, 1]),
      `byte 8: the header has 16777216 bytes, expected some hundreds → ${damaged}`,
    ],
  ])('%s', async (name, content, message) => {
    const file = write(`bad ${name}.npy`, content)
    expect(await failure(() => readNpy(file))).toBe(`data: ${file}: ${message}`)
  })
  test('what is written is read again, and is byte for byte what numpy writes', async () => {
    for (const values of [
      tensor('float32', [2, 2], [1.5, -2, 3, 4]),
      tensor('float64', [], [Math.PI]),
      tensor('int64', [3], [1, -2, 3]),
      tensor('uint8', [1, 2, 1], [7, 255]),
      tensor('bool', [2], [1, 0]),
    ]) {
      await writeNpy(`${folder}/out.npy`, values)
      expect(await readNpy(`${folder}/out.npy`)).toEqual(values)
    }
    await writeNpy(`${folder}/out.npy`, tensor('int32', [2, 3], [1, 2, 3, 4, 5, 6]))
    expect(readFileSync(`${folder}/out.npy`).equals(readFileSync(fixture('version1.npy')))).toBe(true)
    expect(await failure(() => writeNpy(`${folder}/none/out.npy`, tensor('bool', [1])))).toMatch(
      'cannot be written: ENOENT',
    )
  })
})

describe('npz', () => {
  test('arrays by their names, stored and deflated', async () => {
    const stored = await readNpz(fixture('stored.npz'), ['y', 'x'])
    expect(stored).toEqual({
      x: tensor('float32', [2, 3], [1, 2, 3, 4, 5, 6]),
      y: tensor('uint8', [2, 1], [1, 0]),
    })
    const deflated = await readNpz(fixture('deflated.npz'))
    expect([Object.keys(deflated), deflated.x.shape]).toEqual([
      ['x', 'y'],
      [40, 3],
    ])
  })
  test('two arrays are a data set; a column of labels is labels', async () => {
    const file = fixture('stored.npz')
    const data = await npz(file, { sameUnit: true, classes: ['no', 'yes'] }).load()
    expect(data).toMatchObject({
      name: file,
      source: file,
      task: 'classification',
      classes: ['no', 'yes'],
      sameUnit: true,
    })
    expect(data.inputs).toEqual(tensor('float32', [2, 3], [1, 2, 3, 4, 5, 6]))
    expect(data.targets).toEqual(tensor('int32', [2], [1, 0]))
  })
  test('floating-point targets are numbers to be predicted; others when the task says so', async () => {
    const floats = await npz(fixture('stored.npz'), { inputs: 'y', targets: 'x' }).load()
    expect([floats.task, floats.targets.shape]).toEqual(['regression', [2, 3]])
    const wholes = await npz(fixture('deflated.npz'), { task: 'regression' }).load()
    expect([wholes.task, wholes.targets.shape]).toEqual(['regression', [40, 1]])
  })
  test('an array that does not exist', async () => {
    const file = fixture('stored.npz')
    expect(await failure(() => npz(file, { inputs: 'X_train' }).load())).toBe(
      `usage: ${file} has no array "X_train" (inputs) → expected one of: x, y, names`,
    )
  })
  test('options', async () => {
    expect(await failure(() => npz('later', { input: 'x' } as NpzOptions))).toBe(
      "usage: npz has no option 'input' → did you mean 'inputs'?",
    )
    expect(await failure(() => npz('later', { task: 'x' } as unknown as NpzOptions))).toBe(
      "usage: task is \"x\", expected 'classification' or 'regression'",
    )
  })
  test('an array that is no numbers is named with the file', async () => {
    const file = fixture('stored.npz')
    expect(await failure(() => readNpz(file))).toMatch(
      `data: ${file}: names.npy: byte 10: the array holds text, expected numbers`,
    )
  })

  const good = zip({
    'x.npy': byteArray([2, 1], [5, 6]),
    'y.npy': byteArray([2], [0, 1]),
    'readme.txt': Uint8Array.of(1),
  })
  /** The good file with bytes in the first directory entry changed. */
  const entry = (offset: number, ...bytes: number[]) => {
    const copy = good.slice()
    copy.set(bytes, Buffer.from(good).indexOf('PK\u0001\u0002', 'latin1') + offset)
    return copy
  }
  test('by hand; what is no array is passed over', async () => {
    expect(Object.keys(await readNpz(write('good.npz', good)))).toEqual(['x', 'y'])
  })
  test.each<[string, Uint8Array, RegExp]>([
    ['empty', new Uint8Array(), /: byte 0: this is no zip file, expected it to begin with 'PK'/],
    ['an npy', byteArray([1], [1]), /: byte 0: this is no zip file/],
    [
      'cut',
      good.subarray(0, -1),
      /: byte \d+: the zip file's directory is missing from its end → the file is cut short/,
    ],
    ['no arrays', zip({ 'a.txt': Uint8Array.of(1) }), / holds no arrays, expected entries named \*\.npy/],
    ['encrypted', entry(8, 1), /: byte \d+: x\.npy is encrypted, expected plain data/],
    [
      'another method',
      entry(10, 12),
      /: byte \d+: x\.npy is packed by method 12, expected 0 \(stored\) or 8 \(deflate\)/,
    ],
    [
      'a wrong checksum',
      entry(16, 1, 2, 3, 4),
      /: byte \d+: x\.npy does not have the checksum that the directory says/,
    ],
    ['a stored size that differs', entry(24, 1), /x\.npy should unpack to 1 bytes, which 73 cannot hold/],
    [
      'a bomb',
      entry(10, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 73, 0, 0, 0, 0, 0, 0, 127),
      /x\.npy should unpack to 2130706432 bytes, which 73 cannot hold/,
    ],
    ['zip64', entry(24, 255, 255, 255, 255), /x\.npy is in zip64 form, which is not read/],
    ['a header elsewhere', entry(42, 9, 0, 0, 0), /: byte 9: expected the header of x\.npy/],
    [
      'an array that is cut',
      zip({ 'x.npy': byteArray([2], [1]) }),
      /: x\.npy: byte 69: the array has 69 bytes, its beginning promises 70/,
    ],
  ])('%s', async (name, content, message) => {
    const file = write(`bad ${name}.npz`, content)
    const said = await failure(() => readNpz(file))
    expect(said).toMatch(message)
    expect(said).toMatch(`data: ${file}`)
  })
  test('a deflated entry that holds more than it says is not unpacked further', async () => {
    const packed = zip({ 'x.npy': byteArray([1000], Array(1000).fill(0)) }, true)
    const at = Buffer.from(packed).indexOf('PK\u0001\u0002', 'latin1')
    packed.set([100, 0, 0, 0], at + 24)
    expect(await failure(() => readNpz(write('more.npz', packed)))).toMatch(
      /x\.npy: byte 100 \(unpacked\): more bytes follow/,
    )
  })
  test('entries that share their bytes', async () => {
    const twice = zip({
      'x.npy': byteArray([60000], Array(60000).fill(0)),
      'y.npy': byteArray([60000], Array(60000).fill(0)),
    })
    // The first entry's bytes, twice in the directory, without the second copy in the file.
    const first = 30 + 5 + byteArray([60000], Array(60000).fill(0)).length
    const directory = twice.subarray(2 * first, twice.length - 22).slice()
    directory.set([0, 0, 0, 0], 51 + 42)
    const end = twice.slice(twice.length - 22)
    end.set([first & 255, (first >> 8) & 255, first >> 16, 0], 16)
    const file = write('shared.npz', Buffer.concat([twice.subarray(0, first), directory, end]))
    expect(await failure(() => readNpz(file))).toMatch(/the entries have 120\d+ bytes together, the file has 60\d+/)
  })
})
