/** @file What a run says when it is no longer sound, what it keeps, and how it goes on where it may. */
import { describe, expect, test } from 'vitest'
import type { ReadRows, RegressionRows } from '../../src/data/row-source.ts'
import * as op from '../../src/graph/op.ts'
import { dense, functional, sequential, tanh } from '../../src/nn/layers.ts'
import { squaredError } from '../../src/nn/loss.ts'
import { residual } from '../../src/nn/residual.ts'
import { momentum } from '../../src/optim/momentum.ts'
import { rule } from '../../src/optim/rule.ts'
import { sgd } from '../../src/optim/sgd.ts'
import { isSound } from '../../src/train/divergence.ts'
import { makePlan, type PlanParts } from '../../src/train/plan.ts'
import { blobs, waves } from './nets.ts'
import { bitsOf, fullPlan, lossesOf, run } from './runs.ts'
import { fixed } from './steps.ts'

const forms = ['wasm', 'nodes'] as const

/** y = w·x by one weight, which starts at 1; all x are 1 and all y 0, one row a batch: the loss is w²/2 or w², the gradient in its proportion. */
function line(parts: Partial<PlanParts> = {}) {
  return makePlan({
    model: sequential(dense(1, { init: fixed([1]), bias: false })),
    loss: squaredError(),
    update: sgd({ learningRate: 0.1 }),
    training: column(() => [1, 0]),
    epochs: 1,
    batchSize: 1,
    seed: 1,
    ...parts,
  })
}

/** 400 rows of one feature that are read one by one, so that nobody has looked at them before. */
function column(row: (index: number) => readonly [x: number, y: number], rows = 400): RegressionRows {
  const read: ReadRows = (indices, start, count, inputs, targets) => {
    for (let k = 0; k < count; k++) [inputs[k], targets[k]] = row(indices[start + k])
  }
  const described = { name: 'a column', rows, featureShape: [1], featureNames: ['age'] }
  return { ...described, task: 'regression', targetShape: [1], read }
}

/** Losses that a run told, in order. */
const told = (result: Awaited<ReturnType<typeof run>>) => [...lossesOf(result.events).values()]

describe('sound', () => {
  test.each([
    [1, 1, true],
    [1e6, 1, true],
    [1.1e6, 1, false],
    [1e6, 1e-9, true], // a net that begins near its goal
    [1e8, 1e3, true],
    [-1e7, 1, false],
    [Number.NaN, 1, false],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, false],
    [Number.NaN, Number.NaN, false],
  ])('a loss of %d where the first was %d: %s', (loss, first, expected) => expect(isSound(loss, first)).toBe(expected))
})

describe.each(forms)('%s', (form) => {
  test('an explosion: the first step above a million times the first loss, and the parameters before it', async () => {
    // w becomes w·(1 − r·s), s the loss's second derivative: 1 or 2 by its definition. Both factors are below −1 here.
    const result = await run(line({ update: sgd({ learningRate: 2.5 }) }), { form })
    const losses = told(result)
    const first = losses[0]
    const w = (step: number) => Math.sqrt(losses[step] / first) * (step % 2 === 0 ? 1 : -1)
    expect(losses.findIndex((loss) => loss > 1e6 * Math.max(1, first))).toBe(losses.length - 1)
    expect(result.outcome).toMatchObject({ reason: 'diverged', first: 'loss' })
    expect(result.outcome).toHaveProperty(
      'message',
      expect.stringMatching(/^the loss exploded to .* at step \d+, from 1 at/),
    )
    expect(result.steps).toBe(losses.length - 1)
    expect(result.parameters['dense1.weight'].data[0] / w(result.steps)).toBeCloseTo(1, 5)
  })

  test('after several hundred steps, far from any snapshot: the same', async () => {
    const sudden = ({ step }: { step: number }) => (step === 277 ? 1e30 : 0.01)
    const result = await run(line({ update: sgd({ learningRate: sudden }) }), { form })
    const before = await run(line({ update: sgd({ learningRate: 0.01 }), training: column(() => [1, 0], 278) }), {
      form,
    })
    expect(told(result)).toHaveLength(279) // the step with that rate gives a weight, the next one its loss
    expect(result.steps).toBe(278)
    expect(result.outcome).toMatchObject({
      message: expect.stringMatching(/^the loss (became Infinity|exploded)/) as string,
    })
    expect(told(result).slice(0, 278)).toEqual(told(before))
    expect(Math.abs(result.parameters['dense1.weight'].data[0])).toBeGreaterThan(1e25)
  })

  test('a value of the data', async () => {
    const training = column((index) => [index === 123 ? Number.NaN : 1, 0])
    const result = await run(line({ training }), { form })
    expect(result.outcome).toEqual({
      reason: 'diverged',
      first: 'input',
      message: 'feature 0 (age) of training example 123 is NaN',
      hint: 'mend the value or leave the example out',
    })
    const target = await run(line({ training: column((index) => [1, index === 7 ? Number.POSITIVE_INFINITY : 0]) }), {
      form,
    })
    expect(target.outcome).toMatchObject({ first: 'target', message: 'the target of training example 7 is Infinity' })
  })

  test('a gradient, where the loss is still finite', async () => {
    // √x at 0 has the value 0 and the slope ∞: the weight comes to 0 at the third step, by a rule that walks in thirds.
    const walk = rule({
      name: 'walk',
      hyper: {},
      state: {},
      update: (o, { x, g }) => ({ x: o.sub(o.add(x, o.mul(g, 0)), 0.5) }),
    })
    const root = functional('root', (x) => op.sqrt(x))
    const model = sequential(dense(1, { init: fixed([1]), bias: false }), root)
    const result = await run(line({ model, update: walk }), { form })
    expect(result.outcome).toMatchObject({ reason: 'diverged', first: 'gradient/dense1.weight' })
    expect(result.outcome).toHaveProperty(
      'message',
      expect.stringMatching(
        /^the gradient of dense1\.weight became (NaN|Infinity) at step 2, where the loss was still 0$/,
      ),
    )
    expect(result.steps).toBe(2)
    expect([...result.parameters['dense1.weight'].data]).toEqual([0])
  })

  test('what a layer gave, where the loss is NaN: the first of them, of one inside another the inner', async () => {
    // log(w) with w = 1, ½, 0, as before: −∞ at the third step; the layers after it give −∞ or NaN too.
    const walk = rule({ name: 'walk', hyper: {}, state: {}, update: (o, { x }) => ({ x: o.sub(x, 0.5) }) })
    const log = functional('log', (x) => op.log(x))
    const twice = functional('twice', (x) => op.mul(x, 2))
    const model = sequential(dense(1, { init: fixed([1]), bias: false }), residual(sequential(log, twice)), twice)
    const result = await run(line({ model, update: walk }), { form })
    expect(result.outcome).toMatchObject({ reason: 'diverged', first: 'residual1.sequential1.log1' })
    expect(result.outcome).toHaveProperty(
      'message',
      expect.stringMatching(
        /^the loss became Infinity at step 2, because residual1\.sequential1\.log1 gave -Infinity; the largest/,
      ),
    )
  })

  test('a parameter, by the update alone', async () => {
    const sudden = ({ step }: { step: number }) => (step === 3 ? 1e300 : 0.1)
    const result = await run(line({ update: sgd({ learningRate: sudden }), training: column(() => [1, 0], 4) }), {
      form,
    })
    expect(result.outcome).toMatchObject({
      first: 'dense1.weight',
      message: 'a value of dense1.weight became -Infinity in the update of step 3',
    })
    expect(result.steps).toBe(3)
  })

  test('bounded, and so never infinite: a run that ends a thousand times above its first loss has failed', async () => {
    const model = sequential(dense(4), tanh(), dense(3))
    const wild = await run(fullPlan({ model, update: momentum({ learningRate: 3000 }), penalty: undefined }), { form })
    expect(told(wild).every((loss) => loss < 1e6)).toBe(true)
    expect(wild.outcome).toMatchObject({
      reason: 'diverged',
      first: 'loss',
      message: expect.stringMatching(
        /^the loss was [\d.]+ in the last epoch, where the first batch's was [\d.]+$/,
      ) as string,
    })
    expect(wild.taken.every(({ step }) => step < 24)).toBe(true) // that end is not kept
  })

  test('resumed from before it, a run diverges in the same way', async () => {
    const wild = () => fullPlan({ update: sgd({ learningRate: 3e4 }), epochs: 30 })
    const whole = await run(wild(), { form })
    expect(whole.outcome.reason).toBe('diverged')
    for (const { bytes } of whole.taken.filter((_, i) => i % 3 === 0))
      expect(bitsOf(await run(wild(), { resume: bytes }))).toEqual(bitsOf(whole))
  })
})

describe.each(forms)('rolling back, %s', (form) => {
  const wild = (parts: Partial<PlanParts> = {}) =>
    makePlan({
      model: sequential(dense(8), tanh(), dense(2)),
      loss: squaredError(),
      update: momentum({ learningRate: 20 }),
      training: waves(64, 4, 2),
      validation: waves(64, 4, 2),
      epochs: 6,
      batchSize: 16,
      seed: 1,
      rollBack: { factor: 0.1, times: 3 },
      checkpoint: { everySteps: 1 },
      ...parts,
    })

  test('goes on from before with lower rates, and is the run that had them from there', async () => {
    const result = await run(wild(), { form })
    const rolled = result.events.filter((event) => event.type === 'roll-back')
    expect(rolled.length).toBeGreaterThan(0)
    expect(rolled[0]).toMatchObject({ to: 0, epoch: 0, rateFactor: 0.1 })
    expect(result.outcome.reason).toBe('finished')
    const factor = rolled.at(-1)?.rateFactor as number
    expect(factor).toBeCloseTo(0.1 ** rolled.length, 12)
    // From the very start with the lower rate: the same run.
    const { epochs, parameters } = await run(wild({ update: momentum({ learningRate: 20 * factor }) }), { form })
    expect(rolled.every(({ to }) => to === 0)).toBe(true)
    expect(bitsOf(result).model).toEqual(bitsOf({ ...result, parameters }).model)
    expect(result.epochs.slice(1).map(({ step, training }) => [step, training])).toEqual(
      epochs.slice(1).map(({ step, training }) => [step, training]),
    )
    expect(result.epochs[1].learningRate).toBeCloseTo(20 * factor, 12)
  })

  test('after so many times it ends', async () => {
    const result = await run(wild({ rollBack: { factor: 0.99, times: 2 } }), { form })
    expect(result.events.filter(({ type }) => type === 'roll-back')).toHaveLength(2)
    expect(result.outcome.reason).toBe('diverged')
  })

  test('not to a state that is worse than the untrained net', async () => {
    // Sound for an epoch, then a rate that kills.
    const late = ({ epoch }: { epoch: number }) => (epoch < 3 ? 0.05 : 50)
    const result = await run(wild({ update: momentum({ learningRate: late }) }), { form })
    const [rolled] = result.events.filter((event) => event.type === 'roll-back')
    expect(rolled).toMatchObject({ to: 12, epoch: 3 })
    expect(result.epochs.map(({ step }) => step)).toEqual([0, 4, 8, 12, 16, 20, 24])
  })

  test('resumed from any checkpoint, before and after: the same bits', async () => {
    const late = ({ epoch }: { epoch: number }) => (epoch < 2 ? 0.05 : 50)
    const plan = () => wild({ update: momentum({ learningRate: late }) })
    const whole = await run(plan(), { form })
    expect(whole.events.some(({ type }) => type === 'roll-back')).toBe(true)
    for (const { bytes } of whole.taken) expect(bitsOf(await run(plan(), { resume: bytes }))).toEqual(bitsOf(whole))
  })
})

test('options that do not fit', () => {
  const still = rule({ name: 'still', hyper: {}, state: {}, update: (_, { x }) => ({ x }) })
  const of = (parts: Partial<PlanParts>) => () => makePlan({ ...base, ...parts })
  const base: PlanParts = {
    model: dense(3),
    loss: fullPlan().net.loss,
    update: sgd({ learningRate: 1 }),
    training: blobs(10, 3, 3),
    epochs: 1,
    batchSize: 5,
    seed: 1,
  }
  expect(of({ rollBack: { factor: 1 } })).toThrow('rollBack: factor is 1, expected a number in (0, 1)')
  expect(of({ rollBack: { times: 0 } })).toThrow('rollBack: times is 0, expected a whole number from 1 up')
  expect(of({ rollBack: { tims: 2 } as object })).toThrow("rollBack has no option 'tims'")
  expect(of({ rollBack: {}, update: still })).toThrow('the rule still has no hyperparameter of that name')
})
