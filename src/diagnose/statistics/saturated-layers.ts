/** @file Tanh and sigmoid layers, and how many of their outputs are at the ends of their range. */
import type { History } from '../history.ts'
import { layerSignal } from './layer-signal.ts'
import { median } from './numbers.ts'
import { late } from './series.ts'
import { weights } from './weights.ts'

export interface Saturation {
  readonly name: string
  /** Share of outputs beyond 0.97 of the range, before the first update and over the last quarter; and of units that nearly always are. */
  readonly start: number
  readonly late: number
  readonly lateUnits: number
  readonly seen: number
  /** It gives the numbers that are predicted. */
  readonly isOutput: boolean
}

/**
 * In the order of the net. What gives the scores may well be at its ends and is left out, but where it gives numbers that are to be predicted.
 * Of recurrent layers by the size of what their gates get.
 */
export function saturatedLayers(run: History): readonly Saturation[] {
  const last = layerSignal(run).at(-1)?.name ?? run.start?.layers?.at(-1)?.name
  const isClassifier = run.start?.data.task !== 'regression'
  const measured = [...run.by('saturation')].flatMap(([name, series]) => {
    if (name === last && isClassifier) return []
    const units = run.series(`saturated/${name}`)
    return [
      {
        name,
        start: series.values[0],
        late: median(late(series)),
        lateUnits: median(late(units)),
        seen: series.values.length,
        isOutput: name === last,
      },
    ]
  })
  return [...measured, ...gatesOf(run)]
}

/** Where the slope of tanh and of a sigmoid is a seventeenth of its greatest: 0.97 of the way to the ends. */
const ends = { tanh: 2.09, sigmoid: 4.18 }

/**
 * What enters the gates of a recurrent layer is about normal, with the deviation √((‖W‖² + ‖U‖²·h² + ‖b‖²)/units) of inputs of deviation 1 and a state
 * of root mean square h; of a simple layer it enters its tanh.
 */
function gatesOf(run: History): readonly Saturation[] {
  const layers = new Map(run.start?.layers?.map(({ name, kind }) => [name, kind]))
  return weights(run)
    .filter(({ isRecurrent }) => isRecurrent)
    .flatMap(({ layer, shape }) => {
      if (layer === undefined) return []
      const [own, given] = ['recurrentWeight', 'inputWeight'].map((name) => run.series(`norm:weight/${layer}.${name}`))
      if (own === undefined || given === undefined || own.values.length < 3) return []
      const outputs = Math.max(...shape)
      const state = layerSignal(run).find(({ name }) => name === layer)?.output
      const end = layers.get(layer) === 'recurrent' ? ends.tanh : ends.sigmoid
      const bias = run.series(`norm:weight/${layer}.bias`)
      const share = (w: number, u: number, h = 1, b = 0) => beyond(end / (Math.hypot(w, u * h, b) / Math.sqrt(outputs)))
      return [
        {
          name: layer,
          start: share(given.values[0], own.values[0], state?.start, bias?.values[0]),
          late: share(median(late(given)), median(late(own)), state?.late, bias && median(late(bias))),
          lateUnits: Number.NaN,
          seen: own.values.length,
          isOutput: false,
        },
      ]
    })
}

/** Of a normal quantity, the share that lies further from 0 than so many deviations; to 1e-4 by Abramowitz and Stegun 1964, 26.2.18. */
function beyond(deviations: number): number {
  const x = deviations
  return (1 + x * (0.196854 + x * (0.115194 + x * (0.000344 + x * 0.019527)))) ** -4
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
