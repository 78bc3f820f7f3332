/** @file `rappel ui`, `--ui` and `rappel report`, as a person types them. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { configText, ending, Installation, Project } from './installation.ts'

const cli = new Installation()
const projects: Project[] = []
afterAll(() => {
  cli.remove()
  for (const made of projects) made.remove()
})

function project(files: Readonly<Record<string, string>> = {}): Project {
  const made = new Project(files)
  projects.push(made)
  return made
}

/** Starts a command and collects what it says on standard error. */
function start(args: readonly string[], { folder }: Project) {
  const child = cli.start(args, { cwd: folder })
  let heard = ''
  const waiting: (() => void)[] = []
  child.stderr?.on('data', (chunk) => {
    heard += chunk
    for (const look of waiting) look()
  })
  const hears = (pattern: RegExp) =>
    new Promise<string>((resolve) => {
      const look = () => {
        const found = pattern.exec(heard)
        if (found !== null) resolve(found[1])
      }
      waiting.push(look)
      look()
    })
  return { child, ended: ending(child), hears }
}

const address = /the page is at (http:\/\/127\.0\.0\.1:\d+\/)/

test('rappel ui in an empty folder: a page, nothing made, and Ctrl-C ends it', async () => {
  const empty = project()
  const { child, ended, hears } = start(['ui', '--port', '0'], empty)
  const url = await hears(address)
  expect(await (await fetch(url)).text()).toContain('<title>Rappel</title>')
  expect(empty.snapshot()).toEqual({})
  // A page that is open does not keep the server.
  const stream = await fetch(`${url}api/news`)
  const reader = stream.body?.getReader()
  await reader?.read()
  child.kill('SIGINT')
  expect(await ended).toMatchObject({ status: 0, signal: null, stdout: '' })
})

test('rappel ui shows the token where others may reach it', async () => {
  const { child, ended, hears } = start(['ui', '--port', '0', '--host', '0.0.0.0'], project())
  expect(await hears(/the page is at (http:\/\/\S+)/)).toMatch(/^http:\/\/[\d.a-z]+:\d+\/\?token=[\w-]{32}$/)
  child.kill('SIGTERM')
  expect((await ended).status).toBe(0)
})

test('demo --ui: the page from the beginning, and until Ctrl-C; then rappel report', async () => {
  const folder = project()
  const { child, ended, hears } = start(['demo', '--ui', '--json'], folder)
  const url = await hears(address)
  await hears(/(the page stays at .* until Ctrl-C)\n/)
  const id = folder.runFolder().split(/[\\/]/).at(-1)
  const facts = (await (await fetch(`${url}api/runs/${id}/facts`)).json()) as { start: { type: string } }
  expect(facts.start.type).toBe('start')
  child.kill('SIGINT')
  const { status, stdout, stderr } = await ended
  expect([status, JSON.parse(stdout).outcome]).toEqual([0, { reason: 'finished' }])
  // Nothing is left that could take long to stop.
  expect(stderr).toMatch(/until Ctrl-C\n$/)

  const written = await cli.run(['report', '--json'], { cwd: folder.folder })
  const report = join(folder.runFolder(), 'report.html')
  expect([written.status, written.stderr]).toEqual([0, ''])
  const document = JSON.parse(written.stdout) as { report: string; bytes: number; runs: readonly string[] }
  expect([document.report, document.runs]).toEqual([report, [id]])
  // The twenty epochs of the digits.
  expect(document.bytes).toBeLessThan(2_000_000)
  expect(folder.bytes(report).length).toBe(document.bytes)
  expect(folder.text(report)).toMatch(
    /http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'sha256-/,
  )
})

test('train --ui: interrupted, both end', async () => {
  const folder = project({ 'rappel.config.ts': configText({ epochs: '1000000' }) })
  const { child, ended, hears } = start(['train', '--ui'], folder)
  const url = await hears(address)
  await hears(/(epoch)/)
  expect((await fetch(url)).status).toBe(200)
  child.kill('SIGINT')
  expect((await ended).status).toBe(130)
})

test('train --ui: what cannot be trained is not shown', async () => {
  const { ended } = start(['train', '--ui'], project({ 'rappel.config.ts': configText({ epochs: '-1' }) }))
  expect((await ended).status).toBe(2)
})

test.each([
  [['ui', '--port', '70000'], "rappel: --port is '70000', expected a whole number from 0 to 65535\n"],
  [['ui', '--port', 'x'], "rappel: --port is 'x', expected a whole number from 0 to 65535\n"],
  [
    ['ui', '--store', 'none.sqlite'],
    'rappel: there is no store none.sqlite\n  name the file with --store; without it, it is .rappel/runs.sqlite\n',
  ],
  [
    ['report'],
    'rappel: no runs are recorded in .rappel/runs.sqlite\n  train first: rappel demo, or rappel init my-project and then rappel train in it\n',
  ],
] as const)('%j is refused', async (args, words) => {
  const empty = project()
  const { status, stdout, stderr } = await cli.run(args, { cwd: empty.folder })
  expect({ status, stdout, stderr }).toEqual({ status: 2, stdout: '', stderr: words })
  expect(empty.snapshot()).toEqual({})
})

test('a file that is no store, a host that is none', async () => {
  const folder = project({ 'text.sqlite': 'no store at all, but a text that is long enough to be looked at' })
  const { status, stderr } = await cli.run(['ui', '--store', 'text.sqlite', '--port', '0'], { cwd: folder.folder })
  expect([status, stderr.split('\n').length]).toEqual([2, 3])
  const other = await cli.run(['ui', '--host', '203.0.113.1', '--port', '0'], { cwd: folder.folder })
  expect(other.stderr).toMatch(
    /^rappel: the page cannot be served at 203\.0\.113\.1: .*\n {2}choose another with .*\n$/,
  )
  expect(other.status).toBe(2)
  rmSync(join(folder.folder, 'text.sqlite'))
})
