/** @file Clipping of the gradient before a rule takes it: entry by entry, or to a norm. Pascanu, Mikolov and Bengio 2013, algorithm 1. */
import { checkOptions, checkRange, usageError } from '../base/errors.ts'
import { type Groups, groups, isGroups } from './groups.ts'
import { checkRate, type Rate } from './rate.ts'
import { rule } from './rule.ts'
import type { NormClip, Rule, UpdateRule } from './update-rule.ts'

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
    clip: inner.clip,
    hyper: { ...inner.hyper, clipValue: checkRate('value', value, { min: 0, open: 'min' }) },
    state: inner.state,
    update: (op, tensors, scalars) => {
      const { clipValue: most } = scalars
      const g = op.min(op.max(tensors.g, op.neg(most)), most)
      return inner.definition.update(op, { ...tensors, g }, scalars)
    },
  })
}

/**
 * A rule, or rules for groups, whose gradients are shortened to a norm: g ← g · min(1, norm/‖g‖) (Pascanu, Mikolov and Bengio 2013, algorithm 1;
 * torch.nn.utils.clip_grad_norm_ adds 1e-6 to ‖g‖). Of all gradients together, so that their direction stays (`by: 'global'`, the default), or of
 * each tensor for itself. It comes before everything else that the rule does with the gradient.
 *
 * @param norm > 0
 * @throws RappelError 'usage' when it is out of range, or the gradient is shortened already
 */
export function clipNorm<R extends Rule | Groups>(
  inner: R,
  { norm, by = 'global', ...others }: { readonly norm: number; readonly by?: NormClip['by'] },
): R {
  checkOptions('clipNorm', others, ['norm', 'by'])
  checkRange('norm', norm, { min: 0, open: 'min' })
  if (by !== 'global' && by !== 'tensor') throw usageError(`clipNorm: by is '${by}', expected 'global' or 'tensor'`)
  if (inner.clip) throw usageError(`clipNorm: the gradient of ${inner.name} is shortened already`)
  return clipped(inner, { norm, by }) as R
}

function clipped(inner: Rule | Groups, clip: NormClip): UpdateRule {
  if (!isGroups(inner)) return rule<string, string>({ ...inner.definition, dialect: inner.dialect, clip })
  const rules = Object.entries(inner.rules).map(([pattern, own]) => [pattern, clipped(own, clip)])
  return groups(Object.fromEntries(rules) as Parameters<typeof groups>[0])
}
