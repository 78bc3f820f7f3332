/** @file idx files, and MNIST's folders of them. */

import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { readIdx } from '../../../src/data/readers/idx.ts'
import { fashionMnist, type ImageSetOptions, mnist } from '../../../src/data/readers/mnist.ts'
import { loadData } from '../../../src/data/source.ts'
import { failure } from '../failure.ts'
import { idx, mnistFiles } from './encoders.ts'
import { temporaryFolder } from './folder.ts'

const { path: folder, write } = temporaryFolder()

describe('idx', () => {
  // 0x3fc00000 is 1.5 in IEEE 754, 0xc004000000000000 is −2.5.
  test.each<[string, number, number[], string, number[], number[]]>([
    ['uint8', 8, [0, 255], 'uint8', [2], [0, 255]],
    ['int8', 9, [0x80, 0x7f, 0xff], 'int32', [3], [-128, 127, -1]],
    ['int16', 11, [0x80, 0, 0x01, 0x02], 'int32', [2, 1], [-32768, 258]],
    ['int32', 12, [0xff, 0xff, 0xff, 0xfe, 0, 1, 0, 0], 'int32', [1, 2], [-2, 65536]],
    ['float', 13, [0x3f, 0xc0, 0, 0], 'float32', [1, 1, 1], [1.5]],
    ['double', 14, [0xc0, 0x04, 0, 0, 0, 0, 0, 0], 'float64', [1], [-2.5]],
  ])('%s', async (name, code, bytes, dtype, shape, values) => {
    const plain = idx(code, shape, bytes)
    for (const file of [write(name, plain), write(`${name}.gz`, gzipSync(plain))]) {
      const read = await readIdx(file)
      expect({ dtype: read.dtype, shape: read.shape, values: [...read.data] }).toEqual({ dtype, shape, values })
    }
  })
  test('gzip is known by its mark, not by the name', async () => {
    expect((await readIdx(write('named-plain', gzipSync(idx(8, [1], [7]))))).data).toEqual(Uint8Array.of(7))
    expect((await readIdx(write('named-packed.gz', idx(8, [1], [7])))).data).toEqual(Uint8Array.of(7))
  })

  const damaged = 'check that the file is what you meant; if it is damaged, fetch it again'
  const form = 'an idx file begins with two zero bytes, the type and the number of dimensions'
  const cut = 'it is cut short or damaged: fetch it again'
  test.each<[string, Uint8Array, string]>([
    ['empty', new Uint8Array(), `byte 0: the file ends within the first four bytes → ${form}`],
    ['a PNG', Uint8Array.of(0x89, 0x50, 0x4e, 0x47), `byte 0: 137, expected 0: this is no idx file → ${form}`],
    ['text', Uint8Array.of(0, 0x50, 0x4e, 0x47), `byte 1: 80, expected 0: this is no idx file → ${form}`],
    [
      'type 10',
      Uint8Array.of(0, 0, 10, 1),
      `byte 2: the type of the values is 10, expected one of 8, 9, 11, 12, 13, 14 → ${form}`,
    ],
    [
      'half a header',
      Uint8Array.of(0, 0, 8, 3, 0, 0),
      `byte 6: the file ends within its header of 16 bytes (3 dimensions) → ${damaged}`,
    ],
    [
      'too short',
      idx(8, [2, 2], [1, 2, 3]),
      `byte 15: the file ends here at the latest, its beginning promises 16 bytes → ${cut}`,
    ],
    [
      'too long',
      idx(8, [2], [1, 2, 3, 4]),
      `byte 10: 2 bytes follow the data, expected the end of the file → ${damaged}`,
    ],
    [
      'a terabyte',
      idx(8, [2 ** 20, 2 ** 20], [1]),
      `byte 13: the file ends here at the latest, its beginning promises 1099511627788 bytes → ${cut}`,
    ],
    [
      'more than numbers hold',
      idx(14, Array(255).fill(2 ** 32 - 1), [1]),
      `byte 1025: the file ends here at the latest, its beginning promises Infinity bytes → ${cut}`,
    ],
  ])('%s', async (name, content, message) => {
    const file = write(`bad ${name}`, content)
    expect(await failure(() => readIdx(file))).toBe(`data: ${file}: ${message}`)
  })
  test('packed: headers are compared with what gzip can hold at best, 1032 to 1, before anything is unpacked', async () => {
    const file = write('huge.gz', gzipSync(idx(8, [2 ** 31], [1])))
    expect(await failure(() => readIdx(file))).toMatch(
      /byte \d+: the file ends here at the latest, its beginning promises 2147483656 bytes/,
    )
  })
  test('packed: more than the header says is not unpacked', async () => {
    const file = write('long.gz', gzipSync(Buffer.concat([idx(8, [2], [1, 2]), new Uint8Array(1e6)])))
    expect(await failure(() => readIdx(file))).toMatch(
      `data: ${file}: byte 10 (unpacked): more bytes follow, expected the end`,
    )
  })
  test('packed, cut short, and with a wrong checksum', async () => {
    const packed = gzipSync(
      idx(
        8,
        [3000],
        Array.from({ length: 3000 }, (_, i) => (i * i) % 251),
      ),
    )
    const short = write('short.gz', packed.subarray(0, -20))
    expect(await failure(() => readIdx(short))).toMatch(
      `data: ${short}: byte ${packed.length - 20}: the packed data end too early`,
    )
    const wrong = write('wrong.gz', packed.with(packed.length - 8, packed[packed.length - 8] ^ 1))
    expect(await failure(() => readIdx(wrong))).toMatch(`data: ${wrong} cannot be unpacked: incorrect data check`)
  })
})

describe('MNIST', () => {
  const files = { ...mnistFiles('train', 12), ...mnistFiles('t10k', 5) }
  for (const [name, content] of Object.entries(files)) {
    write(`plain/${name}`, content)
    write(`packed/${name}.gz`, gzipSync(content))
    write(`kaggle/${name.replace('-idx', '.idx')}`, content)
  }
  const at = (name: string) => `${folder}/${name}`
  const firstPixels = (inputs: { shape: readonly number[]; data: Float32Array }) =>
    Array.from({ length: inputs.shape[0] }, (_, row) => inputs.data[row * 784 + 783])

  test.each(['plain', 'packed', 'kaggle'])('%s files', async (form) => {
    const data = await mnist(at(form)).load()
    expect(data).toMatchObject({
      name: 'MNIST training',
      task: 'classification',
      sameUnit: true,
      licence: 'CC BY-SA 3.0',
    })
    expect(data.inputs.shape).toEqual([12, 1, 28, 28])
    expect(firstPixels(data.inputs)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    expect([...data.targets.data]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1])
    expect(data.classes).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
    expect(await loadData(mnist(pathToFileURL(`${at(form)}/`)))).toEqual(data)
  })
  test.each<[ImageSetOptions, string, number[], number[]]>([
    [{ part: 'test' }, 'MNIST test', [5, 1, 28, 28], [0, 1, 2, 3, 4]],
    [{ part: 'all', shape: 'flat', limit: 14 }, 'MNIST', [14, 784], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 1]],
    [{ limit: 2 }, 'MNIST training', [2, 1, 28, 28], [0, 1]],
    [{ limit: 100 }, 'MNIST training', [12, 1, 28, 28], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]],
  ])('%o', async (options, name, shape, pixels) => {
    const source = mnist(at('plain'), options)
    expect(source.name).toBe(name)
    const data = await source.load()
    expect({ name: data.name, shape: data.inputs.shape, pixels: firstPixels(data.inputs) }).toEqual({
      name,
      shape,
      pixels,
    })
  })
  test('Fashion-MNIST has its own classes and licence', async () => {
    const data = await fashionMnist(at('plain'), { part: 'test' }).load()
    expect(data).toMatchObject({ name: 'Fashion-MNIST test', licence: 'MIT' })
    expect([data.classes.length, data.classes[0], data.classes[9]]).toEqual([10, 'T-shirt/top', 'Ankle boot'])
  })
  test.each<[ImageSetOptions, string]>([
    [{ prat: 'test' } as ImageSetOptions, "usage: mnist has no option 'prat' → did you mean 'part'?"],
    [{ part: 'validation' as 'test' }, "usage: part is \"validation\", expected 'training', 'test' or 'all'"],
    [{ shape: 'square' as 'flat' }, "usage: shape is \"square\", expected 'image' or 'flat'"],
    [{ limit: 0 }, 'usage: limit is 0, expected a whole number from 1 up'],
  ])('options are checked before the files are needed: %o', async (options, message) => {
    expect(await failure(() => mnist('later', options))).toBe(message)
  })

  const images = 'train-images-idx3-ubyte'
  const labels = 'train-labels-idx1-ubyte'
  test.each<[string, Record<string, Uint8Array>, string]>([
    [
      'no files',
      { 'readme.txt': Uint8Array.of(1) },
      `data: FOLDER has no file ${images} or ${images}.gz → it has: readme.txt`,
    ],
    [
      'only the images',
      { [images]: files[images] },
      `data: FOLDER has no file ${labels} or ${labels}.gz → it has: ${images}`,
    ],
    [
      'labels of the other part',
      { [images]: files[images], [labels]: files['t10k-labels-idx1-ubyte'] },
      `data: FOLDER/${images} has 12 images, FOLDER/${labels} has 5 labels → take both files from the same part of the same data set`,
    ],
    [
      'a label of 10',
      { [images]: files[images], [labels]: files[labels].with(8 + 3, 10) },
      `data: FOLDER/${labels}: byte 11: the label of row 3 is 10, expected 0 to 9 → check that the file is what you meant; if it is damaged, fetch it again`,
    ],
    [
      'images of another size',
      { [images]: idx(8, [1, 2, 2], [1, 2, 3, 4]), [labels]: idx(8, [1], [0]) },
      `data: FOLDER/${images} holds uint8[1,2,2], expected uint8[images,28,28] → for other idx files use readIdx(file) and dataset({ inputs, targets })`,
    ],
    [
      'no images',
      { [images]: idx(8, [0, 28, 28], []), [labels]: idx(8, [0], []) },
      `data: FOLDER/${images} holds no images, expected at least one`,
    ],
  ])('%s', async (name, contents, message) => {
    for (const [file, content] of Object.entries(contents)) write(`${name}/${file}`, content)
    expect(await failure(() => mnist(at(name)).load())).toBe(message.replaceAll('FOLDER', at(name)))
  })
  test('a folder that is a file, or is missing', async () => {
    expect(await failure(() => mnist(write('file', 'x')).load())).toBe(
      `data: ${at('file')} is a file, expected a folder`,
    )
    expect(await failure(() => mnist(at('plian')).load())).toBe(
      `data: ${at('plian')} does not exist → did you mean 'plain'? (in ${folder})`,
    )
  })
})
