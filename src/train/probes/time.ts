/** @file Where an epoch's time went. */
import { checkOptions } from '../../base/errors.ts'
import { rowsOf } from '../../data/dataset.ts'
import type { Probe } from './probe.ts'

/**
 * Seconds of the last epoch by what they went into (`seconds/filling` batches, `seconds/step`, `seconds/probes`,
 * `seconds/measuring`, `seconds/others` in between), and `examplesPerSecond` of all but the measuring. Only in runs with a clock;
 * the only numbers of a run that are others each time.
 */
export function time(options: Readonly<Record<never, never>> = {}): Probe {
  checkOptions('probe.time', options, [])
  return {
    name: 'time',
    cadence: { everyEpochs: 1 },
    measure({ seconds, epoch, training }) {
      if (seconds === undefined || epoch === 0) return undefined
      const parts = Object.entries(seconds).map(([phase, value]) => [`seconds/${phase}`, value] as const)
      const { filling, step, probes, others } = seconds
      const examplesPerSecond = rowsOf(training) / (filling + step + probes + others)
      return { values: { ...Object.fromEntries(parts), examplesPerSecond } }
    },
  }
}
