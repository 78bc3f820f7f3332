/** @file What Adam and its relatives share: running moments of the gradient, and their settings. */
import { checkRange } from '../base/errors.ts'
import type { Algebra, Expression, Operand } from './expression.ts'

export interface MomentSettings {
  /** β1 in [0, 1), default 0.9. */
  readonly beta1?: number
  /** β2 in [0, 1), default 0.999. */
  readonly beta2?: number
  /** ε > 0. */
  readonly epsilon?: number
}

/** before·β + (1 − β)·value. */
export function running(op: Algebra, beta: Operand, before: Expression, value: Expression): Expression {
  return op.add(op.mul(beta, before), op.mul(op.sub(1, beta), value))
}

/** 1 − β^t: what a mean that began with zeros has seen. */
export function seen(op: Algebra, beta: Operand, t: Operand): Expression {
  return op.sub(1, op.pow(beta, t))
}

/** @throws RappelError 'usage' naming the value */
export function checkMoments({ beta1, beta2, epsilon }: Required<MomentSettings>): void {
  checkRange('beta1', beta1, { min: 0, max: 1, open: 'max' })
  checkRange('beta2', beta2, { min: 0, max: 1, open: 'max' })
  checkRange('epsilon', epsilon, { min: 0, open: 'min' })
}
