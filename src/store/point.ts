/** @file Where a point of a foreign loop's series stands, as far as the loop says it. */
import { show, usageError } from '../base/errors.ts'
import type { At } from './store.ts'

/** What a loop may say of a point. */
export interface Point {
  /** Updates made before. Default: one more than the last, from 0. */
  readonly step?: number
  /** How often each example had been seen, with fractions. */
  readonly epoch?: number
}

/** Gives every point its place. */
export class Places {
  #next = 0

  /** @throws RappelError 'usage' when step or epoch is none */
  place({ step = this.#next, epoch = Number.NaN }: Point, seconds: number): At {
    if (!Number.isSafeInteger(step) || step < 0)
      throw usageError(
        `step is ${show(step)}, expected a whole number from 0 up`,
        'it counts the updates; left out, it counts by itself',
      )
    if (typeof epoch !== 'number' || epoch < 0 || epoch === Number.POSITIVE_INFINITY)
      throw usageError(
        `epoch is ${show(epoch)}, expected a number from 0 up`,
        'it says how often each example had been seen, with fractions: 1.5',
      )
    this.#next = step + 1
    return { step, epoch, seconds }
  }
}
