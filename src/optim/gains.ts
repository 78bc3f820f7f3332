/** @file A gain for each weight: it grows while the gradient keeps its sign. Hinton's lecture 6d, 2012; Jacobs 1989 (delta-bar-delta). */
import { checkOptions, checkRange } from '../base/errors.ts'
import { checkLearningRate, checkRate, type Rate } from './rate.ts'
import { rule } from './rule.ts'
import type { Rule } from './update-rule.ts'

/**
 * Gradient descent with per-weight gains (Hinton 2012, lecture 6d): γ ← γ + 0.05 where gradient and last gradient have the same sign,
 * γ ← 0.95·γ where they have not, within [0.1, 10]; v ← μ·v − α·γ·g, x ← x + v. Added slowly and taken away in proportion, so that big gains fall
 * quickly when oscillations begin. Where either gradient is 0, as before the first step, the gain stays.
 *
 * @param learningRate α > 0, a number or a schedule
 * @param momentum μ in [0, 1), a number or a schedule, default 0
 * @param increase what is added, ≥ 0, default 0.05
 * @param decrease the factor, in (0, 1], default 0.95
 * @param least, most bounds of the gains, default 0.1 and 10
 * @throws RappelError 'usage' when one is out of range; says which value was given
 */
export function gains({
  learningRate,
  momentum = 0,
  increase = 0.05,
  decrease = 0.95,
  least = 0.1,
  most = 10,
  ...others
}: {
  learningRate: Rate
  momentum?: Rate
  increase?: number
  decrease?: number
  least?: number
  most?: number
}): Rule {
  checkOptions('gains', others, ['learningRate', 'momentum', 'increase', 'decrease', 'least', 'most'])
  checkRange('increase', increase, { min: 0 })
  checkRange('decrease', decrease, { min: 0, max: 1, open: 'min' })
  checkRange('least', least, { min: 0, open: 'min' })
  checkRange('most', most, { min: least })
  const moves = momentum !== 0
  return rule({
    name: 'gains',
    hyper: {
      learningRate: checkLearningRate(learningRate),
      mu: moves ? checkRate('momentum', momentum, { min: 0, max: 1, open: 'max' }) : undefined,
      increase,
      decrease,
      least,
      most,
    },
    state: { gain: 1, previous: 'zeros', velocity: moves ? 'zeros' : undefined },
    update: (
      op,
      { x, g, gain: before, previous, velocity: v0 },
      { learningRate, mu, increase, decrease, least, most },
    ) => {
      const agreement = op.mul(op.sign(g), op.sign(previous))
      const raised = op.select(op.greater(agreement, 0), op.add(before, increase), before)
      const changed = op.select(op.less(agreement, 0), op.mul(before, decrease), raised)
      const gain = op.min(op.max(changed, least), most)
      const step = op.mul(learningRate, op.mul(gain, g))
      if (!moves) return { x: op.sub(x, step), gain, previous: g, velocity: undefined }
      const velocity = op.sub(op.mul(mu, v0), step)
      return { x: op.add(x, velocity), gain, previous: g, velocity }
    },
  })
}
