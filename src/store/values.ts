/** @file What a foreign loop logs, looked at when it is logged: later nobody could say where it came from. */
import { show, usageError } from '../base/errors.ts'
import type { RecordedEvent } from './store.ts'

/** @throws RappelError 'usage' when it is no plain object with a `type` */
export function checkEvent(event: unknown): asserts event is RecordedEvent {
  const { type } = Object(event) as { type?: unknown }
  if (typeof event !== 'object' || Array.isArray(event) || typeof type !== 'string' || type === '')
    throw usageError(
      `the event is ${show(event)}, expected an object with a type`,
      "such as { type: 'note', text: 'doubled the batch' }",
    )
}

/** Longest name of a series: it is read by people. */
const longestName = 200

/**
 * Checks one point's values. NaN and infinities are values.
 *
 * @throws RappelError 'usage' that names the series
 */
export function checkValues(values: unknown): asserts values is Readonly<Record<string, number>> {
  if (typeof values !== 'object' || values === null || Array.isArray(values))
    throw usageError(
      `the values are ${show(values)}, expected numbers by name`,
      "such as { loss: 0.3, 'validation/loss': 0.4 }",
    )
  for (const [name, value] of Object.entries(values)) {
    if (name === '' || name !== name.trim() || name.length > longestName || isControl.test(name))
      throw usageError(
        `the name of a series is ${show(name)}, expected a word or words without space around`,
        'such as loss, validation/loss, layer1/weight norm',
      )
    if (typeof value !== 'number')
      throw usageError(
        `'${name}' is ${show(value)}, expected a number`,
        typeof value === 'object' || typeof value === 'bigint'
          ? 'convert it: a tensor of one number has item(), dataSync()[0] or the like; a bigint Number(…)'
          : 'what is no number can be told as an event',
      )
  }
}

const isControl = /\p{Cc}/u
