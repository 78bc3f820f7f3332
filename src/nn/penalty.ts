/** @file Penalties on the weights, added to the mean loss. Biases are left out. */
import { checkRange, usageError } from '../base/errors.ts'
import * as op from '../graph/op.ts'
import type { Value } from '../graph/types.ts'

export interface Penalty {
  readonly name: string
  /** The penalty of one weight tensor, a scalar. */
  of(weight: Value): Value
}

/** ½·λ·Σw², the CS231n notes' form: its gradient is λ·w. @param strength λ ≥ 0 */
export function l2(strength: number): Penalty {
  checkRange('strength', strength, { min: 0 })
  return { name: `l2(${strength})`, of: (weight) => op.mul(op.reduceSum(op.square(weight)), strength / 2) }
}

/** λ·Σ|w|; its gradient is λ·sign(w). @param strength λ ≥ 0 */
export function l1(strength: number): Penalty {
  checkRange('strength', strength, { min: 0 })
  return { name: `l1(${strength})`, of: (weight) => op.mul(op.reduceSum(op.abs(weight)), strength) }
}

/** Several penalties added. */
export function sum(...penalties: readonly Penalty[]): Penalty {
  if (penalties.length === 0) throw usageError('a sum of no penalties', 'leave the penalty out')
  return {
    name: penalties.map(({ name }) => name).join(' + '),
    of: (weight) => penalties.map((penalty) => penalty.of(weight)).reduce(op.add),
  }
}

/** Max-norm is no penalty: this says where it is. @throws RappelError 'usage', always */
export function maxNorm(): never {
  throw usageError(
    'penalty.maxNorm: max-norm adds nothing to the loss, so it is no penalty but a constraint',
    'give the configuration, next to its penalty, constraint: constraint.maxNorm(3)',
  )
}
