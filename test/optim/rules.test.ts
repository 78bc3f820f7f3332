/** @file Rules by hand, their refusals, and the relations between them. */
import { describe, expect, test } from 'vitest'
import { adam, momentum, nesterov, type Rule, schedule, sgd } from '../../src/optim/index.ts'

/** Two steps from x = 1 with gradients 2 and −3. */
function twoSteps(rule: Rule): number[] {
  const x = Float64Array.of(1)
  const state = rule.init(x)
  return [2, -3].map((g) => {
    rule.update(x, Float64Array.of(g), state)
    return x[0]
  })
}

describe('two steps by hand: x = 1, g = 2 then −3, α = 0.1, μ = 0.5', () => {
  const settings = { learningRate: 0.1, momentum: 0.5 }
  test.each([
    // 1 − 0.1·2; 0.8 + 0.1·3
    ['sgd', sgd({ learningRate: 0.1 }), [0.8, 1.1]],
    // v = −0.2, then −0.1 + 0.3 = 0.2
    ['momentum', momentum(settings), [0.8, 1]],
    // v = 2, then 1 − 3 = −2
    ['momentum, pytorch', momentum({ ...settings, dialect: 'pytorch' }), [0.8, 1]],
    // v = −0.2: 1 + 1.5·(−0.2) = 0.7; v' = 0.2: 0.7 + 0.1 + 1.5·0.2 = 1.1
    ['nesterov', nesterov(settings), [0.7, 1.1]],
    // g + 0.5·v = 3: 1 − 0.3; v' = −2: −3 − 1 = −4: 0.7 + 0.4
    ['nesterov, pytorch', nesterov({ ...settings, dialect: 'pytorch' }), [0.7, 1.1]],
    // β1 = 0.5, β2 = 0.75, ε = 1: m = 1, m̂ = 2; v = 1, v̂ = 4: 1 − 0.1·2/3.
    // Then m = −1, m̂ = −1/0.75 = −4/3; v = 0.75 + 2.25 = 3, v̂ = 3/0.4375 = 48/7.
    [
      'adam',
      adam({ learningRate: 0.1, beta1: 0.5, beta2: 0.75, epsilon: 1 }),
      [1 - 0.2 / 3, 1 - 0.2 / 3 + 0.4 / 3 / (Math.sqrt(48 / 7) + 1)],
    ],
  ])('%s', (_, rule, expected) => {
    twoSteps(rule).forEach((x, i) => expect(x).toBeCloseTo(expected[i], 14))
  })
})

test('the dialects of momentum part when the rate falls: α = 1 then 0.1, μ = 0.5, g = 1 then 0', () => {
  const learningRate = ({ step }: { step: number }) => (step === 0 ? 1 : 0.1)
  const last = (rule: Rule) => {
    const x = Float64Array.of(0)
    const state = rule.init(x)
    for (const g of [1, 0]) rule.update(x, Float64Array.of(g), state)
    return x[0]
  }
  // Inside: v = −1, then −0.5: x = −1.5. Outside: v = 1, then 0.5, times 0.1: x = −1.05.
  expect(last(momentum({ learningRate, momentum: 0.5 }))).toBeCloseTo(-1.5, 14)
  expect(last(momentum({ learningRate, momentum: 0.5, dialect: 'pytorch' }))).toBeCloseTo(-1.05, 14)
})

test('nesterov is the look-ahead form in the shifted variable x = y + μ·v (PROCESS.md, section 4)', () => {
  const gradient = (x: number) => x ** 3 - Math.sin(2 * x) + 0.3
  const [alpha, mu] = [0.05, 0.9]
  const rule = nesterov({ learningRate: alpha, momentum: mu })
  const x = Float64Array.of(1.7)
  const state = rule.init(x)
  let [y, v] = [1.7, 0]
  for (let i = 0; i < 60; i++) {
    v = mu * v - alpha * gradient(y + mu * v) // Sutskever et al. 2013, eq. 3
    y += v // eq. 4
    rule.update(x, Float64Array.of(gradient(x[0])), state)
    expect(x[0]).toBeCloseTo(y + mu * v, 12)
  }
})

test('adam: the first step is α in the direction of each entry, whatever the scale of g (Kingma and Ba, section 2.1)', () => {
  const x = new Float64Array(5)
  const rule = adam({ learningRate: 0.01 })
  rule.update(x, Float64Array.of(1e-3, -1, 1e3, -1e9, 0), rule.init(x))
  ;[-0.01, 0.01, -0.01, 0.01, 0].forEach((value, i) => expect(x[i]).toBeCloseTo(value, 6))
})

describe('bad settings are refused by name and value', () => {
  test.each([
    [() => sgd({ learningRate: 0 }), 'learningRate is 0, expected a number above 0'],
    [() => sgd({ learningRate: Number.NaN }), 'learningRate is NaN, expected a number above 0'],
    [() => sgd({ learningRate: -0.1 }), 'learningRate is -0.1, expected a number above 0'],
    [() => sgd({ learningRate: Number.POSITIVE_INFINITY }), 'learningRate is Infinity, expected a number above 0'],
    [() => sgd({ learningRate: '0.1' as unknown as number }), 'learningRate is "0.1", expected a number or a schedule'],
    [() => sgd({} as { learningRate: number }), 'learningRate is undefined, expected a number or a schedule'],
    [() => momentum({ learningRate: 0.1, momentum: 1 }), 'momentum is 1, expected a number in [0, 1)'],
    [() => momentum({ learningRate: 0.1, momentum: -0.5 }), 'momentum is -0.5, expected a number in [0, 1)'],
    [() => nesterov({ learningRate: 0.1, momentum: 1.5 }), 'momentum is 1.5, expected a number in [0, 1)'],
    [() => adam({ beta1: 1 }), 'beta1 is 1, expected a number in [0, 1)'],
    [() => adam({ beta2: Number.NaN }), 'beta2 is NaN, expected a number in [0, 1)'],
    [() => adam({ epsilon: 0 }), 'epsilon is 0, expected a number above 0'],
    [
      () => momentum({ learningRate: 0.1, dialect: 'pytorsch' as 'pytorch' }),
      'momentum: the dialect "pytorsch" is unknown',
    ],
  ])('%s', (make, message) => expect(make).toThrow(message))

  test('a schedule is checked when it gives a value, and says where', () => {
    const x = Float64Array.of(1)
    const step = (rule: Rule, epoch: number) => rule.update(x, Float64Array.of(1), rule.init(x), { epoch })
    const falling = sgd({ learningRate: ({ epoch }) => 1 - epoch })
    step(falling, 0.5)
    step(falling, 1) // may come down to 0
    expect(x).toEqual(Float64Array.of(0.5))
    expect(() => step(falling, 2)).toThrow(
      /^learningRate from .* at epoch 2, step 0 is -1, expected a number from 0 up$/,
    )
    expect(() => step(sgd({ learningRate: () => Number.NaN }), 0)).toThrow('is NaN, expected a number from 0 up')
    const rising = momentum({ learningRate: 0.1, momentum: ({ epoch }) => epoch })
    expect(() => step(rising, 1)).toThrow('is 1, expected a number in [0, 1)')
    expect(x).toEqual(Float64Array.of(0.5))
  })
})

test('a rule describes itself', () => {
  const learningRate = schedule.step({ from: 0.1, factor: 0.5, everyEpochs: 5 })
  expect(nesterov({ learningRate }).description).toBe(
    'nesterov (cs231n), learningRate step(0.1, times 0.5 every 5 epochs), mu 0.9',
  )
  expect(adam().description).toBe('adam, learningRate 0.001, beta1 0.9, beta2 0.999, epsilon 1e-8')
})
