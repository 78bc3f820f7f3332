/** @file Whether the gradients of a net reach its weights at all: how much the loss depends on them, by the size of both. */
import type { History } from '../history.ts'
import { median } from './numbers.ts'
import { isWeight } from './update-ratios.ts'

export interface Pull {
  /** At the first watched step; medians over the first quarter of the watched steps, and over the second half. */
  readonly first: number
  readonly early: number
  readonly late: number
}

/**
 * Σ ‖gradient‖·‖weight‖ over the weights of products, in units of the loss: what a change of all weights by one per cent in their worst
 * direction changes the loss by, in per cent. It does not depend on the learning rate, the loss's scale or the weights' scale. Nets that
 * can learn begin at 1 to 50; dead units, vanishing gradients and weights near 0 leave less than a tenth, often nothing.
 *
 * Undefined where the probe `norms` did not measure. Call it as `run.derive(pull)`.
 */
export function pull(run: History): Pull | undefined {
  const weights = [...run.by('norm:weight')].filter(([name]) => isWeight(run, name))
  const gradients = run.by('norm:gradient')
  const [first] = weights
  if (first === undefined || run.losses.length === 0) return undefined
  const losses = new Map(Array.from(run.lossSteps, (step, i) => [step, Math.abs(run.losses[i])]))
  const values = first[1].steps.map((step, i) => {
    const sum = weights.reduce((s, [name, w]) => s + w.values[i] * (gradients.get(name)?.values[i] ?? Number.NaN), 0)
    return sum / (losses.get(step) ?? Number.NaN)
  })
  return {
    first: values[0],
    early: median(values.slice(0, Math.max(4, Math.ceil(values.length / 4)))),
    late: median(values.slice(Math.floor(values.length / 2))),
  }
}
