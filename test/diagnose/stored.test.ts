/** @file A run that comes out of a store tells a diagnosis the same as the run itself did; a foreign one is understood by its names. */
import { expect, test } from 'vitest'
import { isLearningRate, meaningOf } from '../../src/diagnose/foreign.ts'
import { History } from '../../src/diagnose/history.ts'
import { eventsOf } from '../../src/diagnose/stored.ts'
import { sqliteStore } from '../../src/store/sqlite.ts'
import type { Store, StoredRun } from '../../src/store/store.ts'
import { standard } from '../../src/train/probes/index.ts'
import { TrainingRecord } from '../../src/train/record.ts'
import { MemoryStore } from '../testing/memory-store.ts'
import { fullPlan, run } from '../train/runs.ts'

const about = { id: 'a', kind: 'train', name: 'a', startedAt: 1e12, facts: {} }

function history(events: Parameters<History['take']>[0][]): History {
  const made = new History()
  for (const event of events) made.take(event)
  return made
}

const stored = async (store: Store) => (await store.run('a')) as StoredRun

/** All that rules read; the clock's numbers aside. */
function read(of: History) {
  const names = of.names.filter((name) => !/^(seconds|examplesPerSecond)/.test(name))
  return {
    step: of.step,
    epoch: of.epoch,
    outcome: of.outcome,
    start: of.start,
    losses: [...of.losses],
    lossSteps: [...of.lossSteps],
    epochs: of.epochs.map((epoch) => ({ ...epoch, seconds: undefined })),
    series: Object.fromEntries(names.sort().map((name) => [name, of.series(name)])),
    distributions: Object.fromEntries(of.distributionNames.map((name) => [name, of.distributions(name)])),
  }
}

test("a stored run is the run: losses, epochs, every probe's series, distributions, the end", async () => {
  const store = new MemoryStore({ runs: new Map() })
  const writer = await store.createRun(about)
  const record = new TrainingRecord(writer)
  const { events } = await run(fullPlan({ probes: standard() }), { onEvent: (event) => record.write(event) })
  await writer.close('finished', undefined, 1e12)
  const live = history([...events])
  const after = history(await eventsOf(store, await stored(store)))
  expect(after.losses).toHaveLength(24)
  expect(read(after)).toEqual(read(live))
})

test('of steps that were made twice the later ones count', async () => {
  const store = new MemoryStore({ runs: new Map() })
  const writer = await store.createRun(about)
  for (const [step, loss] of [
    [0, 5],
    [1, 6],
    [2, 7],
    [1, 4],
    [2, 3],
  ])
    writer.log({ step, epoch: step / 10, seconds: 0 }, { loss })
  await writer.close('finished', undefined, 1e12)
  expect([...history(await eventsOf(store, await stored(store))).losses]).toEqual([5, 4, 3])
})

test("a foreign run's losses, parts, rate and end are found by whatever name they have", async () => {
  const store = new MemoryStore({ runs: new Map() })
  const writer = await store.createRun({ ...about, facts: { hyper: { lr: 0.3, width: 20 } } })
  writer.log({ step: 0, epoch: 0, seconds: 0 }, { batch_loss: 2, 'weights/norm': 3 })
  writer.log({ step: 1, epoch: 1, seconds: 0 }, { batch_loss: 1, train_loss: 1.5, val_loss: 1.7, valAccuracy: 0.4 })
  await writer.close('finished', undefined, 1e12)
  const made = history(await eventsOf(store, await stored(store)))
  const { losses, epochs, step, outcome, start } = made
  expect([...losses]).toEqual([2, 1])
  expect(epochs).toEqual([
    {
      type: 'epoch',
      epoch: 1,
      step: 1,
      penalty: 0,
      training: { loss: 1.5, examples: Number.NaN },
      validation: { loss: 1.7, accuracy: 0.4, examples: Number.NaN },
    },
  ])
  expect([step, outcome, start]).toEqual([2, { reason: 'finished' }, undefined])
  expect([made.series('learningRate')?.values, made.series('weights/norm')?.values]).toEqual([[0.3], [3]])
})

test.each([
  ['loss', { part: 'batch', of: 'loss' }],
  ['train/loss', { part: 'training', of: 'loss' }],
  ['Loss/train', { part: 'training', of: 'loss' }],
  ['val_loss', { part: 'validation', of: 'loss' }],
  ['validationAccuracy', { part: 'validation', of: 'accuracy' }],
  ['epoch_val_acc', { part: 'validation', of: 'accuracy' }],
  ['generator_loss', undefined],
  ['norm:weight/dense1', undefined],
])('%s', (name, meaning) => {
  expect(meaningOf(name)).toEqual(meaning)
})

test.each([
  ['lr', true],
  ['learning_rate', true],
  ['train/lr', true],
  ['learningRate', true],
  ['lr_decay', false],
  ['dropout_rate', false],
])('%s is a learning rate: %s', (name, is) => {
  expect(isLearningRate(name)).toBe(is)
})

test('a run of another program with more points than a call takes arguments', async () => {
  const store = sqliteStore(':memory:')
  const writer = await store.createRun({ id: 'long', kind: 'foreign', name: 'long', startedAt: 1, facts: {} })
  const steps = Float64Array.from({ length: 300_000 }, (_, i) => i)
  writer.logMany({ name: 'loss', steps, epochs: steps, seconds: steps, values: steps })
  await writer.flush(2)
  const events = await eventsOf(store, (await store.runs())[0])
  expect(events.filter(({ type }) => type === 'log')).toHaveLength(300_000)
  await store.close()
})
