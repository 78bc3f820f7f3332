/** @file Well-known sets in the cache: nothing without being asked, only what is missing, archives unpacked. */
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LoadProgress } from '../../../src/data/progress.ts'
import { cifar10 } from '../../../src/data/readers/cifar.ts'
import { cachedFiles, cachedFilesOf } from '../../../src/data/readers/known-sets.ts'
import { fashionMnist, mnist } from '../../../src/data/readers/mnist.ts'
import { failure } from '../failure.ts'
import { cifar, mnistFiles } from './encoders.ts'
import { type FilesServer, send, serve } from './files-server.ts'
import { tar, tarEntry } from './tar.ts'

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const [one, two] = [new Uint8Array(5000).fill(1), new Uint8Array(600).fill(2)]
const archive = gzipSync(tar(tarEntry('set/a.bin', one), tarEntry('set/b.bin', two)))
const published = (name: string, bytes: Uint8Array) => ({ name, bytes: bytes.length, sha256: sha256(bytes) })
const content: Readonly<Record<string, Uint8Array>> = { 'a.bin': one, 'b.bin': two, 'set.tar.gz': archive }

let folder: string
let server: FilesServer
const asked: string[] = []
beforeEach(async () => {
  folder = join(mkdtempSync(join(tmpdir(), 'rappel-sets-')), 'set')
  asked.length = 0
  server = await serve((request, response) => {
    const name = request.url?.split('/').at(-1) ?? ''
    asked.push(name)
    send(content[name], request, response)
  })
})
afterEach(async () => {
  rmSync(join(folder, '..'), { recursive: true })
  await server.close()
})

const mirrors = () => [new URL('.', server.url).href]
const plain = () => ({
  title: 'A set',
  mirrors: mirrors(),
  fetched: { training: [published('a.bin', one)], test: [published('b.bin', two)] },
})
const packed = () => ({
  title: 'A set',
  mirrors: mirrors(),
  fetched: { training: [published('set.tar.gz', archive)], test: [published('set.tar.gz', archive)] },
  unpacked: { training: [published('a.bin', one)], test: [published('b.bin', two)] },
})

describe('plain files', () => {
  test('what is missing of the part is fetched, and told', async () => {
    const told: LoadProgress[] = []
    const onProgress = (progress: LoadProgress) => told.push(progress)
    const found = await cachedFilesOf(plain(), 'set', { folder, download: true, onProgress })
    expect(found).toEqual({ folder, files: [join(folder, 'a.bin')] })
    expect(told.at(-1)).toEqual({ what: 'a.bin', done: 5000, total: 5000 })
    const all = await cachedFilesOf(plain(), 'set', { folder, download: true, part: 'all' })
    expect(all.files).toEqual([join(folder, 'a.bin'), join(folder, 'b.bin')])
    expect(asked).toEqual(['a.bin', 'b.bin'])
  })
  test('nothing is fetched that was not asked for; what is there is used', async () => {
    mkdirSync(folder)
    writeFileSync(join(folder, 'b.bin'), 'put there by hand')
    expect((await cachedFilesOf(plain(), 'set', { folder, part: 'test' })).files).toEqual([join(folder, 'b.bin')])
    expect(await failure(() => cachedFilesOf(plain(), 'set', { folder }))).toBe(
      `data: A set is not in the cache: ${folder} lacks a.bin → ask for it with download: true (1 MB from ${new URL(server.url).host}), name the folder where it is, or put the files there`,
    )
    expect(asked).toEqual([])
  })
})

describe('an archive', () => {
  test('is unpacked whole and taken away, so that the other part needs no second fetch', async () => {
    const found = await cachedFilesOf(packed(), 'set', { folder, download: true })
    expect(found.files).toEqual([join(folder, 'a.bin')])
    expect(readdirSync(folder).sort()).toEqual(['a.bin', 'b.bin'])
    expect(readFileSync(join(folder, 'a.bin')).equals(one)).toBe(true)
    expect((await cachedFilesOf(packed(), 'set', { folder, part: 'test' })).files).toEqual([join(folder, 'b.bin')])
    expect(asked).toEqual(['set.tar.gz'])
  })
  test('nothing of it is there without being asked for', async () => {
    expect(await failure(() => cachedFilesOf(packed(), 'set', { folder, part: 'all' }))).toContain(
      'lacks a.bin, b.bin →',
    )
  })
})

test('the sets that are known: their files and where they belong', async () => {
  const cache = join(folder, '..', 'cache')
  const before = process.env.RAPPEL_CACHE
  process.env.RAPPEL_CACHE = cache
  try {
    const message = (set: Parameters<typeof cachedFiles>[0], part: 'training' | 'all') =>
      failure(() => cachedFiles(set, { part }))
    expect(await message('mnist', 'training')).toBe(
      `data: MNIST is not in the cache: ${join(cache, 'mnist')} lacks train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz → ask for it with download: true (10 MB from storage.googleapis.com), name the folder where it is, or put the files there`,
    )
    expect(await message('fashion-mnist', 'all')).toContain('(31 MB from raw.githubusercontent.com)')
    // The archive is one, whichever part of it is wanted.
    expect(await message('cifar-10', 'all')).toBe(
      `data: CIFAR-10 is not in the cache: ${join(cache, 'cifar-10')} lacks data_batch_1.bin, data_batch_2.bin, data_batch_3.bin, data_batch_4.bin, data_batch_5.bin, test_batch.bin → ask for it with download: true (171 MB from www.cs.toronto.edu), name the folder where it is, or put the files there`,
    )
  } finally {
    if (before === undefined) delete process.env.RAPPEL_CACHE
    else process.env.RAPPEL_CACHE = before
  }
})

describe('readers without a folder', () => {
  let before: string | undefined
  const put = (name: string, bytes: Uint8Array) => {
    mkdirSync(join(folder, dirname(name)), { recursive: true })
    writeFileSync(join(folder, name), bytes)
  }
  beforeEach(() => {
    before = process.env.RAPPEL_CACHE
    process.env.RAPPEL_CACHE = folder
    mkdirSync(folder)
  })
  afterEach(() => {
    if (before === undefined) delete process.env.RAPPEL_CACHE
    else process.env.RAPPEL_CACHE = before
  })

  test('read what is in the cache; asked to download, they fetch nothing that is there', async () => {
    for (const [set, reader] of [
      ['mnist', mnist],
      ['fashion-mnist', fashionMnist],
    ] as const) {
      for (const [name, bytes] of Object.entries(mnistFiles('t10k', 3))) put(`${set}/${name}.gz`, gzipSync(bytes))
      for (const options of [{ part: 'test' }, { part: 'test', download: true }] as const)
        expect((await reader(options).load()).targets.data).toEqual(Int32Array.of(0, 1, 2))
    }
    put('cifar-10/test_batch.bin', cifar([[5], [6]]))
    expect((await cifar10({ part: 'test' }).load()).targets.data).toEqual(Int32Array.of(5, 6))
  })
  test('fetch nothing unless they are asked to', async () => {
    expect(await failure(() => mnist().load())).toMatch(
      /^data: MNIST is not in the cache: .*mnist lacks train-images-idx3-ubyte\.gz, .* → ask for it with download: true/,
    )
    expect(await failure(() => cifar10().load())).toMatch(/^data: CIFAR-10 is not in the cache/)
  })
  test('with a folder there is nothing to download', async () => {
    const options = { download: true } as object
    expect(await failure(() => mnist(folder, options))).toMatch(/^usage: mnist has no option 'download'/)
    expect(await failure(() => cifar10(folder, options))).toMatch(/^usage: cifar10 has no option 'download'/)
    expect(await failure(() => mnist({ download: 'yes' } as object))).toBe(
      'usage: download is "yes", expected true or false',
    )
  })
})
