/** @file Rules that PyTorch and Keras have not: against the papers' equations, written out plainly here with numbers instead of expressions. */
import { describe, expect, test } from 'vitest'
import {
  adadelta,
  adagrad,
  adam,
  averaged,
  clipValue,
  gains,
  lion,
  momentum,
  nesterov,
  type Rule,
  rmsprop,
  rprop,
  schedule,
  sgd,
  weightDecay,
} from '../../src/optim/index.ts'

/** Slope of ln cosh(2x − 1) + x⁴/20, which is not quadratic. */
const slope = (x: number) => 2 * Math.tanh(2 * x - 1) + x ** 3 / 5

/** 20 iterates of x from 2.5 and −1.5, each with a memory of its own. */
function plainly(step: (x: number, g: number, memory: Record<string, number>, t: number) => number): number[][] {
  return [2.5, -1.5].map((start) => {
    const memory: Record<string, number> = {}
    const iterates: number[] = []
    for (let t = 1, x = start; t <= 20; t++) {
      x = step(x, slope(x), memory, t)
      iterates.push(x)
    }
    return iterates
  })
}

function byRule(rule: Rule, of: string = 'x'): number[][] {
  return [2.5, -1.5].map((start) => {
    const x = Float64Array.of(start)
    const state = rule.init(x)
    return Array.from({ length: 20 }, (_, epoch) => {
      rule.update(x, Float64Array.of(slope(x[0])), state, { epoch })
      return of === 'x' ? x[0] : (state.tensors[of] as Float64Array)[0]
    })
  })
}

function expectSame(ours: number[][], theirs: number[][]): void {
  ours.flat().forEach((value, i) => expect(Math.abs(value - theirs.flat()[i]), `iterate ${i}`).toBeLessThan(1e-12))
}

describe('20 iterates to 1e-12', () => {
  // CS231n notes, 'Per-parameter adaptive learning rate methods'.
  test('adagrad, cs231n', () =>
    expectSame(
      byRule(adagrad({ learningRate: 0.2, epsilon: 0.01 })),
      plainly((x, g, m) => {
        m.cache = (m.cache ?? 0) + g ** 2
        return x - (0.2 * g) / (Math.sqrt(m.cache) + 0.01)
      }),
    ))
  test('adagrad, epsilon inside the root', () =>
    expectSame(
      byRule(adagrad({ learningRate: 0.2, epsilon: 0.01, epsilonAt: 'inside' })),
      plainly((x, g, m) => {
        m.cache = (m.cache ?? 0) + g ** 2
        return x - (0.2 * g) / Math.sqrt(m.cache + 0.01)
      }),
    ))
  test.each(['inside', 'outside'] as const)('rmsprop, cs231n, epsilon %s', (epsilonAt) =>
    expectSame(
      byRule(rmsprop({ learningRate: 0.05, decay: 0.9, epsilon: 0.02, epsilonAt })),
      plainly((x, g, m) => {
        m.cache = 0.9 * (m.cache ?? 0) + 0.1 * g ** 2
        return x - (0.05 * g) / (epsilonAt === 'inside' ? Math.sqrt(m.cache + 0.02) : Math.sqrt(m.cache) + 0.02)
      }),
    ),
  )
  // Graves 2013, eq. 38-45, without his second momentum's constant: the rate is inside the velocity.
  test('rmsprop, centred, with momentum, epsilon inside', () =>
    expectSame(
      byRule(
        rmsprop({ learningRate: 0.01, decay: 0.95, epsilon: 1e-4, epsilonAt: 'inside', centred: true, momentum: 0.9 }),
      ),
      plainly((x, g, m) => {
        m.n = 0.95 * (m.n ?? 0) + 0.05 * g ** 2
        m.g = 0.95 * (m.g ?? 0) + 0.05 * g
        m.delta = 0.9 * (m.delta ?? 0) - (0.01 * g) / Math.sqrt(m.n - m.g ** 2 + 1e-4)
        return x + m.delta
      }),
    ))
  // Zeiler 2012, algorithm 1.
  test('adadelta, paper', () =>
    expectSame(
      byRule(adadelta()),
      plainly((x, g, m) => {
        m.g2 = 0.95 * (m.g2 ?? 0) + 0.05 * g ** 2
        const change = -(Math.sqrt((m.dx2 ?? 0) + 1e-6) / Math.sqrt(m.g2 + 1e-6)) * g
        m.dx2 = 0.95 * (m.dx2 ?? 0) + 0.05 * change ** 2
        return x + change
      }),
    ))
  // Riedmiller and Braun 1993, the pseudo-code of section 3: where the gradient turns, the last change is taken back.
  test('rprop, paper', () =>
    expectSame(
      byRule(rprop({ learningRate: 0.1, dialect: 'paper' })),
      plainly((x, g, m) => {
        const sign = Math.sign(g * (m.g ?? 0))
        m.size ??= 0.1
        if (sign > 0) m.size = Math.min(m.size * 1.2, 50)
        if (sign < 0) {
          m.size = Math.max(m.size * 0.5, 1e-6)
          m.change = -(m.change as number)
          m.g = 0
        } else {
          m.change = -Math.sign(g) * m.size
          m.g = g
        }
        return x + m.change
      }),
    ))
  // Hinton 2012, lecture 6d: gains between 0.1 and 10, +0.05 or times 0.95.
  test.each([0, 0.5])('gains, momentum %d', (mu) =>
    expectSame(
      byRule(gains({ learningRate: 0.3, momentum: mu })),
      plainly((x, g, m) => {
        const agreement = g * (m.g ?? 0)
        m.gain ??= 1
        if (agreement > 0) m.gain += 0.05
        if (agreement < 0) m.gain *= 0.95
        m.gain = Math.min(10, Math.max(0.1, m.gain))
        m.g = g
        m.v = mu * (m.v ?? 0) - 0.3 * m.gain * g
        return x + m.v
      }),
    ),
  )
  // Chen et al. 2023, program 1, with its decay: Δ = sign(…) + λ·x.
  test('lion with its decay', () =>
    expectSame(
      byRule(weightDecay(lion({ learningRate: 0.05 }), { decay: 0.4 })),
      plainly((x, g, m) => {
        const direction = Math.sign(0.9 * (m.m ?? 0) + 0.1 * g)
        m.m = 0.99 * (m.m ?? 0) + 0.01 * g
        return x - 0.05 * (direction + 0.4 * x)
      }),
    ))
  // Loshchilov and Hutter 2019, algorithm 2: the decay has the schedule's factor, and not the rate.
  test('adam, decay by a schedule of its own', () => {
    const factor = schedule.cosine({ from: 1, epochs: 20 })
    const rule = weightDecay(adam({ learningRate: schedule.product(0.1, factor), epsilon: 0.01 }), {
      decay: schedule.product(0.05, factor),
      by: 'schedule',
    })
    expectSame(
      byRule(rule),
      plainly((x, g, m, t) => {
        const eta = (1 + Math.cos((Math.PI * (t - 1)) / 20)) / 2
        m.m = 0.9 * (m.m ?? 0) + 0.1 * g
        m.v = 0.999 * (m.v ?? 0) + 0.001 * g ** 2
        const [mHat, vHat] = [m.m / (1 - 0.9 ** t), m.v / (1 - 0.999 ** t)]
        return x - eta * ((0.1 * mHat) / (Math.sqrt(vHat) + 0.01) + 0.05 * x)
      }),
    )
  })
  test('momentum that rises by a schedule', () =>
    expectSame(
      byRule(momentum({ learningRate: 0.02, momentum: schedule.linear({ from: 0.5, to: 0.99, epochs: 10 }) })),
      plainly((x, g, m, t) => {
        m.v = Math.min(0.99, 0.5 + 0.049 * (t - 1)) * (m.v ?? 0) - 0.02 * g
        return x + m.v
      }),
    ))
  test('the gradient clipped by value', () =>
    expectSame(
      byRule(clipValue(momentum({ learningRate: 0.1 }), { value: 0.5 })),
      plainly((x, g, m) => {
        m.v = 0.9 * (m.v ?? 0) - 0.1 * Math.min(0.5, Math.max(-0.5, g))
        return x + m.v
      }),
    ))
})

describe('averages', () => {
  test('exponential: begins with the first x, leaves the training alone', () => {
    const rule = averaged(nesterov({ learningRate: 0.05 }), { decay: 0.8 })
    const alone = byRule(nesterov({ learningRate: 0.05 }))
    expectSame(byRule(rule), alone)
    const expected = alone.map((iterates) => {
      let average = iterates[0]
      return iterates.map((x) => (average = 0.8 * average + 0.2 * x))
    })
    expectSame(byRule(rule, 'average'), expected)
  })
  test('uniform: the mean of all x behind a step (Polyak and Juditsky 1992, eq. 2)', () => {
    const rule = averaged(sgd({ learningRate: 0.2 }), { after: 5 })
    const expected = byRule(sgd({ learningRate: 0.2 })).map((iterates) =>
      iterates.map((x, i) => {
        if (i < 6) return x
        const behind = iterates.slice(5, i + 1)
        return behind.reduce((sum, value) => sum + value, 0) / behind.length
      }),
    )
    expectSame(byRule(rule, 'average'), expected)
  })
})

test('rules in rules: the decay of what is averaged and clipped', () => {
  const rule = averaged(weightDecay(clipValue(sgd({ learningRate: 0.1 }), { value: 1 }), { decay: 0.5 }), {
    decay: 0.9,
  })
  expectSame(
    byRule(rule),
    plainly((x, g) => x * (1 - 0.1 * 0.5) - 0.1 * Math.min(1, Math.max(-1, g))),
  )
  expect(rule.description).toBe(
    'sgd, gradient clipped with weight decay, averaged, learningRate 0.1, clipValue 1, weightDecay 0.5, averageDecay 0.9',
  )
})
