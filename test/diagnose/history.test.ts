/** @file Where a run stands after a group of steps, by hand: 25 examples in batches of 10, 10 and 5. */
import { expect, test } from 'vitest'
import { History } from '../../src/diagnose/history.ts'
import type { StartEvent } from '../../src/train/events.ts'

const start: StartEvent = {
  type: 'start',
  seed: 0,
  data: { name: 'points', task: 'regression', training: 25, validation: 0, featureShape: [1] },
  parameters: [],
  loss: 'squaredError',
  update: 'sgd',
  epochs: 2,
  batchSize: 10,
  hyper: {},
  engine: 'none',
  form: 'nodes',
  threads: 1,
}

test.each([
  [{ first: 0, epoch: 0, losses: [1] }, 1, 0.4],
  [{ first: 0, epoch: 0, losses: [1, 1] }, 2, 0.8],
  // The last batch is half as large: the epoch ends with it.
  [{ first: 0, epoch: 0, losses: [1, 1, 1] }, 3, 1],
  [{ first: 4, epoch: 1.4, losses: [1] }, 5, 1.8],
])('after %j', (steps, step, epoch) => {
  const run = new History()
  run.take(start)
  run.take({ type: 'steps', ...steps })
  expect(run.step).toBe(step)
  expect(run.epoch).toBeCloseTo(epoch, 12)
})
