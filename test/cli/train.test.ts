/** @file `rappel train` and `demo` as processes: documents, events, the same bits, and being stopped. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { RandomStream } from '../../src/base/random.ts'
import { numbers, type Tensor } from '../../src/base/tensor.ts'
import type { RunDocument } from '../../src/cli/document.ts'
import { operators } from '../../src/graph/ops/index.ts'
import { readModel } from '../../src/graph/proto.ts'
import { configText, ending, Installation, Project } from './installation.ts'

const installation = new Installation()
const projects: Project[] = []
const project = (files: Readonly<Record<string, string>> = {}) => {
  const made = new Project(files)
  projects.push(made)
  return made
}
afterAll(() => {
  installation.remove()
  for (const made of projects) made.remove()
})

const deep = { model: 'nn.sequential(nn.dense(100), nn.relu(), nn.dense(10))' }
/** Runs until it is stopped. */
const endless = configText({ ...deep, epochs: '1e6' })
const withDropout = configText({
  epochs: '3',
  model: 'nn.sequential(nn.dense(64), nn.relu(), nn.dropout(0.5), nn.dense(10))',
})

/** Every path of a document that is not an array's element: 'validation.accuracy'. */
function paths(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [path]
  if (Array.isArray(value)) return [path, ...paths(value[0], path)].filter((_, i, all) => i === 0 || all.length > 2)
  return Object.entries(value).flatMap(([name, inner]) => paths(inner, path === '' ? name : `${path}.${name}`))
}

describe('documents', () => {
  test('--json prints one document, which is run.json too, and its model is there', async () => {
    const { folder, runFolder, text } = bound(project())
    const { status, stdout, stderr } = await installation.run(['demo', '--json', '--seed', '3'], { cwd: folder })
    expect(status).toBe(0)
    const document: RunDocument = JSON.parse(stdout)
    expect(document).toMatchObject({ schema: 1, seed: 3, outcome: { reason: 'finished' }, steps: 300 })
    expect(document.validation?.accuracy).toBeGreaterThan(0.95)
    expect(document.epochs.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 21 }, (_, i) => i))
    expect(document.model).toBe(`${runFolder()}/model.onnx`)
    expect(JSON.parse(text(`${runFolder()}/run.json`))).toEqual(document)
    expect(stderr).toContain('epoch 20 of 20')
  })

  test('--events prints a line an event, and the document as the last', async () => {
    const { folder } = project({ 'rappel.config.ts': withDropout })
    const { status, stdout } = await installation.run(['train', '--events'], { cwd: folder })
    expect(status).toBe(0)
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    const kinds = events.map(({ type }) => type)
    const rest = kinds.filter((kind) => kind !== 'steps' && kind !== 'probe' && !kind.startsWith('finding'))
    expect(rest).toEqual(['check', 'start', 'data', ...Array(4).fill('epoch'), 'checkpoint', 'end', 'result'])
    const steps = events.filter(({ type }) => type === 'steps')
    expect(steps.flatMap(({ losses }) => losses)).toHaveLength(45)
    expect(events.at(-1)).toMatchObject({ schema: 1, steps: 45 })
  })

  test('--probe makes trials first: told, recorded, in the document', async () => {
    const rate = 'optim.sgd({ learningRate: 50 })'
    const { folder, runFolder, text } = bound(project({ 'rappel.config.ts': configText({ ...deep, update: rate }) }))
    const { status, stdout, stderr } = await installation.run(['train', '--probe', '--json'], { cwd: folder })
    expect(status).toBe(1)
    const document: RunDocument = JSON.parse(stdout)
    expect(document.experiments?.map(({ experiment }) => experiment)).toEqual([
      'rates',
      'shuffled-targets',
      'repeated-batch',
    ])
    // What is not finite is spelt out.
    expect(document.experiments?.[0].values).toMatchObject({ steps: 100, 'loss at 1': 'Infinity' })
    expect(JSON.parse(text(`${runFolder()}/run.json`))).toEqual(document)
    const high = document.findings.find(({ code }) => code === 'lr-too-high')
    expect(high).toMatchObject({ basis: 'experiment', suggestion: { what: 'learningRate', instead: 50 } })
    expect(stderr).toMatch(/^trying other learning rates/)
    expect(stderr).toMatch(/learning rate 50 +diverged {2}← the run's own/)
    const again = await installation.run(['diagnose', '--json'], { cwd: folder })
    const recorded = JSON.parse(again.stdout).runs[0].findings.find(
      ({ code }: { code: string }) => code === 'lr-too-high',
    )
    expect(recorded).toMatchObject({ basis: 'experiment', suggestion: high?.suggestion })
  })

  test('--no-check leaves the check out', async () => {
    const { folder } = project({ 'rappel.config.ts': configText() })
    const { status, stdout } = await installation.run(['train', '--no-check', '--events'], { cwd: folder })
    expect(status).toBe(0)
    expect(JSON.parse(stdout.split('\n')[0]).type).toBe('start')
  })

  test('what the check finds that is no finding of the diagnosis is said; with --check once', async () => {
    const mixing = {
      model: "nn.sequential(nn.functional('mixed', (x) => op.softmax(x, 0)), nn.dense(10))",
    }
    const files = { 'rappel.config.ts': configText(mixing, "import { op } from 'rappel/graph'\n") }
    for (const flags of [[], ['--check']]) {
      const { stderr } = await installation.run(['train', ...flags], { cwd: project(files).folder })
      expect(stderr.match(/sanity checks: fail, dependency: .*mixed1/g)).toHaveLength(1)
    }
    const quiet = await installation.run(['train', '--no-check'], { cwd: project(files).folder })
    expect(quiet.stderr).not.toContain('sanity checks')
  })

  test('every field is documented', async () => {
    const { folder } = project({
      'rappel.config.ts': configText({ hyper: '{ rate: 0.1 }', penalty: 'penalty.l2(1e-4)' }),
    })
    const { stdout } = await installation.run(['train', '--events', '--probe'], { cwd: folder })
    const documentation = readFileSync(new URL('../../docs/json.md', import.meta.url), 'utf8')
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    // The hyperparameters' own names are the user's; what a probe measures is told in docs/probes.md; numbers behind a finding have names of its own.
    const told = events
      .map((event) => (event.type === 'probe' ? { ...event, values: 0, distributions: 0, pictures: 0 } : event))
      // The pictures' names are told in a sentence.
      .map((event) => (event.type === 'data' ? { ...event, pictures: 0 } : event))
      // The factors stand in a sentence too.
      .map((event) => (event.type === 'experiment' ? { ...event, values: 0 } : event))
      .map((event) => ({ ...event, ...(event.experiments && { experiments: [] }) }))
      .map((event) => JSON.parse(JSON.stringify(event), (name, value) => (name === 'evidence' ? 0 : value)))
    const names = new Set(told.flatMap((event) => paths(event)).flatMap((path) => path.split('.')))
    names.delete('rate')
    expect([...names].filter((name) => !new RegExp(`\\b${name}\\b`).test(documentation))).toEqual([])
  })

  test('the example in the documentation is a real one', async () => {
    const documentation = readFileSync(new URL('../../docs/json.md', import.meta.url), 'utf8')
    const example: RunDocument = JSON.parse(/^```json\n([\s\S]*?)^```$/m.exec(documentation)?.[1] ?? '')
    const { stdout } = await installation.run(['demo', '--json'], { cwd: project().folder })
    const document: RunDocument = JSON.parse(stdout)
    // Processors differ in the last bits, runs in their time and place.
    const comparable = (given: RunDocument) => {
      const { start, epochs } = given
      const learningRates = start.learningRates?.slice(0, 2)
      const text = JSON.stringify({ ...given, epochs: epochs.slice(0, 2), start: { ...start, learningRates } })
      return JSON.parse(text, (name, value) => {
        if (name === 'engine' || name === 'model' || name === 'threads') return name
        return typeof value === 'number' && !Number.isInteger(value) ? 'a fraction' : value
      })
    }
    expect(comparable(example)).toEqual(comparable(document))
  })

  test('what is not finite is spelt out, and a run that diverged has the exit status 1 and the model before it', async () => {
    const { folder, runFolder, bytes } = bound(
      project({
        'rappel.config.ts': configText({ ...deep, update: 'optim.sgd({ learningRate: 1e30 })', epochs: '3' }),
      }),
    )
    const { status, stdout, stderr } = await installation.run(['train', '--json'], { cwd: folder })
    expect(status).toBe(1)
    const document: RunDocument = JSON.parse(stdout)
    expect(document.outcome.reason).toBe('diverged')
    expect(document.verdict.state).toBe('error')
    expect(document.findings[0]).toMatchObject({ severity: 'error', basis: 'run' })
    expect(stderr).toMatch(new RegExp(`^error ${document.findings[0].code}, since`, 'm'))
    expect(document.model).toBe(`${runFolder()}/model.onnx`)
    const model = readModel(new Uint8Array(bytes(`${runFolder()}/model.onnx`)), operators, { dimensions: { batch: 1 } })
    const values = model.constants.flatMap(({ constant }) => numbers(constant as Tensor))
    expect(values.every(Number.isFinite)).toBe(true)
    expect(stderr).toMatch(/^rappel: .*(NaN|Infinity|exploded).*\n {2}lower the learning rate/m)
  })
})

test('the same seed gives the same bytes, in two processes, with 1 and with 2 threads, dropout on; another seed others', async () => {
  const run = async (...options: string[]) => {
    const { folder, runFolder, bytes } = bound(project({ 'rappel.config.ts': withDropout }))
    expect((await installation.run(['train', ...options], { cwd: folder })).status).toBe(0)
    return bytes(`${runFolder()}/model.onnx`).toString('base64')
  }
  const first = await run()
  expect(await run('--threads', '1')).toBe(first)
  expect(await run('--threads', '2')).toBe(first)
  expect(await run('--seed', '1')).not.toBe(first)
})

describe('being stopped', () => {
  /** Starts an endless training in a process group of its own. */
  const start = () => {
    const made = project({ 'rappel.config.ts': endless })
    const child = installation.start(['train'], { cwd: made.folder, group: true })
    return { ...bound(made), child, group: -(child.pid as number), ended: ending(child) }
  }
  const stray = (folder: string) =>
    readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith('.part'))

  test('Ctrl-C at any moment: exit 130, nothing half-written; a model that is there is whole', async () => {
    // Seeded moments from Node's start to well within the training. Before Node runs our first line, the signal itself ends it.
    const moments = new RandomStream(11, 'moments')
    for (let i = 0; i < 6; i++) {
      const { folder, child, group, ended } = start()
      await sleep(60 + moments.integer(900))
      process.kill(group, 'SIGINT')
      const { status, signal, stderr } = await ended
      expect(signal === 'SIGINT' ? 130 : status).toBe(130)
      expect(stderr).not.toMatch(/\n\s+at |Error:/)
      expect(stray(folder)).toEqual([])
      const models = readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith('.onnx'))
      for (const name of models) {
        const bytes = new Uint8Array(readFileSync(`${folder}/${name}`))
        expect(readModel(bytes, operators, { dimensions: { batch: 1 } }).outputs[0].shape).toEqual([1, 10])
      }
      expect(child.exitCode ?? 130).toBe(130)
    }
  })

  test('what was reached is kept and told', async () => {
    const { child, group, ended, folder, runFolder, text } = start()
    await said(child, /epoch 5 of/)
    process.kill(group, 'SIGINT')
    const { status, stdout, stderr } = await ended
    expect(status).toBe(130)
    expect(stderr).toMatch(
      /interrupted after \d+ steps; what was reached is kept in .*model\.onnx\n {2}go on: rappel train --resume \S+\n$/,
    )
    expect(stdout).toContain('validation')
    expect(JSON.parse(text(`${runFolder()}/run.json`)).outcome).toEqual({ reason: 'interrupted' })
    expect(existsSync(`${folder}/${runFolder()}/model.onnx`)).toBe(true)
  })

  test('SIGTERM: the same, with the exit status 143', async () => {
    const { child, ended } = start()
    await said(child, /epoch 2 of/)
    child.kill('SIGTERM')
    expect((await ended).status).toBe(143)
  })

  test('when the process that trains is killed, one line says so, exit 1', async () => {
    const { child, ended, folder } = start()
    await said(child, /epoch 2 of/)
    process.kill(childOf(child.pid as number), 'SIGKILL')
    const { status, stderr } = await ended
    expect(status).toBe(1)
    expect(stderr).toContain(
      'rappel: the process that trains ended by itself (SIGKILL)\n  was it out of memory? try a smaller batch\n',
    )
    expect(stray(folder)).toEqual([])
  })

  test('when the command line is killed, the process that trains ends too', async () => {
    const { child, ended } = start()
    await said(child, /epoch 2 of/)
    const trainer = childOf(child.pid as number)
    child.kill('SIGKILL')
    await ended
    for (let waited = 0; waited < 5000 && isAlive(trainer); waited += 50) await sleep(50)
    expect(isAlive(trainer)).toBe(false)
  })
})

/** A project whose methods can be taken apart. */
function bound(made: Project) {
  return {
    folder: made.folder,
    runFolder: () => made.runFolder(),
    text: (path: string) => made.text(path),
    bytes: (path: string) => made.bytes(path),
  }
}

/** Waits until the process has said something on standard error. */
function said(child: ReturnType<Installation['start']>, pattern: RegExp): Promise<void> {
  let heard = ''
  return new Promise((resolve) => {
    child.stderr?.on('data', (chunk) => {
      heard += chunk
      if (pattern.test(heard)) resolve()
    })
  })
}

function childOf(parent: number): number {
  return Number(readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim().split(' ')[0])
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
