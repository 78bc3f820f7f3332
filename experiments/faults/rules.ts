/** @file Update rules as people write them themselves, right and wrong. */
import { optim } from '../../src/index.ts'
import type { Rate } from '../../src/optim/rate.ts'
import type { Rule } from '../../src/optim/update-rule.ts'

/** Goes up where it should go down: a sign was lost. */
export const ascent = (learningRate: Rate): Rule =>
  optim.rule({
    name: 'plainUpdate',
    hyper: { learningRate },
    state: {},
    update: (op, { x, g }, { learningRate }) => ({ x: op.add(x, op.mul(learningRate, g)) }),
  })

/** Velocity with the sign of the gradient lost. */
export const ascentWithMomentum = (learningRate: Rate, mu = 0.9): Rule =>
  optim.rule({
    name: 'heavyBall',
    hyper: { learningRate, mu },
    state: { velocity: 'zeros' },
    update: (op, { x, g, velocity }, { learningRate, mu }) => {
      const v = op.add(op.mul(mu, velocity), op.mul(learningRate, g))
      return { x: op.add(x, v), velocity: v }
    },
  })

/** Gradients are added up and never set back to zero. */
export const accumulated = (learningRate: Rate): Rule =>
  optim.rule({
    name: 'sgdByHand',
    hyper: { learningRate },
    state: { gradient: 'zeros' },
    update: (op, { x, g, gradient }, { learningRate }) => {
      const sum = op.add(gradient, g)
      return { x: op.sub(x, op.mul(learningRate, sum)), gradient: sum }
    },
  })

/** Adam on gradients that are never set back to zero. */
export const accumulatedAdam = (learningRate: Rate): Rule =>
  optim.rule({
    name: 'adamByHand',
    hyper: { learningRate, beta1: 0.9, beta2: 0.999 },
    state: { gradient: 'zeros', m: 'zeros', v: 'zeros' },
    update: (op, { x, g, gradient, m: m0, v: v0 }, { learningRate, beta1, beta2, t }) => {
      const sum = op.add(gradient, g)
      const m = op.add(op.mul(beta1, m0), op.mul(op.sub(1, beta1), sum))
      const v = op.add(op.mul(beta2, v0), op.mul(op.sub(1, beta2), op.square(sum)))
      const mean = op.div(m, op.sub(1, op.pow(beta1, t)))
      const square = op.div(v, op.sub(1, op.pow(beta2, t)))
      return { x: op.sub(x, op.div(op.mul(learningRate, mean), op.add(op.sqrt(square), 1e-8))), gradient: sum, m, v }
    },
  })

/** RMSProp (Tieleman and Hinton 2012). Its mean of squares begins at zero, so that the first steps are 1/√(1 − decay) times as long. */
export const rmsprop = (learningRate: Rate, { decay = 0.999, epsilon = 1e-8 } = {}): Rule =>
  optim.rule({
    name: 'rmsprop',
    hyper: { learningRate, decay, epsilon },
    state: { cache: 'zeros' },
    update: (op, { x, g, cache }, { learningRate, decay, epsilon }) => {
      const c = op.add(op.mul(decay, cache), op.mul(op.sub(1, decay), op.square(g)))
      return { x: op.sub(x, op.div(op.mul(learningRate, g), op.add(op.sqrt(c), epsilon))), cache: c }
    },
  })

/** Adam whose means are not corrected for their beginning at zero. */
export const uncorrectedAdam = (learningRate: Rate, { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = {}): Rule =>
  optim.rule({
    name: 'simpleAdam',
    hyper: { learningRate, beta1, beta2, epsilon },
    state: { m: 'zeros', v: 'zeros' },
    update: (op, { x, g, m: m0, v: v0 }, { learningRate, beta1, beta2, epsilon }) => {
      const m = op.add(op.mul(beta1, m0), op.mul(op.sub(1, beta1), g))
      const v = op.add(op.mul(beta2, v0), op.mul(op.sub(1, beta2), op.square(g)))
      return { x: op.sub(x, op.div(op.mul(learningRate, m), op.add(op.sqrt(v), epsilon))), m, v }
    },
  })

/** Adagrad (Duchi, Hazan and Singer 2011), in the notes' form. */
export const adagrad = (learningRate: Rate): Rule =>
  optim.rule({
    name: 'adagrad',
    hyper: { learningRate },
    state: { cache: 'zeros' },
    update: (op, { x, g, cache }, { learningRate }) => {
      const c = op.add(cache, op.square(g))
      return { x: op.sub(x, op.div(op.mul(learningRate, g), op.add(op.sqrt(c), 1e-8))), cache: c }
    },
  })

/** Each entry of the gradient cut to ±limit before it is used. */
export const clipped = (learningRate: Rate, limit: number, mu = 0): Rule =>
  optim.rule({
    name: 'clippedMomentum',
    hyper: { learningRate, mu, limit },
    state: { velocity: 'zeros' },
    update: (op, { x, g, velocity }, { learningRate, mu, limit }) => {
      const cut = op.max(op.min(g, limit), op.neg(limit))
      const v = op.sub(op.mul(mu, velocity), op.mul(learningRate, cut))
      return { x: op.add(x, v), velocity: v }
    },
  })

/** Weight decay beside the gradient; `scaled`: times the learning rate, as Loshchilov and Hutter's AdamW in PyTorch's form. */
export const decayed = (learningRate: Rate, decay: number, { scaled = true, beta2 = 0.999 } = {}): Rule =>
  optim.rule({
    name: 'adamWithDecay',
    hyper: { learningRate, decay, beta1: 0.9, beta2 },
    state: { m: 'zeros', v: 'zeros' },
    update: (op, { x, g, m: m0, v: v0 }, { learningRate, decay, beta1, beta2, t }) => {
      const m = op.add(op.mul(beta1, m0), op.mul(op.sub(1, beta1), g))
      const v = op.add(op.mul(beta2, v0), op.mul(op.sub(1, beta2), op.square(g)))
      const mean = op.div(m, op.sub(1, op.pow(beta1, t)))
      const square = op.div(v, op.sub(1, op.pow(beta2, t)))
      const step = op.div(op.mul(learningRate, mean), op.add(op.sqrt(square), 1e-8))
      const lost = op.mul(scaled ? op.mul(learningRate, decay) : decay, x)
      return { x: op.sub(op.sub(x, step), lost), m, v }
    },
  })

/** Plain gradient descent with weight decay that is not multiplied by the learning rate. */
export const decayedSgd = (learningRate: Rate, decay: number, { scaled = true } = {}): Rule =>
  optim.rule({
    name: 'sgdWithDecay',
    hyper: { learningRate, decay },
    state: {},
    update: (op, { x, g }, { learningRate, decay }) => {
      const lost = op.mul(scaled ? op.mul(learningRate, decay) : decay, x)
      return { x: op.sub(op.sub(x, op.mul(learningRate, g)), lost) }
    },
  })

/** The heavy ball on gradients that are never set back to zero. */
export const accumulatedMomentum = (learningRate: Rate, mu = 0.9): Rule =>
  optim.rule({
    name: 'momentumByHand',
    hyper: { learningRate, mu },
    state: { gradient: 'zeros', velocity: 'zeros' },
    update: (op, { x, g, gradient, velocity }, { learningRate, mu }) => {
      const sum = op.add(gradient, g)
      const v = op.sub(op.mul(mu, velocity), op.mul(learningRate, sum))
      return { x: op.add(x, v), gradient: sum, velocity: v }
    },
  })

/** Gradients are added up and set back to zero once in so many steps alone, as at the end of an epoch. */
export const resetEvery = (learningRate: Rate, steps: number): Rule =>
  optim.rule({
    name: 'sgdByHand',
    // 0 in the first step of each stretch, else 1.
    hyper: { learningRate, keep: ({ step }) => (step % steps === 0 ? 0 : 1) },
    state: { gradient: 'zeros' },
    update: (op, { x, g, gradient }, { learningRate, keep }) => {
      const sum = op.add(op.mul(keep, gradient), g)
      return { x: op.sub(x, op.mul(learningRate, sum)), gradient: sum }
    },
  })
