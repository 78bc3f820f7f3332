/** @file Schedules: how a hyperparameter changes while a network learns. */
import { checkOptions, checkRange, show, usageError } from '../base/errors.ts'

/** Where the training stands just before an update. */
export interface At {
  /** How often each example was seen before this update, with fractions: 2.5 is the middle of the third epoch. */
  readonly epoch: number
  /** Updates made before this one: 0 for the first. */
  readonly step: number
}

/** A value that depends on where the training stands: a plain function. Those made here carry a name and a description. */
export interface Schedule {
  (at: At): number
  readonly description?: string
}

/** A hyperparameter: one number, or a schedule. */
export type Rate = number | Schedule

/** The same value always. */
export function constant(value: number): Schedule {
  checkRange('constant: value', value, {})
  return named('constant', `${value}`, () => value)
}

/**
 * Drops by a factor every few epochs: from · factor^⌊epoch / everyEpochs⌋. The usual choices are half every 5 epochs or a
 * tenth every 20 (CS231n notes, "Annealing the learning rate").
 *
 * @param from the first value, > 0
 * @param factor > 0, default 0.5
 * @param everyEpochs > 0, default 5
 * @throws RappelError 'usage' when one is out of range
 */
export function step({
  from,
  factor = 0.5,
  everyEpochs = 5,
  ...others
}: {
  from: number
  factor?: number
  everyEpochs?: number
}): Schedule {
  checkOptions('step', others, ['from', 'factor', 'everyEpochs'])
  checkRange('step: from', from, { min: 0, open: 'min' })
  checkRange('step: factor', factor, { min: 0, open: 'min' })
  checkRange('step: everyEpochs', everyEpochs, { min: 0, open: 'min' })
  return named(
    'step',
    `${from}, times ${factor} every ${everyEpochs} epochs`,
    ({ epoch }) => from * factor ** Math.floor(epoch / everyEpochs),
  )
}

/**
 * Exponential decay: from · e^(−decay · epoch), with fractions of an epoch (CS231n notes: α = α0·e^(−kt)).
 *
 * @param from the first value, > 0
 * @param decay k ≥ 0 per epoch; the value halves every ln 2 / k epochs
 * @throws RappelError 'usage' when one is out of range
 */
export function exponential({ from, decay, ...others }: { from: number; decay: number }): Schedule {
  checkOptions('exponential', others, ['from', 'decay'])
  checkRange('exponential: from', from, { min: 0, open: 'min' })
  checkRange('exponential: decay', decay, { min: 0 })
  return named('exponential', `${from} · exp(−${decay} · epoch)`, ({ epoch }) => from * Math.exp(-decay * epoch))
}

/**
 * 1/t decay: from / (1 + decay · epoch), with fractions of an epoch (CS231n notes: α = α0/(1 + kt)).
 *
 * @param from the first value, > 0
 * @param decay k ≥ 0 per epoch; the value has halved after 1/k epochs
 * @throws RappelError 'usage' when one is out of range
 */
export function inverse({ from, decay, ...others }: { from: number; decay: number }): Schedule {
  checkOptions('inverse', others, ['from', 'decay'])
  checkRange('inverse: from', from, { min: 0, open: 'min' })
  checkRange('inverse: decay', decay, { min: 0 })
  return named('inverse', `${from} / (1 + ${decay} · epoch)`, ({ epoch }) => from / (1 + decay * epoch))
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

function named(name: string, description: string | undefined, schedule: (at: At) => number): Schedule {
  return Object.defineProperties(schedule, {
    name: { value: name },
    description: { value: description, enumerable: true },
  }) as Schedule
}
