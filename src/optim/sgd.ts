/** @file Stochastic gradient descent: a step against the gradient. Robbins and Monro 1951. */
import { checkOptions } from '../base/errors.ts'
import { checkLearningRate, type Rate } from './rate.ts'
import { rule } from './rule.ts'
import type { Rule } from './update-rule.ts'

/**
 * Plain gradient descent (the CS231n notes' "vanilla update", PyTorch's SGD without options): x ← x − α·g. No state.
 *
 * @param learningRate α > 0, a number or a schedule
 * @throws RappelError 'usage' when α is out of range; says which value was given
 */
export function sgd({ learningRate, ...others }: { learningRate: Rate }): Rule {
  checkOptions('sgd', others, ['learningRate'])
  return rule({
    name: 'sgd',
    hyper: { learningRate: checkLearningRate(learningRate) },
    state: {},
    update: (op, { x, g }, { learningRate }) => ({ x: op.sub(x, op.mul(learningRate, g)) }),
  })
}
