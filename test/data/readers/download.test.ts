/** @file Downloads from a server on this machine: whole, resumed, and everything that can go wrong. */
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import type { LoadProgress } from '../../../src/data/progress.ts'
import { cacheFolder, cacheFolderIn } from '../../../src/data/readers/cache.ts'
import { type DownloadOptions, download } from '../../../src/data/readers/download.ts'
import { failure } from '../failure.ts'
import { type FilesServer, send, serve } from './files-server.ts'

const content = new Uint8Array(3 * 2 ** 20 + 12_345).map((_, i) => (i * i) % 251)
const sha256 = createHash('sha256').update(content).digest('hex')

const folders: string[] = []
const servers: FilesServer[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
  for (const server of servers.splice(0)) await server.close()
})

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rappel-download-'))
  folders.push(folder)
  return folder
}

async function serving(...arguments_: Parameters<typeof serve>): Promise<FilesServer> {
  const server = await serve(...arguments_)
  servers.push(server)
  return server
}

const good = () => serving((request, response) => send(content, request, response))
/** The host as messages name it. */
const hostOf = ({ url }: FilesServer) => new URL(url).host
const byHand = (into: string) =>
  ` → check the network and try again, or put the file file.bin into ${into} yourself (sha256 ${sha256})`

describe('a file', () => {
  test('comes whole, under its name only when it is, with reports on the way', async () => {
    const into = join(newFolder(), 'not', 'there')
    const server = await good()
    const told: LoadProgress[] = []
    const path = await download(server.url, {
      sha256,
      into,
      bytes: content.length,
      onProgress: (one) => told.push(one),
    })
    expect(path).toBe(join(into, 'file.bin'))
    expect(readFileSync(path).equals(content)).toBe(true)
    expect(readdirSync(into)).toEqual(['file.bin'])
    expect(told[0]).toEqual({ what: 'file.bin', done: 0, total: content.length })
    expect(told.at(-1)).toEqual({ what: 'file.bin', done: content.length, total: content.length })
    // Every mebibyte, the beginning and the end.
    expect(told.length).toBeLessThanOrEqual(5)
    expect(told.map(({ done }) => done)).toEqual(told.map(({ done }) => done).toSorted((a, b) => a - b))
  })
  test('that is there is not fetched again; the folder may be a URL, the name another', async () => {
    const folder = newFolder()
    const server = await good()
    const options = { sha256, into: pathToFileURL(folder), name: 'other.bin' }
    const paths = [await download(server.url, options), await download(server.url, options)]
    expect(paths).toEqual([join(folder, 'other.bin'), join(folder, 'other.bin')])
    expect(server.ranges).toEqual([''])
  })
  test('goes into the cache by default', async () => {
    const folder = newFolder()
    const before = process.env.RAPPEL_CACHE
    process.env.RAPPEL_CACHE = folder
    try {
      expect(await cacheFolder()).toBe(folder)
      expect(await download((await good()).url, { sha256 })).toBe(join(folder, 'file.bin'))
    } finally {
      if (before === undefined) delete process.env.RAPPEL_CACHE
      else process.env.RAPPEL_CACHE = before
    }
  })
  test('is fetched by two at once without harm', async () => {
    const into = newFolder()
    const server = await good()
    const paths = await Promise.all([1, 2, 3].map(() => download(server.url, { sha256, into })))
    expect(new Set(paths)).toEqual(new Set([join(into, 'file.bin')]))
    expect(readFileSync(paths[0]).equals(content)).toBe(true)
    expect(readdirSync(into)).toEqual(['file.bin'])
  })
  test('that was moved elsewhere is followed; an answer without a length', async () => {
    const into = newFolder()
    const server = await serving((request, response) => {
      if (request.url?.endsWith('/moved')) response.writeHead(200).end(content)
      else response.writeHead(302, { location: '/moved' }).end()
    })
    expect(readFileSync(await download(server.url, { sha256, into })).equals(content)).toBe(true)
  })
})

describe('resuming', () => {
  const begin = (into: string, bytes: Uint8Array) => writeFileSync(join(into, 'file.bin.part'), bytes)

  test('goes on where the part ends', async () => {
    const into = newFolder()
    begin(into, content.subarray(0, 1000))
    const server = await good()
    const told: number[] = []
    await download(server.url, { sha256, into, onProgress: ({ done }) => told.push(done) })
    expect(server.ranges).toEqual(['bytes=1000-'])
    expect(told[0]).toBe(1000)
  })
  test('begins again where the server does not know ranges', async () => {
    const into = newFolder()
    begin(into, content.subarray(0, 1000))
    const server = await serving((_, response) =>
      response.writeHead(200, { 'content-length': content.length }).end(content),
    )
    await download(server.url, { sha256, into })
    expect(server.ranges).toEqual(['bytes=1000-'])
    expect(readdirSync(into)).toEqual(['file.bin'])
  })
  test('a part that is whole already needs no request, where the length is known; else one that the server refuses', async () => {
    const [known, unknown] = [newFolder(), newFolder()]
    begin(known, content)
    begin(unknown, content)
    const server = await good()
    await download(server.url, { sha256, into: known, bytes: content.length })
    expect(server.ranges).toEqual([])
    await download(server.url, { sha256, into: unknown })
    expect(server.ranges).toEqual([`bytes=${content.length}-`, ''])
  })
  test('a part of something else is thrown away and all fetched', async () => {
    const into = newFolder()
    begin(into, new Uint8Array(1000).fill(1))
    const server = await good()
    await download(server.url, { sha256, into })
    expect(server.ranges).toEqual(['bytes=1000-', ''])
    const longer = newFolder()
    begin(longer, new Uint8Array(content.length + 5))
    await download(server.url, { sha256, into: longer, bytes: content.length })
    expect(readFileSync(join(longer, 'file.bin')).length).toBe(content.length)
  })
  test('a transfer that breaks off is taken up again by itself, as long as it gets on', async () => {
    const into = newFolder()
    const server = await serving((request, response) => send(content, request, response, 2 ** 20))
    await download(server.url, { sha256, into, bytes: content.length })
    expect(server.ranges).toEqual(['', `bytes=${2 ** 20}-`, `bytes=${2 * 2 ** 20}-`, `bytes=${3 * 2 ** 20}-`])
  })
  test('one that gets nowhere is given up; what came stays for the next time', async () => {
    const into = newFolder()
    const broken = await serving((request, response, n) => send(content, request, response, n === 0 ? 1000 : 0))
    expect(await failure(() => download(broken.url, { sha256, into }))).toBe(
      `data: could not download file.bin: ${hostOf(broken)}: could not reach it: the connection broke off (UND_ERR_SOCKET)${byHand(into)}`,
    )
    expect(readFileSync(join(into, 'file.bin.part')).equals(content.subarray(0, 1000))).toBe(true)
    const server = await good()
    await download(server.url, { sha256, into })
    expect(server.ranges).toEqual(['bytes=1000-'])
  })
  test('mirrors are tried in turn', async () => {
    const into = newFolder()
    const [missing, server] = [await serving((_, response) => response.writeHead(404).end('no')), await good()]
    await download([missing.url, server.url], { sha256, into })
    expect(readFileSync(join(into, 'file.bin')).equals(content)).toBe(true)
  })
})

describe('what goes wrong', () => {
  test('another checksum: nothing is kept', async () => {
    const into = newFolder()
    const other = new Uint8Array(10)
    const found = createHash('sha256').update(other).digest('hex')
    const server = await serving((request, response) => send(other, request, response))
    expect(await failure(() => download(server.url, { sha256, into }))).toBe(
      `data: could not download file.bin: ${hostOf(server)}: what it sent has the sha256 ${found}, expected ${sha256}; it was thrown away${byHand(into)}`,
    )
    expect(readdirSync(into)).toEqual([])
  })
  test('another length, said or sent', async () => {
    const into = newFolder()
    const bytes = content.length
    const shorter = await serving((request, response) => send(content.subarray(0, 100), request, response))
    const longer = await serving((_, response) => response.writeHead(200).end(Buffer.concat([content, content])))
    const ending = await serving((_, response) => response.writeHead(200).end(content.subarray(0, 100)))
    const say = (server: FilesServer) => failure(() => download(server.url, { sha256, into, bytes }))
    expect(await say(shorter)).toContain(`${hostOf(shorter)}: its file has 100 bytes, expected ${bytes} →`)
    expect(await say(ending)).toContain(`it ended after 100 of ${bytes} bytes →`)
    expect(await say(longer)).toContain(`it sends more than the ${bytes} bytes that are expected →`)
  })
  test('no such file, no right to it, every mirror by its own reason', async () => {
    const into = newFolder()
    const status = (code: number) => serving((_, response) => response.writeHead(code).end('a page'))
    const [missing, broken] = [await status(404), await status(503)]
    expect(await failure(() => download([missing.url, broken.url], { sha256, into }))).toBe(
      `data: could not download file.bin: ${hostOf(missing)}: it answered 404 Not Found; ${hostOf(broken)}: it answered 503 Service Unavailable${byHand(into)}`,
    )
  })
  test('nobody listens there; no such host', async () => {
    const into = newFolder()
    const server = await good()
    await server.close()
    expect(await failure(() => download(server.url, { sha256, into }))).toContain(
      `${hostOf(server)}: could not reach it: it refused the connection (ECONNREFUSED) →`,
    )
    // RFC 6761: names under .invalid never exist. A machine without a resolver says EAI_AGAIN.
    const message = await failure(() => download('http://nowhere.invalid/file.bin', { sha256, into }))
    expect(message).toMatch(
      /nowhere\.invalid: could not reach it: its name (is not known \(ENOTFOUND\)|cannot be looked up \(EAI_AGAIN\)) →/,
    )
  })
  test('a server that stops sending, and one that never answers', async () => {
    const into = newFolder()
    const stalled = await serving((_, response) => {
      response.writeHead(200, { 'content-length': content.length })
      response.write(content.subarray(0, 10))
    })
    const mute = await serving(() => {})
    const message = (server: FilesServer) => failure(() => download(server.url, { sha256, into, patience: 0.2 }))
    expect(await message(stalled)).toContain(`${hostOf(stalled)}: nothing came for 0.2 seconds →`)
    expect(await message(mute)).toContain(`${hostOf(mute)}: nothing came for 0.2 seconds →`)
  })
  test('a file of this name with another checksum is not touched', async () => {
    const into = newFolder()
    writeFileSync(join(into, 'file.bin'), 'mine')
    const server = await good()
    expect(await failure(() => download(server.url, { sha256, into }))).toBe(
      `data: ${join(into, 'file.bin')} has the sha256 ${createHash('sha256').update('mine').digest('hex')}, expected ${sha256} → it is damaged or another file: remove it, and it is downloaded again`,
    )
    expect(server.ranges).toEqual([])
  })
  test.runIf(existsSync('/dev/full'))('the disk is full', async () => {
    const into = newFolder()
    symlinkSync('/dev/full', join(into, 'file.bin.part'))
    const server = await good()
    expect(await failure(() => download(server.url, { sha256, into }))).toBe(
      `data: there is no space left for ${join(into, 'file.bin.part')} → free some (what is there is kept), or name another folder with RAPPEL_CACHE`,
    )
  })
  test('a folder that cannot be one', async () => {
    const folder = newFolder()
    mkdirSync(join(folder, 'a'))
    writeFileSync(join(folder, 'a', 'file'), '')
    const into = join(folder, 'a', 'file', 'b')
    expect(await failure(() => download('http://127.0.0.1/x', { sha256, into }))).toMatch(
      /^data: .*b cannot be written: .* → check the folder's permissions, or name another folder with RAPPEL_CACHE$/,
    )
  })
  test.each([
    [[], {}, 'usage: download got no address'],
    ['ftp://a/b', {}, 'usage: the address is "ftp://a/b", expected one that begins with https:// or http://'],
    [
      'http://a/b',
      { sha256: 'abc' },
      'usage: sha256 is "abc", expected 64 hexadecimal digits → sha256sum FILE prints them',
    ],
    ['http://a/', {}, `usage: name is "", expected the name of a file → say name: 'FILE'`],
    ['http://a/b', { name: '../b' }, `usage: name is "../b", expected the name of a file → say name: 'FILE'`],
    ['http://a/%2e%2e%2fb', {}, `usage: name is "../b", expected the name of a file → say name: 'FILE'`],
    ['http://a/b', { patience: 0 }, 'usage: patience is 0, expected a number above 0'],
    ['http://a/b', { sha25: 'abc' }, "usage: download has no option 'sha25' → did you mean 'sha256'?"],
  ])('options: %o %o', async (url, options, message) => {
    expect(await failure(() => download(url as string, { sha256, ...options } as DownloadOptions))).toBe(message)
  })
})

test('the cache lies where the system has its caches', async () => {
  const home = '/home/a'
  const at = (platform: string, env: Record<string, string> = {}) => cacheFolderIn({ env, platform, home })
  expect(await at('linux')).toBe('/home/a/.cache/rappel')
  expect(await at('linux', { XDG_CACHE_HOME: '/fast' })).toBe('/fast/rappel')
  expect(await at('linux', { XDG_CACHE_HOME: 'relative' })).toBe('/home/a/.cache/rappel')
  expect(await at('darwin', { XDG_CACHE_HOME: '/fast' })).toBe('/home/a/Library/Caches/rappel')
  expect(await at('win32', { LOCALAPPDATA: 'C:\\Users\\a\\AppData\\Local' })).toBe(
    'C:\\Users\\a\\AppData\\Local\\rappel\\Cache',
  )
  expect(await at('linux', { RAPPEL_CACHE: '/data' })).toBe('/data')
})
