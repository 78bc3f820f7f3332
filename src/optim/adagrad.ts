/** @file Adagrad: steps divided by the root of all squared gradients so far. Duchi, Hazan and Singer 2011, eq. 1. */
import { checkOptions, checkRange } from '../base/errors.ts'
import { checkEpsilonAt, type EpsilonAt, scaledBy } from './epsilon.ts'
import { checkLearningRate, type Rate } from './rate.ts'
import { checkDialect, rule } from './rule.ts'
import type { Rule } from './update-rule.ts'

/** Where dialects differ: ε and its place, and what the sum begins with. */
const dialects = {
  cs231n: { epsilon: 1e-8, epsilonAt: 'outside', initial: 0 },
  pytorch: { epsilon: 1e-10, epsilonAt: 'outside', initial: 0 },
  keras: { epsilon: 1e-7, epsilonAt: 'inside', initial: 0.1 },
} as const

/**
 * Adagrad (Duchi, Hazan and Singer 2011, diagonal form; CS231n notes): c ← c + g², x ← x − α·g / (√c + ε).
 *
 * | dialect | ε | stands | c begins as | rate |
 * |---|---|---|---|---|
 * | `cs231n` (default) | 1e-8 | outside the root | 0 | α |
 * | `pytorch` (torch.optim.Adagrad) | 1e-10 | outside | 0 | α / (1 + (t − 1)·rateDecay) |
 * | `keras` (keras.optimizers.Adagrad) | 1e-7 | inside: √(c + ε) | 0.1 | α |
 *
 * @param learningRate α > 0, a number or a schedule
 * @param epsilon ε > 0, default by the dialect
 * @param epsilonAt 'outside' or 'inside' the root, default by the dialect. At g = 1e-6 the first steps differ ten-thousandfold
 *   (ε = 1e-8: 0.99·α outside, 0.01·α inside)
 * @param initial what c begins with, ≥ 0, default by the dialect
 * @param rateDecay ≥ 0 per step, default 0
 * @throws RappelError 'usage' when one is out of range; says which value was given
 */
export function adagrad({
  learningRate,
  dialect = 'cs231n',
  epsilon = dialects[dialect]?.epsilon,
  epsilonAt = dialects[dialect]?.epsilonAt,
  initial = dialects[dialect]?.initial,
  rateDecay = 0,
  ...others
}: {
  learningRate: Rate
  epsilon?: number
  epsilonAt?: EpsilonAt
  initial?: number
  rateDecay?: number
  dialect?: keyof typeof dialects
}): Rule {
  checkOptions('adagrad', others, ['learningRate', 'epsilon', 'epsilonAt', 'initial', 'rateDecay', 'dialect'])
  checkDialect('adagrad', dialect, Object.keys(dialects))
  checkRange('epsilon', epsilon, { min: 0, open: 'min' })
  checkEpsilonAt('adagrad', epsilonAt)
  checkRange('initial', initial, { min: 0 })
  checkRange('rateDecay', rateDecay, { min: 0 })
  return rule({
    name: 'adagrad',
    dialect,
    hyper: {
      learningRate: checkLearningRate(learningRate),
      epsilon,
      rateDecay: rateDecay > 0 ? rateDecay : undefined,
    },
    state: { cache: initial === 0 ? 'zeros' : initial },
    update: (op, { x, g, cache: before }, { learningRate, epsilon, rateDecay, t }) => {
      const cache = op.add(before, op.square(g))
      const rate =
        rateDecay === undefined ? learningRate : op.div(learningRate, op.add(1, op.mul(op.sub(t, 1), rateDecay)))
      return { x: op.sub(x, op.mul(rate, scaledBy(op, g, cache, epsilon, epsilonAt))), cache }
    },
  })
}
