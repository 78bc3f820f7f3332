/** @file Whether a run's updates go down its gradients, and whether the gradients are those of its loss: what rules of the rate take for granted. */
import type { History } from '../history.ts'
import { descents } from './descent.ts'

/** False where most watched steps go uphill by their own gradient. True where nobody looked. */
export function goesDown(run: History): boolean {
  const seen = run.derive(descents)
  return seen === undefined || !(seen.early.uphill > 0.5 || seen.all.uphill > 0.5)
}

/**
 * False where the losses along a step have another slope than the gradient says, by more than curvature explains: then a step that makes
 * the loss worse says nothing of its size. True where nobody looked.
 */
export function trustsGradients(run: History): boolean {
  const points = run.derive(descents)?.points.filter((p) => Number.isFinite(p.slope) && p.isKnown) ?? []
  // Small steps: there the loss along the step is nearly a line, and what it says of the slope is sure.
  const straight = points.filter((p) => Math.abs(p.slope - p.decrease) < 0.1 * Math.abs(p.slope))
  if (straight.length < 3) return true
  const off = straight.filter((p) => Math.abs(p.slope / p.predicted - 1) > 0.5)
  return off.length < straight.length / 2
}
