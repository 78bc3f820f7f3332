/** @file Settings, or whole rules, for groups of parameters. */
import { show, usageError } from '../base/errors.ts'
import { updateArrays } from './array-update.ts'
import { allocate } from './parameters.ts'
import { clipText } from './rule.ts'
import type { Initial, Rule, RulePart, UpdateRule } from './update-rule.ts'

export interface Groups extends UpdateRule {
  /** By pattern, in the order in which they are tried; 'others' last. */
  readonly rules: Readonly<Record<string, Rule>>
}

/**
 * A rule for each group of parameters. A pattern is a parameter's name in which `*` stands for anything; the first that fits counts, and `others`
 * takes what none fits.
 *
 * ```ts
 * optim.groups({
 *   '*.bias': optim.adam({ learningRate: 0.001 }),
 *   'dense1.*': optim.sgd({ learningRate: 0.01 }),
 *   others: optim.adamw({ learningRate: 0.001, decay: 0.01 }),
 * })
 * ```
 * What the rules remember lies beside each parameter whether its own rule needs it or not: rules of one kind cost no more than one rule.
 *
 * @throws RappelError 'usage' when there is no `others`, rules of the same state begin it differently, or one shortens gradients and another does not;
 *   when it is used, where a pattern fits no parameter
 */
export function groups(rules: Readonly<Record<string, Rule>> & { readonly others: Rule }): Groups {
  const { others, ...named } = rules
  for (const [pattern, given] of Object.entries(rules)) {
    if (typeof given?.scalars === 'function') continue
    throw usageError(`groups: '${pattern}' is ${show(given)}, expected a rule such as optim.sgd({ … })`)
  }
  if (others === undefined)
    throw usageError(
      'groups: there is no rule for the others',
      'add others: optim.…, for the parameters that no pattern names',
    )
  const all = Object.entries({ ...named, others })
  const clip = sameClip(all.map(([, given]) => given))
  const state = jointState(all)
  const made: Groups = {
    name: 'groups',
    dialect: undefined,
    hyper: others.hyper,
    state,
    ...(clip && { clip }),
    rules: { ...named, others },
    description: all.map(([pattern, { description }]) => `${pattern}: ${description}`).join('; '),
    parts: (names) => partsOf(all, names),
    init(parameters) {
      const begun = Object.entries(state).map(([key, initial]) => [key, allocate(parameters, initial)])
      return { step: 0, tensors: Object.fromEntries(begun) }
    },
    update(parameters, gradients, ruleState, at) {
      updateArrays(made, parameters, gradients, ruleState, at)
    },
  }
  return made
}

export function isGroups(given: UpdateRule): given is Groups {
  return 'rules' in given
}

function sameClip(rules: readonly Rule[]): Rule['clip'] {
  const texts = rules.map(({ clip }) => (clip ? clipText(clip) : 'no norm'))
  const odd = texts.find((text) => text !== texts[0])
  if (odd === undefined) return rules[0].clip
  throw usageError(
    `groups: one rule clips its ${texts[0]}, another its ${odd}`,
    'clip them together: optim.clipNorm(optim.groups({ … }), { norm: 1 })',
  )
}

/** What any of the rules remembers; where two use a name, it begins the same way. */
function jointState(all: readonly (readonly [string, Rule])[]): Record<string, Initial> {
  const state: Record<string, Initial> = {}
  for (const [pattern, { state: own }] of all)
    for (const [key, initial] of Object.entries(own)) {
      if (state[key] !== undefined && state[key] !== initial)
        throw usageError(
          `groups: the state '${key}' of '${pattern}' begins as ${initial}, that of another group as ${state[key]}`,
        )
      state[key] = initial
    }
  return state
}

function partsOf(all: readonly (readonly [string, Rule])[], names: readonly string[]): RulePart[] {
  const patterns = all.map(([pattern]) => patternOf(pattern))
  const chosen = names.map((name) => patterns.findIndex((fits, i) => i === all.length - 1 || fits.test(name)))
  return all.flatMap(([pattern, own], group) => {
    const members = chosen.flatMap((choice, i) => (choice === group ? [i] : []))
    if (members.length > 0) return [{ rule: own, members }]
    if (pattern === 'others') return []
    throw usageError(`groups: '${pattern}' names no parameter that is left`, `the parameters are ${names.join(', ')}`)
  })
}

/** `*` stands for anything, all else for itself. */
function patternOf(text: string): RegExp {
  const parts = text.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`)
}
