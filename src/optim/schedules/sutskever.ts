/** @file A momentum that rises. Sutskever et al. 2013, eq. 5. */
import { checkOptions, checkRange } from '../../base/errors.ts'
import { named, type Schedule } from '../rate.ts'

/**
 * Sutskever's momentum: min(1 − 2^(−1 − log2(⌊t/every⌋ + 1)), max) with t the step: 0.5, 0.75, 0.833, … up to `max`.
 *
 * @param max μ_max in [0, 1), default 0.99; the paper's are 0.9, 0.99, 0.995, 0.999
 * @param every steps, > 0, default 250
 * @throws RappelError 'usage' when one is out of range
 */
export function sutskever({ max = 0.99, every = 250, ...others }: { max?: number; every?: number } = {}): Schedule {
  checkOptions('sutskever', others, ['max', 'every'])
  checkRange('sutskever: max', max, { min: 0, max: 1, open: 'max' })
  checkRange('sutskever: every', every, { min: 0, open: 'min' })
  return named('sutskever', `up to ${max} every ${every} steps`, ({ step }) =>
    Math.min(1 - 2 ** (-1 - Math.log2(Math.floor(step / every) + 1)), max),
  )
}
