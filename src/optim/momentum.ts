/** @file Momentum: velocity accumulates past gradients. Sutskever et al. 2013, eq. 1-2. */
import { checkOptions } from '../base/errors.ts'
import { checkDialect, type Rule, rule } from './rule.ts'
import { checkLearningRate, checkRate, type Rate } from './schedule.ts'

/**
 * Heavy-ball momentum (Polyak 1964). By default in the form of Sutskever et al. 2013 and the CS231n notes:
 * v ← μ·v − α·g, x ← x + v. The learning rate is inside the velocity, so lowering it does not shrink velocity already
 * gathered. `dialect: 'pytorch'` keeps it outside: v ← μ·v + g, x ← x − α·v (torch.optim.SGD without dampening). With a
 * constant α both give the same iterates; their velocities differ by the factor −α.
 *
 * @param learningRate α > 0, a number or a schedule
 * @param momentum μ in [0, 1), a number or a schedule, default 0.9; the usual values are 0.5, 0.9, 0.95, 0.99
 * @param dialect 'cs231n' (default) or 'pytorch'
 * @throws RappelError 'usage' when μ or α is out of range; says which value was given
 */
export function momentum({
  learningRate,
  momentum: mu = 0.9,
  dialect = 'cs231n',
  ...others
}: {
  learningRate: Rate
  momentum?: Rate
  dialect?: 'cs231n' | 'pytorch'
}): Rule {
  checkOptions('momentum', others, ['learningRate', 'momentum', 'dialect'])
  checkDialect('momentum', dialect, ['cs231n', 'pytorch'])
  return rule({
    name: 'momentum',
    dialect,
    hyper: {
      learningRate: checkLearningRate(learningRate),
      mu: checkRate('momentum', mu, { min: 0, max: 1, open: 'max' }),
    },
    state: { velocity: 'zeros' },
    update: (op, { x, g, velocity }, { learningRate, mu }) => {
      if (dialect === 'pytorch') {
        const v = op.add(op.mul(mu, velocity), g)
        return { x: op.sub(x, op.mul(learningRate, v)), velocity: v }
      }
      const v = op.sub(op.mul(mu, velocity), op.mul(learningRate, g)) // eq. 1
      return { x: op.add(x, v), velocity: v } // eq. 2
    },
  })
}
