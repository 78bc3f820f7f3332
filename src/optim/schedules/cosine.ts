/** @file Half a cosine down, once or again and again. Loshchilov and Hutter 2017 (SGDR), eq. 5. */
import { checkOptions, checkRange } from '../../base/errors.ts'
import { named, type Schedule } from '../rate.ts'
import { lengthOf, type Span } from './span.ts'

/**
 * Cosine annealing: to + ½·(from − to)·(1 + cos(π·t/length)) (Loshchilov and Hutter 2017, eq. 5). Without restarts it stays at `to` from the
 * length on; with `restarts` it begins again at `from`, each time `growth` times as long (warm restarts, SGDR).
 *
 * @param from the first value, ≥ 0
 * @param to the last, ≥ 0, default 0
 * @param epochs, steps the length of the first fall: one of them
 * @param restarts default false
 * @param growth ≥ 1, default 1
 * @throws RappelError 'usage' when one is out of range
 */
export function cosine({
  from,
  to = 0,
  restarts = false,
  growth = 1,
  epochs,
  steps,
  ...others
}: Span & {
  readonly from: number
  readonly to?: number
  readonly restarts?: boolean
  readonly growth?: number
}): Schedule {
  checkOptions('cosine', others, ['from', 'to', 'restarts', 'growth', 'epochs', 'steps'])
  checkRange('cosine: from', from, { min: 0 })
  checkRange('cosine: to', to, { min: 0 })
  checkRange('cosine: growth', growth, { min: 1 })
  const { length, unit, of } = lengthOf('cosine', { epochs, steps })
  const again = `, again and again${growth === 1 ? '' : `, each ${growth} times as long`}`
  const text = `${from} to ${to} over ${length} ${unit}${restarts ? again : ''}`
  return named('cosine', text, (at) => {
    const share = restarts ? sinceRestart(of(at) / length, growth) : Math.min(1, of(at) / length)
    return to + 0.5 * (from - to) * (1 + Math.cos(Math.PI * share))
  })
}

/** Share of the present fall, where time counts lengths of the first. The n-th begins at 1 + growth + … + growth^(n−1). */
function sinceRestart(time: number, growth: number): number {
  if (growth === 1) return time - Math.floor(time)
  const begin = (n: number) => (growth ** n - 1) / (growth - 1)
  let falls = Math.max(0, Math.floor(Math.log(time * (growth - 1) + 1) / Math.log(growth)))
  // The logarithm may be off by a rounding at a restart.
  while (begin(falls + 1) <= time) falls++
  while (begin(falls) > time) falls--
  return (time - begin(falls)) / growth ** falls
}
