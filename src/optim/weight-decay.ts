/** @file Weight decay put to any rule: coupled to the gradient, or decoupled from it. Loshchilov and Hutter 2019, algorithms 1 and 2. */
import { checkOptions, show, suggestion, usageError } from '../base/errors.ts'
import { checkRate, type Rate } from './rate.ts'
import { rule } from './rule.ts'
import type { Rule } from './update-rule.ts'

const forms = ['decoupled', 'schedule', 'coupled'] as const

export interface Decay {
  /** λ ≥ 0, a number or a schedule. */
  readonly decay: Rate
  /**
   * - 'decoupled' (default): x ← x − α·λ·x before the step: AdamW as PyTorch and Keras have it.
   * - 'schedule': x ← x − λ·x, whatever the learning rate: the paper's algorithm 2, where λ is a schedule of its own.
   * - 'coupled': g ← g + λ·x, so that the rule scales it with the gradient: PyTorch's `weight_decay` of SGD and Adam, `penalty.l2(λ)`.
   */
  readonly by?: (typeof forms)[number]
}

/**
 * A rule with weight decay.
 *
 * @param inner any rule; for 'decoupled' it needs a learning rate
 * @throws RappelError 'usage' when λ is out of range, or the rule has weight decay already
 */
export function weightDecay(inner: Rule, settings: Decay): Rule {
  return decayed(`${inner.name} with weight decay`, inner, settings)
}

/** As `weightDecay`, under a name of its own. */
export function decayed(name: string, inner: Rule, { decay, by = 'decoupled', ...others }: Decay): Rule {
  checkOptions('weightDecay', others, ['decay', 'by'])
  if (!forms.includes(by))
    throw usageError(
      `weightDecay: by is ${show(by)}, expected one of ${forms.join(', ')}`,
      suggestion(String(by), forms),
    )
  if ('weightDecay' in inner.hyper) throw usageError(`${inner.name} has a weight decay already`)
  if (by === 'decoupled' && !('learningRate' in inner.hyper))
    throw usageError(`${inner.name} has no learning rate, which decoupled weight decay takes`, "use by: 'schedule'")
  const { definition } = inner
  return rule<string, string>({
    name,
    dialect: inner.dialect,
    clip: inner.clip,
    hyper: { ...inner.hyper, weightDecay: checkRate('decay', decay, { min: 0 }) },
    state: inner.state,
    update: (op, tensors, scalars) => {
      const { x, g } = tensors
      const { weightDecay: lambda, learningRate } = scalars
      if (by === 'coupled') return definition.update(op, { ...tensors, g: op.add(g, op.mul(lambda, x)) }, scalars)
      const share = by === 'schedule' ? lambda : op.mul(learningRate, lambda)
      return definition.update(op, { ...tensors, x: op.mul(x, op.sub(1, share)) }, scalars)
    },
  })
}
