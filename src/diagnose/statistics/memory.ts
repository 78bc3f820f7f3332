/** @file For how long a rule carries past gradients along: as it says, and as its steps show. */
import type { History } from '../history.ts'
import { descents } from './descent.ts'
import { type Gain, gains } from './gain.ts'
import { median, shareOf } from './numbers.ts'

/** The momentum μ that a rule declares; undefined where it has none. Adam's β1 is one as well. */
export function momentumOf({ start }: History): number | undefined {
  const hyper: Readonly<Record<string, unknown>> = { ...start?.hyper, ...start?.rule?.hyper }
  for (const name of ['mu', 'momentum', 'beta1', 'b1', 'beta'])
    if (typeof hyper[name] === 'number' && hyper[name] > 0 && hyper[name] <= 1) return hyper[name]
  const said = /\b(?:mu|momentum|beta1) (0?\.\d+)/.exec(start?.update ?? '')
  return said === null ? undefined : Number(said[1])
}

/** How a rule carries on, as its steps show, while its gradients are still large: later, at a loss near 0, all rules coast. */
export interface CarryingOn {
  /**
   * What a gradient adds to the update along it, as a share of its length: the median of a·ε with a the alignment and ε = α‖g‖/‖Δ‖, α as the
   * first step shows it, ‖Δ₀‖/‖g₀‖. From Δ′ = μ·Δ − α·g follows that over a stretch where ‖Δ‖ neither grows nor shrinks it makes up for the
   * damping 1 − μ (noise apart): about 0.1 for μ = 0.9, 0.01 for 0.99, less than that for a sum of all gradients. For a rule that divides by
   * the size of gradients it means nothing. NaN where it cannot be told.
   */
  readonly damping: number
  /** Share of the watched steps uphill, median alignment, median cosine of successive updates. */
  readonly uphill: number
  readonly alignment: number
  readonly cosine: number
  /** Watched steps behind it. */
  readonly count: number
}

/** Gradients count as large from this share of the first ones on. */
const stillLarge = 0.1

/** Norms are not always watched at the steps at which directions are. */
function nearest(seen: readonly Gain[], step: number): Gain {
  return seen.reduce((best, gain) => (Math.abs(gain.step - step) < Math.abs(best.step - step) ? gain : best), seen[0])
}

/** Undefined where the probes did not measure. Call it as `run.derive(carryingOn)`. */
export function carryingOn(run: History): CarryingOn | undefined {
  const seen = run.derive(gains)
  const points = run.derive(descents)?.points
  const [first] = seen
  if (first === undefined || points === undefined || !(first.gradient > 0 && first.update > 0)) return undefined
  const usual = median(seen.slice(0, 5).map(({ gradient }) => gradient))
  // The first tenth of the run is on its way to speed.
  const watched = points
    .slice(Math.max(2, Math.floor(points.length / 10)))
    .filter(({ alignment }) => Number.isFinite(alignment))
    .map((point) => ({ ...nearest(seen, point.step), ...point }))
    .filter(({ gradient, update }) => gradient > stillLarge * usual && update > 0)
  const last = watched[watched.length - 1]?.step ?? 0
  const cosines = run.series('cosine/all')
  const alpha = first.update / first.gradient
  const incoming = watched.map(({ predicted, update }) => (predicted * alpha) / update ** 2)
  return {
    damping: first.step === 0 ? median(incoming) : Number.NaN,
    uphill: shareOf(watched, ({ alignment }) => alignment < 0),
    alignment: median(watched.map(({ alignment }) => alignment)),
    cosine: median(cosines?.values.filter((_, i) => i > 0 && cosines.steps[i] <= last + 1) ?? []),
    count: watched.length,
  }
}
