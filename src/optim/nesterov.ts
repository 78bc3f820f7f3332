/** @file Nesterov's momentum, rewritten so that the gradient is taken at x itself. Bengio et al. 2013, eq. 7. */
import { checkOptions } from '../base/errors.ts'
import { checkLearningRate, checkRate, type Rate } from './rate.ts'
import { checkDialect, rule } from './rule.ts'
import type { Rule } from './update-rule.ts'

const dialects = ['cs231n', 'pytorch', 'keras'] as const

/**
 * Nesterov's accelerated gradient in the rewritten form (CS231n notes; Bengio, Boulanger-Lewandowski and Pascanu 2013, eq. 7):
 * v' = μ·v − α·g, x ← x − μ·v + (1 + μ)·v'. Its x is the look-ahead point y + μ·v of the original form (Sutskever et al.
 * 2013, eq. 3-4: v' = μ·v − α·∇f(y + μ·v), y ← y + v'), so that for a constant μ both are the same sequence.
 *
 * `dialect: 'pytorch'` keeps the learning rate outside the velocity: b ← μ·b + g, x ← x − α·(g + μ·b) (torch.optim.SGD with
 * `nesterov=True`). With a constant α both give the same iterates, with v = −α·b. `dialect: 'keras'` is 'cs231n': x ← x + μ·v' − α·g.
 *
 * @param learningRate α > 0, a number or a schedule
 * @param momentum μ in [0, 1), a number or a schedule, default 0.9
 * @param dialect 'cs231n' (default), 'pytorch' or 'keras'
 * @throws RappelError 'usage' when μ or α is out of range; says which value was given
 */
export function nesterov({
  learningRate,
  momentum: mu = 0.9,
  dialect = 'cs231n',
  ...others
}: {
  learningRate: Rate
  momentum?: Rate
  dialect?: (typeof dialects)[number]
}): Rule {
  checkOptions('nesterov', others, ['learningRate', 'momentum', 'dialect'])
  checkDialect('nesterov', dialect, dialects)
  return rule({
    name: 'nesterov',
    dialect,
    hyper: {
      learningRate: checkLearningRate(learningRate),
      mu: checkRate('momentum', mu, { min: 0, max: 1, open: 'max' }),
    },
    state: { velocity: 'zeros' },
    update: (op, { x, g, velocity }, { learningRate, mu }) => {
      const kept = op.mul(mu, velocity)
      if (dialect === 'pytorch') {
        const v = op.add(kept, g)
        return { x: op.sub(x, op.mul(learningRate, op.add(g, op.mul(mu, v)))), velocity: v }
      }
      const v = op.sub(kept, op.mul(learningRate, g))
      return { x: op.add(x, op.sub(op.mul(op.add(1, mu), v), kept)), velocity: v } // eq. 7
    },
  })
}
