/** @file Lengths of schedules: in epochs, with fractions, or in steps. */
import { checkRange, usageError } from '../../base/errors.ts'
import type { At } from '../rate.ts'

/** One of the two is given. */
export interface Span {
  readonly epochs?: number
  readonly steps?: number
}

/** A length, and where the training stands in its unit. */
export interface Length {
  readonly length: number
  readonly unit: 'epochs' | 'steps'
  of(at: At): number
}

/** @throws RappelError 'usage' when neither or both are given, or it is not above 0 */
export function lengthOf(name: string, { epochs, steps }: Span): Length {
  if ((epochs === undefined) === (steps === undefined))
    throw usageError(
      `${name} got ${epochs === undefined ? 'neither epochs nor steps' : 'epochs and steps'}, expected one of them`,
      'epochs: 20, or steps: 3000',
    )
  if (epochs !== undefined) {
    checkRange(`${name}: epochs`, epochs, { min: 0, open: 'min' })
    return { length: epochs, unit: 'epochs', of: ({ epoch }) => epoch }
  }
  checkRange(`${name}: steps`, steps as number, { min: 0, open: 'min' })
  return { length: steps as number, unit: 'steps', of: ({ step }) => step }
}

/** The place that lies a length later in a schedule's own time. */
export function later(at: At, { length, unit }: Pick<Length, 'length' | 'unit'>): At {
  // Only what is asked for is read: a rule that steps by hand may have no epochs.
  return {
    get epoch() {
      return unit === 'epochs' ? at.epoch - length : at.epoch
    },
    get step() {
      return unit === 'steps' ? at.step - length : at.step
    },
    validation: at.validation,
  }
}
