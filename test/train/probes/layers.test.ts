/** @file Layers watched: distributions, units, noise scale and curvature against the slow twin, and by hand. */
import { describe, expect, test } from 'vitest'
import { tensor } from '../../../src/base/tensor.ts'
import { dataset } from '../../../src/data/dataset.ts'
import { conv2d } from '../../../src/nn/convolution.ts'
import { constant } from '../../../src/nn/init.ts'
import { dense, flatten, relu, sequential, sigmoid, tanh } from '../../../src/nn/layers.ts'
import { squaredError } from '../../../src/nn/loss.ts'
import type { Layer } from '../../../src/nn/model.ts'
import { sgd } from '../../../src/optim/sgd.ts'
import { makePlan } from '../../../src/train/plan.ts'
import { curvature, distributions, noiseScale, units } from '../../../src/train/probes/index.ts'
import type { StepForm } from '../../../src/train/stepper.ts'
import { fixed } from '../steps.ts'
import { mixedPlan, probe } from './nets.ts'
import { dot, type Numbers, narrow, norm, pass, type Snapshot, slowPlan, spy } from './slow.ts'

const everyStep = { cadence: { everySteps: 1 } }
const passOf = ({ weights, inputs, targets, uniform }: Snapshot) => pass(weights, inputs, targets, uniform)

describe.each<StepForm>(['wasm', 'nodes'])('%s: all steps of two epochs against the slow twin', async (form) => {
  const { probe: spied, steps } = spy()
  const probes = [
    spied,
    distributions(everyStep),
    { ...distributions({ ...everyStep, rows: 3 }), name: 'of three rows' },
    noiseScale(everyStep),
    curvature({ ...everyStep, iterations: 300, tolerance: 1e-4 }),
  ]
  const { probed } = await probe(slowPlan(), probes, { form })
  const told = (name: string, step: number) => probed.find((e) => e.probe === name && e.step === step)

  test.each([
    ['distributions', 8],
    ['of three rows', 3],
  ])('%s of activations and gradients: of %i rows of the batch', (probeName, rows) => {
    for (const snapshot of steps) {
      const { distributions = {} } = told(probeName, snapshot.step) ?? {}
      const { layers } = passOf(snapshot)
      expect(Object.keys(distributions)).toEqual(
        Object.keys(layers).flatMap((name) => [`activation/${name}`, `gradient/${name}`]),
      )
      for (const [name, { output, gradient }] of Object.entries(layers))
        for (const [role, all] of Object.entries({ activation: output, gradient })) {
          const numbers = all.slice(0, (all.length / 8) * rows)
          const got = distributions[`${role}/${name}`]
          const mean = numbers.reduce((sum, x) => sum + x, 0) / numbers.length
          const deviation = Math.sqrt(numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / numbers.length)
          const sorted = numbers.toSorted((a, b) => a - b)
          expect([got.count, got.nonFinite]).toEqual([numbers.length, 0])
          const expected = [mean, deviation, sorted[0], sorted[sorted.length - 1]]
          const near = 3e-6 * (1 + norm(numbers))
          ;[got.mean, got.deviation, got.min, got.max].forEach((value, i) => {
            expect(Math.abs(value - expected[i])).toBeLessThan(near)
          })
        }
    }
  })

  test('noise scale: signal and noise from sums over the examples', () => {
    for (const snapshot of steps) {
      const { weights, inputs, targets, uniform } = snapshot
      const size = targets.length
      const part = (values: Numbers, at: number) =>
        values.slice((values.length / 4) * at, (values.length / 4) * (at + 1))
      const square = (gradients: readonly Numbers[]) => norm(gradients.flat()) ** 2
      const whole = square(passOf(snapshot).gradients)
      const parts = [0, 1, 2, 3].map((at) =>
        square(pass(weights, part(inputs, at), part(targets, at), part(uniform, at)).gradients),
      )
      const small = parts.reduce((sum, x) => sum + x, 0) / 4
      // McCandlish et al. 2018, equations A.2 and A.3, with B = 8 and b = 2.
      const signal = (8 * whole - 2 * small) / (8 - 2)
      const noise = (small - whole) / (1 / 2 - 1 / 8)
      expect(size).toBe(8)
      const values = told('noiseScale', snapshot.step)?.values ?? {}
      expect(Math.abs(values.signal - signal)).toBeLessThan(1e-5 * small)
      expect(Math.abs(values.noise - noise)).toBeLessThan(1e-5 * small)
      if (signal > 0) expect(values.noiseScale / (noise / signal)).toBeCloseTo(1, 3)
      else expect(values).not.toHaveProperty('noiseScale')
    }
  })

  test('curvature: the largest eigenvalue of a Hessian made of differences', () => {
    for (const snapshot of steps.slice(0, 2)) {
      const values = told('curvature', snapshot.step)?.values ?? {}
      expect(values.residual).toBeLessThan(1e-3)
      expect(values.eigenvalue / largestEigenvalue(snapshot)).toBeCloseTo(1, 2)
    }
  })
})

test('where rows meet in a batch normalisation all of them are watched, however few are asked for', async () => {
  const few = distributions({ ...everyStep, rows: 2 })
  const { probed } = await probe(mixedPlan({ epochs: 1 }), [few, { ...distributions(everyStep), name: 'all' }])
  const [some, all] = ['distributions', 'all'].map((name) => probed.filter((event) => event.probe === name))
  expect(some[0].distributions?.['activation/dense1'].count).toBe(5 * 9)
  expect(some.map((event) => event.distributions)).toEqual(all.map((event) => event.distributions))
})

/** By power iteration on a Hessian whose columns are differences of the twin's gradients. */
function largestEigenvalue(snapshot: Snapshot): number {
  const { weights, inputs, targets, uniform } = snapshot
  const h = 1e-5
  const at = (k: number, i: number, by: number) =>
    pass(
      weights.map((w, other) => (other === k ? w.map((x, j) => (j === i ? x + by : x)) : w)),
      inputs,
      targets,
      uniform,
    ).gradients.flat()
  const columns = weights.flatMap((w, k) =>
    w.map((_, i) => {
      const [above, below] = [at(k, i, h), at(k, i, -h)]
      return above.map((g, j) => (g - below[j]) / (2 * h))
    }),
  )
  let v: Numbers = columns.map((_, i) => Math.sin(i + 1))
  let eigenvalue = 0
  for (let iteration = 0; iteration < 2000; iteration++) {
    const length = norm(v)
    const unit = v.map((x) => x / length)
    v = columns.map((column) => dot(column, unit))
    eigenvalue = dot(v, unit)
  }
  return eigenvalue
}

const pictures = dataset({
  inputs: tensor('float32', [4, 1, 2, 2], [1, 2, 3, 4, -1, -2, -3, -4, 1, 0, 0, 0, 0, 0, 0, 1]),
  targets: tensor('float32', [4, 1], [0, 0, 0, 0]),
})
const numbers = dataset({
  inputs: tensor('float32', [4, 1], [1, 2, -1, -4]),
  targets: tensor('float32', [4, 1], [0, 0, 0, 0]),
})

async function unitsOf(model: Layer, data = numbers, options = {}, validation?: typeof numbers) {
  const plan = makePlan({
    model,
    loss: squaredError(),
    update: sgd({ learningRate: 1e-9 }),
    training: data,
    validation,
    epochs: 1,
    batchSize: 2,
    seed: 0,
  })
  const { probed } = await probe(plan, [units({ rows: 'all', ...options })])
  return probed.map(({ values }) => values)
}

describe('units by hand', () => {
  test('of three ReLUs of x, −x − 5 and x + 1 one is never on; for x = 1, 2, −1, −4 they are on 2, 0 and 2 times', async () => {
    const model = sequential(dense(3, { init: fixed([1, -1, 1]), bias: fixed([0, -5, 1]) }), relu(), dense(1))
    expect(await unitsOf(model)).toEqual([
      { 'dead/relu1': 1 / 3, 'active/relu1': 4 / 12 },
      { 'dead/relu1': 1 / 3, 'active/relu1': 4 / 12 },
    ])
  })

  test('one that is on for one example of the set only is not dead', async () => {
    const model = sequential(dense(1, { init: fixed([-1]), bias: fixed([-3.5]) }), relu(), dense(1))
    expect((await unitsOf(model))[0]).toEqual({ 'dead/relu1': 0, 'active/relu1': 0.25 })
  })

  test('tanh of 10x, 2x and 0: |tanh 2| = 0.964 is not beyond 0.97, |tanh 4| and |tanh 8| are', async () => {
    const model = sequential(dense(3, { init: fixed([10, 2, 0]) }), tanh(), dense(1))
    expect((await unitsOf(model))[0]).toEqual({ 'saturated/tanh1': 1 / 3, 'saturation/tanh1': 6 / 12 })
    expect((await unitsOf(model, numbers, { beyond: 0.96, share: 0.9 }))[0]).toEqual({
      'saturated/tanh1': 2 / 3,
      'saturation/tanh1': 8 / 12,
    })
  })

  test('sigmoid of 4x and 20x: beyond 0.985 or below 0.015 are |z| > 4.18', async () => {
    const model = sequential(dense(2, { init: fixed([4, 20]) }), sigmoid(), dense(1))
    expect((await unitsOf(model))[0]).toEqual({ 'saturated/sigmoid1': 1 / 2, 'saturation/sigmoid1': 6 / 8 })
  })

  test('a unit of a convolution is a channel', async () => {
    const kernels = conv2d(2, 1, { init: fixed([1, -1]), bias: fixed([0, -4]) })
    const model = sequential(kernels, relu(), flatten(), dense(1, { init: constant(0) }))
    // Channel 1 is on at 4 + 0 + 1 + 1 places of 16, channel 2 nowhere: −x − 4 is at most 0.
    expect((await unitsOf(model, pictures))[0]).toEqual({ 'dead/relu1': 1 / 2, 'active/relu1': 6 / 32 })
  })

  test('a net without such layers tells nothing; the validation part is taken where there is one', async () => {
    expect(await unitsOf(dense(1))).toEqual([])
    const model = sequential(dense(1, { init: fixed([1]) }), relu(), dense(1))
    const validation = dataset({ inputs: [[-1], [-2], [3]], targets: tensor('float32', [3, 1], [0, 0, 0]) })
    expect((await unitsOf(model, numbers, {}, validation as typeof numbers))[0]['active/relu1']).toBe(1 / 3)
  })

  test('some rows: as many as asked for, the same at every measurement', async () => {
    const model = sequential(dense(narrow), relu(), dense(1))
    const [first, second] = await unitsOf(model, numbers, { rows: 3 })
    expect(first).toEqual(second)
    expect((first['active/relu1'] * 3 * narrow) % 1).toBeCloseTo(0, 9)
  })
})
