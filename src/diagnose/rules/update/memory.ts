/** @file For how long a rule carries past gradients along: as it says, and as its steps show. */
import type { History } from '../../history.ts'
import { descents } from '../../statistics/descent.ts'
import { mean, median, shareOf } from '../../statistics/numbers.ts'
import { type Gain, gains } from './gain.ts'

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
   * Damping of the velocity for each step. From Δ′ = μ·Δ − α·g follows, for its length, d log‖Δ‖ ≈ −(1 − μ) + a·ε + ε²(1 − a²)/2 with a the
   * alignment and ε = α‖g‖/‖Δ‖; while ‖Δ‖ neither grows nor shrinks the damping is what comes in. About 0.1 for μ = 0.9, 0 for a sum of
   * all gradients. α is what the first step shows, ‖Δ₀‖/‖g₀‖; for a rule that divides by the size of gradients it means nothing. NaN where
   * it cannot be told.
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

/** Undefined where the probes did not measure. Call it as `run.derive(carryingOn)`. */
export function carryingOn(run: History): CarryingOn | undefined {
  const seen = run.derive(gains)
  const points = run.derive(descents)?.points
  const [first] = seen
  if (first === undefined || points === undefined || !(first.gradient > 0 && first.update > 0)) return undefined
  const bySteps = new Map(seen.map((gain) => [gain.step, gain]))
  const usual = median(seen.slice(0, 5).map(({ gradient }) => gradient))
  // The first tenth of the run is on its way to speed.
  const watched = points
    .slice(Math.max(2, Math.floor(points.length / 10)))
    .filter(({ step }) => (bySteps.get(step)?.gradient ?? 0) > stillLarge * usual)
  const last = watched[watched.length - 1]?.step ?? 0
  const cosines = run.series('cosine/all')
  const alpha = first.update / first.gradient
  const incoming = watched.map(({ step, alignment: a }) => {
    const { gradient, update } = bySteps.get(step) as Gain
    const e = (alpha * gradient) / update
    return a * e + (e * e * (1 - a * a)) / 2
  })
  return {
    damping: first.step === 0 ? mean(incoming) : Number.NaN,
    uphill: shareOf(watched, ({ alignment }) => alignment < 0),
    alignment: median(watched.map(({ alignment }) => alignment)),
    cosine: median(cosines?.values.filter((_, i) => i > 0 && cosines.steps[i] <= last + 1) ?? []),
    count: watched.length,
  }
}
