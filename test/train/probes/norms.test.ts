/** @file Norms, update : weight, the cosine, loss and penalty: against the slow twin, and by hand. */
import { describe, expect, test } from 'vitest'
import { tensor } from '../../../src/base/tensor.ts'
import { dataset } from '../../../src/data/dataset.ts'
import { maxNorm } from '../../../src/nn/constraint.ts'
import { dense } from '../../../src/nn/layers.ts'
import { squaredError } from '../../../src/nn/loss.ts'
import { sgd } from '../../../src/optim/sgd.ts'
import { makePlan } from '../../../src/train/plan.ts'
import { cosine, norms, objective } from '../../../src/train/probes/index.ts'
import type { StepForm } from '../../../src/train/stepper.ts'
import { fixed } from '../steps.ts'
import { probe } from './nets.ts'
import { dot, learningRate, magnitude, minus, mu, names, norm, pass, slowPlan, spy } from './slow.ts'

const everyStep = { cadence: { everySteps: 1 } }

describe.each<StepForm>(['wasm', 'nodes'])('%s: all steps of two epochs against the slow twin', async (form) => {
  const { probe: spied, steps } = spy()
  const { probed, parameters } = await probe(
    slowPlan(),
    [spied, norms(everyStep), cosine(everyStep), objective(everyStep)],
    {
      form,
    },
  )
  const told = (name: string, step: number) => probed.find((e) => e.probe === name && e.step === step)?.values ?? {}
  const last = names.map((name) => [...parameters[name].data])
  const after = steps.map((_, i) => steps[i + 1]?.weights ?? last)
  const updates = steps.map(({ weights }, i) => weights.map((w, k) => minus(after[i][k], w)))

  test('every step was seen, with what the twin computes from it', () => {
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 16 }, (_, i) => i))
    let velocity = steps[0].weights.map((w) => w.map(() => 0))
    steps.forEach(({ weights, inputs, targets, uniform }, i) => {
      const { gradients } = pass(weights, inputs, targets, uniform)
      velocity = velocity.map((v, k) => v.map((x, at) => mu * x - learningRate * gradients[k][at]))
      velocity.forEach((v, k) => {
        expect(norm(minus(v, updates[i][k]))).toBeLessThan(1e-5 * (1 + norm(v)))
      })
    })
  })

  test('norms', () => {
    steps.forEach(({ step, weights, inputs, targets, uniform }, i) => {
      const { gradients } = pass(weights, inputs, targets, uniform)
      const values = told('norms', step)
      names.forEach((name, k) => {
        const [w, g, u] = [weights[k], gradients[k], updates[i][k]]
        for (const [role, numbers] of Object.entries({ weight: w, gradient: g, update: u })) {
          const near = 2e-6 * (1 + norm(numbers))
          expect(Math.abs(values[`norm:${role}/${name}`] - norm(numbers))).toBeLessThan(near)
          expect(Math.abs(values[`min:${role}/${name}`] - Math.min(...numbers))).toBeLessThan(near)
          expect(Math.abs(values[`max:${role}/${name}`] - Math.max(...numbers))).toBeLessThan(near)
        }
        if (norm(w) === 0) return expect(values).not.toHaveProperty([`update:weight/${name}`])
        expect(values[`update:weight/${name}`] / (norm(u) / norm(w))).toBeCloseTo(1, 5)
        expect(values[`update:weight:mean/${name}`] / (magnitude(u) / magnitude(w))).toBeCloseTo(1, 5)
      })
    })
  })

  test('cosine, from the second step on, over the end of an epoch too', () => {
    expect(told('cosine', 0)).toEqual({})
    for (let i = 1; i < steps.length; i++) {
      const values = told('cosine', i)
      const [now, then] = [updates[i], updates[i - 1]]
      names.forEach((name, k) => {
        const expected = dot(now[k], then[k]) / (norm(now[k]) * norm(then[k]))
        expect(values[`cosine/${name}`]).toBeCloseTo(expected, 4)
      })
      const all = dot(now.flat(), then.flat()) / (norm(now.flat()) * norm(then.flat()))
      expect(values['cosine/all']).toBeCloseTo(all, 4)
    }
  })

  test('loss, penalty and objective apart', () => {
    for (const { step, weights, inputs, targets, uniform } of steps) {
      const { loss, penalty } = pass(weights, inputs, targets, uniform)
      const values = told('objective', step)
      expect(values.loss).toBeCloseTo(loss, 5)
      expect(values.penalty).toBeCloseTo(penalty, 5)
      expect(values.objective).toBeCloseTo(loss + penalty, 5)
    }
  })
})

/** One example, x = (3, 4), target 0, squared error: y = w·x + b. */
function single(weights: readonly number[], parts = {}) {
  const data = dataset({ inputs: [[3, 4]], targets: tensor('float32', [1, 1], [0]) })
  return makePlan({
    model: dense(1, { init: fixed(weights) }),
    loss: squaredError(),
    update: sgd({ learningRate: 0.01 }),
    training: data,
    epochs: 1,
    batchSize: 1,
    seed: 0,
    ...parts,
  })
}

describe.each<StepForm>(['wasm', 'nodes'])('%s: by hand', (form) => {
  test('w = (1, 1), b = 0: y = 7, gradients 2·7·(3, 4) and 14, no ratio for a bias at 0', async () => {
    const { probed } = await probe(single([1, 1]), [norms()], { form })
    const { values } = probed[0]
    expect(values['norm:weight/weight']).toBeCloseTo(Math.SQRT2, 6)
    expect(values['norm:gradient/weight']).toBeCloseTo(70, 4)
    expect(values['min:update/weight']).toBeCloseTo(-0.56, 6)
    expect(values['max:update/weight']).toBeCloseTo(-0.42, 6)
    expect(values['update:weight/weight']).toBeCloseTo(0.7 / Math.SQRT2, 6)
    expect(values['update:weight:mean/weight']).toBeCloseTo(0.98 / 2, 6)
    expect(values['norm:weight/bias']).toBe(0)
    expect(values['norm:update/bias']).toBeCloseTo(0.14, 6)
    expect(Object.keys(values).filter((name) => name.includes(':weight') && name.endsWith('/bias'))).toEqual([
      'norm:weight/bias',
      'min:weight/bias',
      'max:weight/bias',
    ])
  })

  test('a max-norm of 1: the update is what came of both, and the gradients are still there', async () => {
    const { probed } = await probe(single([3, 4], { constraint: maxNorm(1) }), [norms()], { form })
    const { values } = probed[0]
    expect(values['norm:weight/weight']).toBe(5)
    // y = 25, gradient 50·(3, 4) = (150, 200); after the step (1.5, 2), brought back to (0.6, 0.8).
    expect(values['norm:gradient/weight']).toBeCloseTo(250, 4)
    expect(values['min:update/weight']).toBeCloseTo(-3.2, 5)
    expect(values['max:update/weight']).toBeCloseTo(-2.4, 5)
  })

  test('a weight that is NaN: the norm is, the range is that of the others, the ratio is left out', async () => {
    const { probed, outcome } = await probe(single([Number.NaN, 2]), [norms()], { form })
    const { values } = probed[0]
    expect(values['norm:weight/weight']).toBeNaN()
    expect([values['min:weight/weight'], values['max:weight/weight']]).toEqual([2, 2])
    expect(values['nonFinite:weight/weight']).toBe(1)
    expect(values['nonFinite:gradient/weight']).toBe(2)
    expect(values).not.toHaveProperty(['min:gradient/weight'])
    expect(values).not.toHaveProperty(['update:weight/weight'])
    expect(outcome.reason).toBe('diverged')
  })
})
