/** @file In which ways the training loss of a run can be bad, whatever the cause. */
import type { History } from '../history.ts'
import { type LossCurve, lossCurve } from './loss-curve.ts'
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
}

/** Standard errors beyond which a difference of window means is no chance: of hundreds of looks at dozens of windows none by chance. */
const sure = 5

/** Losses below which nothing is said of a run that goes on. */
export const leastLosses = 40

/** Undefined where there are too few losses. Call it as `run.derive(badEnds)`. */
export function badEnds(run: History): BadEnds | undefined {
  const curve = run.derive(lossCurve)
  if (curve === undefined || curve.count < (run.ended ? 12 : leastLosses)) return undefined
  const { late, origin, initial, way, progress, bestProgress, peak, best, trend, rise } = curve
  const scale = Number.isNaN(way) ? Math.abs(origin) : way
  const half = Math.floor(curve.windows.length / 2)
  const thrownUp = curve.windows.filter((w, k) => k >= half && isAbove(w, lowestBefore(curve, k), 0.15 * scale))
  return {
    worseThanGuessing: late.mean > 1.1 * origin && late.mean - origin > sure * late.error,
    thrown: peak.mean > 2 * Math.max(initial, origin) && !(progress > 0.5),
    stuck: Math.abs(progress) < 0.05 && hasStopped(run),
    plateau: progress < 0.8 && trend.change > -0.1 * scale,
    rising: bestProgress > 0.3 && rise.size > 0.08 * scale && rise.errors > sure && rise.size > 0.5 * best.mean,
    spiky: bestProgress > 0.3 && thrownUp.length >= 2,
  }
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
  return ratios !== undefined && ratios.late <= 1e-3 * Math.max(ratios.first, ratios.early)
}
