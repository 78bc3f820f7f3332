/** @file Rules against PyTorch's and Keras' iterates: 12 steps on a non-quadratic problem with two tensors. */
import { describe, expect, test } from 'vitest'
import { Arena } from '../../src/base/tensor.ts'
import {
  adadelta,
  adagrad,
  adam,
  adamax,
  adamw,
  amsgrad,
  averagedSgd,
  compileUpdate,
  lion,
  momentum,
  nadam,
  nesterov,
  type Rule,
  radam,
  rmsprop,
  rprop,
  rule,
  schedule,
  sgd,
  weightDecay,
} from '../../src/optim/index.ts'
import { apart, distance, golden } from './golden.ts'

const [halving, slower, faster] = [0.03, 0.02, 0.1].map((from) => schedule.step({ from, factor: 0.5, everyEpochs: 4 }))
const cases: [name: string, fixture: string, rule: Rule][] = [
  ['sgd', 'sgd', sgd({ learningRate: 0.05 })],
  ['momentum, pytorch', 'momentum', momentum({ learningRate: 0.03, dialect: 'pytorch' })],
  ['momentum, pytorch, rate halved', 'momentum-step', momentum({ learningRate: halving, dialect: 'pytorch' })],
  ['nesterov, pytorch', 'nesterov', nesterov({ learningRate: 0.03, dialect: 'pytorch' })],
  ['adam', 'adam', adam({ learningRate: 0.1 })],
  ['adam, large epsilon', 'adam-epsilon', adam({ learningRate: 0.1, beta1: 0.8, beta2: 0.95, epsilon: 0.1 })],
  [
    'momentum, dampened',
    'momentum-dampened',
    momentum({ learningRate: 0.05, momentum: 0.8, dampening: 0.3, dialect: 'pytorch' }),
  ],
  ['sgd, coupled decay', 'sgd-coupled', weightDecay(sgd({ learningRate: 0.05 }), { decay: 0.1, by: 'coupled' })],
  ['adagrad', 'adagrad', adagrad({ learningRate: 0.3, rateDecay: 0.1, dialect: 'pytorch' })],
  ['rmsprop', 'rmsprop', rmsprop({ learningRate: 0.05, decay: 0.8, epsilon: 0.01, dialect: 'pytorch' })],
  [
    'rmsprop, centred, momentum, rate halved',
    'rmsprop-whole',
    rmsprop({ learningRate: slower, decay: 0.9, centred: true, momentum: 0.7, dialect: 'pytorch' }),
  ],
  ['adadelta', 'adadelta', adadelta({ learningRate: 0.7, dialect: 'pytorch' })],
  ['amsgrad', 'amsgrad', amsgrad({ learningRate: 0.1, beta1: 0.8, beta2: 0.7 })],
  ['adam, coupled decay', 'adam-coupled', weightDecay(adam({ learningRate: 0.1 }), { decay: 0.2, by: 'coupled' })],
  ['adamw, rate halved', 'adamw', adamw({ learningRate: faster, decay: 0.3 })],
  ['nadam', 'nadam', nadam({ learningRate: 0.1, warming: 0.3 })],
  ['radam', 'radam', radam({ learningRate: 0.1, beta2: 0.8, epsilon: 0.01 })],
  ['adamax', 'adamax', adamax({ learningRate: 0.1, epsilon: 0.05 })],
  ['rprop', 'rprop', rprop({ learningRate: 0.05, decrease: 0.4, increase: 1.5, least: 0.01, most: 0.2 })],
  ['averaged sgd', 'asgd', averagedSgd({ learningRate: 0.05, decay: 0.5, after: 5 })],
]

// Of Keras only the iterates are known.
const ofKeras: typeof cases = [
  ['momentum', 'keras-momentum', momentum({ learningRate: 0.03, dialect: 'keras' })],
  ['nesterov', 'keras-nesterov', nesterov({ learningRate: 0.03, dialect: 'keras' })],
  ['adagrad', 'keras-adagrad', adagrad({ learningRate: 0.3, epsilon: 0.01, dialect: 'keras' })],
  ['rmsprop', 'keras-rmsprop', rmsprop({ learningRate: 0.05, decay: 0.8, epsilon: 0.01, dialect: 'keras' })],
  [
    'rmsprop, centred, momentum',
    'keras-rmsprop-whole',
    rmsprop({ learningRate: 0.02, decay: 0.8, epsilon: 0.1, centred: true, momentum: 0.7, dialect: 'keras' }),
  ],
  ['adadelta', 'keras-adadelta', adadelta({ learningRate: 0.7, dialect: 'keras' })],
  ['adam', 'keras-adam', adam({ learningRate: 0.1, epsilon: 0.01, dialect: 'keras' })],
  ['amsgrad', 'keras-amsgrad', amsgrad({ learningRate: 0.1, beta1: 0.8, beta2: 0.7, dialect: 'keras' })],
  ['adamw', 'keras-adamw', adamw({ learningRate: 0.1, decay: 0.3, dialect: 'keras' })],
  ['nadam', 'keras-nadam', nadam({ learningRate: 0.1, dialect: 'keras' })],
  ['adamax', 'keras-adamax', adamax({ learningRate: 0.1, epsilon: 0.05, dialect: 'keras' })],
  ['lion', 'keras-lion', lion({ learningRate: 0.03, beta1: 0.8, beta2: 0.9 })],
  [
    'lion, decayed',
    'keras-lion-decayed',
    weightDecay(lion({ learningRate: 0.03, beta1: 0.8, beta2: 0.9 }), { decay: 0.3 }),
  ],
]

describe('typed arrays in float64 follow Keras to 1e-12', () => {
  test.each(ofKeras)('%s', (_, fixture, ours) => {
    expect(distance(ours, golden(fixture)).parameters).toBeLessThan(1e-12)
  })
})

describe('typed arrays in float64 follow PyTorch to 1e-12', () => {
  test.each(cases)('%s', (_, fixture, ours) => {
    const { parameters, state } = distance(ours, golden(fixture))
    expect(parameters).toBeLessThan(1e-12)
    expect(Object.keys(state)).toEqual(Object.keys(ours.state))
    for (const [name, far] of Object.entries(state)) expect(far, `${name}`).toBeLessThan(1e-12)
  })

  // With a constant rate the dialects differ in their velocity alone, by the factor −α (docstrings of momentum and nesterov).
  test.each([
    ['momentum', momentum({ learningRate: 0.03 })],
    ['nesterov', nesterov({ learningRate: 0.03 })],
  ])('%s, cs231n, at a constant rate', (fixture, ours) => {
    const expected = golden(fixture)
    expect(distance(ours, expected).parameters).toBeLessThan(1e-12)
    for (const step of expected.steps)
      for (const name of ['a', 'b'] as const)
        step.state.velocity[name] = step.state.velocity[name].map((v) => -0.03 * v)
    expect(distance(ours, expected).state.velocity).toBeLessThan(1e-12)
  })

  test('the schedule gives the rates that PyTorch used', () => {
    golden('momentum-step').steps.forEach(({ learningRate }, epoch) =>
      expect(halving({ epoch, step: epoch })).toBeCloseTo(learningRate, 15),
    )
  })
})

describe('the golden check sees a wrong rule', () => {
  const wrongAdam = (change: 'swapped' | 'no correction' | 'epsilon inside' | 'epsilon corrected') =>
    rule({
      name: 'wrong',
      hyper: { alpha: 0.1, beta1: 0.8, beta2: 0.95, epsilon: 0.1 },
      state: { m: 'zeros', v: 'zeros' },
      update: (op, { x, g, m: m0, v: v0 }, { alpha, beta1, beta2, epsilon, t }) => {
        const [b1, b2] = change === 'swapped' ? [beta2, beta1] : [beta1, beta2]
        const m = op.add(op.mul(b1, m0), op.mul(op.sub(1, b1), g))
        const v = op.add(op.mul(b2, v0), op.mul(op.sub(1, b2), op.square(g)))
        const none = change === 'no correction'
        const mHat = none ? m : op.div(m, op.sub(1, op.pow(b1, t)))
        const vHat = none ? v : op.div(v, op.sub(1, op.pow(b2, t)))
        const inside = change === 'epsilon inside'
        const below = op.sqrt(op.sub(1, op.pow(b2, t)))
        const outside = change === 'epsilon corrected' ? op.div(epsilon, below) : epsilon
        const root = inside ? op.sqrt(op.add(vHat, epsilon)) : op.add(op.sqrt(vHat), outside)
        return { x: op.sub(x, op.div(op.mul(alpha, mHat), root)), m, v }
      },
    })

  test.each(['swapped', 'no correction', 'epsilon inside', 'epsilon corrected'] as const)('adam: %s', (change) => {
    expect(distance(wrongAdam(change), golden('adam-epsilon')).parameters).toBeGreaterThan(1e-3)
  })
  test('the rate inside the velocity when the schedule changes it', () => {
    const ours = momentum({ learningRate: halving, dialect: 'cs231n' })
    expect(distance(ours, golden('momentum-step')).parameters).toBeGreaterThan(1e-3)
  })
  test('momentum for nesterov', () =>
    expect(distance(momentum({ learningRate: 0.03 }), golden('nesterov')).parameters).toBeGreaterThan(1e-3))
  test('a rate off by a millionth', () =>
    expect(distance(sgd({ learningRate: 0.05 * (1 + 1e-6) }), golden('sgd')).parameters).toBeGreaterThan(1e-9))
})

describe('float32 forms, fed the recorded gradients, stay within 1e-6 of the largest entry', () => {
  // Each of the 12 steps rounds x once (2^-24 of it, 6e-8) and its change, which is smaller, a few times: 12 · 6e-8 = 7e-7.
  test.each([...cases, ...ofKeras])('%s', (_, fixture, ours) => {
    const { start, steps } = golden(fixture)
    const names = ours.program.tensors
    const arena = new Arena(names.flatMap(() => [3, 2].map((n) => ({ dtype: 'float32' as const, shape: [n] }))))
    const place = (n: number) => Object.fromEntries(names.map((name) => [name, arena.place('float32', [n]).data]))
    const placed = { a: place(3), b: place(2) }
    const arrays = { a: Float32Array.from(start.a), b: Float32Array.from(start.b) }
    const state = ours.init(arrays)
    for (const name of ['a', 'b'] as const) {
      placed[name].x.set(start[name])
      for (const [key, tree] of Object.entries(state.tensors))
        placed[name][key].set((tree as Record<string, Float32Array>)[name])
    }
    const update = compileUpdate(ours, arena.memory).over([placed.a, placed.b])
    steps.forEach(({ gradient, parameters }, epoch) => {
      for (const name of ['a', 'b'] as const) placed[name].g.set(gradient[name])
      update(ours.scalars({ epoch, step: epoch }))
      ours.update(arrays, { a: placed.a.g, b: placed.b.g }, state, { epoch })
      const largest = Math.max(...[...parameters.a, ...parameters.b].map(Math.abs))
      expect(apart({ a: placed.a.x, b: placed.b.x }, parameters)).toBeLessThan(1e-6 * largest)
      expect([...placed.a.x, ...placed.b.x]).toEqual([...arrays.a, ...arrays.b])
    })
  })
})
