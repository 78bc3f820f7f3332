/** @file Update rules of the scored half that people write themselves, right and wrong. */

import type { Rate } from '../../../../src/optim/rate.ts'
import { rule } from '../../../../src/optim/rule.ts'

/** Running mean square, ε outside the root. */
export const rmsprop = (learningRate: Rate, decay = 0.9) =>
  rule({
    name: 'rmsprop',
    hyper: { learningRate, decay },
    state: { cache: 'zeros' },
    update(op, { x, g, cache }, { learningRate, decay }) {
      const next = op.add(op.mul(decay, cache), op.mul(op.sub(1, decay), op.square(g)))
      return { x: op.sub(x, op.div(op.mul(learningRate, g), op.add(op.sqrt(next), 1e-8))), cache: next }
    },
  })

/** Sum of squares. */
export const adagrad = (learningRate: Rate) =>
  rule({
    name: 'adagrad',
    hyper: { learningRate },
    state: { cache: 'zeros' },
    update(op, { x, g, cache }, { learningRate }) {
      const next = op.add(cache, op.square(g))
      return { x: op.sub(x, op.div(op.mul(learningRate, g), op.add(op.sqrt(next), 1e-8))), cache: next }
    },
  })

/** Adam with decoupled decay. @param scaled whether the decay is multiplied by the learning rate, as it should be */
export const adamW = (learningRate: Rate, weightDecay: number, scaled: boolean) =>
  rule({
    name: 'adamW',
    hyper: { learningRate, weightDecay, beta1: 0.9, beta2: 0.999 },
    state: { m: 'zeros', v: 'zeros' },
    update(op, { x, g, m: m0, v: v0 }, { learningRate, weightDecay, beta1, beta2, t }) {
      const m = op.add(op.mul(beta1, m0), op.mul(op.sub(1, beta1), g))
      const v = op.add(op.mul(beta2, v0), op.mul(op.sub(1, beta2), op.square(g)))
      const rate = op.div(op.mul(learningRate, op.sqrt(op.sub(1, op.pow(beta2, t)))), op.sub(1, op.pow(beta1, t)))
      const decay = scaled ? op.mul(learningRate, weightDecay) : weightDecay
      const kept = op.sub(x, op.mul(decay, x))
      return { x: op.sub(kept, op.div(op.mul(rate, m), op.add(op.sqrt(v), 1e-8))), m, v }
    },
  })

/** Momentum with decay. @param scaled whether the decay is multiplied by the learning rate */
export const momentumWithDecay = (learningRate: Rate, weightDecay: number, scaled: boolean) =>
  rule({
    name: 'momentumWithDecay',
    hyper: { learningRate, mu: 0.9, weightDecay },
    state: { velocity: 'zeros' },
    update(op, { x, g, velocity }, { learningRate, mu, weightDecay }) {
      const pull = op.mul(scaled ? op.mul(learningRate, weightDecay) : weightDecay, x)
      const v = op.sub(op.sub(op.mul(mu, velocity), op.mul(learningRate, g)), pull)
      return { x: op.add(x, v), velocity: v }
    },
  })

/** Each entry of the gradient is held within ±clip. */
export const clippedSgd = (learningRate: Rate, clip: number) =>
  rule({
    name: 'clippedSgd',
    hyper: { learningRate, clip },
    state: {},
    update: (op, { x, g }, { learningRate, clip }) => ({
      x: op.sub(x, op.mul(learningRate, op.max(op.neg(clip), op.min(g, clip)))),
    }),
  })

/** The same in front of a velocity. */
export const clippedMomentum = (learningRate: Rate, maxGradient: number) =>
  rule({
    name: 'momentum with clipped gradients',
    hyper: { learningRate, mu: 0.9, maxGradient },
    state: { velocity: 'zeros' },
    update(op, { x, g, velocity }, { learningRate, mu, maxGradient }) {
      const held = op.max(op.neg(maxGradient), op.min(g, maxGradient))
      const v = op.sub(op.mul(mu, velocity), op.mul(learningRate, held))
      return { x: op.add(x, v), velocity: v }
    },
  })

/** The gradient's buffer is never set back to 0, as when zero_grad() is forgotten. @param every steps after which it is */
export const accumulated = (learningRate: Rate, every = Number.MAX_SAFE_INTEGER) =>
  rule({
    name: 'sgd',
    hyper: { learningRate },
    state: { grad: 'zeros' },
    update(op, { x, g, grad }, { learningRate, t }) {
      const before = op.sub(t, 1)
      const since = op.sub(before, op.mul(every, op.floor(op.div(before, every))))
      const sum = op.add(op.mul(op.select(op.less(since, 1), 0, 1), grad), g)
      return { x: op.sub(x, op.mul(learningRate, sum)), grad: sum }
    },
  })

/** Plain gradient steps with the sign turned: up the slope. */
export const ascent = (learningRate: Rate) =>
  rule({
    name: 'sgd',
    hyper: { learningRate },
    state: {},
    update: (op, { x, g }, { learningRate }) => ({ x: op.add(x, op.mul(learningRate, g)) }),
  })

/** Momentum whose velocity gathers the gradient with the wrong sign. */
export const momentumAscent = (learningRate: Rate) =>
  rule({
    name: 'heavyBall',
    hyper: { learningRate, mu: 0.9 },
    state: { velocity: 'zeros' },
    update(op, { x, g, velocity }, { learningRate, mu }) {
      const v = op.add(op.mul(mu, velocity), op.mul(learningRate, g))
      return { x: op.add(x, v), velocity: v }
    },
  })
