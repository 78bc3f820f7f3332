/** @file The loss before the first update beside the loss at chance. */
import type { Basis } from '../finding.ts'
import type { History } from '../history.ts'
import { guessing } from './loss-curve.ts'

export interface FirstLoss {
  readonly value: number
  /** In units of the loss of equal scores, or of the best single answer where there is no such thing. */
  readonly times: number
  readonly basis: Basis
}

/** Of several draws of the first values where the check before the start made them; else of the first batch of a softmax or binary loss. */
export function firstLoss(run: History): FirstLoss | undefined {
  const told = run.check?.sanity?.findings.find(({ check, evidence }) => check === 'loss' && evidence.expected > 0)
  if (told !== undefined) {
    const { expected, chance, equalScores } = told.evidence
    return { value: expected, times: expected / Math.max(chance, equalScores), basis: 'graph' }
  }
  const equal = guessing(run.start)
  const [value] = run.losses
  return equal === undefined || value === undefined ? undefined : { value, times: value / equal, basis: 'run' }
}

/**
 * He's weights give 1.3 to 1.5 times chance for a softmax (scores of deviation 1.4); squared distances of scores of that size double it and
 * grow with the square.
 */
export const highFirstLoss = (run: History) => (/^(squaredError|huber)/.test(run.start?.loss ?? '') ? 10 : 4)
