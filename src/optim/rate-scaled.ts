/** @file A rule with all its learning rates multiplied. */
import { groups, isGroups } from './groups.ts'
import type { Rule, UpdateRule } from './update-rule.ts'

/** As the rule, or the rules of groups, with every learning rate times a factor. */
export function rateScaled(rule: UpdateRule, factor: number): UpdateRule {
  const scaled = (own: Rule): Rule => ({
    ...own,
    scalars: (at, out, rateFactor = 1) => own.scalars(at, out, rateFactor * factor),
  })
  if (!isGroups(rule)) return scaled(rule as Rule)
  const rules = Object.entries(rule.rules).map(([pattern, own]) => [pattern, scaled(own)])
  return groups(Object.fromEntries(rules) as Parameters<typeof groups>[0])
}
