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
  /** Slope along the step as the losses themselves say: 4·half − decrease, without the second order. Over `predicted` it is 1 where gradients are right. */
  readonly slope: number
}

/** Of some watched steps. */
export interface Descent {
  readonly count: number
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
  const [predicted, decrease, half, alignment] = ['predicted', 'decrease', 'half', 'alignment'].map((name) =>
    run.series(`descent/${name}`),
  )
  if (predicted === undefined || decrease === undefined) return undefined
  const points = predicted.steps.map((step, i) => ({
    step,
    predicted: predicted.values[i],
    decrease: decrease.values[i],
    alignment: alignment?.values[i] ?? Number.NaN,
    slope: 4 * (half?.values[i] ?? Number.NaN) - decrease.values[i],
  }))
  const n = points.length
  return {
    points,
    early: descentOf(points.slice(0, Math.max(4, Math.ceil(n / 4)))),
    late: descentOf(points.slice(Math.floor(n / 2))),
    all: descentOf(points),
  }
}

/** Steps with a loss that is not finite are left out of all but the count. */
export function descentOf(points: readonly DescentPoint[]): Descent {
  const sound = points.filter((p) => Number.isFinite(p.predicted) && Number.isFinite(p.decrease) && p.predicted !== 0)
  const sum = (of: (p: DescentPoint) => number) => mean(sound.map(of)) * sound.length
  const promised = sum((p) => p.predicted)
  return {
    count: points.length,
    excess: promised > 0 ? 1 - sum((p) => p.decrease) / promised : Number.NaN,
    typicalExcess: median(sound.map((p) => 1 - p.decrease / p.predicted)),
    overshooting: shareOf(sound, (p) => p.predicted > 0 && p.decrease < 0),
    uphill: shareOf(sound, (p) => p.predicted < 0),
    alignment: median(sound.map((p) => p.alignment)),
    slope: median(sound.map((p) => p.slope / p.predicted)),
  }
}
