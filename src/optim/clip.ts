/** @file Clipping of the gradient before a rule takes it, entry by entry. */
import { checkOptions } from '../base/errors.ts'
import { checkRate, type Rate } from './rate.ts'
import { type Rule, rule } from './rule.ts'

/**
 * A rule whose gradient is clipped to [−value, value], entry by entry (torch.nn.utils.clip_grad_value_).
 *
 * @param value > 0, a number or a schedule
 * @throws RappelError 'usage' when it is out of range
 */
export function clipValue(inner: Rule, { value, ...others }: { readonly value: Rate }): Rule {
  checkOptions('clipValue', others, ['value'])
  return rule<string, string>({
    name: `${inner.name}, gradient clipped`,
    dialect: inner.dialect,
    hyper: { ...inner.hyper, clipValue: checkRate('value', value, { min: 0, open: 'min' }) },
    state: inner.state,
    update: (op, tensors, scalars) => {
      const { clipValue: most } = scalars
      const g = op.min(op.max(tensors.g, op.neg(most)), most)
      return inner.definition.update(op, { ...tensors, g }, scalars)
    },
  })
}
