/** @file The learning-rate range test: where it must explode by theory, what it says where nothing can be learnt, and refusals. */
import { describe, expect, test } from 'vitest'
import { tensor } from '../../src/base/tensor.ts'
import type { Dataset } from '../../src/data/dataset.ts'
import { dense, relu, sequential } from '../../src/nn/layers.ts'
import { softmaxCrossEntropy, squaredError } from '../../src/nn/loss.ts'
import { schedule } from '../../src/optim/index.ts'
import * as optim from '../../src/optim/optim.ts'
import { findRate } from '../../src/train/find-rate.ts'
import { makePlan } from '../../src/train/plan.ts'
import { blobs } from './nets.ts'
import { engine } from './steps.ts'

/** y = 3x ± ½ with x = ±s: the slope never becomes 0. */
function line(s: number): Dataset {
  const inputs = Float32Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? s : -s))
  const targets = inputs.map((x, i) => 3 * x + (i % 4 < 2 ? 0.5 : -0.5))
  return {
    name: 'line',
    task: 'regression',
    inputs: tensor('float32', [8, 1], inputs),
    targets: tensor('float32', [8, 1], targets),
  }
}

const parabola = (s: number, update = optim.sgd({ learningRate: 1 })) =>
  makePlan({
    model: dense(1, { bias: false }),
    loss: squaredError(),
    update,
    training: line(s),
    epochs: 1,
    batchSize: 2,
    seed: 1,
  })

describe('gradient descent on a parabola explodes from 2 over its curvature', () => {
  test.each([0.3, 1, 4])('s = %d', async (s) => {
    const { explodesAt, lowestAt, suggestion, rates } = await findRate(parabola(s), engine, { from: 1e-4, to: 1e3 })
    // (w·x − y)² has the curvature 2s² in w in every batch: a step multiplies the distance by 1 − rate·2s².
    const most = 2 / (2 * s ** 2)
    expect(explodesAt).toBeGreaterThan(most)
    // A rate that rises by 5.5% a step needs some steps to undo what was learnt.
    expect(explodesAt).toBeLessThan(8 * most)
    expect(lowestAt).toBeLessThan(explodesAt as number)
    expect(suggestion).toBeLessThan(most)
    expect(suggestion).toBeGreaterThan(most / 30)
    expect(rates[1] / rates[0]).toBeCloseTo((1e3 / 1e-4) ** (1 / 299), 10)
  })
})

describe('on blobs', () => {
  const plan = (update: Parameters<typeof makePlan>[0]['update']) =>
    makePlan({
      model: sequential(dense(16), relu(), dense(3)),
      loss: softmaxCrossEntropy(),
      update,
      training: blobs(90, 6, 3),
      epochs: 1,
      batchSize: 10,
      seed: 1,
    })

  test('a rule with a schedule, of which only the size of the rate is replaced', async () => {
    const scheduled = optim.adam({ learningRate: schedule.warmUp({ rate: 0.1, steps: 50 }) })
    const [one, other] = await Promise.all([findRate(plan(scheduled), engine), findRate(plan(optim.adam()), engine)])
    expect(one).toEqual(other)
    expect(one.words).toContain('A tenth of the rate of the least loss')
  })
  test('groups keep the ratio of their rates', async () => {
    const groups = optim.groups({
      '*.bias': optim.sgd({ learningRate: 0.2 }),
      others: optim.sgd({ learningRate: 0.1 }),
    })
    const test = await findRate(plan(groups), engine)
    expect(test.suggestion).toBeGreaterThan(0)
    expect(test.losses).not.toEqual((await findRate(plan(optim.sgd({ learningRate: 0.1 })), engine)).losses)
  })
  test('the same bits again', async () => {
    const again = () => findRate(plan(optim.momentum({ learningRate: 0.1 })), engine)
    expect(await again()).toEqual(await again())
  })
  test('rates at which nothing is learnt suggest nothing', async () => {
    const { suggestion, words } = await findRate(plan(optim.sgd({ learningRate: 1 })), engine, {
      from: 1e-12,
      to: 1e-10,
    })
    expect(suggestion).toBeUndefined()
    expect(words).toBe('The loss did not fall at any rate from 1e-12 to 1e-10.')
  })
  test.each([
    [{ from: 0 }, 'from is 0, expected a number above 0'],
    [{ from: 1, to: 0.5 }, 'to is 0.5, expected a number above 1'],
    [{ steps: 3 }, 'steps is 3, expected a number from 20 up'],
    [{ stpes: 30 } as never, "findRate has no option 'stpes'"],
  ])('refuses %o', (options, message) => expect(findRate(plan(optim.adam()), engine, options)).rejects.toThrow(message))
  test('refuses a rule without a learning rate', () =>
    expect(findRate(plan(optim.rprop()), engine)).rejects.toThrow('rprop has no learning rate to find'))
})
