/** @file RMSProp: steps divided by a running root mean square of the gradient. Hinton's lecture 6e, 2012; centred: Graves 2013, eq. 38-45. */
import { checkOptions, checkRange } from '../base/errors.ts'
import { checkEpsilonAt, type EpsilonAt, scaledBy } from './epsilon.ts'
import type { Expression } from './expression.ts'
import { checkLearningRate, checkRate, type Rate } from './rate.ts'
import { checkDialect, rule } from './rule.ts'
import type { Rule } from './update-rule.ts'

/** Where dialects differ; `rateAt`: whether the learning rate is inside the velocity. */
const dialects = {
  cs231n: { decay: 0.99, epsilon: 1e-8, epsilonAt: 'outside', rateAt: 'inside' },
  pytorch: { decay: 0.99, epsilon: 1e-8, epsilonAt: 'outside', rateAt: 'outside' },
  keras: { decay: 0.9, epsilon: 1e-7, epsilonAt: 'inside', rateAt: 'inside' },
} as const

/**
 * RMSProp (Tieleman and Hinton 2012, lecture 6e; CS231n notes): c ← d·c + (1 − d)·g², x ← x − α·g / (√c + ε).
 * Centred (Graves 2013, eq. 38-45): also m ← d·m + (1 − d)·g, and c − m² stands for c.
 * With momentum: v ← μ·v + α·g / (√c + ε), x ← x − v.
 *
 * | dialect | d | ε | stands | α |
 * |---|---|---|---|---|
 * | `cs231n` (default) | 0.99 | 1e-8 | outside the root | inside the velocity |
 * | `pytorch` (torch.optim.RMSprop) | 0.99 | 1e-8 | outside | outside: x ← x − α·v |
 * | `keras` (keras.optimizers.RMSprop) | 0.9 | 1e-7 | inside: √(c + ε) | inside |
 *
 * @param learningRate α > 0, a number or a schedule
 * @param decay d in [0, 1), default by the dialect; the usual values are 0.9, 0.99, 0.999
 * @param epsilon ε > 0, default by the dialect
 * @param epsilonAt 'outside' or 'inside' the root, default by the dialect. Older notes and Graves have it inside
 * @param centred whether the mean is subtracted, so that it divides by a deviation; default false
 * @param momentum μ in [0, 1), a number or a schedule, default 0
 * @throws RappelError 'usage' when one is out of range; says which value was given
 */
export function rmsprop({
  learningRate,
  dialect = 'cs231n',
  decay = dialects[dialect]?.decay,
  epsilon = dialects[dialect]?.epsilon,
  epsilonAt = dialects[dialect]?.epsilonAt,
  centred = false,
  momentum = 0,
  ...others
}: {
  learningRate: Rate
  decay?: number
  epsilon?: number
  epsilonAt?: EpsilonAt
  centred?: boolean
  momentum?: Rate
  dialect?: keyof typeof dialects
}): Rule {
  const known = ['learningRate', 'decay', 'epsilon', 'epsilonAt', 'centred', 'momentum', 'dialect']
  checkOptions('rmsprop', others, known)
  checkDialect('rmsprop', dialect, Object.keys(dialects))
  checkRange('decay', decay, { min: 0, max: 1, open: 'max' })
  checkRange('epsilon', epsilon, { min: 0, open: 'min' })
  checkEpsilonAt('rmsprop', epsilonAt)
  const moves = momentum !== 0
  return rule({
    name: 'rmsprop',
    dialect,
    hyper: {
      learningRate: checkLearningRate(learningRate),
      decay,
      epsilon,
      mu: moves ? checkRate('momentum', momentum, { min: 0, max: 1, open: 'max' }) : undefined,
    },
    state: { cache: 'zeros', mean: centred ? 'zeros' : undefined, velocity: moves ? 'zeros' : undefined },
    update: (op, { x, g, cache: c0, mean: m0, velocity: v0 }, { learningRate, decay, epsilon, mu }) => {
      const running = (before: Expression, value: Expression) =>
        op.add(op.mul(decay, before), op.mul(op.sub(1, decay), value))
      const cache = running(c0, op.square(g))
      const mean = centred ? running(m0, g) : undefined
      const spread = mean === undefined ? cache : op.sub(cache, op.square(mean)) // Graves 2013, eq. 40
      const scaled = scaledBy(op, g, spread, epsilon, epsilonAt)
      if (!moves) return { x: op.sub(x, op.mul(learningRate, scaled)), cache, mean, velocity: undefined }
      const isInside = dialects[dialect].rateAt === 'inside'
      const velocity = op.add(op.mul(mu, v0), isInside ? op.mul(learningRate, scaled) : scaled)
      return { x: op.sub(x, isInside ? velocity : op.mul(learningRate, velocity)), cache, mean, velocity }
    },
  })
}
