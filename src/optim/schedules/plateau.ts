/** @file A rate that falls when the validation loss no longer does. CS231n notes ('by plateau of the validation error'). */
import { checkOptions, checkRange, usageError } from '../../base/errors.ts'
import { named, type Schedule } from '../rate.ts'

/**
 * Falls by a factor when the validation loss has not become better for more than `patience` measurements (PyTorch's ReduceLROnPlateau,
 * mode 'min', threshold relative). A pure function of the losses so far: a resumed run goes on with the same rate.
 *
 * @param from the first value, > 0
 * @param factor in (0, 1), default 0.1
 * @param patience measurements without progress that are borne, default 10
 * @param threshold better is below (1 − threshold)·best, in [0, 1), default 1e-4
 * @param cooldown measurements after a fall that do not count, default 0
 * @param least the value does not fall below, ≥ 0, default 0
 * @throws RappelError 'usage' when one is out of range; while training, when there is no validation part
 */
export function plateau({
  from,
  factor = 0.1,
  patience = 10,
  threshold = 1e-4,
  cooldown = 0,
  least = 0,
  ...others
}: {
  from: number
  factor?: number
  patience?: number
  threshold?: number
  cooldown?: number
  least?: number
}): Schedule {
  checkOptions('plateau', others, ['from', 'factor', 'patience', 'threshold', 'cooldown', 'least'])
  checkRange('plateau: from', from, { min: 0, open: 'min' })
  checkRange('plateau: factor', factor, { min: 0, max: 1, open: 'both' })
  checkRange('plateau: patience', patience, { min: 0 })
  checkRange('plateau: threshold', threshold, { min: 0, max: 1, open: 'max' })
  checkRange('plateau: cooldown', cooldown, { min: 0 })
  checkRange('plateau: least', least, { min: 0 })
  const text = `${from}, times ${factor} after ${patience} without progress`
  return named('plateau', text, ({ validation }) => {
    if (validation === undefined)
      throw usageError(
        'plateau: there are no validation losses',
        'it needs a validation part; without one take schedule.step or schedule.cosine',
      )
    let [value, best, bad, resting] = [from, Number.POSITIVE_INFINITY, 0, 0]
    for (const loss of validation) {
      const isBetter = loss < best * (1 - threshold)
      if (isBetter) [best, bad] = [loss, 0]
      else bad++
      if (resting > 0) [resting, bad] = [resting - 1, 0]
      if (bad <= patience) continue
      value = Math.max(value * factor, least)
      ;[resting, bad] = [cooldown, 0]
    }
    return value
  })
}
