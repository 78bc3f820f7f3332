/** @file Early stopping: when it stops, what it restores, and that a resumed run decides the same. */
import { describe, expect, test } from 'vitest'
import { RappelError } from '../../src/base/errors.ts'
import { subset } from '../../src/data/dataset.ts'
import { dense, sequential, tanh } from '../../src/nn/layers.ts'
import { squaredError } from '../../src/nn/loss.ts'
import { sgd } from '../../src/optim/sgd.ts'
import type { TakenCheckpoint } from '../../src/train/checkpoints.ts'
import { improves, stopEarly } from '../../src/train/early-stopping.ts'
import type { EpochEvent } from '../../src/train/events.ts'
import { makePlan, type PlanParts } from '../../src/train/plan.ts'
import { blobs, waves } from './nets.ts'
import { bitsOf, fullPlan, run } from './runs.ts'

const measured = (loss: number, accuracy?: number): EpochEvent => ({
  type: 'epoch',
  epoch: 1,
  step: 1,
  penalty: 0,
  validation: { loss, ...(accuracy !== undefined && { accuracy }), examples: 10 },
})
const best = (value: number, epoch = 0) => ({ epoch, step: epoch * 10, value })

describe('what is better', () => {
  test.each([
    ['a lower loss', measured(0.4), best(0.5), {}, 0.4],
    ['the same loss is not', measured(0.5), best(0.5), {}, undefined],
    ['by less than asked is not', measured(0.45), best(0.5), { minDelta: 0.1 }, undefined],
    ['a higher accuracy', measured(9, 0.8), best(0.7), { measure: 'accuracy' }, 0.8],
    ['a lower accuracy is not', measured(0, 0.6), best(0.7), { measure: 'accuracy' }, undefined],
    ['anything after nothing', measured(1e9), undefined, {}, 1e9],
    ['NaN never', measured(Number.NaN), undefined, {}, undefined],
    ['nothing where nothing is measured', { ...measured(1), validation: undefined }, undefined, {}, undefined],
  ] as const)('%s', (_name, event, before, options, value) => expect(improves(event, before, options)).toBe(value))

  test('patience is in epochs since the best', () => {
    expect(stopEarly({ patience: 3 }, best(0.25, 4), 6)).toBeUndefined()
    expect(stopEarly({ patience: 3 }, undefined, 6)).toBeUndefined()
    expect(stopEarly({ patience: 3 }, best(0.25, 4), 7)).toEqual({
      reason: 'stopped-early',
      message: 'the validation loss has not improved on 0.25 for 3 epochs (best: epoch 4)',
      best: { epoch: 4, step: 40 },
    })
  })
})

/** Learns 12 rows by heart, so that the validation loss turns soon. */
const overfit = (parts: Partial<PlanParts> = {}) =>
  makePlan({
    model: sequential(dense(30), tanh(), dense(1)),
    loss: squaredError(),
    update: sgd({ learningRate: 0.1 }),
    training: subset(
      waves(60, 6, 1),
      Array.from({ length: 12 }, (_, i) => i),
    ),
    validation: subset(
      waves(60, 6, 1),
      Array.from({ length: 48 }, (_, i) => 12 + i),
    ),
    epochs: 400,
    batchSize: 4,
    seed: 1,
    earlyStopping: { patience: 7 },
    checkpoint: { everyEpochs: 1 },
    ...parts,
  })

test('stops so many epochs after the best, with its parameters', async () => {
  const result = await run(overfit())
  const losses = result.epochs.map(({ validation }) => validation?.loss as number)
  const lowest = losses.indexOf(Math.min(...losses))
  expect(lowest).toBeGreaterThan(1)
  expect(result.epochs).toHaveLength(lowest + 7 + 1)
  expect(result.outcome).toMatchObject({ reason: 'stopped-early', best: { epoch: lowest, step: 3 * lowest } })
  expect(result.restored).toEqual({ epoch: lowest, step: 3 * lowest })
  expect(result.steps).toBe(3 * (lowest + 7))
  // The parameters are those of a run of that length.
  const short = await run(overfit({ epochs: lowest, earlyStopping: undefined }))
  expect(bitsOf(result).model).toEqual(bitsOf(short).model)
  // Unless it is told to leave them.
  const { parameters, restored } = await run(overfit({ earlyStopping: { patience: 7, restoreBest: false } }))
  const long = await run(overfit({ epochs: lowest + 7, earlyStopping: undefined }))
  expect(parameters).toEqual(long.parameters)
  expect(restored).toBeUndefined()
})

test('a run that comes to its end gives the best too', async () => {
  const stopped = await run(overfit())
  const { epoch } = stopped.restored as { epoch: number }
  const finished = await run(overfit({ epochs: epoch + 3 }))
  expect(finished.outcome).toEqual({ reason: 'finished' })
  expect(finished.restored).toEqual(stopped.restored)
  expect(finished.parameters).toEqual(stopped.parameters)
})

test('resumed from every checkpoint it stops at the same epoch with the same bits; with more patience it goes on', async () => {
  const whole = await run(overfit())
  for (const { bytes } of whole.taken) expect(bitsOf(await run(overfit(), { resume: bytes }))).toEqual(bitsOf(whole))
  const resume = whole.taken.at(-1)?.bytes
  const patient = { earlyStopping: { patience: 12 } }
  const longer = await run(overfit(patient), { resume })
  expect(longer.steps).toBeGreaterThan(whole.steps)
  expect(bitsOf(longer)).toEqual(bitsOf(await run(overfit(patient))))
})

test('the best checkpoint is the best epoch’s, and is kept with the next that is due', async () => {
  const plan = overfit({ checkpoint: { everyEpochs: 5 } })
  const { taken, restored, epochs } = await run(plan)
  const best = taken.filter(({ kept }) => kept.includes('best')).at(-1)
  expect(best?.epoch).toBe(restored?.epoch)
  for (const { epoch, kept } of taken)
    if (kept.includes('newest')) expect([0, epochs.length - 1]).toContain(epoch % 5 && epoch)
  const newest = taken.filter(({ kept }) => kept.includes('newest'))
  expect(newest.map(({ epoch }) => epoch).slice(0, 3)).toEqual([5, 10, 15])
  expect(newest.at(-1)?.epoch).toBe(epochs.length - 1)
})

test('every k-th is kept for good, counted on by a resumed run', async () => {
  const plan = (epochs: number) => fullPlan({ epochs, checkpoint: { everyEpochs: 1, keepEvery: 2 } })
  const periodic = ({ taken }: Awaited<ReturnType<typeof run>>) =>
    taken.filter(({ kept }) => kept.includes('periodic')).map(({ epoch }) => epoch)
  const whole = await run(plan(6))
  expect(periodic(whole)).toEqual([2, 4, 6])
  const part = await run(plan(3))
  expect(periodic(await run(plan(6), { resume: part.taken.at(-1)?.bytes }))).toEqual([4, 6])
})

test('by the clock: so many seconds after the one before, and at the end', async () => {
  let now = 0
  const { taken } = await run(fullPlan({ epochs: 5, checkpoint: { everySeconds: 4 } }), {
    form: 'wasm',
    now: () => now,
    onEvent: ({ type }) => {
      if (type === 'epoch') now += 2500
    },
  })
  const newest = taken.filter(({ kept }) => kept.includes('newest'))
  expect(newest.map(({ epoch }) => epoch)).toEqual([1, 3, 5])
})

test('a checkpoint that cannot be kept ends the run: the error is the sink’s, and the one before still resumes', async () => {
  const taken: TakenCheckpoint[] = []
  const full = new RappelError('store', 'ENOSPC: no space left on device, write', 'make room')
  const checkpoints = {
    async save(checkpoint: TakenCheckpoint) {
      if (taken.length === 3) throw full
      taken.push(checkpoint)
    },
  }
  await expect(run(fullPlan(), { form: 'wasm', checkpoints })).rejects.toBe(full)
  const resumed = await run(fullPlan(), { resume: taken[2].bytes })
  expect(bitsOf(resumed)).toEqual(bitsOf(await run(fullPlan(), { form: 'wasm' })))
})

test('options that do not fit', () => {
  const base: PlanParts = {
    model: dense(3),
    loss: fullPlan().net.loss,
    update: sgd({ learningRate: 1 }),
    training: blobs(10, 3, 3),
    validation: blobs(10, 3, 3, 2),
    epochs: 1,
    batchSize: 5,
    seed: 1,
  }
  const of = (parts: Partial<PlanParts>) => () => makePlan({ ...base, ...parts })
  expect(of({ earlyStopping: { patience: 0 } })).toThrow(
    'earlyStopping: patience is 0, expected a whole number from 1 up',
  )
  expect(of({ earlyStopping: { patience: 3, minDelta: -1 } })).toThrow('earlyStopping: minDelta is -1, expected')
  expect(of({ earlyStopping: { patience: 3, measure: 'f1' as 'loss' } })).toThrow("expected 'loss' or 'accuracy'")
  expect(of({ earlyStopping: { patiense: 3 } as never })).toThrow("earlyStopping has no option 'patiense'")
  expect(of({ earlyStopping: { patience: 3 }, validation: undefined })).toThrow('needs validation data')
  const regression = { training: waves(9, 3, 3), validation: waves(9, 3, 3), loss: squaredError() }
  expect(of({ ...regression, earlyStopping: { patience: 3, measure: 'accuracy' } })).toThrow('regression has not')
  expect(of({ checkpoint: { everySeconds: 0 } })).toThrow('checkpoint: everySeconds is 0, expected a number above 0')
  expect(of({ checkpoint: { keepEvery: 1.5 } })).toThrow('checkpoint: keepEvery is 1.5, expected a whole number')
  expect(of({ checkpoint: { everyStep: 1 } as object })).toThrow("checkpoint has no option 'everyStep'")
})
