/** @file Momentum: velocity accumulates past gradients. Sutskever et al. 2013, eq. 1-2. */
import { checkOptions, checkRange } from '../base/errors.ts'
import { checkLearningRate, checkRate, type Rate } from './rate.ts'
import { checkDialect, rule } from './rule.ts'
import type { Rule } from './update-rule.ts'

const dialects = ['cs231n', 'pytorch', 'keras'] as const

/**
 * Heavy-ball momentum (Polyak 1964). By default in the form of Sutskever et al. 2013 and the CS231n notes:
 * v ← μ·v − α·g, x ← x + v. The learning rate is inside the velocity, so lowering it does not shrink velocity already
 * gathered (`dialect: 'keras'` is the same). `dialect: 'pytorch'` keeps it outside: v ← μ·v + (1 − d)·g, x ← x − α·v (torch.optim.SGD; the first
 * g comes undampened). With a constant α and d = 0 all give the same iterates; their velocities differ by the factor −α.
 *
 * @param learningRate α > 0, a number or a schedule
 * @param momentum μ in [0, 1), a number or a schedule, default 0.9; the usual values are 0.5, 0.9, 0.95, 0.99. One that rises:
 *   `schedule.linear({ from: 0.5, to: 0.99, epochs: 10 })`, `schedule.sutskever()`
 * @param dampening d in [0, 1], default 0; of 'pytorch' alone
 * @param dialect 'cs231n' (default), 'pytorch' or 'keras'
 * @throws RappelError 'usage' when μ or α is out of range; says which value was given
 */
export function momentum({
  learningRate,
  momentum: mu = 0.9,
  dampening = 0,
  dialect = 'cs231n',
  ...others
}: {
  learningRate: Rate
  momentum?: Rate
  dampening?: number
  dialect?: (typeof dialects)[number]
}): Rule {
  checkOptions('momentum', others, ['learningRate', 'momentum', 'dampening', 'dialect'])
  checkDialect('momentum', dialect, dialects)
  checkRange('dampening', dampening, { min: 0, max: dialect === 'pytorch' ? 1 : 0 })
  return rule({
    name: 'momentum',
    dialect,
    hyper: {
      learningRate: checkLearningRate(learningRate),
      mu: checkRate('momentum', mu, { min: 0, max: 1, open: 'max' }),
      dampening: dampening > 0 ? dampening : undefined,
    },
    state: { velocity: 'zeros' },
    update: (op, { x, g, velocity }, { learningRate, mu, dampening, t }) => {
      if (dialect === 'pytorch') {
        const share = dampening && op.select(op.less(t, 2), 1, op.sub(1, dampening))
        const v = op.add(op.mul(mu, velocity), share ? op.mul(share, g) : g)
        return { x: op.sub(x, op.mul(learningRate, v)), velocity: v }
      }
      const v = op.sub(op.mul(mu, velocity), op.mul(learningRate, g)) // eq. 1
      return { x: op.add(x, v), velocity: v } // eq. 2
    },
  })
}
