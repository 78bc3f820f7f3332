/** @file Weights that become smaller: what a penalty or a decay does, and gradients alone hardly ever. */
import type { History } from '../history.ts'
import { median, quantile } from './numbers.ts'
import { weights } from './weights.ts'

export interface Shrinking {
  /** Median over the weights of products of their norm, late in the run, in units of the first one. */
  readonly left: number
  /** Of the weight that lost most. */
  readonly least: number
  /**
   * By what share a step makes weights smaller, as the fastest fall between two measurements in the first quarter says: a lower bound, as
   * gradients mend. Median over the weights.
   */
  readonly perStep: number
}

/** Undefined where norms were not measured, or fewer than five times. Call it as `run.derive(shrinking)`. */
export function shrinking(run: History): Shrinking | undefined {
  const all = weights(run).flatMap(({ name }) => {
    const series = run.series(`norm:weight/${name}`)
    if (series === undefined || series.values.length < 5 || !(series.values[0] > 0)) return []
    const { values, steps } = series
    const last = values.slice(Math.floor(0.75 * values.length))
    const falls = values.slice(1, 1 + Math.max(4, Math.ceil(values.length / 4))).map((norm, i) => {
      const apart = steps[i + 1] - steps[i]
      return -Math.log(norm / values[i]) / apart
    })
    return [{ left: median(last) / values[0], perStep: Math.max(0, quantile(falls, 0.9)) }]
  })
  if (all.length === 0) return undefined
  const left = all.map((weight) => weight.left)
  return { left: median(left), least: Math.min(...left), perStep: median(all.map(({ perStep }) => perStep)) }
}
