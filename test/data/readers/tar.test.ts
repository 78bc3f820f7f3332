/** @file Unpacking chosen files of an archive: also one made by GNU tar, and what is damaged. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { unpackTar } from '../../../src/data/readers/tar.ts'
import { failure } from '../failure.ts'
import { tar, tarEntry } from './tar.ts'

const folder = mkdtempSync(join(tmpdir(), 'rappel-tar-'))
afterAll(() => rmSync(folder, { recursive: true }))

let archives = 0
function archive(bytes: Uint8Array, packed = true): string {
  const path = join(folder, `archive-${archives++}.tar.gz`)
  writeFileSync(path, packed ? gzipSync(bytes) : bytes)
  return path
}

/** Noise, so that the packed stream comes in many chunks. */
const bytes = (length: number) => new Uint8Array(length).map((_, i) => (Math.imul(i + length, 0x9e3779b1) >>> 13) & 255)
const [one, two] = [bytes(512 * 700), bytes(1000)]
let folders = 0
function wanted(...files: [name: string, bytes: number][]) {
  const into = join(folder, `into-${folders++}`)
  mkdirSync(into)
  return {
    into,
    files: Object.fromEntries(files.map(([name, length]) => [name, { path: join(into, name), bytes: length }])),
  }
}

test('takes the files that are wanted, wherever they lie, and nothing else', async () => {
  const path = archive(
    tar(
      tarEntry('data/', undefined, '5'),
      tarEntry('data/readme.html', bytes(77)),
      tarEntry('data/a.bin', one),
      tarEntry('../../b.bin', two),
      tarEntry('pax', bytes(30), 'x'),
    ),
  )
  const { into, files } = wanted(['a.bin', one.length], ['b.bin', two.length])
  await unpackTar(path, files)
  expect(readdirSync(into).sort()).toEqual(['a.bin', 'b.bin'])
  expect(readFileSync(join(into, 'a.bin')).equals(one)).toBe(true)
  expect(readFileSync(join(into, 'b.bin')).equals(two)).toBe(true)
})

const hasTar = (() => {
  try {
    return execFileSync('tar', ['--version'], { encoding: 'utf8' }).includes('tar')
  } catch {
    return false
  }
})()
test.runIf(hasTar)("an archive of the system's tar", async () => {
  mkdirSync(join(folder, 'made'))
  writeFileSync(join(folder, 'made', 'a.bin'), one)
  writeFileSync(join(folder, 'made', 'b.bin'), two)
  const path = join(folder, 'made.tar.gz')
  execFileSync('tar', ['-czf', path, '-C', folder, 'made'])
  const { into, files } = wanted(['a.bin', one.length], ['b.bin', two.length])
  await unpackTar(path, files)
  expect(readFileSync(join(into, 'a.bin')).equals(one)).toBe(true)
  expect(readFileSync(join(into, 'b.bin')).equals(two)).toBe(true)
})

test('what is wrong with an archive', async () => {
  const whole = tar(tarEntry('a.bin', one))
  const unpack = (path: string, ...files: [string, number][]) => {
    const { into, files: places } = wanted(...files)
    return { into, message: failure(() => unpackTar(path, places)) }
  }
  const lacking = archive(whole)
  expect(await unpack(lacking, ['a.bin', one.length], ['c.bin', 1]).message).toBe(
    `data: ${lacking} does not hold c.bin`,
  )
  const other = archive(whole)
  expect(await unpack(other, ['a.bin', 5]).message).toBe(`data: ${other}: a.bin has ${one.length} bytes, expected 5`)
  const damaged = Buffer.from(whole)
  damaged[3] ^= 1
  const wrong = archive(damaged)
  expect(await unpack(wrong, ['a.bin', one.length]).message).toBe(
    `data: ${wrong} is no tar archive, or is damaged → fetch it again`,
  )
  const unpacked = archive(whole, false)
  expect(await unpack(unpacked, ['a.bin', one.length]).message).toBe(
    `data: ${unpacked} cannot be unpacked: incorrect header check → it is damaged: fetch it again`,
  )
  // Cut short within the gzip stream, and within the file although gzip is whole: no file is there under its name.
  const packed = gzipSync(whole)
  const short = archive(packed.subarray(0, packed.length / 2), false)
  const first = unpack(short, ['a.bin', one.length])
  expect(await first.message).toMatch(/cannot be unpacked: unexpected end of file/)
  const second = unpack(archive(whole.subarray(0, 10_000)), ['a.bin', one.length])
  expect(await second.message).toMatch(/ends within a\.bin/)
  for (const { into } of [first, second]) expect(readdirSync(into)).not.toContain('a.bin')
})
