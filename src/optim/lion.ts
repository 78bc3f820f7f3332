/** @file Lion: the sign of a running mean. Chen et al. 2023, program 1. */
import { checkOptions, checkRange } from '../base/errors.ts'
import { running } from './moments.ts'
import { checkLearningRate, type Rate } from './rate.ts'
import { rule } from './rule.ts'
import type { Rule } from './update-rule.ts'

/**
 * Lion (Chen et al. 2023, program 1, without its weight decay: `weightDecay(lion(…), { decay })` puts it in, as the paper has it):
 * x ← x − α·sign(β1·m + (1 − β1)·g), then m ← β2·m + (1 − β2)·g. Every entry moves by α: a rate three to ten times smaller than Adam's is usual.
 *
 * @param learningRate α > 0, a number or a schedule, default 0.0001
 * @param beta1 β1 in [0, 1), default 0.9
 * @param beta2 β2 in [0, 1), default 0.99
 * @throws RappelError 'usage' when one is out of range; says which value was given
 */
export function lion({
  learningRate = 1e-4,
  beta1 = 0.9,
  beta2 = 0.99,
  ...others
}: {
  learningRate?: Rate
  beta1?: number
  beta2?: number
} = {}): Rule {
  checkOptions('lion', others, ['learningRate', 'beta1', 'beta2'])
  checkRange('beta1', beta1, { min: 0, max: 1, open: 'max' })
  checkRange('beta2', beta2, { min: 0, max: 1, open: 'max' })
  return rule({
    name: 'lion',
    hyper: { learningRate: checkLearningRate(learningRate), beta1, beta2 },
    state: { m: 'zeros' },
    update: (op, { x, g, m }, { learningRate, beta1, beta2 }) => ({
      x: op.sub(x, op.mul(learningRate, op.sign(running(op, beta1, m, g)))),
      m: running(op, beta2, m, g),
    }),
  })
}
