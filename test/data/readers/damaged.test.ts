/** @file Damaged files of every format: the answer is a data set or an error that names the file, and memory stays bounded. */
import { readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { RappelError } from '../../../src/base/errors.ts'
import { cifar10 } from '../../../src/data/readers/cifar.ts'
import { readCsv } from '../../../src/data/readers/csv.ts'
import { readIdx } from '../../../src/data/readers/idx.ts'
import { imageFolder } from '../../../src/data/readers/image-folder.ts'
import { mnist } from '../../../src/data/readers/mnist.ts'
import { readNpy } from '../../../src/data/readers/npy.ts'
import { npz, readNpz } from '../../../src/data/readers/npz.ts'
import { readParquet } from '../../../src/data/readers/parquet.ts'
import { text } from '../../../src/data/readers/text.ts'
import { byteArray, cifar, idx, mnistFiles, npy, zip } from './encoders.ts'
import { fixture, temporaryFolder } from './folder.ts'

const { path: folder, write } = temporaryFolder()

/** A change of a file: bytes that are flipped, cut out, put in, or made as large as they can be. */
type Edit = { kind: 'flip' | 'cut' | 'insert' | 'large'; at: number; bytes: Uint8Array }

const edit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom('flip' as const, 'cut' as const, 'insert' as const, 'large' as const),
  // A share of the file; its ends, where headers lie, more often.
  at: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 0.001, 0.01, 0.99, 0.999)),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
})

function edited(content: Uint8Array, edits: readonly Edit[]): Uint8Array {
  let now = Buffer.from(content)
  for (const { kind, at, bytes } of edits) {
    const place = Math.min(Math.floor(at * now.length), now.length)
    const [front, back] = [now.subarray(0, place), now.subarray(place)]
    if (kind === 'insert') now = Buffer.concat([front, bytes, back])
    else if (kind === 'cut') now = Buffer.concat([front, back.subarray(bytes[0] < 128 ? bytes.length : back.length)])
    else
      now = Buffer.concat([
        front,
        bytes.map((byte, i) => (kind === 'flip' ? byte ^ (back[i] ?? 0) : 255)),
        back.subarray(bytes.length),
      ])
  }
  return now
}

const start = process.memoryUsage().rss
let most = start

/** Reads many damaged forms of a file. @param name in the folder; what is thrown must hold it */
async function readDamaged(name: string, content: Uint8Array, read: (path: string) => Promise<unknown>, runs = 300) {
  const path = write(name, content)
  await read(path) // the file as it was is good
  let failures = 0
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
      writeFileSync(path, edited(content, edits))
      try {
        await read(path)
      } catch (error) {
        failures++
        if (!(error instanceof RappelError)) throw error
        expect(error.code).toMatch(/^(data|usage)$/)
        expect(error.message).toContain(folder)
      } finally {
        most = Math.max(most, process.memoryUsage().rss)
      }
    }),
    { numRuns: runs, seed: 1 },
  )
  writeFileSync(path, content)
  expect(failures).toBeGreaterThan(runs / 10)
}

const pixels = Array.from({ length: 24 }, (_, i) => i)
const halves = npy("{'descr': '<f2', 'fortran_order': True, 'shape': (3, 4), }\n", pixels, 2)
const arrays = { 'x.npy': byteArray([6, 4], pixels), 'y.npy': byteArray([6], [0, 1, 0, 1, 0, 1]) }
const table = 'a,b,c\n1,2,x\n"3",4,y\n5,6,"x"\n'

test.each<[string, Uint8Array, (path: string) => Promise<unknown>]>([
  ['a.idx', idx(8, [2, 3, 4], pixels), readIdx],
  ['double.idx', idx(14, [3], pixels), readIdx],
  ['a.idx.gz', gzipSync(idx(8, [2, 3, 4], pixels)), readIdx],
  ['a.npy', byteArray([2, 3, 4], pixels), readNpy],
  ['half.npy', halves, readNpy],
  ['a.npy.gz', gzipSync(halves), readNpy],
  ['stored.npz', zip(arrays), readNpz],
  ['deflated.npz', zip(arrays, true), readNpz],
  ['data.npz', zip(arrays, true), (path) => npz(path).load()],
  ['a.bin', cifar([[1], [2]]), (path) => cifar10([path]).load()],
  ['a.bin.gz', gzipSync(cifar([[1], [2]])), (path) => cifar10(path).load()],
  ['a.csv', Buffer.from(table), readCsv],
  ['a.csv.gz', gzipSync(table), readCsv],
  ['a.txt.gz', gzipSync('to be, or not to be, that is the question'), (path) => text(path, { length: 3 }).load()],
])('%s', (name, content, read) => readDamaged(name, content, read))

test.each(Object.entries(mnistFiles('train', 3)))("MNIST's %s", async (name, content) => {
  for (const [file, good] of Object.entries(mnistFiles('train', 3))) write(`mnist/${file}`, good)
  await readDamaged(`mnist/${name}`, content, () => mnist(`${folder}/mnist`).load())
})

test.each([
  'none',
  'snappy',
  'gzip',
  'brotli',
  'zstd',
  'v2_plain',
  'groups',
  'delta_byte_array',
  'delta_length_byte_array',
])('Parquet: %s', async (name) =>
  readDamaged(`${name}.parquet`, readFileSync(fixture(`${name}.parquet`)), readParquet, 500),
)

test.each(['png', 'jpeg', 'webp', 'gif', 'tiff'] as const)('images: %s', async (format) => {
  const raw = { width: 8, height: 8, channels: 3 } as const
  const image = sharp(
    Uint8Array.from({ length: 192 }, (_, i) => (i * i) % 251),
    { raw },
  )
  const content = await image.toFormat(format).toBuffer()
  await readDamaged(
    `${format}/class/a.${format}`,
    content,
    () => imageFolder(`${folder}/${format}`, { size: 4 }).load(),
    150,
  )
})

test('memory stayed bounded through all of this', () => {
  expect((most - start) / 2 ** 20).toBeLessThan(768)
})
