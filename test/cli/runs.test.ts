/** @file `rappel runs` and the record behind it, as a new user types it: good input and bad. */
import { spawn } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunDocument } from '../../src/cli/document.ts'
import { sqliteStore } from '../../src/store/sqlite.ts'
import type { Store } from '../../src/store/store.ts'
import { configText, ending, Installation, Project } from './installation.ts'

const installation = new Installation()
const projects: Project[] = []
function project(files: Readonly<Record<string, string | Uint8Array>> = {}): Project {
  const made = new Project(files)
  projects.push(made)
  return made
}
afterAll(() => {
  installation.remove()
  for (const made of projects) made.remove()
})

const fixtures = fileURLToPath(new URL('../fixtures/tensorboard/', import.meta.url))
const rappel = (at: Project, ...args: string[]) => installation.run(args, { cwd: at.folder })

/** What it says on standard output, having succeeded. */
async function said(at: Project, ...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await rappel(at, ...args)
  expect([status, stderr]).toEqual([0, ''])
  return stdout
}

/** Expects exit 2 (or another) with these lines on standard error, and nothing changed. */
async function refused(at: Project, args: string[], message: string | RegExp, hint?: string, expected = 2) {
  const before = filesOf(at)
  const { status, stdout, stderr } = await rappel(at, ...args)
  expect({ status, stdout }).toEqual({ status: expected, stdout: '' })
  if (typeof message === 'string') expect(stderr).toBe(`rappel: ${message}\n${hint === undefined ? '' : `  ${hint}\n`}`)
  else expect(stderr).toMatch(message)
  expect(stderr).not.toMatch(/\n\s+at /)
  expect(filesOf(at)).toEqual(before)
}

/** Looking leaves SQLite's own files beside the store, or takes them away. */
function filesOf(at: Project): [string, string][] {
  return Object.entries(at.snapshot()).filter(([path]) => !/-(wal|shm)$/.test(path))
}

async function inStore<T>(at: Project, work: (store: Store) => Promise<T>, name = '.rappel/runs.sqlite'): Promise<T> {
  const store = sqliteStore(join(at.folder, name), { readOnly: true })
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

const small = configText({ hyper: '{ rate: 0.1 }', epochs: '2' })
const endless = configText({ model: 'nn.sequential(nn.dense(100), nn.relu(), nn.dense(10))', epochs: '1e6' })

describe('the record of a training', () => {
  const at = project({ 'rappel.config.ts': small })
  let document: RunDocument
  let id: string
  beforeAll(async () => {
    document = JSON.parse(await rappel(at, 'train', '--json', '--seed', '5').then(({ stdout }) => stdout))
    id = at.runFolder().split('/').at(-1) as string
  })

  test('holds what is needed to do it again, and the document', () =>
    inStore(at, async (store) => {
      const run = await store.run(id)
      expect(run).toMatchObject({ kind: 'train', name: 'digits', state: 'finished', writing: false, result: document })
      expect(run?.folder).toBe(join(at.folder, '.rappel/runs', id))
      expect(run?.facts).toMatchObject({
        seed: 5,
        hyper: { rate: 0.1 },
        configuration: join(at.folder, 'rappel.config.ts'),
        data: { name: 'digits', training: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
        code: { rappel: expect.stringMatching(/^\d+\.\d+\.\d+$/) },
        environment: { node: process.versions.node, engine: document.start.engine },
      })
    }))

  test('holds the loss of every step and each measurement, as --events tells them', () =>
    inStore(at, async (store) => {
      const loss = await store.series(id, 'loss')
      expect(loss?.values).toHaveLength(30)
      expect([...(loss?.steps ?? [])]).toEqual(Array.from({ length: 30 }, (_, i) => i))
      // 15 batches of 100 in 1438 examples.
      expect([...(loss?.epochs ?? [])]).toEqual(
        Array.from({ length: 30 }, (_, i) => Math.floor(i / 15) + ((i % 15) * 100) / 1438),
      )
      const measured = await store.series(id, 'validation/loss')
      expect([...(measured?.values ?? [])]).toEqual(document.epochs.map(({ validation }) => validation?.loss))
      expect([...(measured?.steps ?? [])]).toEqual([0, 15, 30])
      const events = (await store.events(id)).map(({ event }) => event)
      expect(new Set(events.map(({ version }) => version))).toEqual(new Set([1]))
      const types = events.map(({ type }) => type)
      const watched = types.filter((type) => !type.startsWith('finding'))
      expect([...watched.slice(0, 2), ...watched.slice(-2)]).toEqual(['check', 'start', 'checkpoint', 'end'])
      // Distributions at 4 steps an epoch, of 15: 0, 3, 6, 9 and 12. Pictures and the examples'
      // losses before the first epoch and after each.
      expect(watched.slice(2, -2)).toEqual(['data', ...Array(2 * 5 + 3 + 3).fill('probe')])
      expect(events[1]).toEqual({ ...document.start, version: 1 })
    }))

  test('runs, runs show, and their JSON', async () => {
    expect(await said(at, 'runs')).toMatch(
      new RegExp(`^run .*started\n${id}  finished  digits +2  validation/accuracy \\d+\\.\\d%  just now\n\n1 run in`),
    )
    const list = JSON.parse(await said(at, 'runs', '--json'))
    expect(list).toMatchObject({ schema: 1, runs: [{ id, state: 'finished', name: 'digits', kind: 'train' }] })
    expect(list.runs[0].reached).toMatchObject({
      series: 'validation/accuracy',
      last: document.validation?.accuracy,
      epoch: 2,
      step: 30,
    })
    const text = await said(at, 'runs', 'show', id)
    for (const part of [
      `digits ${id}: finished`,
      'hyper.rate ',
      'data.training',
      'validation/loss',
      '1 check, 1 start',
    ])
      expect(text).toContain(part)
    expect(await said(at, 'runs', 'show', `.rappel/runs/${id}`)).toBe(text.replace(/\d+\.\d s/, (time) => time))
    expect(JSON.parse(await said(at, 'runs', 'show', '--json'))).toMatchObject({ schema: 1, id, result: document })
  })

  test('a run that is not there gets the nearest', () =>
    refused(at, ['runs', 'show', `${id}0`], `there is no run '${id}0'`, `did you mean '${id}'?`))
  test('and one that is like none, the command that lists them', () =>
    refused(at, ['runs', 'delete', id, 'mine'], "there is no run 'mine'", 'rappel runs lists them'))
  test('one run is no comparison', () =>
    refused(
      at,
      ['runs', 'compare', id, id],
      `only the run ${id} is named, expected two or more`,
      'rappel runs lists them',
    ))

  test('compare: what differs first, and only that; delete: record and folder', async () => {
    await rappel(at, 'train', '--seed', '6', '--out', 'mine')
    const other = JSON.parse(await said(at, 'runs', '--json')).runs[1].id
    const text = await said(at, 'runs', 'compare', id, other)
    const [, differing, reached] = text.split(/^what /m)
    expect(differing).toMatch(/^seed +5 +6$/m)
    expect(differing).not.toMatch(/hyper\.rate|environment\.node|batchSize/)
    expect(reached).toMatch(/^validation\/accuracy +\d+\.\d% +\d+\.\d%$/m)
    const json = JSON.parse(await said(at, 'runs', 'compare', id, other, '--json'))
    expect(json.differences).toContainEqual({ field: 'seed', values: [5, 6] })

    const told = await said(at, 'runs', 'delete', id, other)
    expect(told).toBe(
      `removed ${id} (digits), with ${join(at.folder, '.rappel/runs', id)}\n` +
        `removed ${other} (digits); ${join(at.folder, 'mine')}, named with --out, is left as it is\n`,
    )
    expect(existsSync(join(at.folder, '.rappel/runs', id))).toBe(false)
    expect(existsSync(join(at.folder, 'mine/model.onnx'))).toBe(true)
    expect(await said(at, 'runs')).toContain('no runs are recorded')
  })
})

describe('a training that does not end by itself', () => {
  /** Waits until its record has points. */
  async function recorded(at: Project): Promise<string> {
    for (;;) {
      await sleep(50)
      if (!existsSync(join(at.folder, '.rappel/runs.sqlite'))) continue
      const id = await inStore(at, async (store) => {
        const [run] = await store.runs()
        return run && (await store.seriesNames(run.id)).includes('loss') ? run.id : undefined
      }).catch(() => undefined)
      if (id !== undefined) return id
    }
  }

  test('is running, is not deleted, and when it is killed is shown as killed with what was written', async () => {
    const at = project({ 'rappel.config.ts': endless })
    const child = installation.start(['train'], { cwd: at.folder, group: true })
    const ended = ending(child)
    const id = await recorded(at)
    expect(await said(at, 'runs')).toMatch(new RegExp(`^${id}  running`, 'm'))
    const { status, stderr } = await rappel(at, 'runs', 'delete', id)
    expect([status, stderr]).toEqual([
      1,
      `rappel: the run ${id} is being written: nothing was removed\n  stop it first, then delete it\n`,
    ])
    process.kill(-(child.pid as number), 'SIGKILL')
    await ended
    expect(await said(at, 'runs')).toMatch(new RegExp(`^${id}  killed .* validation/accuracy`, 'm'))
    expect(await said(at, 'runs', 'show')).toContain('Its process ended without a word')
    expect(await said(at, 'runs', 'delete', id)).toContain(`removed ${id}`)
  })

  test('is interrupted: the record says so', async () => {
    const at = project({ 'rappel.config.ts': endless })
    const child = installation.start(['train'], { cwd: at.folder, group: true })
    const ended = ending(child)
    const id = await recorded(at)
    process.kill(-(child.pid as number), 'SIGINT')
    expect((await ended).status).toBe(130)
    const run = await inStore(at, (store) => store.run(id))
    expect(run).toMatchObject({ state: 'interrupted', writing: false, result: { outcome: { reason: 'interrupted' } } })
  })

  test('diverges: the record says it, with the remedy', async () => {
    const at = project({
      'rappel.config.ts': configText({
        model: 'nn.sequential(nn.dense(100), nn.relu(), nn.dense(10))',
        update: 'optim.sgd({ learningRate: 1e30 })',
        epochs: '3',
      }),
    })
    expect((await rappel(at, 'train')).status).toBe(1)
    const text = await said(at, 'runs', 'show')
    expect(text).toMatch(/diverged in/)
    expect(text).toContain('lower the learning rate')
  })

  // The shell's limit on a file's size stands for a disk that is full: SQLite can write no more.
  test.skipIf(process.platform === 'win32')('fills the disk: it ends, what was reached is kept, exit 1', async () => {
    // Many steps in few epochs: the record outgrows run.json.
    const at = project({ 'rappel.config.ts': configText({ batchSize: '2', epochs: '1e6' }) })
    const command = `ulimit -f 200; exec "$0" "$1" train`
    const child = spawn('bash', ['-c', command, process.execPath, installation.bin], {
      cwd: at.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 50_000,
    })
    const { status, stderr } = await ending(child)
    expect(status).toBe(1)
    const lines = stderr.trimEnd().split('\n').slice(-2)
    expect(lines[0]).toMatch(
      /^rappel: \.rappel\/runs\.sqlite cannot be .*\. The run was ended after \d+ steps; what was reached is kept in \S+model\.onnx$/,
    )
    expect(lines[1]).toBe('  make room there, or record elsewhere with --store, and train again')
    expect(existsSync(join(at.folder, at.runFolder(), 'model.onnx'))).toBe(true)
    expect(await said(at, 'runs')).toContain('killed')
  })
})

describe('where the record lies', () => {
  test('--store and RAPPEL_STORE', async () => {
    const at = project({ 'rappel.config.ts': small })
    expect((await rappel(at, 'train', '--store', 'a/mine.sqlite')).status).toBe(0)
    const env = { RAPPEL_STORE: 'b.sqlite' }
    expect((await installation.run(['train'], { cwd: at.folder, env })).status).toBe(0)
    expect(existsSync(join(at.folder, '.rappel/runs.sqlite'))).toBe(false)
    expect(await said(at, 'runs', '--store', 'a/mine.sqlite')).toContain('1 run in a/mine.sqlite')
    expect((await installation.run(['runs'], { cwd: at.folder, env })).stdout).toContain('1 run in b.sqlite')
    expect(await said(at, 'runs')).toContain('no runs are recorded in .rappel/runs.sqlite')
  })

  test('one that cannot be opened stops before the training', async () => {
    const at = project({ 'rappel.config.ts': small, 'notes.txt': 'mine', 'a/b': '' })
    await refused(at, ['train', '--store', 'notes.txt'], /^rappel: notes\.txt is no store.*\n {2}\S/)
    await refused(at, ['train', '--store', 'a'], /^rappel: a cannot be opened/)
    await refused(at, ['train', '--store', 'notes.txt/x'], /^rappel: notes\.txt\/x cannot be opened/)
    await refused(at, ['train', '--store'], '--store lacks its value, expected --store <file>')
    await refused(at, ['runs', '--store', 'notes.txt'], /^rappel: notes\.txt is no store/)
    await refused(
      at,
      ['runs', '--store', 'none.sqlite'],
      'there is no store none.sqlite',
      'name the file with --store; without it, it is .rappel/runs.sqlite',
    )
  })

  test('nothing is recorded yet: what to type', async () => {
    const at = project()
    const begin = 'train first: rappel demo, or rappel init my-project and then rappel train in it'
    expect(await said(at, 'runs')).toBe(`no runs are recorded in .rappel/runs.sqlite\n  ${begin}\n`)
    expect(JSON.parse(await said(at, 'runs', '--json'))).toMatchObject({ schema: 1, runs: [] })
    for (const command of [['show'], ['show', 'a'], ['compare', 'a', 'b'], ['delete', 'a']])
      await refused(at, ['runs', ...command], 'no runs are recorded in .rappel/runs.sqlite', begin)
    expect(readdirSync(at.folder)).toEqual([])
  })
})

describe('import', () => {
  const lines = `{"type": "start", "name": "net", "seed": 3, "hyper": {"lr": 0.1}, "startedAt": "2026-11-23T09:16:02Z"}
{"type": "log", "step": 0, "epoch": 0.5, "values": {"loss": 2.5}}
{"type": "log", "step": 1, "epoch": 1, "values": {"loss": NaN, "validation/loss": 2}}
{"type": "event", "event": {"type": "note", "text": "hello"}}
{"type": "end", "result": {"loss": 2}}
`

  test('JSON lines of a Python program', async () => {
    const at = project({ 'log.jsonl': lines })
    expect(await said(at, 'runs', 'import', 'log.jsonl')).toBe('imported net as 20261123-091602: 5 records\n')
    await inStore(at, async (store) => {
      expect(await store.run('20261123-091602')).toMatchObject({
        kind: 'import',
        name: 'net',
        state: 'finished',
        result: { loss: 2 },
        facts: { seed: 3, hyper: { lr: 0.1 }, imported: [join(at.folder, 'log.jsonl')] },
      })
      expect([...((await store.series('20261123-091602', 'loss'))?.values ?? [])]).toEqual([2.5, Number.NaN])
    })
    expect(await said(at, 'runs')).toContain('net')
  })

  test('what train --events prints gives the record that the training made itself', async () => {
    const at = project({ 'rappel.config.ts': small })
    const { stdout } = await rappel(at, 'train', '--events')
    writeFileSync(join(at.folder, 'events.jsonl'), stdout)
    await said(at, 'runs', 'import', 'events.jsonl', '--store', 'other.sqlite')
    const recordOf = async (store: Store) => {
      const [{ id, name, state, result }] = await store.runs()
      const names = await store.seriesNames(id)
      const series = await Promise.all(
        names.map(async (series) => {
          const { steps, epochs, values } = (await store.series(id, series)) ?? { steps: [], epochs: [], values: [] }
          return [series, [...steps], [...epochs], [...values]]
        }),
      )
      return { name, state, result, series, events: await store.events(id) }
    }
    expect(await inStore(at, recordOf, 'other.sqlite')).toEqual(await inStore(at, recordOf))
  })

  test("a folder of TensorBoard's files", async () => {
    const at = project()
    cpSync(fixtures, join(at.folder, 'logs'), { recursive: true })
    const { status, stdout, stderr } = await rappel(at, 'runs', 'import', 'logs', '--json')
    expect(status).toBe(0)
    expect(stderr).toBe(
      'rappel: warning: logs/classic: left out, because they are no numbers: note/text_summary, picture\n',
    )
    const { imported } = JSON.parse(stdout)
    expect(imported.map(({ name }: { name: string }) => name)).toEqual([
      'logs/classic',
      'logs/hyper/one',
      'logs/tensors',
    ])
    const expected = JSON.parse(readFileSync(join(fixtures, 'expected.json'), 'utf8'))
    await inStore(at, async (store) => {
      const loss = await store.series(imported[0].id, 'loss')
      const points = expected.classic.loss.map(([step, time, value]: [number, number, number]) => [
        step,
        time - 1_760_000_000,
        Number(value),
      ])
      expect([...(loss?.values ?? [])].map((value, i) => [loss?.steps[i], loss?.seconds[i], value])).toEqual(points)
      expect((await store.run(imported[1].id))?.facts.hyper).toEqual({ rate: 0.1, rule: 'adam', nesterov: true })
      const [{ event }] = await store.events(imported[0].id)
      const { weights } = event.distributions as unknown as Record<string, Record<string, number>>
      expect(weights.mean).toBeCloseTo(expected.values.mean, 6)
      expect(weights.deviation).toBeCloseTo(expected.values.deviation, 6)
      // Within the width of a bucket.
      expect(Math.abs((weights.quantiles as unknown as number[])[5] - expected.values.median)).toBeLessThan(0.1)
    })
  })

  test('a file that is cut off: what is whole is kept, with a warning', async () => {
    const at = project({ 'log.jsonl': lines.slice(0, -30) })
    const file = join(fixtures, 'tensors/events.out.tfevents.1')
    mkdirSync(join(at.folder, 'tb'))
    copyFileSync(file, join(at.folder, 'tb/events'))
    writeFileSync(join(at.folder, 'tb/events'), readFileSync(file).subarray(0, 300))
    const { status, stdout, stderr } = await rappel(at, 'runs', 'import', 'log.jsonl', 'tb/events')
    expect(status).toBe(0)
    expect(stdout).toMatch(/^imported net as \S+: 4 records\nimported tb as \S+: 4 records\n$/)
    expect(stderr).toMatch(
      /^rappel: warning: log\.jsonl:5: the last line is cut off and left out\nrappel: warning: tb\/events is damaged or cut off at byte \d+ \(it ends there within a record\): what stands before is kept\n$/,
    )
    expect(await said(at, 'runs')).toMatch(/interrupted +net/)
  })

  const wrong: [string, string | Uint8Array, string | RegExp, string?][] = [
    [
      'an empty file',
      '',
      'a.jsonl is empty',
      'rappel runs import takes JSON lines and TensorBoard event files: see docs/record.md',
    ],
    [
      'a file of another kind',
      'loss,step\n1,2\n',
      'a.jsonl is neither JSON lines nor a TensorBoard event file',
      'rappel runs import takes JSON lines and TensorBoard event files: see docs/record.md',
    ],
    [
      'a line that is no JSON',
      '{"type":"log","values":{"loss":1}}\nloss: 3\n{"type":"end"}\n',
      /^rappel: a\.jsonl:2: the line is no JSON \(.*\)\n {2}every line is one JSON object: see docs\/record\.md\n$/,
    ],
    [
      'a mistyped type',
      '{"type":"log","values":{"loss":1}}\n{"type":"lgo","values":{"loss":1}}\n',
      "a.jsonl:2: 'lgo' is no type of line",
      "did you mean 'log'?",
    ],
    [
      'a value that is no number',
      '{"type":"start"}\n{"type":"log","values":{"loss":"0.3"}}\n',
      'a.jsonl:2: \'loss\' is "0.3", expected a number',
      'what is no number can be told as an event',
    ],
    [
      'seconds for milliseconds',
      '{"type":"start","startedAt":1795425362}\n',
      /^rappel: a\.jsonl:1: startedAt is 1795425362, .*\n {2}it seems to be seconds: multiply by 1000\n$/,
    ],
  ]
  test.each(wrong)(
    '%s is refused, and nothing is imported, from the other files either',
    async (_name, content, message, hint) => {
      const at = project({ 'good.jsonl': lines, 'a.jsonl': content })
      const { status, stdout, stderr } = await rappel(at, 'runs', 'import', 'good.jsonl', 'a.jsonl')
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
      if (typeof message === 'string') expect(stderr).toBe(`rappel: ${message}\n  ${hint}\n`)
      else expect(stderr).toMatch(message)
      if (existsSync(join(at.folder, '.rappel'))) expect(await said(at, 'runs')).toContain('no runs are recorded')
    },
  )

  test('what is not there, and a folder with nothing in it', async () => {
    const at = project({ 'empty/readme.txt': 'x' })
    await refused(at, ['runs', 'import', 'none'], /^rappel: none cannot be read: ENOENT.*\n {2}give the path of a file/)
    await refused(
      at,
      ['runs', 'import', 'empty'],
      'empty holds no TensorBoard event files and no .jsonl files',
      'rappel runs import takes JSON lines and TensorBoard event files: see docs/record.md',
    )
  })
})

describe('words', () => {
  const at = project()
  const words: [string[], string, string][] = [
    [['runs', 'shw'], "runs has no command 'shw'", "did you mean 'show'?"],
    [
      ['runs', '20261123-091602'],
      "runs has no command '20261123-091602'",
      'expected one of: show, compare, delete, import',
    ],
    [
      ['runs', 'show', 'a', 'b'],
      "'b' is a word too many: rappel runs show [run] [options]",
      'rappel runs show --help tells more',
    ],
    [
      ['runs', 'compare', 'a'],
      'expected: rappel runs compare <run> <run...> [options]',
      'rappel runs compare --help tells more',
    ],
    [['runs', 'delete'], 'expected: rappel runs delete <run...> [options]', 'rappel runs delete --help tells more'],
    [
      ['runs', 'import', ''],
      'expected: rappel runs import <file...> [options]',
      'rappel runs import --help tells more',
    ],
    [['runs', 'show', '--jsn'], "runs show has no option '--jsn'", "did you mean '--json'?"],
  ]
  test.each(words)('%j', (args, message, hint) => refused(at, args, message, hint))
  test('help', async () => {
    expect(await said(at, 'runs', 'show', '--help')).toMatch(/^rappel runs show \[run\] \[options\]: all that is known/)
    expect(await said(at, 'help', 'runs', 'compare')).toMatch(/^rappel runs compare <run> <run\.\.\.> \[options\]/)
  })
})
