/** @file `rappel train --resume`: interrupted, finished, refused, damaged; and the disk full. */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { sqliteStore } from '../../src/store/sqlite.ts'
import { configText, ending, Installation, Project } from './installation.ts'

const cli = new Installation()
const projects: Project[] = []
afterAll(() => {
  cli.remove()
  for (const made of projects) made.remove()
})

function project(fields: Readonly<Record<string, string>> = {}): Project {
  const made = new Project({ 'rappel.config.ts': config(fields) })
  projects.push(made)
  return made
}

const config = (fields: Readonly<Record<string, string>>) =>
  configText({
    model: 'nn.sequential(nn.dense(20), nn.batchNorm(), nn.relu(), nn.dropout(0.2), nn.dense(10))',
    update: 'optim.adam({ learningRate: 0.01 })',
    epochs: '3',
    probes: 'false',
    ...fields,
  })

const rappel = (made: Project, ...args: string[]) => cli.run(['train', ...args], { cwd: made.folder })

/** The run in the record. */
async function recorded(made: Project) {
  const store = sqliteStore(join(made.folder, '.rappel/runs.sqlite'), { readOnly: true })
  try {
    const [run, ...others] = await store.runs()
    if (others.length > 0) throw new Error('there are several runs')
    const loss = await store.series(run.id, 'loss')
    const events = (await store.events(run.id)).filter(({ superseded }) => !superseded)
    const checks = events.filter(({ event }) => event.type === 'check').length
    return { ...run, checks, checkpoints: await store.storedCheckpoints(run.id), loss: [...(loss?.values ?? [])] }
  } finally {
    await store.close()
  }
}

const checkpointFiles = (made: Project) =>
  readdirSync(join(made.folder, made.runFolder())).filter((name) => name.endsWith('.checkpoint'))

test('Ctrl-C, then --resume: in the same folder and record, to the same bits', async () => {
  const whole = project()
  expect((await rappel(whole)).status).toBe(0)
  // Without end until it is interrupted.
  const stopped = project({ epochs: '1e5' })
  const child = cli.start(['train', '--events'], { cwd: stopped.folder, group: true })
  const ended = ending(child)
  await new Promise<void>(
    (resolve) => void child.stdout?.on('data', (text) => /"type":"steps"/.test(text) && resolve()),
  )
  process.kill(-(child.pid as number), 'SIGINT')
  expect((await ended).status).toBe(130)
  expect(await recorded(stopped)).toMatchObject({ state: 'interrupted' })
  writeFileSync(join(stopped.folder, 'rappel.config.ts'), config({ epochs: '2000' }))
  const done = JSON.parse((await ended).stdout.trim().split('\n').at(-1) as string).steps as number
  const epochs = String(Math.ceil(done / 15) + 3)
  writeFileSync(join(stopped.folder, 'rappel.config.ts'), config({ epochs }))
  const resumed = await rappel(stopped, '--resume', stopped.runFolder())
  expect(resumed).toMatchObject({ status: 0 })
  expect(resumed.stderr).toMatch(new RegExp(`^resumed after step ${done.toLocaleString('en-US')}, in epoch \\d+$`, 'm'))
  const unbroken = project({ epochs })
  expect((await rappel(unbroken)).status).toBe(0)
  const [a, b] = [stopped, unbroken].map((made) => made.bytes(join(made.runFolder(), 'model.onnx')))
  expect(a.equals(b)).toBe(true)
  expect((await recorded(stopped)).loss).toEqual((await recorded(unbroken)).loss)
  // What was looked at before the run is not looked at again.
  expect(await recorded(stopped)).toMatchObject({ state: 'finished', checks: 1 })
})

describe('a run that has finished', () => {
  const made = project({ checkpoint: '{ everyEpochs: 1, keepEvery: 1 }' })
  test('is kept with its checkpoints; resuming says so and changes nothing', async () => {
    expect((await rappel(made)).status).toBe(0)
    const before = await recorded(made)
    const kept = before.checkpoints.flatMap((checkpoint) => checkpoint.kept)
    expect(kept.toSorted()).toEqual(['best', 'newest', 'periodic', 'periodic', 'periodic'])
    expect(checkpointFiles(made).toSorted()).toEqual(before.checkpoints.map(({ file }) => file).toSorted())
    const model = made.bytes(join(made.runFolder(), 'model.onnx'))
    const again = await rappel(made, '--resume', 'last', '--json')
    expect(again.status).toBe(0)
    expect(JSON.parse(again.stdout)).toMatchObject({ steps: 45, outcome: { reason: 'finished' } })
    expect(again.stderr).toMatch(/^rappel: the run had finished already; to go on, raise epochs in its configuration$/m)
    expect(made.bytes(join(made.runFolder(), 'model.onnx')).equals(model)).toBe(true)
    expect((await recorded(made)).loss).toEqual(before.loss)
  })

  test('cannot be resumed as another: one line, and neither record nor files change', async () => {
    const before = [await recorded(made), made.snapshot()]
    const file = join(made.folder, 'rappel.config.ts')
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, config({ batchSize: '50' }))
    const { status, stdout, stderr } = await rappel(made, '--resume', 'last')
    writeFileSync(file, text)
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(
      /^rappel: .*seed and batch size cannot differ .* batches of 50 here, .* batches of 100 there\n {2}resume with/,
    )
    expect((await recorded(made)).state).toEqual((before[0] as { state: string }).state)
    expect(checkpointFiles(made)).toHaveLength(3)
  })

  test.each([
    [['--resume', 'lost'], /there is no run 'lost'\n {2}did you mean 'last'\?/],
    [['--resume', 'last', '--seed', '3'], /--seed cannot stand with --resume/],
    [['--resume', 'last', '--out', 'x'], /--out cannot stand with --resume/],
    [['--resume', 'last', '--check'], /--check cannot stand with --resume/],
    [['--resume', 'last', '--no-check'], /--no-check cannot stand with --resume/],
    [['--resume', 'last', '--probe'], /--probe cannot stand with --resume/],
    [['--resume', 'last', '--store', 'none.sqlite'], /none\.sqlite does not exist/],
  ])('%j is refused', async (args, message) => {
    const { status, stderr } = await rappel(made, ...args)
    expect(status).toBe(2)
    expect(stderr).toMatch(message)
  })

  test('a damaged checkpoint: the one before it is taken; none left: one line', async () => {
    const { checkpoints, loss, folder = '' } = await recorded(made)
    const newest = checkpoints.find(({ step }) => step === 45)
    const path = join(folder, newest?.file ?? '')
    const bytes = readFileSync(path)
    bytes[bytes.length >> 1] ^= 1
    writeFileSync(path, bytes)
    const second = await rappel(made, '--resume', 'last')
    expect(second.status).toBe(0)
    expect(second.stderr).toMatch(/^resumed after step 30, in epoch 3$/m)
    expect((await recorded(made)).loss).toEqual(loss)
    for (const file of checkpointFiles(made)) rmSync(join(folder, file))
    const none = await rappel(made, '--resume', 'last')
    expect(none.status).toBe(1)
    expect(none.stderr).toMatch(/^rappel: .*\.checkpoint cannot be read: /)
  })
})

describe.skipIf(process.platform === 'win32')('the disk full', () => {
  test('one line, exit 1, and the last good checkpoint resumes to the same bits', async () => {
    // Checkpoints of some hundred kilobytes, and a limit on the size of any file that only the last of them goes over: the record of epochs grows.
    const fields = {
      model: 'nn.sequential(nn.dense(300), nn.relu(), nn.dense(10))',
      epochs: '12',
      checkpoint: '{ everyEpochs: 1 }',
    }
    const whole = project(fields)
    expect((await rappel(whole)).status).toBe(0)
    const made = project(fields)
    const limited = (blocks: number) =>
      ending(
        spawn('bash', ['-c', `ulimit -f ${blocks}; trap '' XFSZ; exec "$0" "$@"`, process.execPath, cli.bin, 'train'], {
          cwd: made.folder,
          stdio: ['ignore', 'pipe', 'pipe'],
        }),
      )
    const sizes = (await recorded(whole)).checkpoints.map(({ size }) => size)
    const { status, stdout, stderr } = await limited(Math.ceil(Math.max(...sizes) / 1024) - 2)
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr.split('\n').filter((line) => line.startsWith('rappel:'))).toHaveLength(1)
    expect(stderr).toMatch(/^rappel: .*cannot be written.*(EFBIG|file too large|full)/im)
    expect(stderr).not.toMatch(/^ +at /m)
    expect(await recorded(made)).toMatchObject({ state: 'failed' })
    expect(Object.keys(made.snapshot()).filter((name) => name.endsWith('.part'))).toEqual([])
    expect((await recorded(made)).checkpoints).not.toEqual([])
    const resumed = await rappel(made, '--resume', 'last')
    expect(resumed).toMatchObject({ status: 0 })
    expect(resumed.stderr).toMatch(/^resumed after step \d+/m)
    const [a, b] = [whole, made].map((of) => of.bytes(join(of.runFolder(), 'model.onnx')))
    expect(a.equals(b)).toBe(true)
  })
})
