/** @file Adamax: Adam with the largest gradient in the place of its root mean square. Kingma and Ba 2015, algorithm 2. */
import { checkOptions } from '../base/errors.ts'
import { checkMoments, type MomentSettings, running, seen } from './moments.ts'
import { checkLearningRate, type Rate } from './rate.ts'
import { checkDialect, rule } from './rule.ts'
import type { Rule } from './update-rule.ts'

const dialects = {
  pytorch: { learningRate: 0.002, epsilon: 1e-8 },
  keras: { learningRate: 0.001, epsilon: 1e-7 },
} as const

/**
 * Adamax (Kingma and Ba 2015, algorithm 2): m ← β1·m + (1 − β1)·g, u ← max(β2·u, |g|), x ← x − α/(1 − β1^t) · m / u. The paper divides by u
 * as it is, and by 0 where the gradient has always been 0; `dialect: 'pytorch'` (the default) takes max(β2·u, |g| + ε) for u, `'keras'`
 * divides by u + ε.
 *
 * @param learningRate α > 0, a number or a schedule, default 0.002 ('keras': 0.001)
 * @param beta1 β1 in [0, 1), default 0.9
 * @param beta2 β2 in [0, 1), default 0.999
 * @param epsilon ε > 0, default 1e-8 ('keras': 1e-7)
 * @throws RappelError 'usage' when one is out of range; says which value was given
 */
export function adamax({
  dialect = 'pytorch',
  learningRate = dialects[dialect]?.learningRate,
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = dialects[dialect]?.epsilon,
  ...others
}: MomentSettings & { readonly learningRate?: Rate; readonly dialect?: keyof typeof dialects } = {}): Rule {
  checkOptions('adamax', others, ['learningRate', 'beta1', 'beta2', 'epsilon', 'dialect'])
  checkDialect('adamax', dialect, Object.keys(dialects))
  checkMoments({ beta1, beta2, epsilon })
  const isKeras = dialect === 'keras'
  return rule({
    name: 'adamax',
    dialect,
    hyper: { learningRate: checkLearningRate(learningRate), beta1, beta2, epsilon },
    state: { m: 'zeros', u: 'zeros' },
    update: (op, { x, g, m: m0, u: u0 }, { learningRate, beta1, beta2, epsilon, t }) => {
      const m = running(op, beta1, m0, g)
      const u = op.max(op.mul(beta2, u0), isKeras ? op.abs(g) : op.add(op.abs(g), epsilon))
      const rate = op.div(learningRate, seen(op, beta1, t))
      return { x: op.sub(x, op.div(op.mul(rate, m), isKeras ? op.add(u, epsilon) : u)), m, u }
    },
  })
}
