/** @file Adam: steps scaled by running moments of the gradient. Kingma and Ba 2015, Algorithm 1. */
import { checkOptions, checkRange } from '../base/errors.ts'
import { type Rule, rule } from './rule.ts'
import { checkLearningRate, type Rate } from './schedule.ts'

/**
 * Adam (Kingma and Ba 2015, Algorithm 1), bias-corrected, ε outside the root, without weight decay (PyTorch's Adam agrees):
 *
 *     m ← β1·m + (1 − β1)·g          v ← β2·v + (1 − β2)·g²
 *     x ← x − α · m̂ / (√v̂ + ε)      with m̂ = m / (1 − β1^t), v̂ = v / (1 − β2^t), t = 1, 2, …
 *
 * @param learningRate α > 0, a number or a schedule, default 0.001
 * @param beta1 β1 in [0, 1), default 0.9
 * @param beta2 β2 in [0, 1), default 0.999
 * @param epsilon ε > 0, default 1e-8
 * @throws RappelError 'usage' when one is out of range; says which value was given
 */
export function adam({
  learningRate = 0.001,
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
  ...others
}: {
  learningRate?: Rate
  beta1?: number
  beta2?: number
  epsilon?: number
} = {}): Rule {
  checkOptions('adam', others, ['learningRate', 'beta1', 'beta2', 'epsilon'])
  checkRange('beta1', beta1, { min: 0, max: 1, open: 'max' })
  checkRange('beta2', beta2, { min: 0, max: 1, open: 'max' })
  checkRange('epsilon', epsilon, { min: 0, open: 'min' })
  return rule({
    name: 'adam',
    hyper: { learningRate: checkLearningRate(learningRate), beta1, beta2, epsilon },
    state: { m: 'zeros', v: 'zeros' },
    update: (op, { x, g, m: m0, v: v0 }, { learningRate, beta1, beta2, epsilon, t }) => {
      const m = op.add(op.mul(beta1, m0), op.mul(op.sub(1, beta1), g))
      const v = op.add(op.mul(beta2, v0), op.mul(op.sub(1, beta2), op.square(g)))
      // End of the paper's section 2: with √(1 − β2^t) taken out of m̂ / (√v̂ + ε), both corrections are scalars.
      const root2 = op.sqrt(op.sub(1, op.pow(beta2, t)))
      const rate = op.div(op.mul(learningRate, root2), op.sub(1, op.pow(beta1, t)))
      const change = op.div(op.mul(rate, m), op.add(op.sqrt(v), op.mul(epsilon, root2)))
      return { x: op.sub(x, change), m, v }
    },
  })
}
