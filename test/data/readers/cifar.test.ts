/** @file CIFAR-10 and CIFAR-100 in their binary version. */
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { rowSource } from '../../../src/data/dataset.ts'
import { cifar10, cifar100 } from '../../../src/data/readers/cifar.ts'
import { failure } from '../failure.ts'
import { cifar } from './encoders.ts'
import { temporaryFolder } from './folder.ts'

const { path: folder, write } = temporaryFolder()
const one = write('ten/data_batch_1.bin.gz', gzipSync(cifar([[3], [0]])))
const four = write('ten/data_batch_4.bin', cifar([[9]]))
write('ten/test_batch.bin', cifar([[5], [6], [7]]))
write('ten/readme.html', 'x')
const damaged = 'check that the file is what you meant; if it is damaged, fetch it again'

describe('CIFAR-10', () => {
  test('a folder: the batches that are there, in their order', async () => {
    const data = await cifar10(`${folder}/ten`).load()
    expect(data).toMatchObject({ name: 'CIFAR-10 training', sameUnit: true, task: 'classification' })
    expect(data.source).toBe('CIFAR-10 (Krizhevsky 2009), data_batch_1.bin.gz, data_batch_4.bin')
    expect(data.inputs.shape).toEqual([3, 3, 32, 32])
    expect([...data.targets.data]).toEqual([3, 0, 9])
    // Red, green and blue of the records 0 and 1 of the first file, and of record 0 of the second.
    const plane = (i: number) => new Set(data.inputs.data.subarray(1024 * i, 1024 * (i + 1)))
    expect(Array.from({ length: 9 }, (_, i) => [...plane(i)])).toEqual([[1], [2], [3], [2], [3], [4], [1], [2], [3]])
    expect([data.classes[0], data.classes[9]]).toEqual(['airplane', 'truck'])
  })
  test('parts, flat rows, a limit', async () => {
    const data = await cifar10(`${folder}/ten`, { part: 'test', shape: 'flat', limit: 2 }).load()
    expect(data.name).toBe('CIFAR-10 test')
    expect([data.inputs.shape, [...data.targets.data]]).toEqual([
      [2, 3072],
      [5, 6],
    ])
    const all = await cifar10(`${folder}/ten`, { part: 'all' }).load()
    expect([all.name, ...all.targets.data]).toEqual(['CIFAR-10', 3, 0, 9, 5, 6, 7])
  })
  test('streamed: the same rows as from memory, from the files where they lie', async () => {
    write('plain/data_batch_1.bin', cifar([[3], [0]]))
    write('plain/data_batch_2.bin', cifar([[9]]))
    for (const [shape, limit] of [
      ['image', undefined],
      ['flat', 2],
    ] as const) {
      const options = { shape, ...(limit && { limit }) }
      const rows = await cifar10(`${folder}/plain`, { ...options, stream: true }).load()
      const memory = rowSource(await cifar10(`${folder}/plain`, options).load())
      expect({ ...rows, read: 0 }).toEqual({ ...memory, read: 0 })
      const read = (source: typeof memory) => {
        const [inputs, targets] = [new Float32Array(2 * 3072), new Int32Array(2)]
        source.read([1, 0], 0, 2, inputs, targets)
        return [inputs, targets]
      }
      expect(read(rows)).toEqual(read(memory))
    }
    expect(await failure(() => cifar10(`${folder}/ten`, { stream: true }).load())).toBe(
      `data: ${one} is packed, and stream reads files where they lie → unpack it: gunzip ${one}; or leave stream out`,
    )
    const coarse = write(
      'coarse.bin',
      cifar([
        [7, 70],
        [8, 80],
      ]),
    )
    expect((await cifar100([coarse], { labels: 'coarse', stream: true }).load()).labels).toEqual(Int32Array.of(7, 8))
  })
  test('files of any name', async () => {
    expect([...(await cifar10([four, one]).load()).targets.data]).toEqual([9, 3, 0])
    const single = await cifar10(one).load()
    expect([single.name, ...single.targets.data]).toEqual(['CIFAR-10', 3, 0])
  })
  test.each<[string, Uint8Array, string]>([
    ['empty', new Uint8Array(), ' is empty, expected records of 3073 bytes'],
    [
      'cut',
      cifar([[1], [2]]).subarray(0, 4000),
      ': byte 3073: 927 bytes are left, expected records of 3073 bytes: a label, then 3072 pixel values → expected a .bin file of the binary version of CIFAR-10; if this is the archive, unpack it: tar xf FILE',
    ],
    ['label', cifar([[1], [10]]), `: byte 3073: the label is 10, expected 0 to 9 → ${damaged}`],
  ])('a bad file: %s', async (name, content, message) => {
    const file = write(`${name}.bin`, content)
    expect(await failure(() => cifar10([file]).load())).toBe(`data: ${file}${message}`)
  })
  test('what is not there', async () => {
    expect(await failure(() => cifar10(`${folder}/ten/data_batch_2.bin`).load())).toMatch(
      `data: ${folder}/ten/data_batch_2.bin does not exist → did you mean 'data_batch_4.bin'?`,
    )
    write('other/a.bin', 'x')
    expect(await failure(() => cifar10(`${folder}/other`, { part: 'test' }).load())).toBe(
      `data: ${folder}/other has none of the files of CIFAR-10 test: test_batch.bin, or these with .gz → for files of other names give a list of them`,
    )
  })
  test('options', async () => {
    expect(await failure(() => cifar10([]))).toBe('usage: cifar10 got an empty list of files')
    expect(await failure(() => cifar10('x', { labels: 'fine' } as object))).toMatch(
      "usage: cifar10 has no option 'labels'",
    )
    expect(await failure(() => cifar10([one], { part: 'test' }).load())).toBe(
      `usage: part is 'test', and ${one} is no folder → leave part out`,
    )
  })
})

describe('CIFAR-100', () => {
  write(
    'hundred/train.bin',
    cifar([
      [19, 99],
      [0, 1],
    ]),
  )
  test('fine and coarse labels', async () => {
    const fine = await cifar100(`${folder}/hundred`).load()
    expect([fine.classes.length, ...Array.from(fine.targets.data, (i) => fine.classes[i])]).toEqual([
      100,
      'worm',
      'aquarium_fish',
    ])
    const coarse = await cifar100(`${folder}/hundred`, { labels: 'coarse' }).load()
    expect([coarse.classes.length, ...Array.from(coarse.targets.data, (i) => coarse.classes[i])]).toEqual([
      20,
      'vehicles_2',
      'aquatic_mammals',
    ])
    expect(coarse.inputs.data).toEqual(fine.inputs.data)
  })
  test('each kind of label has its own range', async () => {
    const file = write('coarse.bin', cifar([[20, 5]]))
    expect((await cifar100([file]).load()).targets.data[0]).toBe(5)
    expect(await failure(() => cifar100([file], { labels: 'coarse' }).load())).toBe(
      `data: ${file}: byte 0: the label is 20, expected 0 to 19 → ${damaged}`,
    )
    expect(await failure(() => cifar100([file], { labels: 'super' as 'fine' }))).toBe(
      "usage: labels is \"super\", expected 'fine' or 'coarse'",
    )
  })
})
