/** @file Adadelta: steps in the units of the parameters, without a learning rate. Zeiler 2012, algorithm 1. */
import { checkOptions, checkRange } from '../base/errors.ts'
import type { Expression } from './expression.ts'
import { checkLearningRate, type Rate } from './rate.ts'
import { checkDialect, rule } from './rule.ts'
import type { Rule } from './update-rule.ts'

const dialects = {
  paper: { learningRate: 1, decay: 0.95, epsilon: 1e-6 },
  pytorch: { learningRate: 1, decay: 0.9, epsilon: 1e-6 },
  keras: { learningRate: 0.001, decay: 0.95, epsilon: 1e-7 },
} as const

/**
 * Adadelta (Zeiler 2012, algorithm 1), with a rate that the paper has not (1 leaves it out):
 *
 *     c ← ρ·c + (1 − ρ)·g²      Δ = g · √(d + ε) / √(c + ε)      d ← ρ·d + (1 − ρ)·Δ²      x ← x − α·Δ
 *
 * The dialects differ in their defaults alone: `paper` (the default) α = 1, ρ = 0.95, ε = 1e-6; `pytorch` 1, 0.9, 1e-6; `keras` 0.001, 0.95, 1e-7.
 *
 * @param learningRate α > 0, a number or a schedule
 * @param decay ρ in [0, 1)
 * @param epsilon ε > 0
 * @throws RappelError 'usage' when one is out of range; says which value was given
 */
export function adadelta({
  dialect = 'paper',
  learningRate = dialects[dialect]?.learningRate,
  decay = dialects[dialect]?.decay,
  epsilon = dialects[dialect]?.epsilon,
  ...others
}: {
  learningRate?: Rate
  decay?: number
  epsilon?: number
  dialect?: keyof typeof dialects
} = {}): Rule {
  checkOptions('adadelta', others, ['learningRate', 'decay', 'epsilon', 'dialect'])
  checkDialect('adadelta', dialect, Object.keys(dialects))
  checkRange('decay', decay, { min: 0, max: 1, open: 'max' })
  checkRange('epsilon', epsilon, { min: 0, open: 'min' })
  return rule({
    name: 'adadelta',
    dialect,
    hyper: { learningRate: checkLearningRate(learningRate), decay, epsilon },
    state: { cache: 'zeros', changes: 'zeros' },
    update: (op, { x, g, cache: c0, changes: d0 }, { learningRate, decay, epsilon }) => {
      const running = (before: Expression, value: Expression) =>
        op.add(op.mul(decay, before), op.mul(op.sub(1, decay), op.square(value)))
      const cache = running(c0, g)
      const change = op.mul(op.div(op.sqrt(op.add(d0, epsilon)), op.sqrt(op.add(cache, epsilon))), g) // eq. 14
      return { x: op.sub(x, op.mul(learningRate, change)), cache, changes: running(d0, change) }
    },
  })
}
