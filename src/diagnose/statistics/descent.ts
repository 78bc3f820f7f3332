/** @file What single steps did to the loss of their own batch, against what their gradient promised: the curvature along the step. */
import type { History } from '../history.ts'
import { mean, median, shareOf } from './numbers.ts'

/** One watched step. With g the objective's gradient on the batch and Δ the update: */
export interface DescentPoint {
  readonly step: number
  /** −⟨g, Δ⟩: what the loss would fall by if it were a plane. Below 0 the step goes uphill. */
  readonly predicted: number
  /** What it fell by, on the same batch. */
  readonly decrease: number
  /** −⟨g, Δ⟩/(‖g‖‖Δ‖). */
  readonly alignment: number
  /**
   * Slope along the step as the losses themselves say: 4·half − decrease, without the second order. Over `predicted` it is 1 where
   * gradients are right. NaN where half of the step was not measured, which is at most steps.
   */
  readonly slope: number
  /** Whether the difference of the losses stands out of float32's rounding (about 1e-7 of the loss). */
  readonly isKnown: boolean
}

/** Of some watched steps. */
export interface Descent {
  readonly count: number
  /** Of those, how many brought a difference that stands out of rounding. */
  readonly known: number
  /**
   * 1 − Σ decrease / Σ predicted: half the curvature along the step, in units of its slope. For a quadratic valley a step of excess 0.5
   * goes to the bottom, of 1 as far up the other side as it was before, and the rate could be 0.5/excess times higher. Near 0 the
   * valley looks like a plane from the step: it is far too small for it. NaN where nothing is known. Sums, so that steps that
   * matter count by how much they do.
   */
  readonly excess: number
  /** Median of the same ratio of single steps. */
  readonly typicalExcess: number
  /** Share of the steps after which the loss of their batch was higher, though they went downhill. */
  readonly overshooting: number
  /** Share of the steps that went uphill by their own gradient. */
  readonly uphill: number
  /** Median of −⟨g, Δ⟩/(‖g‖‖Δ‖): 1 for plain gradient descent. */
  readonly alignment: number
  /** Median of the slope by the losses over that by the gradient: 1 where the gradients are right and steps small. */
  readonly slope: number
}

export interface Descents {
  readonly points: readonly DescentPoint[]
  /** Of the first quarter of the watched steps (at least four). */
  readonly early: Descent
  /** Of the second half. */
  readonly late: Descent
  readonly all: Descent
}

/** Undefined where the probe `descent` did not measure. Call it as `run.derive(descents)`. */
export function descents(run: History): Descents | undefined {
  const predicted = run.series('descent/predicted')
  if (predicted === undefined) return undefined
  const [decrease, half, alignment] = ['decrease', 'half', 'alignment'].map((name) => byStep(run, `descent/${name}`))
  const points = predicted.steps.map((step, i) => {
    const fell = decrease.get(step) ?? Number.NaN
    return {
      step,
      predicted: predicted.values[i],
      decrease: fell,
      alignment: alignment.get(step) ?? Number.NaN,
      slope: 4 * (half.get(step) ?? Number.NaN) - fell,
      isKnown: Number.isFinite(fell) && Math.abs(predicted.values[i]) > rounding * Math.abs(lossAt(run, step)),
    }
  })
  const n = points.length
  return {
    points,
    early: descentOf(points.slice(0, Math.max(4, Math.ceil(n / 4)))),
    late: descentOf(points.slice(Math.floor(n / 2))),
    all: descentOf(points),
  }
}

/** Of a loss: differences above it are known to about a twentieth. */
const rounding = 2e-6

function lossAt({ losses, lossSteps }: History, step: number): number {
  // Mostly the losses of all steps are there.
  if (lossSteps[step] === step) return losses[step]
  return losses[lossSteps.indexOf(step)] ?? 0
}

function byStep(run: History, name: string): ReadonlyMap<number, number> {
  const series = run.series(name)
  return new Map(series?.steps.map((step, i) => [step, series.values[i]]))
}

/** Steps whose losses are not finite, or do not differ beyond rounding, count for directions only. */
export function descentOf(points: readonly DescentPoint[]): Descent {
  const directed = points.filter((p) => Number.isFinite(p.predicted) && p.predicted !== 0)
  const known = directed.filter((p) => p.isKnown)
  const sum = (of: (p: DescentPoint) => number) => mean(known.map(of)) * known.length
  const promised = sum((p) => p.predicted)
  return {
    count: points.length,
    known: known.length,
    excess: promised > 0 ? 1 - sum((p) => p.decrease) / promised : Number.NaN,
    typicalExcess: median(known.map((p) => 1 - p.decrease / p.predicted)),
    overshooting: shareOf(known, (p) => p.predicted > 0 && p.decrease < 0),
    uphill: shareOf(directed, (p) => p.predicted < 0),
    alignment: median(directed.map((p) => p.alignment)),
    slope: median(known.map((p) => p.slope / p.predicted)),
  }
}
