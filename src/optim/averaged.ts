/** @file A running average of the weights beside any rule. Polyak and Juditsky 1992, eq. 2; Bottou 2010, section 5.1 (averaged SGD). */
import { checkOptions, checkRange, usageError } from '../base/errors.ts'
import { checkRate, type Rate } from './rate.ts'
import { rule } from './rule.ts'
import { bottou } from './schedule.ts'
import { sgd } from './sgd.ts'
import type { Rule } from './update-rule.ts'
import { decayed } from './weight-decay.ts'

export interface Averaging {
  /** d in [0, 1), a number or a schedule: average ← d·average + (1 − d)·x. */
  readonly decay?: Rate
  /** Instead: the plain mean of all x from behind this step on (the first step is 1). */
  readonly after?: number
}

/**
 * A rule that also keeps an average of the weights as its state `average`; the training itself goes on unaverged.
 *
 * - `decay`: exponential. It begins with the x of the first step, as PyTorch's AveragedModel does, so that the start is forgotten at once.
 * - `after`: uniform (Polyak and Juditsky 1992): until then the average is x itself, then average ← average + (x − average)/(t − after).
 *
 * @throws RappelError 'usage' when neither or both are given, or one is out of range
 */
export function averaged(inner: Rule, settings: Averaging): Rule {
  return averagedAs(`${inner.name}, averaged`, inner, settings)
}

function averagedAs(name: string, inner: Rule, { decay, after, ...others }: Averaging): Rule {
  checkOptions('averaged', others, ['decay', 'after'])
  if ((decay === undefined) === (after === undefined))
    throw usageError(
      `averaged got ${decay === undefined ? 'neither decay nor after' : 'decay and after'}, expected one of them`,
      'decay: 0.999 for an exponential average, after: 1000 for the mean of all steps behind the 1000th',
    )
  if ('average' in inner.state) throw usageError(`${inner.name} keeps an average already`)
  if (after !== undefined) checkRange('after', after, { min: 0 })
  return rule<string, string>({
    name,
    dialect: inner.dialect,
    clip: inner.clip,
    hyper: {
      ...inner.hyper,
      averageDecay: decay && checkRate('decay', decay, { min: 0, max: 1, open: 'max' }),
      averageAfter: after,
    },
    state: { ...inner.state, average: 'parameter' },
    update: (op, tensors, scalars) => {
      const next = inner.definition.update(op, tensors, scalars)
      const { averageDecay, averageAfter, t } = scalars
      const share =
        averageDecay === undefined
          ? op.div(1, op.max(1, op.sub(t, averageAfter)))
          : op.select(op.less(t, 2), 1, op.sub(1, averageDecay))
      const { average } = tensors
      return { ...next, average: op.add(average, op.mul(op.sub(next.x, average), share)) }
    },
  })
}

/**
 * Averaged stochastic gradient descent (Bottou 2010, section 5.1; torch.optim.ASGD): x ← (1 − γ_t·λ)·x − γ_t·g with
 * γ_t = γ0/(1 + γ0·λ·t)^power, t = 0, 1, …, and beside it the mean of all x behind the step `after`.
 *
 * @param learningRate γ0 > 0
 * @param decay λ ≥ 0, the strength of the penalty λ/2·|x|², which is part of the rule; default 1e-4
 * @param power default 0.75; plain SGD has 1
 * @param after step behind which the mean begins (PyTorch's t0 + 1); default 0: all
 * @throws RappelError 'usage' when one is out of range; says which value was given
 */
export function averagedSgd({
  learningRate,
  decay = 1e-4,
  power = 0.75,
  after = 0,
  ...others
}: {
  learningRate: number
  decay?: number
  power?: number
  after?: number
}): Rule {
  checkOptions('averagedSgd', others, ['learningRate', 'decay', 'power', 'after'])
  checkRange('learningRate', learningRate, { min: 0, open: 'min' })
  checkRange('decay', decay, { min: 0 })
  const rate = bottou({ from: learningRate, lambda: decay, power })
  return averagedAs('averagedSgd', decayed('sgd', sgd({ learningRate: rate }), { decay }), { after })
}
