/**
 * @file Each weight's gradient in units of the weight: ‖g‖/‖w‖. By how much a step could change what the layer does; unlike the
 * gradient of a layer's outputs it does not depend on widths, on the batch or on how many places share the weight.
 */
import type { History } from '../history.ts'
import { median } from './numbers.ts'
import { weights } from './weights.ts'

export interface RelativeGradient {
  /** The weight's name. */
  readonly name: string
  readonly isRecurrent: boolean
  /** Median of the first three measurements, and of the last quarter. NaN where weights are all 0. */
  readonly start: number
  readonly late: number
  /** Median over all of them, and the greatest. */
  readonly usual: number
  readonly most: number
}

/** Of the weights of products in the order of the net. */
export function relativeGradients(run: History): readonly RelativeGradient[] {
  return weights(run).flatMap(({ name, isRecurrent }) => {
    const gradient = run.series(`norm:gradient/${name}`)?.values
    const weight = run.series(`norm:weight/${name}`)?.values
    if (gradient === undefined || weight === undefined) return []
    const ratios = gradient.flatMap((value, i) => (weight[i] > 0 ? [value / weight[i]] : []))
    const finite = ratios.filter(Number.isFinite)
    return [
      {
        name,
        isRecurrent,
        start: median(ratios.slice(0, 3)),
        late: median(ratios.slice(Math.floor(0.75 * ratios.length))),
        usual: median(ratios),
        most: finite.length === 0 ? Number.NaN : Math.max(...finite),
      },
    ]
  })
}
