/** @file Where the output goes: readers that go away, a disk that is full, folders that several runs want. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, expect, test } from 'vitest'
import { configText, Installation, Project } from './installation.ts'

const cli = new Installation()
const projects: Project[] = []
const project = (files: Record<string, string> = {}) => {
  const made = new Project(files)
  projects.push(made)
  return made
}
afterAll(() => {
  cli.remove()
  for (const made of projects) made.remove()
})

test('a reader of --events that goes away does not end the training', async () => {
  const { folder, ...made } = withRun(project())
  const child = cli.start(['demo', '--events'], { cwd: folder })
  child.stdout?.once('data', () => child.stdout?.destroy())
  const stderr = text(child.stderr as NodeJS.ReadableStream)
  expect(await exitOf(child)).toBe(0)
  expect(await stderr).toMatch(/epoch 20 of 20.*\n$/)
  expect(made.run()).toEqual(['checkpoint', 'model.onnx', 'run.json'])
})

test('nor do two that go away, with a configuration that prints', async () => {
  const { folder, ...made } = withRun(
    project({
      'rappel.config.ts': configText({ epochs: '(h) => 30' }, "setInterval(() => console.log('still here'), 5)\n"),
    }),
  )
  const child = cli.start(['train', '--events'], { cwd: folder })
  child.stderr?.once('data', () => {
    child.stdout?.destroy()
    child.stderr?.destroy()
  })
  expect(await exitOf(child)).toBe(0)
  expect(made.run()).toEqual(['checkpoint', 'model.onnx', 'run.json'])
})

test.runIf(process.platform === 'linux')('output that cannot be written is told by the exit status', async () => {
  const { folder } = project()
  const child = spawn(process.execPath, [cli.bin, 'demo', '--json'], {
    cwd: folder,
    stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
  })
  const stderr = text(child.stderr as NodeJS.ReadableStream)
  expect(await exitOf(child)).toBe(1)
  expect(await stderr).toMatch(/\nrappel: the output cannot be written: .*ENOSPC.*\n$/)
  expect(await stderr).not.toMatch(/\n\s+at /)
})

test('runs that start at the same time get a folder each', async () => {
  const { folder } = project({ 'rappel.config.ts': configText() })
  const runs = await Promise.all(
    [1, 2, 3].map((seed) => cli.run(['train', '--json', '--seed', `${seed}`], { cwd: folder })),
  )
  const models = runs.map(({ stdout }) => JSON.parse(stdout).model)
  expect(new Set(models).size).toBe(3)
  expect(readdirSync(join(folder, '.rappel/runs')).length).toBe(3)
})

test('--out: a folder that is there keeps its other files, an older run in it is replaced', async () => {
  const made = project({ 'rappel.config.ts': configText(), 'out/notes.txt': 'mine', 'out/model.onnx': 'old' })
  const { stdout, status } = await cli.run(['train', '--json', '--out', 'out'], { cwd: made.folder })
  expect([status, JSON.parse(stdout).model]).toEqual([0, 'out/model.onnx'])
  expect(filesOf(join(made.folder, 'out'))).toEqual(['checkpoint', 'model.onnx', 'notes.txt', 'run.json'])
  expect(made.text('out/notes.txt')).toBe('mine')
  expect(made.bytes('out/model.onnx').length).toBeGreaterThan(1000)
})

test('--out: an absolute path stays one', async () => {
  const made = project({ 'rappel.config.ts': configText() })
  const out = join(made.folder, 'a', 'b')
  const { stdout } = await cli.run(['train', '--json', '--out', out])
  // The project is found where the command runs.
  expect(stdout).toBe('')
  const { stdout: document } = await cli.run(['train', '--json', '--config', made.folder, '--out', out])
  expect(JSON.parse(document).model).toBe(join(out, 'model.onnx'))
})

function withRun(made: Project) {
  return { folder: made.folder, run: () => filesOf(join(made.folder, made.runFolder())) }
}

/** The names of a folder's files; that of a checkpoint is the hash of what is in it. */
function filesOf(folder: string): string[] {
  const names = readdirSync(folder).map((name) => name.replace(/^[0-9a-f]{64}\.checkpoint$/, 'checkpoint'))
  return names.sort()
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  const [status] = await once(child, 'exit')
  return status
}
