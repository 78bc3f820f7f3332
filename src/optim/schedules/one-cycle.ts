/** @file One cycle: up, down, and far down. Smith and Topin 2018 (super-convergence). */
import { checkOptions, checkRange } from '../../base/errors.ts'
import { named, type Schedule } from '../rate.ts'
import { lengthOf, type Span } from './span.ts'

/**
 * One cycle (Smith and Topin 2018), in the form of PyTorch's OneCycleLR: from max/divide up to `max` over the share `rise` of the
 * length, then down to max/divide/end, both along half a cosine. In steps the last of them has the last value, as in PyTorch; in epochs
 * the end of the last epoch.
 *
 * @param max the highest value, > 0
 * @param epochs, steps the length of the whole: one of them
 * @param rise share of the length in (0, 1), default 0.3
 * @param divide ≥ 1, default 25
 * @param end ≥ 1, default 1e4
 * @param shape 'cosine' (default) or 'linear'
 * @throws RappelError 'usage' when one is out of range
 */
export function oneCycle({
  max,
  rise = 0.3,
  divide = 25,
  end = 1e4,
  shape = 'cosine',
  epochs,
  steps,
  ...others
}: Span & {
  readonly max: number
  readonly rise?: number
  readonly divide?: number
  readonly end?: number
  readonly shape?: 'cosine' | 'linear'
}): Schedule {
  checkOptions('oneCycle', others, ['max', 'rise', 'divide', 'end', 'shape', 'epochs', 'steps'])
  checkRange('oneCycle: max', max, { min: 0, open: 'min' })
  checkRange('oneCycle: rise', rise, { min: 0, max: 1, open: 'both' })
  checkRange('oneCycle: divide', divide, { min: 1 })
  checkRange('oneCycle: end', end, { min: 1 })
  const { length, unit, of } = lengthOf('oneCycle', { epochs, steps })
  // Steps count from 0: the last of n is n − 1.
  const first = unit === 'steps' ? 1 : 0
  const [top, last] = [rise * length - first, length - first]
  const [low, lowest] = [max / divide, max / divide / end]
  const between = (a: number, b: number, share: number) =>
    shape === 'linear' ? a + (b - a) * share : b + ((a - b) / 2) * (1 + Math.cos(Math.PI * share))
  const text = `${low} to ${max} to ${lowest} over ${length} ${unit}`
  return named('oneCycle', text, (at) => {
    const time = of(at)
    if (time <= top) return between(low, max, top > 0 ? time / top : 1)
    return between(max, lowest, Math.min(1, (time - top) / (last - top)))
  })
}
