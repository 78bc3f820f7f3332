/** @file SIGKILL at 8 random moments, and resuming: `experiments/kills.ts` in short. */
import { afterAll, expect, test } from 'vitest'
import { RandomStream } from '../../src/base/random.ts'
import { Installation } from './installation.ts'
import { KilledRun, killAndResume } from './killed.ts'

const cli = new Installation()
afterAll(() => cli.remove())

test('8 kills: all is readable after each, and the end has the bits of a run that was never stopped', async () => {
  const epochs = 5
  const whole = new KilledRun(cli, epochs)
  const startedAt = performance.now()
  expect(await whole.finish()).toMatchObject({ status: 0 })
  const duration = Math.round(performance.now() - startedAt)
  expect(await whole.problems()).toEqual([])
  const reference = await whole.result()
  expect(Object.keys(reference)).toEqual(
    expect.arrayContaining(['loss', 'validation/loss', 'model', 'events', 'document']),
  )
  const tally = await killAndResume(
    cli,
    epochs,
    8,
    reference,
    [duration / 3, duration].map(Math.round) as [number, number],
    new RandomStream(1, 'kills'),
  )
  expect(tally.problems).toEqual([])
  expect(tally.kills).toBe(8)
  whole.remove()
}, 180_000)
