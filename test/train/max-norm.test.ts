/** @file Max-norm after an update: by hand and against float64, as nodes and in place, alone and in training. */
import { describe, expect, test } from 'vitest'
import { RandomStream } from '../../src/base/random.ts'
import { Arena } from '../../src/base/tensor.ts'
import { Builder } from '../../src/graph/graph.ts'
import { operators } from '../../src/graph/ops/index.ts'
import { maxNorm, type NormLimit } from '../../src/nn/constraint.ts'
import { dense, sequential, tanh } from '../../src/nn/layers.ts'
import { squaredError } from '../../src/nn/loss.ts'
import { momentum } from '../../src/optim/momentum.ts'
import { sgd } from '../../src/optim/sgd.ts'
import type { NetDescription } from '../../src/train/graphs.ts'
import { runTraining } from '../../src/train/loop.ts'
import { clampNodes, compileClamp } from '../../src/train/max-norm.ts'
import { run } from '../nn/twin.ts'
import { digitsPlan } from './nets.ts'
import { type Batch, engine, fixed, stepThrough } from './steps.ts'

type Layout = Omit<NormLimit, 'most'>
const clamps: Record<string, (weights: readonly number[], limit: NormLimit) => Promise<number[]>> = {
  async nodes(weights, limit) {
    const builder = new Builder(operators)
    const clamped = clampNodes(builder.input('weights', 'float32', [weights.length]), limit)
    return (await run(builder.graph('clamp', { clamped }), { weights })).clamped
  },
  async 'in place'(weights, limit) {
    const type = { dtype: 'float32', shape: [weights.length] } as const
    const arena = new Arena([type, type])
    const [given, scratch] = [arena.place('float32', type.shape).data, arena.place('float32', type.shape).data]
    const clamp = compileClamp(arena.memory, given, scratch, limit)
    // Scratch holds gradients when the clamp is called, and each call begins anew.
    given.fill(7)
    scratch.fill(5)
    clamp()
    given.set(weights)
    clamp()
    return [...given]
  },
}
const dense2: Layout = { groups: 1, outer: 2, units: 4, inner: 1 }

describe.each(Object.entries(clamps))('%s', (_, clamp) => {
  // Columns (3, 4): norm 5, scaled by 2.5/5 = ½; (1.5, 2): norm 2.5, just allowed; (0, 0); (−0.1, 0.2).
  test('by hand: a unit above the norm is scaled down to it, the others keep their bits', async () => {
    const found = await clamp([3, 1.5, 0, -0.1, 4, 2, 0, 0.2].map(Math.fround), { ...dense2, most: 2.5 })
    expect(found).toEqual([1.5, 1.5, 0, -0.1, 2, 2, 0, 0.2].map(Math.fround))
  })
  test('filters: (0, 3, 4, 0) has the norm 5, (1, 1, 1, 1) the norm 2', async () => {
    const filters = { groups: 1, outer: 1, units: 2, inner: 4, most: 2.5 }
    expect(await clamp([0, 3, 4, 0, 1, 1, 1, 1], filters)).toEqual([0, 1.5, 2, 0, 1, 1, 1, 1])
  })
  test('groups: each has units of its own', async () => {
    const groups = { groups: 2, outer: 2, units: 1, inner: 1, most: 2.5 }
    expect(await clamp([3, 4, 1, 1], groups)).toEqual([1.5, 2, 1, 1])
  })
  test('NaN stays in its unit, and the others are clamped', async () => {
    const found = await clamp([3, Number.NaN, 0, 1, 4, 2, 0, 0], { ...dense2, most: 2.5 })
    expect(found).toEqual([1.5, Number.NaN, 0, 1, 2, found[5], 0, 0])
  })
  test('where the squares overflow it says NaN, not 0: the run has diverged', async () => {
    const found = await clamp([1e30, 1, 0, 1, 4, 2, 0, 0], { ...dense2, most: 2.5 })
    expect(found).toEqual([Number.NaN, 1, 0, 1, Number.NaN, 2, 0, 0])
  })

  // Rows longer and shorter than what is summed at once, counts that it does not divide, vectors cut short.
  test.each<Layout>([
    { groups: 1, outer: 1000, units: 7, inner: 1 },
    { groups: 1, outer: 37, units: 512, inner: 1 },
    { groups: 1, outer: 3, units: 5003, inner: 1 },
    { groups: 1, outer: 1, units: 50, inner: 125 },
    { groups: 3, outer: 5, units: 11, inner: 9 },
    { groups: 1, outer: 1, units: 1, inner: 1 },
  ])('against float64: %j', async (layout) => {
    const { groups, outer, units, inner } = layout
    const stream = new RandomStream(1, 'weights')
    const weights = Array.from({ length: groups * outer * units * inner }, () => Math.fround(stream.normal()))
    const unitOf = (i: number) => Math.floor(i / (outer * units * inner)) * units + (Math.floor(i / inner) % units)
    const squares = new Float64Array(groups * units)
    weights.forEach((weight, i) => {
      squares[unitOf(i)] += weight ** 2
    })
    const norms = [...squares].map(Math.sqrt)
    // About half of the units are above the median.
    const most = norms.toSorted((a, b) => a - b)[norms.length >> 1] * 0.999
    const found = await clamp(weights, { ...layout, most })
    weights.forEach((weight, i) => {
      const norm = norms[unitOf(i)]
      if (norm < most * (1 - 1e-5)) expect(found[i]).toBe(weight)
      // Sums of up to 1000 squares in float32: some 1e-6 of the norm.
      else expect(Math.abs(found[i] - weight * Math.min(1, most / norm))).toBeLessThan(2e-6 * Math.abs(weight) + 1e-12)
    })
  })
})

describe('in training', () => {
  const weights = [3, 0.1, 4, -0.1]
  const net = (most?: number): NetDescription => ({
    model: sequential(dense(2, { init: fixed(weights), bias: fixed([0.5, -0.5]) })),
    loss: squaredError(),
    ...(most !== undefined && { constraint: maxNorm(most) }),
    featureShape: [2],
    targetShape: [2],
  })
  const batches: Batch[] = [
    { inputs: [1, 2], targets: [0, 1] },
    { inputs: [-1, 1], targets: [2, 0] },
    { inputs: [0.5, 0], targets: [1, 1] },
  ]
  const rule = sgd({ learningRate: 2 ** -6 })
  const forms = [
    ['wasm', 1],
    ['nodes', 1],
    ['nodes', 3],
  ] as const

  // One step from (3, 4) on x = (1, 2), b = ½, t = 0: y = 11.5, gradient of ½·((y0−0)² + (y1−1)²) by y0 is 11.5, so the column
  // moves by −11.5/64·(1, 2) to (2.8203125, 3.640625), norm √21.2083… = 4.6053; then to the norm 2.
  test.each([['wasm'], ['nodes']] as const)('%s, one step by hand: first the update, then the clamp', async (form) => {
    const { parameters } = await stepThrough(net(2), rule, batches.slice(0, 1), { form })
    const norm = Math.hypot(2.8203125, 3.640625)
    const { weight, bias } = { weight: parameters['dense1.weight'], bias: parameters['dense1.bias'] }
    expect(weight[0]).toBeCloseTo((2 * 2.8203125) / norm, 6)
    expect(weight[2]).toBeCloseTo((2 * 3.640625) / norm, 6)
    expect(bias[0]).toBe(0.5 - 11.5 / 64)
    // The other unit stays below: as without a constraint, bit for bit.
    const free = await stepThrough(net(), rule, batches.slice(0, 1), { form })
    expect([weight[1], weight[3]]).toEqual([free.parameters['dense1.weight'][1], free.parameters['dense1.weight'][3]])
    expect(bias).toEqual(free.parameters['dense1.bias'])
  })

  test.each(forms)('%s, %i together, three steps: as step by step by hand in float64', async (form, together) => {
    const found = await stepThrough(net(2), rule, batches, { form, together })
    const [w, b] = [[...weights], [0.5, -0.5]]
    for (const { inputs: x, targets: t } of batches)
      for (let unit = 0; unit < 2; unit++) {
        // The mean over 2 outputs of (y − t)² has the gradient y − t.
        const slope = w[unit] * x[0] + w[2 + unit] * x[1] + b[unit] - t[unit]
        const moved = [w[unit] - (slope * x[0]) / 64, w[2 + unit] - (slope * x[1]) / 64]
        const scale = Math.min(1, 2 / Math.hypot(...moved))
        ;[w[unit], w[2 + unit]] = moved.map((value) => value * scale)
        b[unit] -= slope / 64
      }
    found.parameters['dense1.weight'].forEach((value, i) => void expect(value).toBeCloseTo(w[i], 6))
    found.parameters['dense1.bias'].forEach((value, i) => void expect(value).toBeCloseTo(b[i], 6))
  })

  test.each(forms)('%s, %i together: a norm that is never reached changes no bit', async (form, together) => {
    const found = await stepThrough(net(1000), rule, batches, { form, together })
    expect(found.parameters).toEqual((await stepThrough(net(), rule, batches, { form, together })).parameters)
  })

  test('a padded region: the tensors after a clamped one stay where they are', async () => {
    const wide: NetDescription = {
      ...net(),
      model: sequential(dense(5), tanh(), dense(3, { bias: false }), dense(2)),
      constraint: maxNorm({ dense1: 0.5, dense3: 0.25 }),
    }
    const update = momentum({ learningRate: 0.01 })
    const [a, b] = await Promise.all(
      (['wasm', 'nodes'] as const).map((form) => stepThrough(wide, update, batches, { form })),
    )
    for (const [name, values] of Object.entries(a.parameters))
      values.forEach((value, i) => void expect(b.parameters[name][i]).toBeCloseTo(value, 6))
    expect(a.parameters['dense2.weight'].some((value) => Math.abs(value) > 0.5)).toBe(true)
  })

  test('digits in both forms: every norm is kept, and the losses agree', async () => {
    const plan = digitsPlan(1, { epochs: 2, constraint: maxNorm(0.75) })
    const [a, b] = [
      await runTraining(plan, engine, { form: 'wasm' }),
      await runTraining(plan, engine, { form: 'nodes' }),
    ]
    expect(a.start.constraint).toBe('maxNorm(0.75)')
    for (const { parameters } of [a, b]) {
      const weight = parameters['dense1.weight']
      const norms = Array.from({ length: 100 }, (_, unit) =>
        Math.hypot(...Array.from({ length: 64 }, (_row, row) => weight.data[row * 100 + unit])),
      )
      expect(Math.max(...norms)).toBeLessThan(0.75 * (1 + 1e-6))
      expect(norms.filter((norm) => norm > 0.75 * (1 - 1e-6)).length).toBeGreaterThan(50)
    }
    // The sums of squares differ in their last bits, and 30 steps carry that on.
    a.epochs.forEach(({ validation }, i) => {
      expect(b.epochs[i].validation?.loss).toBeCloseTo(validation?.loss ?? Number.NaN, 4)
    })
  })
})
