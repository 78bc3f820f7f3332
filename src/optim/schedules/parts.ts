/** @file Schedules made of others: one after the other, multiplied, after a warm-up, in pieces. */
import { checkOptions, checkRange, show, usageError } from '../../base/errors.ts'
import { named, type Rate, rateText, type Schedule, valueOf } from '../rate.ts'
import { later, lengthOf, type Span } from './span.ts'

/**
 * Warm-up: a straight line from `from` times the first value of what follows up to it, then that, in its own time.
 *
 * @param rate what follows: a number or a schedule, which begins when the warm-up ends
 * @param from share of the first value in [0, 1), default 0
 * @param epochs, steps length of the warm-up: one of them
 * @throws RappelError 'usage' when one is out of range
 */
export function warmUp({
  rate,
  from = 0,
  epochs,
  steps,
  ...others
}: Span & { readonly rate: Rate; readonly from?: number }): Schedule {
  checkOptions('warmUp', others, ['rate', 'from', 'epochs', 'steps'])
  checkRate('warmUp: rate', rate)
  checkRange('warmUp: from', from, { min: 0, max: 1, open: 'max' })
  const length = lengthOf('warmUp', { epochs, steps })
  return named('warmUp', `${length.length} ${length.unit}, then ${rateText(rate)}`, (at) => {
    const share = length.of(at) / length.length
    if (share >= 1) return valueOf(rate, later(at, length))
    return valueOf(rate, { epoch: 0, step: 0 }) * (from + (1 - from) * share)
  })
}

/**
 * One schedule after the other, each in its own time; the last goes on.
 *
 * @param parts each with its length, `epochs` or `steps`; the last needs none
 * @throws RappelError 'usage' when there are none, or one but the last has no length
 */
export function sequence(parts: readonly (Span & { readonly rate: Rate })[]): Schedule {
  if (!Array.isArray(parts) || parts.length === 0)
    throw usageError(`sequence got ${show(parts)}, expected a list of { rate, epochs }`)
  const lengths = parts.map(({ rate, epochs, steps }, i) => {
    checkRate(`sequence: rate ${i + 1}`, rate)
    const isLast = i === parts.length - 1
    return isLast && epochs === undefined && steps === undefined
      ? undefined
      : lengthOf(`sequence: part ${i + 1}`, { epochs, steps })
  })
  const text = parts.map(({ rate }, i) => {
    const length = lengths[i]
    return `${rateText(rate)}${length === undefined || i === parts.length - 1 ? '' : ` for ${length.length} ${length.unit}`}`
  })
  return named('sequence', text.join(', then '), (given) => {
    let at = given
    for (let i = 0; i < parts.length - 1; i++) {
      const length = lengths[i]
      if (length === undefined || length.of(at) < length.length) return valueOf(parts[i].rate, at)
      at = later(at, length)
    }
    return valueOf(parts[parts.length - 1].rate, at)
  })
}

/**
 * Values that hold for a while each: [[0, 0.1], [30, 0.01], [60, 0.001]] is 0.1 up to epoch 30, then 0.01, then 0.001.
 *
 * @param pieces beginning, from 0 and rising, and value
 * @param unit of the beginnings, default 'epochs'
 * @throws RappelError 'usage' when the first does not begin at 0, or they do not rise
 */
export function piecewise(
  pieces: readonly (readonly [begin: number, value: number])[],
  unit: 'epochs' | 'steps' = 'epochs',
): Schedule {
  const rises =
    Array.isArray(pieces) && pieces.every(([begin], i) => (i === 0 ? begin === 0 : begin > pieces[i - 1][0]))
  if (!rises || pieces.length === 0)
    throw usageError(
      `piecewise got ${show(pieces)}, expected pairs [begin, value], the first from 0, the others from later and later`,
    )
  for (const [, value] of pieces) checkRange('piecewise: a value', value, {})
  const text = pieces.map(([begin, value], i) => (i === 0 ? `${value}` : `${value} from ${begin} ${unit}`)).join(', ')
  return named('piecewise', text, (at) => {
    const time = unit === 'epochs' ? at.epoch : at.step
    return (pieces.findLast(([begin]) => begin <= time) ?? pieces[0])[1]
  })
}

/**
 * The product of several: a decay times a cycle.
 *
 * @throws RappelError 'usage' when there are none
 */
export function product(...rates: readonly Rate[]): Schedule {
  if (rates.length === 0) throw usageError('product got nothing, expected numbers and schedules')
  rates.forEach((rate, i) => void checkRate(`product: ${i + 1}`, rate))
  return named('product', rates.map(rateText).join(' · '), (at) =>
    rates.reduce<number>((all, rate) => all * valueOf(rate, at), 1),
  )
}

function checkRate(name: string, rate: Rate): void {
  if (typeof rate === 'number') checkRange(name, rate, {})
  else if (typeof rate !== 'function') throw usageError(`${name} is ${show(rate)}, expected a number or a schedule`)
}
