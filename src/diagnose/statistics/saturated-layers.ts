/** @file Hidden tanh and sigmoid layers, and how many of their outputs are at the ends of their range. */
import type { History } from '../history.ts'
import { layerSignal } from './layer-signal.ts'
import { median } from './numbers.ts'
import { late } from './series.ts'

export interface Saturation {
  readonly name: string
  /** Share of outputs beyond 0.97 of the range, before the first update and over the last quarter; and of units that nearly always are. */
  readonly start: number
  readonly late: number
  readonly lateUnits: number
  readonly seen: number
}

/** In the order of the net; what gives the scores may well be at its ends and is left out. */
export function saturatedLayers(run: History): readonly Saturation[] {
  const last = layerSignal(run).at(-1)?.name ?? run.start?.layers?.at(-1)?.name
  return [...run.by('saturation')].flatMap(([name, series]) => {
    if (name === last) return []
    const units = run.series(`saturated/${name}`)
    return [
      {
        name,
        start: series.values[0],
        late: median(late(series)),
        lateUnits: median(late(units)),
        seen: series.values.length,
      },
    ]
  })
}

/**
 * Share of outputs from which on a layer passes on too little: a unit normal signal gives 3.6% for tanh (|x| > 2.09); half is what one of
 * three times that size gives.
 */
export const muchSaturation = 0.5

/** Worst first. */
export function startsSaturated(run: History): readonly Saturation[] {
  return saturatedLayers(run)
    .filter(({ start }) => start >= muchSaturation)
    .sort((a, b) => b.start - a.start)
}
