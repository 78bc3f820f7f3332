/** @file Being stopped where no training runs yet, or where it cannot stop by itself. */
import { afterAll, expect, test } from 'vitest'
import { configText, ending, Installation, Project } from './installation.ts'

const cli = new Installation()
const projects: Project[] = []
afterAll(() => {
  cli.remove()
  for (const made of projects) made.remove()
})

/** Starts a training in a process group of its own, and waits until the configuration has said in which process it is. */
async function start(config: string) {
  const made = new Project({ 'rappel.config.ts': `console.log('this is', process.pid, '.')\n${config}` })
  projects.push(made)
  const child = cli.start(['train'], { cwd: made.folder, group: true })
  const ended = ending(child)
  const [, trainer] = await hears(child, /^this is (\d+) \.\n/)
  const before = performance.now()
  return {
    child,
    group: -(child.pid as number),
    trainer: Number(trainer),
    ended: ended.then(({ stderr, ...how }) => ({
      ...how,
      stderr: stderr.replace(/^this is .*\n/, ''),
      milliseconds: performance.now() - before,
    })),
    snapshot: () => Object.keys(made.snapshot()),
  }
}

/** Waits until the process has said this on standard error. */
function hears(child: ReturnType<Installation['start']>, pattern: RegExp): Promise<RegExpExecArray> {
  let heard = ''
  return new Promise((resolve) => {
    child.stderr?.on('data', (chunk) => {
      heard += chunk
      const found = pattern.exec(heard)
      if (found !== null) resolve(found)
    })
  })
}

const waits = 'await new Promise(() => {})\nexport default 1\n'
const stopped = 'rappel: stopped before the first step; nothing was written\n'

test.each([
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s while a configuration waits for ever: status %i, at once, nothing written', async (signal, status) => {
  const { child, ended, snapshot } = await start(waits)
  child.kill(signal)
  const { milliseconds, ...how } = await ended
  expect(how).toEqual({ status, signal: null, stdout: '', stderr: stopped })
  expect(milliseconds).toBeLessThan(1000)
  expect(snapshot()).toEqual(['rappel.config.ts'])
})

test('a configuration that never gives way: Ctrl-C says how to end it, and a second one does', async () => {
  const { child, group, ended, snapshot } = await start('for (;;) {}\n')
  process.kill(group, 'SIGINT')
  await hears(child, /ask again/)
  process.kill(group, 'SIGINT')
  const { milliseconds: _, ...how } = await ended
  expect(how).toEqual({
    status: 130,
    signal: null,
    stdout: '',
    stderr:
      'rappel: stopping takes long; ask again to end it at once\n' +
      'rappel: stopped before the first step; nothing was written\n',
  })
  expect(snapshot()).toEqual(['rappel.config.ts'])
})

test('two signals end a training at once and leave no half of a run', async () => {
  const { child, group, ended, snapshot } = await start(configText({ epochs: '1e6' }))
  await hears(child, /epoch 2 of/)
  process.kill(group, 'SIGINT')
  process.kill(group, 'SIGTERM')
  const { status, milliseconds } = await ended
  // Of two that are on their way at once, the system may deliver either first.
  expect([130, 143]).toContain(status)
  expect(milliseconds).toBeLessThan(5000)
  expect(snapshot().filter((path) => path.endsWith('.part'))).toEqual([])
})

test('a signal to the process that trains alone is one to the run', async () => {
  const { child, trainer, ended } = await start(configText({ epochs: '1e6' }))
  await hears(child, /epoch 2 of/)
  process.kill(trainer, 'SIGINT')
  const { status, stderr } = await ended
  expect(status).toBe(130)
  expect(stderr).toMatch(
    /rappel: interrupted after \d+ steps; what was reached is kept in .*model\.onnx\n {2}go on: rappel train --resume \S+\n$/,
  )
})
