/** @file Groups of parameters and clipping to a norm, on typed arrays, by hand; refusals of bad settings. */
import { describe, expect, test } from 'vitest'
import { schedule } from '../../src/optim/index.ts'
import * as optim from '../../src/optim/optim.ts'

const { adam, adamw, clipNorm, groups, momentum, sgd } = optim

describe('clipping to a norm: gradients (3, 0) and (−4): norm 5 together, 3 and 4 apart', () => {
  const step = (rule: ReturnType<typeof sgd>) => {
    const parameters = { a: Float64Array.of(1, 1), b: Float64Array.of(1) }
    rule.update(parameters, { a: Float64Array.of(3, 0), b: Float64Array.of(-4) }, rule.init(parameters))
    return [...parameters.a, ...parameters.b]
  }
  const rule = sgd({ learningRate: 1 })
  test.each([
    // Times 1/5.
    ['global', clipNorm(rule, { norm: 1 }), [1 - 3 / 5, 1, 1 + 4 / 5]],
    // (1, 0) and −1.
    ['tensor', clipNorm(rule, { norm: 1, by: 'tensor' }), [0, 1, 2]],
    // Only the second is longer than 3.5.
    ['tensor, one of them', clipNorm(rule, { norm: 3.5, by: 'tensor' }), [-2, 1, 4.5]],
    ['short enough', clipNorm(rule, { norm: 5 }), [-2, 1, 5]],
    // Shortened first, then each entry: (3/5, −4/5) to ±0.7.
    ['then by value', optim.clipValue(clipNorm(rule, { norm: 1 }), { value: 0.7 }), [1 - 3 / 5, 1, 1.7]],
    // The decay is no part of the norm: x ← x·(1 − 0.1).
    ['with decay', optim.weightDecay(clipNorm(rule, { norm: 1 }), { decay: 0.1 }), [0.3, 0.9, 1.7]],
  ])('%s', (_, clipped, expected) => {
    step(clipped).forEach((value, i) => expect(value).toBeCloseTo(expected[i], 14))
  })
  test('says so', () =>
    expect(clipNorm(rule, { norm: 1 }).description).toBe("sgd, learningRate 1, gradient's global norm to 1"))
})

describe('groups', () => {
  const parameters = () => ({
    'dense1.weight': Float64Array.of(1),
    'dense1.bias': Float64Array.of(1),
    'dense2.weight': Float64Array.of(1),
  })
  const ones = {
    'dense1.weight': Float64Array.of(1),
    'dense1.bias': Float64Array.of(1),
    'dense2.weight': Float64Array.of(1),
  }
  const [slow, fast, others] = [0.1, 0.2, 0.3].map((learningRate) => sgd({ learningRate }))

  test('the first pattern that fits counts, and others take the rest', () => {
    const rule = groups({ '*.bias': slow, 'dense1.*': fast, others })
    const x = parameters()
    rule.update(x, ones, rule.init(x))
    expect(Object.values(x).map(([value]) => value)).toEqual([0.8, 0.9, 0.7])
    expect(rule.parts(Object.keys(x)).map(({ members }) => members)).toEqual([[1], [0], [2]])
  })
  test('a pattern is no regular expression', () => {
    const rule = groups({ 'dense1.*': fast, others })
    expect(rule.parts(['dense1xweight', 'dense1.weight']).map(({ members }) => members)).toEqual([[1], [0]])
  })
  test('each keeps its own memory', () => {
    const rule = groups({ 'dense2*': momentum({ learningRate: 0.1 }), others: adam({ learningRate: 0.5 }) })
    const x = parameters()
    const state = rule.init(x)
    for (let i = 0; i < 2; i++) rule.update(x, ones, state)
    // v = −0.1, then −0.19; Adam moves by its rate.
    expect(x['dense2.weight'][0]).toBeCloseTo(1 - 0.1 - 0.19, 14)
    expect(x['dense1.bias'][0]).toBeCloseTo(0, 6)
    expect(Object.keys(state.tensors).sort()).toEqual(['m', 'v', 'velocity'])
  })
  test.each([
    [() => groups({ '*.bias': slow } as never), 'groups: there is no rule for the others'],
    [() => groups({ others: 0.1 } as never), "groups: 'others' is 0.1, expected a rule"],
    [
      () => groups({ a: clipNorm(slow, { norm: 1 }), others }),
      "groups: one rule clips its gradient's global norm to 1, another its no norm",
    ],
    [() => groups({ conv: slow, others }).parts(['dense1.weight']), "groups: 'conv' names no parameter that is left"],
    [
      () => groups({ a: optim.rprop({ learningRate: 0.1 }), others: optim.rprop() }),
      "groups: the state 'size' of 'others' begins as 0.01, that of another group as 0.1",
    ],
  ])('%s', (make, message) => expect(make).toThrow(message))
  test('a wrong group changes nothing', () => {
    const rule = groups({ 'conv*': slow, others })
    const x = parameters()
    expect(() => rule.update(x, ones, rule.init(x))).toThrow('names no parameter')
    expect(x).toEqual(parameters())
  })
})

describe('bad settings are refused by name and value', () => {
  const learningRate = 0.1
  test.each([
    [() => optim.adagrad({ learningRate, epsilon: 0 }), 'epsilon is 0, expected a number above 0'],
    [() => optim.adagrad({ learningRate, initial: -1 }), 'initial is -1, expected a number from 0 up'],
    [() => optim.adagrad({ learningRate, dialect: 'tensorflow' as 'keras' }), 'the dialect "tensorflow" is unknown'],
    [() => optim.rmsprop({ learningRate, decay: 1 }), 'decay is 1, expected a number in [0, 1)'],
    [() => optim.rmsprop({ learningRate, momentum: 1 }), 'momentum is 1, expected a number in [0, 1)'],
    [
      () => optim.rmsprop({ learningRate, epsilonAt: 'in' as 'inside' }),
      "rmsprop: epsilonAt is \"in\", expected 'inside' or 'outside'",
    ],
    [() => optim.adadelta({ decay: -0.1 }), 'decay is -0.1, expected a number in [0, 1)'],
    [() => optim.amsgrad({ beta2: 1 }), 'beta2 is 1, expected a number in [0, 1)'],
    [() => adamw({ decay: -1 }), 'decay is -1, expected a number from 0 up'],
    [() => adamw({ learningRate: -1 }), 'learningRate is -1, expected a number above 0'],
    [() => optim.nadam({ warming: -1 }), 'warming is -1, expected a number from 0 up'],
    [() => optim.nadam({ beta1: 1.5 }), 'beta1 is 1.5, expected a number in [0, 1)'],
    [() => optim.radam({ least: 3 }), 'least is 3, expected a number from 4 up'],
    [() => optim.adamax({ beta1: Number.NaN }), 'beta1 is NaN, expected a number in [0, 1)'],
    [() => optim.lion({ beta1: 1 }), 'beta1 is 1, expected a number in [0, 1)'],
    [() => optim.rprop({ increase: 1 }), 'increase is 1, expected a number above 1'],
    [() => optim.rprop({ decrease: 1 }), 'decrease is 1, expected a number in (0, 1)'],
    [() => optim.rprop({ least: 2, most: 1 }), 'most is 1, expected a number from 2 up'],
    [() => optim.gains({ learningRate, decrease: 0 }), 'decrease is 0, expected a number in (0, 1]'],
    [() => momentum({ learningRate, dampening: 0.5 }), 'dampening is 0.5, expected'],
    [() => optim.averaged(adam(), {}), 'averaged got neither decay nor after, expected one of them'],
    [() => optim.averaged(adam(), { decay: 1 }), 'decay is 1, expected a number in [0, 1)'],
    [() => optim.averaged(optim.averagedSgd({ learningRate }), { decay: 0.9 }), 'averagedSgd keeps an average already'],
    [() => optim.weightDecay(adamw(), { decay: 0.1 }), 'adamw has a weight decay already'],
    [
      () => optim.weightDecay(adam(), { decay: 0.1, by: 'couple' as 'coupled' }),
      'weightDecay: by is "couple", expected one of',
    ],
    [() => clipNorm(adam(), { norm: 0 }), 'norm is 0, expected a number above 0'],
    [() => clipNorm(clipNorm(adam(), { norm: 1 }), { norm: 2 }), 'clipNorm: the gradient of adam is shortened already'],
    [() => optim.clipValue(adam(), { value: -1 }), 'value is -1, expected a number above 0'],
    [() => adam({ learningRat: 1 } as never), "adam has no option 'learningRat'"],
  ])('%s', (make, message) => expect(make).toThrow(message))

  test.each([
    [() => schedule.cosine({ from: 0.1 }), 'cosine got neither epochs nor steps, expected one of them'],
    [() => schedule.cosine({ from: 0.1, epochs: 1, steps: 2 }), 'cosine got epochs and steps, expected one of them'],
    [() => schedule.cosine({ from: -0.1, epochs: 1 }), 'cosine: from is -0.1, expected a number from 0 up'],
    [() => schedule.polynomial({ from: 1, epochs: 0 }), 'polynomial: epochs is 0, expected a number above 0'],
    [() => schedule.oneCycle({ max: 0.1, epochs: 3, rise: 1 }), 'oneCycle: rise is 1, expected a number in (0, 1)'],
    [() => schedule.warmUp({ epochs: 3, rate: 'x' as never }), 'warmUp: rate is "x", expected a number or a schedule'],
    [() => schedule.sequence([]), 'sequence got [], expected a list of { rate, epochs }'],
    [() => schedule.sequence([{ rate: 1 }, { rate: 2 }]), 'sequence: part 1 got neither epochs nor steps'],
    [() => schedule.piecewise([[1, 0.1]]), 'the first from 0'],
    [() => schedule.product(), 'product got nothing'],
    [() => schedule.bottou({ from: 0.1, lambda: -1 }), 'bottou: lambda is -1, expected a number from 0 up'],
    [() => schedule.sutskever({ max: 1 }), 'sutskever: max is 1, expected a number in [0, 1)'],
    [() => schedule.plateau({ from: 0.1, factor: 1 }), 'plateau: factor is 1, expected a number in (0, 1)'],
    [() => schedule.plateau({ from: 0.1 })({ epoch: 0, step: 0 }), 'plateau: there are no validation losses'],
  ])('%s', (make, message) => expect(make).toThrow(message))
})

test("Sutskever's momentum: 1 − ½/k in the k-th stretch (eq. 5), up to its most", () => {
  const rising = schedule.sutskever({ max: 0.9 })
  const values = [0, 249, 250, 500, 750, 5000].map((step) => rising({ epoch: 0, step }))
  ;[0.5, 0.5, 0.75, 1 - 1 / 6, 0.875, 0.9].forEach((value, i) => expect(values[i]).toBeCloseTo(value, 14))
})

test("Bottou's rate: γ0/(1 + γ0·λ·t): half after 1/(γ0·λ) steps", () => {
  const falling = schedule.bottou({ from: 0.5, lambda: 0.01 })
  expect([0, 200, 600].map((step) => falling({ epoch: 0, step }))).toEqual([0.5, 0.25, 0.125])
})
