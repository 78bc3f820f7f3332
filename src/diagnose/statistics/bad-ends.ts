/** @file In which ways the training loss of a run can be bad, whatever the cause. */
import type { History } from '../history.ts'
import { jumps, type LossCurve, lossCurve } from './loss-curve.ts'
import { updateRatios } from './update-ratios.ts'

export interface BadEnds {
  /** Late, the loss is above that of the best single answer. */
  readonly worseThanGuessing: boolean
  /** It went far above where it began, and did not get half of the way since. */
  readonly thrown: boolean
  /** It stands where guessing is, and the weights do not move any more, which they did. */
  readonly stuck: boolean
  /** It does not fall any more, and much of the way is left: how far one could get nobody knows, so this alone says nothing. */
  readonly plateau: boolean
  /** It had learned, and the loss is rising again, or is thrown up again and again, beyond the batches' noise. */
  readonly rising: boolean
  readonly spiky: boolean
  /** The loss on the same training examples goes up and down from epoch to epoch: a fifth of the measurements go up by a fifth or more. */
  readonly jumpy: boolean
}

/** Standard errors beyond which a difference of window means is no chance: of hundreds of looks at dozens of windows none by chance. */
const sure = 5

/** Losses below which nothing is said of a run that goes on. */
export const leastLosses = 40

/** Undefined where there are too few losses. Call it as `run.derive(badEnds)`. */
export function badEnds(run: History): BadEnds | undefined {
  const curve = run.derive(lossCurve)
  if (curve === undefined || curve.count < (run.ended ? 12 : leastLosses)) return undefined
  // What is far from its end may only be on its way, and early noise is larger than late.
  const isFar = !run.ended && run.step < 0.25 * (run.totalSteps ?? 0)
  const { late, origin, initial, way, progress, bestProgress, peak, best, trend, rise } = curve
  const scale = Number.isNaN(way) ? Math.abs(origin) : way
  const half = Math.floor(curve.windows.length / 2)
  const thrownUp = curve.windows.filter((w, k) => k >= half && isAbove(w, lowestBefore(curve, k), 0.15 * scale))
  return {
    worseThanGuessing: late.mean > 1.1 * origin && late.mean - origin > sure * late.error,
    thrown: peak.mean > 2 * Math.max(initial, origin) && !(progress > 0.5),
    stuck: progress < 0.1 && hasStopped(run),
    plateau: !isFar && progress < 0.8 && trend.change > -0.1 * scale,
    rising:
      !isFar && bestProgress > 0.3 && rise.size > 0.08 * scale && rise.errors > sure && rise.size > 0.5 * best.mean,
    spiky: !isFar && bestProgress > 0.3 && isSpiky(run, thrownUp.length),
    jumpy: !isFar && bestProgress > 0.3 && !(progress > 0.97) && isJumpy(run),
  }
}

/** Parts of the run that lie far above, or large jumps of the fixed examples' loss; one burst that heals is none. */
function isSpiky(run: History, thrownUp: number): boolean {
  const seen = run.derive(jumps)
  if (seen === undefined) return thrownUp >= 2
  return seen.large >= 3 || (seen.large >= 2 && (seen.late || thrownUp >= 2))
}

function isJumpy(run: History): boolean {
  const seen = run.derive(jumps)
  return seen !== undefined && seen.all >= 2 && seen.all >= 0.2 * seen.count
}

function lowestBefore({ windows }: LossCurve, until: number): LossCurve['late'] {
  return windows.slice(0, until).reduce((a, b) => (b.mean < a.mean ? b : a), windows[0])
}

function isAbove(window: LossCurve['late'], best: LossCurve['late'], by: number): boolean {
  const size = window.mean - best.mean
  return size > by && size > sure * Math.hypot(best.error, window.error)
}

/** Updates have come down to nothing, against what they were at first. */
function hasStopped(run: History): boolean {
  const ratios = run.derive(updateRatios)
  return ratios !== undefined && ratios.first > 1e-5 && ratios.late <= 1e-3 * ratios.first
}
