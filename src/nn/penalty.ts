/** @file Penalties on the parameters, added to the mean loss. */
import { checkOptions, checkRange, RappelError, show, suggestion, usageError } from '../base/errors.ts'
import * as op from '../graph/op.ts'
import type { Value } from '../graph/types.ts'
import { ownerOf, type Parameter } from './model.ts'

export interface Penalty {
  readonly name: string
  /** The penalty of a net with these parameters, a scalar; undefined where it is on none of them. @throws RappelError 'usage' */
  of(parameters: readonly Parameter[]): Value | undefined
}

export interface PenaltyOptions {
  /** Whether biases, and the scales and shifts of normalisations, are penalised too; default: weights only. */
  readonly biases?: boolean
}

/** ½·λ·Σw², the CS231n notes' form: its gradient is λ·w. On weights, not biases. @param strength λ ≥ 0 */
export function l2(strength: number, options: PenaltyOptions = {}): Penalty {
  checkRange('strength', strength, { min: 0 })
  return onEach('l2', [strength], options, (w) => op.mul(op.reduceSum(op.square(w)), strength / 2))
}

/** λ·Σ|w|; its gradient is λ·sign(w), 0 at 0. On weights, not biases. @param strength λ ≥ 0 */
export function l1(strength: number, options: PenaltyOptions = {}): Penalty {
  checkRange('strength', strength, { min: 0 })
  return onEach('l1', [strength], options, (w) => op.mul(op.reduceSum(op.abs(w)), strength))
}

/**
 * The elastic net (Zou and Hastie 2005): λ₁·Σ|w| + ½·λ₂·Σw², the sum of `l1(λ₁)` and `l2(λ₂)`; the paper's form has no ½. On
 * weights, not biases.
 *
 * @param absolute λ₁ ≥ 0. @param squared λ₂ ≥ 0
 */
export function elasticNet(absolute: number, squared: number, options: PenaltyOptions = {}): Penalty {
  checkRange('absolute', absolute, { min: 0 })
  checkRange('squared', squared, { min: 0 })
  return onEach('elasticNet', [absolute, squared], options, (w) =>
    op.add(op.mul(op.reduceSum(op.abs(w)), absolute), op.mul(op.reduceSum(op.square(w)), squared / 2)),
  )
}

/** Several penalties added. */
export function sum(...penalties: readonly Penalty[]): Penalty {
  if (penalties.length === 0) throw usageError('a sum of no penalties', 'leave the penalty out')
  return {
    name: penalties.map(({ name }) => name).join(' + '),
    of: (parameters) => total(penalties.map((penalty) => penalty.of(parameters))),
  }
}

/** Max-norm is no penalty: this says where it is. @throws RappelError 'usage', always */
export function maxNorm(): never {
  throw usageError(
    'penalty.maxNorm: max-norm adds nothing to the loss, so it is no penalty but a constraint',
    'give the configuration, next to its penalty, constraint: constraint.maxNorm(3)',
  )
}

/**
 * A penalty for each layer or parameter: `perLayer({ dense1: l2(1e-3), 'dense2.bias': l1(1e-4), else: l2(1e-4) })`. A name is that of
 * a parameter, or of a layer, and then means what lies in it; the longest that fits counts. What is named by its full name is
 * penalised also when it is a bias. `else` is for all that no name fits; without it they have no penalty.
 *
 * @throws RappelError 'usage', when the net is built, for a name that fits no parameter: with the nearest that does
 */
export function perLayer(penalties: Readonly<Record<string, Penalty>>): Penalty {
  const entries = Object.entries(penalties)
  if (entries.length === 0) throw usageError('perLayer names no layer', 'perLayer({ dense1: penalty.l2(1e-3) })')
  for (const [name, penalty] of entries)
    if (typeof penalty?.of !== 'function')
      throw usageError(`perLayer: '${name}' is ${show(penalty)}, expected a penalty such as penalty.l2(1e-4)`)
  return {
    name: `perLayer(${entries.map(([name, penalty]) => `${name}: ${penalty.name}`).join(', ')})`,
    of: (parameters) => {
      const groups = new Map<string, Parameter[]>(entries.map(([name]) => [name, []]))
      checkNames(groups.keys(), parameters)
      for (const parameter of parameters) {
        const name = ownerOf(parameter, groups.keys()) ?? rest
        groups.get(name)?.push(name === parameter.name ? { ...parameter, penalised: true } : parameter)
      }
      return total(entries.map(([name, penalty]) => penalty.of(groups.get(name) ?? [])))
    },
  }
}

const rest = 'else'

function checkNames(names: Iterable<string>, parameters: readonly Parameter[]): void {
  // Every parameter, and every layer around one.
  const known = new Set(
    parameters.flatMap(({ name }) => name.split('.').map((_, i, parts) => parts.slice(0, i + 1).join('.'))),
  )
  for (const name of names)
    if (name !== rest && !known.has(name))
      throw new RappelError('usage', `perLayer: no layer or parameter is named '${name}'`, suggestion(name, known))
}

/** A penalty that is the sum of one for each parameter. */
function onEach(kind: string, strengths: readonly number[], options: PenaltyOptions, of: (w: Value) => Value): Penalty {
  checkOptions(kind, options, ['biases'])
  const { biases = false } = options
  return {
    name: `${kind}(${[...strengths, ...(biases ? ['with biases'] : [])].join(', ')})`,
    of: (parameters) => total(parameters.filter(({ penalised }) => penalised || biases).map(({ value }) => of(value))),
  }
}

function total(parts: readonly (Value | undefined)[]): Value | undefined {
  const given = parts.filter((part) => part !== undefined)
  return given.length === 0 ? undefined : given.reduce(op.add)
}
