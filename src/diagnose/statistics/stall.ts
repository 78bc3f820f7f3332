/** @file A run that learns nothing where it could: at chance for a third of it, though its steps are large enough and the inputs say something. */

import { isTrouble } from '../../check/sanity/report.ts'
import type { History } from '../history.ts'
import { learning } from './learning.ts'
import { updateRatios } from './update-ratios.ts'

/** Steps that are smaller change nothing within a run: it is the rate that is too low (CS231n: 1e-3 is healthy). */
const stillStanding = 1e-5

export interface Stall {
  /** 'stalled': at chance for a third of the run. 'learns': it is not, or was not so long. */
  readonly state: 'stalled' | 'learns'
  /** Steps from which on it can be said. */
  readonly needed: number
}

/**
 * Undefined where that cannot be said: chance is not known, inputs say nothing of the targets, or the rate is far too low.
 */
export function stall(run: History): Stall | undefined {
  const learnt = run.derive(learning)
  if (learnt === undefined || Number.isNaN(learnt.reached)) return undefined
  const hasNoSignal = run.check?.sanity?.findings.some((finding) => finding.code === 'no-signal' && isTrouble(finding))
  const ratios = run.derive(updateRatios)
  if (hasNoSignal || (ratios !== undefined && Math.max(...ratios.tensors.map(({ early }) => early)) < stillStanding))
    return undefined
  return { state: learnt.stalled ? 'stalled' : 'learns', needed: Math.ceil((run.totalSteps ?? 0) / 3) }
}

/** What a rule says that waits for it. */
export const waiting = (run: History, { needed }: Stall) => (run.step < needed ? { tooEarly: needed } : undefined)
