/** @file Search space: what a hyperparameter may be. Training takes the default, a search draws from the range. */
import { checkRange, show, usageError } from '../base/errors.ts'
import type { Searched } from '../train/config.ts'

/** Numbers from `low` to `high`, evenly (`scale: 'linear'`) or evenly in their logarithm. */
export interface NumberSpace extends Searched<number> {
  readonly searched: 'number'
  readonly scale: 'linear' | 'log'
  readonly low: number
  readonly high: number
  readonly integer: boolean
}

/** One of several values, without an order. */
export interface ChoiceSpace<T> extends Searched<T> {
  readonly searched: 'choice'
  readonly options: readonly T[]
}

/** Evenly distributed in [low, high]. @param options.default the value when nothing is searched; default: the middle */
export function uniform(low: number, high: number, options: { default?: number } = {}): NumberSpace {
  return numberSpace('uniform', low, high, 'linear', false, options.default ?? (low + high) / 2)
}

/**
 * 10 ** uniform(log low, log high): for what acts by factors, such as a learning rate or a penalty's strength.
 *
 * @param options.default default: the geometric mean of the ends
 */
export function logUniform(low: number, high: number, options: { default?: number } = {}): NumberSpace {
  checkRange('logUniform: low', low, { min: 0, open: 'min' })
  return numberSpace('logUniform', low, high, 'log', false, options.default ?? Math.sqrt(low * high))
}

/** Whole numbers from low to high, both included. */
export function integer(low: number, high: number, options: { default?: number } = {}): NumberSpace {
  return numberSpace('integer', low, high, 'linear', true, options.default ?? Math.round((low + high) / 2))
}

/** One of the given values. @param options.default default: the first */
export function choice<const T extends string | number | boolean>(
  values: readonly T[],
  options: { default?: NoInfer<T> } = {},
): ChoiceSpace<T> {
  if (!Array.isArray(values) || values.length === 0)
    throw usageError(`choice: the values are ${show(values)}, expected a list with at least one value`)
  const chosen = options.default ?? values[0]
  if (!values.includes(chosen))
    throw usageError(`choice: the default is ${show(chosen)}, expected one of ${show(values)}`)
  return { searched: 'choice', options: values, default: chosen }
}

function numberSpace(
  name: string,
  low: number,
  high: number,
  scale: 'linear' | 'log',
  whole: boolean,
  chosen: number,
): NumberSpace {
  checkRange(`${name}: low`, low, {})
  checkRange(`${name}: high`, high, { min: low, open: 'min' })
  checkRange(`${name}: default`, chosen, { min: low, max: high })
  const odd = whole ? [low, high, chosen].find((value) => !Number.isInteger(value)) : undefined
  if (odd !== undefined) throw usageError(`${name}: ${odd} is not a whole number`)
  return { searched: 'number', scale, low, high, integer: whole, default: chosen }
}
