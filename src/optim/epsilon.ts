/** @file Division by a root mean square: where ε stands, the rules and their dialects disagree. */
import { show, suggestion, usageError } from '../base/errors.ts'
import type { Algebra, Expression, Operand } from './expression.ts'

/** 'outside': √c + ε; 'inside': √(c + ε). */
export type EpsilonAt = 'inside' | 'outside'

/** √c + ε, or √(c + ε). */
function root(op: Algebra, c: Operand, epsilon: Operand, at: EpsilonAt): Expression {
  return at === 'inside' ? op.sqrt(op.add(c, epsilon)) : op.add(op.sqrt(c), epsilon)
}

/** value / (√c + ε), or value / √(c + ε). */
export function scaledBy(op: Algebra, value: Operand, c: Operand, epsilon: Operand, at: EpsilonAt): Expression {
  return op.div(value, root(op, c, epsilon, at))
}

/** @throws RappelError 'usage' */
export function checkEpsilonAt(rule: string, at: string): void {
  if (at === 'inside' || at === 'outside') return
  const hint = suggestion(String(at), ['inside', 'outside'])
  throw usageError(`${rule}: epsilonAt is ${show(at)}, expected 'inside' or 'outside' (of the root)`, hint)
}
