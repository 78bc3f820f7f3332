/** @file Hyperparameters that may change while a network learns: a number, or a function of where the training stands. */
import { checkRange, show, usageError } from '../base/errors.ts'

/** Where the training stands just before an update. */
export interface At {
  /** How often each example was seen before this update, with fractions: 2.5 is the middle of the third epoch. */
  readonly epoch: number
  /** Updates made before this one: 0 for the first. */
  readonly step: number
  /** Validation losses so far, one for each time it was measured; absent where there is no validation. For `plateau`. */
  readonly validation?: readonly number[]
}

/** A value that depends on where the training stands: a plain function. Those made here carry a name and a description. */
export interface Schedule {
  (at: At): number
  readonly description?: string
}

/** A hyperparameter: one number, or a schedule. */
export type Rate = number | Schedule

/** Of a number the number, of a schedule what it gives there. */
export function valueOf(rate: Rate, at: At): number {
  return typeof rate === 'number' ? rate : rate(at)
}

/** A rate in words: `0.1`, or `step(0.1, times 0.5 every 5 epochs)`. */
export function rateText(rate: Rate): string {
  if (typeof rate === 'number') return String(rate)
  return rate.description === undefined ? `${rate.name || 'a function'}(…)` : `${rate.name}(${rate.description})`
}

/**
 * Checks a rate and returns it: a number at once, a schedule whenever it gives a value.
 *
 * @throws RappelError 'usage' naming the rate, its value and the range, and for a schedule where it gave that value
 */
export function checkRate(
  name: string,
  rate: Rate,
  bounds: Parameters<typeof checkRange>[2],
  scheduleBounds = bounds,
): Rate {
  if (typeof rate === 'number') return checkRange(name, rate, bounds)
  if (typeof rate !== 'function') throw usageError(`${name} is ${show(rate)}, expected a number or a schedule`)
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = scheduleBounds
  const checked = (at: At) => {
    const value = rate(at)
    // Inside, as nearly always: the text of the place is not made for every step.
    if (value > min && value < max) return value
    return checkRange(`${name} from ${rateText(rate)} at epoch ${at.epoch}, step ${at.step}`, value, scheduleBounds)
  }
  return named(rate.name, rate.description, checked)
}

/**
 * A learning rate α: a number above 0, or a schedule, which may come down to 0 or start there (warm-up).
 *
 * @throws RappelError 'usage' naming the value
 */
export function checkLearningRate(rate: Rate): Rate {
  return checkRate('learningRate', rate, { min: 0, open: 'min' }, { min: 0 })
}

/** A schedule that says what it is. */
export function named(name: string, description: string | undefined, schedule: (at: At) => number): Schedule {
  return Object.defineProperties(schedule, {
    name: { value: name },
    description: { value: description, enumerable: true },
  }) as Schedule
}
