/** @file From one value to another along a power of the time that is left. */
import { checkOptions, checkRange } from '../../base/errors.ts'
import { named, type Schedule } from '../rate.ts'
import { lengthOf, type Span } from './span.ts'

interface Ends extends Span {
  readonly from: number
  /** Default 0. */
  readonly to?: number
}

/**
 * Polynomial decay: to + (from − to)·(1 − t/length)^power, and `to` from the length on (Liu et al. 2015, section 3.3, 'poly'; PyTorch's
 * PolynomialLR with to = 0).
 *
 * @param from the first value, ≥ 0
 * @param to the last, ≥ 0, default 0
 * @param power > 0, default 1: a straight line
 * @param epochs, steps the length: one of them
 * @throws RappelError 'usage' when one is out of range
 */
export function polynomial({
  from,
  to = 0,
  power = 1,
  epochs,
  steps,
  ...others
}: Ends & { readonly power?: number }): Schedule {
  checkOptions('polynomial', others, ['from', 'to', 'power', 'epochs', 'steps'])
  return along('polynomial', { from, to, power, epochs, steps })
}

/**
 * A straight line: from + (to − from)·t/length, and `to` from the length on. For a momentum from 0.5 to 0.99, too (CS231n notes).
 *
 * @param from the first value, ≥ 0
 * @param to the last, ≥ 0, default 0
 * @param epochs, steps the length: one of them
 * @throws RappelError 'usage' when one is out of range
 */
export function linear({ from, to = 0, epochs, steps, ...others }: Ends): Schedule {
  checkOptions('linear', others, ['from', 'to', 'epochs', 'steps'])
  return along('linear', { from, to, power: 1, epochs, steps })
}

function along(
  name: string,
  { from, to, power, ...span }: Required<Pick<Ends, 'from' | 'to'>> & { power: number } & Span,
) {
  checkRange(`${name}: from`, from, { min: 0 })
  checkRange(`${name}: to`, to, { min: 0 })
  checkRange(`${name}: power`, power, { min: 0, open: 'min' })
  const { length, unit, of } = lengthOf(name, span)
  const text = `${from} to ${to} over ${length} ${unit}${power === 1 ? '' : `, power ${power}`}`
  return named(name, text, (at) => to + (from - to) * Math.max(0, 1 - of(at) / length) ** power)
}
