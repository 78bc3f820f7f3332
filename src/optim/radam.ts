/** @file RAdam: Adam that goes without its divisor until that is known well enough. Liu et al. 2020, algorithm 2. */
import { checkOptions, checkRange } from '../base/errors.ts'
import { checkMoments, type MomentSettings, running, seen } from './moments.ts'
import { checkLearningRate, type Rate } from './rate.ts'
import { rule } from './rule.ts'
import type { Rule } from './update-rule.ts'

/**
 * RAdam (Liu et al. 2020, algorithm 2): with ρ∞ = 2/(1 − β2) − 1 and ρ = ρ∞ − 2t·β2^t/(1 − β2^t),
 *
 *     ρ > least:  x ← x − α·r·m̂ / (√v̂ + ε)      r = √((ρ − 4)(ρ − 2)ρ∞ / ((ρ∞ − 4)(ρ∞ − 2)ρ))
 *     otherwise:  x ← x − α·m̂
 *
 * PyTorch's has `least` 5 (the default here), the paper 4; ε is √(1 − β2^t) times smaller beside √v̂ in PyTorch's, which this follows.
 *
 * @param learningRate α > 0, a number or a schedule, default 0.001
 * @param beta1 β1 in [0, 1), default 0.9
 * @param beta2 β2 in [0, 1), default 0.999
 * @param epsilon ε > 0, default 1e-8
 * @param least ≥ 4, default 5
 * @throws RappelError 'usage' when one is out of range; says which value was given
 */
export function radam({
  learningRate = 0.001,
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
  least = 5,
  ...others
}: MomentSettings & { readonly learningRate?: Rate; readonly least?: number } = {}): Rule {
  checkOptions('radam', others, ['learningRate', 'beta1', 'beta2', 'epsilon', 'least'])
  checkMoments({ beta1, beta2, epsilon })
  checkRange('least', least, { min: 4 })
  return rule({
    name: 'radam',
    hyper: { learningRate: checkLearningRate(learningRate), beta1, beta2, epsilon, least },
    state: { m: 'zeros', v: 'zeros' },
    update: (op, { x, g, m: m0, v: v0 }, { learningRate, beta1, beta2, epsilon, least, t }) => {
      const m = running(op, beta1, m0, g)
      const v = running(op, beta2, v0, op.square(g))
      const whole = op.sub(op.div(2, op.sub(1, beta2)), 1)
      const known = op.sub(whole, op.div(op.mul(op.mul(2, t), op.pow(beta2, t)), seen(op, beta2, t)))
      const isKnown = op.greater(known, least)
      const part = (rho: typeof known) => op.mul(op.sub(rho, 4), op.sub(rho, 2))
      // Where it is not known the root may be of a negative number; what is not chosen must not be NaN.
      const squared = op.div(op.mul(part(known), whole), op.mul(part(whole), known))
      const rectified = op.sqrt(op.select(isKnown, squared, 1))
      const rate = op.div(learningRate, seen(op, beta1, t))
      const adaptive = op.mul(op.mul(rate, rectified), op.sqrt(seen(op, beta2, t)))
      const change = op.select(isKnown, op.div(op.mul(adaptive, m), op.add(op.sqrt(v), epsilon)), op.mul(rate, m))
      return { x: op.sub(x, change), m, v }
    },
  })
}
