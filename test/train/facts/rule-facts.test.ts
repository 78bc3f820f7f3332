/** @file Update rules as data, and learning rates over a run. */
import { expect, test } from 'vitest'
import { adam } from '../../../src/optim/adam.ts'
import { momentum } from '../../../src/optim/momentum.ts'
import { rule } from '../../../src/optim/rule.ts'
import { inverse, step } from '../../../src/optim/schedule.ts'
import { sgd } from '../../../src/optim/sgd.ts'
import { plannedRates, ruleFacts } from '../../../src/train/facts/rule-facts.ts'

test('numbers at the first step, schedules, state', () => {
  expect(ruleFacts(adam({ learningRate: 0.01 }))).toEqual({
    name: 'adam',
    hyper: { learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
    scheduled: [],
    states: ['m', 'v'],
  })
  const learningRate = step({ from: 0.5, everyEpochs: 1 })
  expect(ruleFacts(momentum({ learningRate, momentum: ({ epoch }) => 0.5 + epoch / 10, dialect: 'pytorch' }))).toEqual({
    name: 'momentum',
    dialect: 'pytorch',
    hyper: { learningRate: 0.5, mu: 0.5 },
    scheduled: ['learningRate', 'mu'],
    states: ['velocity'],
  })
})

test('the learning rate from the first step to the last', () => {
  // 10 rows in batches of 4: three steps an epoch, before which 0, 0.4 and 0.8 of it are seen.
  const plan = { epochs: 2, batchSize: 4, rows: 10 }
  const epochs = [0, 0.4, 0.8, 1, 1.4, 1.8]
  expect(plannedRates(sgd({ learningRate: inverse({ from: 1, decay: 1 }) }), plan)).toEqual(
    epochs.map((epoch) => ({ epoch, rate: 1 / (1 + epoch) })),
  )
  expect(plannedRates(sgd({ learningRate: 0.1 }), plan)).toEqual([
    { epoch: 0, rate: 0.1 },
    { epoch: 1.8, rate: 0.1 },
  ])
})

test('at 64 places of a long run; up to where a schedule gives no rate; not where there is none', () => {
  const long = { epochs: 100, batchSize: 10, rows: 1000 }
  const rates = plannedRates(sgd({ learningRate: ({ step }) => 1 + step }), long) ?? []
  expect(rates.length).toBe(64)
  expect(rates[0]).toEqual({ epoch: 0, rate: 1 })
  expect(rates[63]).toEqual({ epoch: 99.99, rate: 10_000 })
  const bad = plannedRates(sgd({ learningRate: ({ epoch }) => 0.5 - epoch / 100 }), long) ?? []
  expect(bad.at(-1)?.epoch).toBeCloseTo(49.2, 0)
  const still = rule({ name: 'still', hyper: {}, state: {}, update: (_, { x }) => ({ x }) })
  expect(plannedRates(still, long)).toBeUndefined()
})
