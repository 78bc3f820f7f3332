/** @file Early stopping: a run ends when the validation data have not been measured better for some epochs. */
import { checkInteger, checkOptions, checkRange, show, usageError } from '../base/errors.ts'
import type { EpochEvent } from './events.ts'

/**
 * Early stopping with patience (Bengio 2012, "Practical recommendations", section 3.1.1). It looks at the validation data after every
 * epoch, and once before the first.
 */
export interface EarlyStopping {
  /** So many epochs without an improvement end the run. */
  readonly patience: number
  /** What is to improve; default 'loss'. */
  readonly measure?: 'loss' | 'accuracy'
  /** An improvement is one by more than this; default 0. */
  readonly minDelta?: number
  /** Whether the model is that of the best epoch, also when the run ends otherwise; default true. */
  readonly restoreBest?: boolean
}

/** The epoch that has been measured best. */
export interface Best {
  readonly epoch: number
  readonly step: number
  /** Its loss or accuracy on the validation data. */
  readonly value: number
}

/** @throws RappelError 'usage' that says which option does not fit */
export function checkEarlyStopping(options: EarlyStopping): void {
  const { patience, measure = 'loss', minDelta = 0, restoreBest = true, ...others } = options
  checkOptions('earlyStopping', others, ['patience', 'measure', 'minDelta', 'restoreBest'])
  checkInteger('earlyStopping: patience', patience, 1)
  checkRange('earlyStopping: minDelta', minDelta, { min: 0 })
  if (!['loss', 'accuracy'].includes(measure))
    throw usageError(`earlyStopping: measure is ${show(measure)}, expected 'loss' or 'accuracy'`)
  if (typeof restoreBest !== 'boolean')
    throw usageError(`earlyStopping: restoreBest is ${show(restoreBest)}, expected true or false`)
}

/** Whether an epoch is measured better than the best before it. NaN is never better. */
export function improves(
  { validation }: EpochEvent,
  best: Best | undefined,
  { measure = 'loss', minDelta = 0 }: Partial<EarlyStopping> = {},
): number | undefined {
  const value = validation?.[measure]
  if (value === undefined || Number.isNaN(value)) return undefined
  if (best === undefined) return value
  return (measure === 'loss' ? value < best.value - minDelta : value > best.value + minDelta) ? value : undefined
}

/** Why the run ends here; undefined when it goes on. @param epoch whole epochs done */
export function stopEarly({ patience, measure = 'loss' }: EarlyStopping, best: Best | undefined, epoch: number) {
  if (best === undefined || epoch - best.epoch < patience) return undefined
  const value = Number(best.value.toPrecision(4))
  return {
    reason: 'stopped-early',
    message: `the validation ${measure} has not improved on ${value} for ${epoch - best.epoch} epochs (best: epoch ${best.epoch})`,
    best: { epoch: best.epoch, step: best.step },
  } as const
}
