/** @file A rule with another learning rate: multiplied, or replaced. */
import { usageError } from '../base/errors.ts'
import { groups, isGroups } from './groups.ts'
import { type Rate, type Schedule, valueOf } from './rate.ts'
import { rule } from './rule.ts'
import type { Rule, UpdateRule } from './update-rule.ts'

/** As the rule, or the rules of groups, with every learning rate times a factor. */
export function rateScaled(update: UpdateRule, factor: number): UpdateRule {
  return eachRule(update, (own) => ({
    ...own,
    scalars: (at, out, rateFactor = 1) => own.scalars(at, out, rateFactor * factor),
  }))
}

/**
 * As the rule with another learning rate. Of groups it is that of the others; the rates of the rest keep their ratio to it.
 *
 * @throws RappelError 'usage' when the rule has no learning rate
 */
export function withRate(update: UpdateRule, rate: Rate): UpdateRule {
  const { learningRate: own } = update.hyper
  if (own === undefined) throw usageError(`${update.name} has no learning rate to vary`)
  return eachRule(update, (part) => {
    const { learningRate } = part.hyper
    if (learningRate === undefined) return part
    return rule<string, string>({
      ...part.definition,
      dialect: part.dialect,
      hyper: { ...part.hyper, learningRate: learningRate === own ? rate : inRatio(rate, learningRate, own) },
    })
  })
}

/** To the rates at the beginning; a schedule that begins with 0 has the ratio 1. */
function inRatio(rate: Rate, part: Rate, own: Rate): Schedule {
  const first = { epoch: 0, step: 0, validation: [] }
  const ratio = valueOf(part, first) / valueOf(own, first)
  return (at) => valueOf(rate, at) * (Number.isFinite(ratio) && ratio > 0 ? ratio : 1)
}

function eachRule(update: UpdateRule, change: (rule: Rule) => Rule): UpdateRule {
  if (!isGroups(update)) return change(update as Rule)
  const rules = Object.entries(update.rules).map(([pattern, own]) => [pattern, change(own)])
  return groups(Object.fromEntries(rules) as Parameters<typeof groups>[0])
}
