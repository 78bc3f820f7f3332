/** @file What a step promised and what it brought: against the slow twin, and by hand. */
import { describe, expect, test } from 'vitest'
import { tensor } from '../../../src/base/tensor.ts'
import { dataset } from '../../../src/data/dataset.ts'
import { maxNorm } from '../../../src/nn/constraint.ts'
import { dense } from '../../../src/nn/layers.ts'
import { squaredError } from '../../../src/nn/loss.ts'
import { rule } from '../../../src/optim/rule.ts'
import { sgd } from '../../../src/optim/sgd.ts'
import { makePlan } from '../../../src/train/plan.ts'
import { descent } from '../../../src/train/probes/index.ts'
import type { StepForm } from '../../../src/train/stepper.ts'
import { fixed } from '../steps.ts'
import { mixedPlan, probe } from './nets.ts'
import { dot, minus, type Numbers, names, norm, pass, type Snapshot, slowPlan, spy } from './slow.ts'

const everyStep = { cadence: { everySteps: 1 }, half: { everySteps: 2 } }
const forms: readonly StepForm[] = ['wasm', 'nodes']

/** The objective in float64 at other weights, on the step's batch with its dropout. */
function objective({ inputs, targets, uniform }: Snapshot, weights: readonly Numbers[]): number {
  const { loss, penalty } = pass(weights, inputs, targets, uniform)
  return loss + penalty
}

describe.each(forms)('%s: all steps of two epochs against the slow twin', async (form) => {
  const { probe: spied, steps } = spy()
  const { probed, parameters } = await probe(slowPlan(), [spied, descent(everyStep)], { form })
  const told = probed.filter((event) => event.probe === 'descent').map(({ values }) => values)
  const last = names.map((name) => [...parameters[name].data])
  const after = (i: number) => steps[i + 1]?.weights ?? last

  test('predicted and alignment from the twin’s gradient, decrease and half from its objective', () => {
    expect(told).toHaveLength(16)
    steps.forEach((snapshot, i) => {
      const { weights, inputs, targets, uniform } = snapshot
      const gradient = pass(weights, inputs, targets, uniform).gradients.flat()
      const updates = weights.map((w, k) => minus(after(i)[k], w))
      const middle = weights.map((w, k) => w.map((x, at) => x + updates[k][at] / 2))
      const predicted = -dot(gradient, updates.flat())
      const values = told[i]
      // Rounding of float32: 6e-8 of the terms that are added.
      const near = 2e-6 * norm(gradient) * norm(updates.flat())
      expect(Math.abs(values['descent/predicted'] - predicted)).toBeLessThan(near)
      expect(values['descent/alignment']).toBeCloseTo(predicted / (norm(gradient) * norm(updates.flat())), 5)
      const here = objective(snapshot, weights)
      expect(Math.abs(values['descent/decrease'] - (here - objective(snapshot, after(i))))).toBeLessThan(5e-7)
      if (i % 2 === 1) return expect(values).not.toHaveProperty(['descent/half'])
      expect(Math.abs(values['descent/half'] - (here - objective(snapshot, middle)))).toBeLessThan(5e-7)
    })
  })
})

/** Regression of y = 2x₁ − x₂ + 1 on four examples, all in one batch: the loss is a quadratic of the weights. */
const examples = [
  [1, 2],
  [-1, 0.5],
  [0.5, -1],
  [2, 1],
]
const line = dataset({
  inputs: examples,
  targets: tensor(
    'float32',
    [4, 1],
    examples.map(([a, b]) => 2 * a - b + 1),
  ),
})
const quadratic = (learningRate: number) =>
  makePlan({
    model: dense(1, { init: fixed([0.3, -0.2]), bias: fixed([0.1]) }),
    loss: squaredError(),
    update: sgd({ learningRate }),
    training: line,
    epochs: 1,
    batchSize: 4,
    seed: 0,
  })

const none = { hyper: {}, state: {} }
const uphill = rule({ ...none, name: 'uphill', update: (o, { x, g }) => ({ x: o.add(x, o.mul(g, 0.01)) }) })
const still = rule({ ...none, name: 'still', update: (o, { x, g }) => ({ x: o.add(x, o.mul(g, 0)) }) })

/** g and gᵀHg by hand: with rows r = (x, 1) and errors e, g = 2/4 Σ e·r and gᵀHg = 2/4 Σ (r·g)². */
function byHand() {
  const rows = examples.map((x) => [...x, 1])
  const errors = rows.map(([a, b]) => 0.3 * a - 0.2 * b + 0.1 - (2 * a - b + 1))
  const g = [0, 1, 2].map((k) => 0.5 * rows.reduce((sum, row, i) => sum + errors[i] * row[k], 0))
  return { gg: dot(g, g), gHg: 0.5 * rows.reduce((sum, row) => sum + dot(row, g) ** 2, 0) }
}

describe.each(forms)('%s: a quadratic', (form) => {
  test.each([1e-6, 1e-4, 0.01, 0.1, 1])(
    'learning rate %d: 1 − decrease/predicted = rate·gᵀHg/(2gᵀg), half = predicted/2 − rate²·gᵀHg/8',
    async (rate) => {
      const { probed } = await probe(quadratic(rate), [descent()], { form })
      const { gg, gHg } = byHand()
      const values = probed[0].values
      expect(values['descent/alignment']).toBeCloseTo(1, 6)
      expect(values['descent/predicted'] / (rate * gg)).toBeCloseTo(1, 2)
      const [predicted, decrease, half] = ['predicted', 'decrease', 'half'].map((name) => values[`descent/${name}`])
      // A loss of about 6 is known to some 6e-8 of itself.
      const near = 1e-6
      expect(Math.abs(decrease - (rate * gg - (rate ** 2 * gHg) / 2))).toBeLessThan(near + 1e-5 * Math.abs(decrease))
      expect(Math.abs(half - ((rate * gg) / 2 - (rate ** 2 * gHg) / 8))).toBeLessThan(near + 1e-5 * Math.abs(half))
      expect(Math.abs(1 - decrease / predicted - (rate * gHg) / (2 * gg))).toBeLessThan(near / predicted + 1e-4)
    },
  )

  test('at the rate gᵀg/gᵀHg the step ends at the bottom of its line, at twice that as high as it began', async () => {
    const { gg, gHg } = byHand()
    const lossAt = async (rate: number) => (await probe(quadratic(rate), [descent()], { form })).probed[0].values
    const best = await lossAt(gg / gHg)
    expect(1 - best['descent/decrease'] / best['descent/predicted']).toBeCloseTo(0.5, 4)
    const twice = await lossAt((2 * gg) / gHg)
    expect(twice['descent/decrease'] / twice['descent/predicted']).toBeCloseTo(0, 4)
  })

  test('a step up the gradient: predicted and decrease below 0, alignment −1', async () => {
    const { gg, gHg } = byHand()
    const { probed } = await probe({ ...quadratic(0.01), update: uphill }, [descent()], { form })
    const { values } = probed[0]
    expect(values['descent/predicted'] / (-0.01 * gg)).toBeCloseTo(1, 4)
    expect(values['descent/decrease'] / (-0.01 * gg - (0.01 ** 2 * gHg) / 2)).toBeCloseTo(1, 4)
    expect(values['descent/alignment']).toBeCloseTo(-1, 6)
  })

  test('no gradient, no step: no alignment', async () => {
    const { probed } = await probe({ ...quadratic(0.01), update: still }, [descent()], { form })
    expect(probed[0].values).toEqual({ 'descent/predicted': -0, 'descent/decrease': 0, 'descent/half': 0 })
  })
})

test.each(forms)('%s: with a max-norm the step is what was left of it', async (form) => {
  const { probe: spied, steps } = spy()
  const plan = slowPlan({ constraint: maxNorm(0.4), epochs: 1 })
  const { probed, parameters } = await probe(plan, [spied, descent(everyStep)], { form })
  const told = probed.filter((event) => event.probe === 'descent').map(({ values }) => values)
  const last = names.map((name) => [...parameters[name].data])
  steps.forEach((snapshot, i) => {
    const after = steps[i + 1]?.weights ?? last
    const decrease = objective(snapshot, snapshot.weights) - objective(snapshot, after)
    expect(Math.abs(told[i]['descent/decrease'] - decrease)).toBeLessThan(5e-7)
  })
})

test('both forms tell the same, with batch normalisation and dropout; its running statistics are left alone', async () => {
  const [wasm, nodes] = await Promise.all(
    forms.map(async (form) => (await probe(mixedPlan(), [descent(everyStep)], { form })).probed),
  )
  expect(wasm).toHaveLength(22)
  wasm.forEach(({ values }, i) => {
    for (const [name, value] of Object.entries(values)) expect(nodes[i].values[name]).toBeCloseTo(value, 4)
  })
})

test('as often as by default: four times an epoch, half once', async () => {
  const { probed } = await probe(slowPlan(), [descent()])
  expect(probed.map(({ step }) => step)).toEqual([0, 2, 4, 6, 8, 10, 12, 14])
  const halves = probed.filter(({ values }) => 'descent/half' in values)
  expect(halves.map(({ step }) => step)).toEqual([0, 8])
})
