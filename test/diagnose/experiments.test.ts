/** @file The trials beside a run, on a parabola whose every loss is known: L = w², w after s steps at the rate α is (1 − 2α)^s. */
import { expect, test } from 'vitest'
import { dataset } from '../../src/data/dataset.ts'
import { runExperiments } from '../../src/diagnose/experiments.ts'
import { rateFactors, rateName } from '../../src/diagnose/rate-factors.ts'
import { constant } from '../../src/nn/init.ts'
import { dense } from '../../src/nn/layers.ts'
import { squaredError } from '../../src/nn/loss.ts'
import { sgd } from '../../src/optim/sgd.ts'
import { makePlan, type TrainingPlan } from '../../src/train/plan.ts'
import { run } from '../train/runs.ts'
import { engine } from '../train/steps.ts'

const rate = 0.05

/** Inputs 1 and −1, so that each example's loss is w² where its target is 0. */
function parabola(
  targets: readonly number[][],
  inputs = [[1], [-1], [1], [-1]],
  learningRate: number = rate,
): TrainingPlan {
  return makePlan({
    model: dense(1, { bias: false, init: constant(1) }),
    loss: squaredError(),
    update: sgd({ learningRate }),
    training: dataset({ inputs, targets, task: 'regression' }),
    epochs: 3,
    batchSize: 4,
    seed: 0,
  })
}

/** Losses of steps 75 to 99 by the formula. */
const lastLosses = (learningRate: number) =>
  Array.from({ length: 25 }, (_, i) => ((1 - 2 * learningRate) ** 2) ** (75 + i))
const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

const valuesOf = async (plan: TrainingPlan) =>
  Object.fromEntries((await runExperiments(plan, engine)).map(({ experiment, values }) => [experiment, values]))

test('the loss that other rates come to is the mean of steps 75 to 99', async () => {
  const { rates } = await valuesOf(parabola([[0], [0], [0], [0]]))
  expect(rates).toMatchObject({ steps: 100, start: 1, untrained: 1 })
  expect(Object.keys(rates)).toHaveLength(rateFactors.length + 3)
  for (const factor of rateFactors) {
    const shrink = (1 - 2 * rate * factor) ** 2
    // 4^75 and more: beyond float32 before the hundredth step.
    if (shrink > 1) expect(rates[rateName(factor)]).toBe(Number.POSITIVE_INFINITY)
    else expect(rates[rateName(factor)]).toBeCloseTo(meanOf(lastLosses(rate * factor)), 5)
  }
})

test('rates further off are tried for as long as the last one is the best', async () => {
  // 0.5 goes to the bottom in one step: 1000 times the first, a thousandth of the second.
  const { rates: low } = await valuesOf(parabola([[0], [0], [0], [0]], undefined, 5e-4))
  expect(low[rateName(300)]).toBeCloseTo(meanOf(lastLosses(0.15)), 5)
  expect(low[rateName(1000)]).toBeCloseTo(0, 5)
  const { rates: high } = await valuesOf(parabola([[0], [0], [0], [0]], undefined, 500))
  expect(high[rateName(0.003)]).toBe(Number.POSITIVE_INFINITY)
  expect(high[rateName(0.001)]).toBeCloseTo(0, 5)
})

test('the standard error is that of successive differences', async () => {
  const { 'shuffled-targets': trial } = await valuesOf(parabola([[0], [0], [0], [0]], undefined, 1e-4))
  // The best of the rates, at which w shrinks by 0.8 a step: what is left differs from step to step by that.
  const last = lastLosses(1e-4 * trial.factor)
  const squares = meanOf(last.slice(1).map((loss, i) => (loss - last[i]) ** 2))
  expect(trial.ownError).toBeCloseTo(Math.sqrt(squares / 2 / 25), 8)
  // Four targets of 0 in another order are the same.
  expect(trial.shuffledError).toBe(trial.ownError)
})

test('targets in another order cannot be learnt where own ones can, and one batch can be learnt by heart', async () => {
  // 64 rows x = ±1, y = x: w = 1 gives 0. In another order the best is w = the mean of xy, and the loss 1 − w².
  const inputs = Array.from({ length: 64 }, (_, i) => [i % 2 === 0 ? 1 : -1])
  const plan = parabola(
    inputs.map(([x]) => [-x]),
    inputs,
  )
  const { 'shuffled-targets': targets, 'repeated-batch': batch } = await valuesOf(plan)
  expect(targets.start).toBeCloseTo(4, 5)
  expect(targets.own).toBeCloseTo(0, 5)
  expect(targets.shuffled).toBeGreaterThan(0.5)
  expect(batch.end).toBeCloseTo(0, 5)
})

test('a run beside which trials were made has the same bits, and the same plan gives the same trials', async () => {
  const plan = parabola([[0.5], [0], [1], [0]])
  const before = await run(plan)
  const first = await runExperiments(plan, engine)
  const after = await run(plan)
  expect(after.parameters).toEqual(before.parameters)
  expect(await runExperiments(plan, engine)).toEqual(first)
})

test('a signal ends them', async () => {
  await expect(
    runExperiments(parabola([[0], [0], [0], [0]]), engine, { signal: AbortSignal.abort('enough') }),
  ).rejects.toBe('enough')
})
