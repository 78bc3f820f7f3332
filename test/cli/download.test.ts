/** @file A configuration whose data are downloaded: progress on standard error, the cache, and a failure in one line. */
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { digits } from '../../src/data/digits.ts'
import { type FilesServer, send, serve } from '../data/readers/files-server.ts'
import { configText, Installation, Project } from './installation.ts'

const installation = new Installation()
const projects: Project[] = []
const cache = mkdtempSync(join(tmpdir(), 'rappel-cache-'))
const { inputs, targets } = digits()
const bytes = new Uint8Array(1797 * 65)
targets.data.forEach((label, row) => {
  bytes.set([label, ...inputs.data.subarray(row * 64, row * 64 + 64)], row * 65)
})
let server: FilesServer
beforeAll(async () => {
  server = await serve((request, response) => send(bytes, request, response))
})
afterAll(async () => {
  installation.remove()
  for (const project of projects) project.remove()
  rmSync(cache, { recursive: true })
  await server.close()
})

/** A source of one's own: a download, then a record file. @param sha256 what is expected of it */
function projectOf(sha256: string): Project {
  const source = `{
    name: 'digits from afar',
    load: async ({ onProgress } = {}) => {
      const path = await download('${server.url}', { sha256: '${sha256}', onProgress })
      return recordFile({ path, inputs: { at: 1, dtype: 'uint8', shape: [64] }, targets: { dtype: 'uint8' } }).load()
    },
  }`
  const text = configText({ data: source }, "import { download, recordFile } from 'rappel/data'\n")
  const project = new Project({ 'rappel.config.ts': text })
  projects.push(project)
  return project
}

test('downloads once, says so on standard error, and trains', async () => {
  const { folder } = projectOf(createHash('sha256').update(bytes).digest('hex'))
  const run = () => installation.run(['train', '--json'], { cwd: folder, env: { RAPPEL_CACHE: cache } })
  const first = await run()
  expect([first.status, first.stderr.split('\n')[0]]).toEqual([0, 'downloading file.bin: 0.1 MB'])
  expect(readdirSync(cache)).toEqual(['file.bin'])
  const second = await run()
  expect([second.status, second.stderr]).toEqual([0, expect.not.stringContaining('downloading')])
  expect(JSON.parse(second.stdout).validation).toEqual(JSON.parse(first.stdout).validation)
  expect(server.ranges).toEqual([''])
})

test('a wrong checksum ends it with one error and nothing kept', async () => {
  const { folder } = projectOf('0'.repeat(64))
  const empty = join(cache, 'empty')
  const { status, stdout, stderr } = await installation.run(['train', '--json'], {
    cwd: folder,
    env: { RAPPEL_CACHE: empty },
  })
  expect([status, stdout]).toEqual([2, ''])
  expect(stderr).toMatch(
    /could not download file\.bin: 127\.0\.0\.1:\d+: what it sent has the sha256 [0-9a-f]{64}, expected 0{64}; it was thrown away/,
  )
  expect(stderr).toContain(`or put the file file.bin into ${empty} yourself`)
  expect(readdirSync(empty)).toEqual([])
})
