/** @file The update rule as data, and its learning rate as it is planned. */

import type { At, Rate } from '../../optim/rate.ts'
import type { UpdateRule } from '../../optim/update-rule.ts'
import type { RuleFacts, StartEvent } from '../events.ts'

/** Places at which a schedule is told. */
const mostPlaces = 64

export function ruleFacts({ name, dialect, hyper, state }: UpdateRule): RuleFacts {
  const entries = Object.entries(hyper)
  return {
    name,
    ...(dialect !== undefined && { dialect }),
    hyper: Object.fromEntries(entries.map(([key, rate]) => [key, rateAt(rate, { epoch: 0, step: 0 })])),
    scheduled: entries.filter(([, rate]) => typeof rate !== 'number').map(([key]) => key),
    states: Object.keys(state),
  }
}

/**
 * The learning rate from the first step to the last; at both ends where it stays the same. It ends where a schedule gives what is no
 * rate: the run will say so when it comes there.
 */
export function plannedRates(
  { hyper: { learningRate } }: Pick<UpdateRule, 'hyper'>,
  { epochs, batchSize, rows }: { readonly epochs: number; readonly batchSize: number; readonly rows: number },
): StartEvent['learningRates'] {
  if (learningRate === undefined) return undefined
  const batches = Math.ceil(rows / batchSize)
  const last = epochs * batches - 1
  const places = Math.min(typeof learningRate === 'number' ? 2 : mostPlaces, last + 1)
  const rates: { epoch: number; rate: number }[] = []
  for (let i = 0; i < places; i++) {
    const step = places === 1 ? 0 : Math.round((i * last) / (places - 1))
    const epoch = Math.floor(step / batches) + ((step % batches) * batchSize) / rows
    const rate = rateAt(learningRate, { epoch, step, validation: [] })
    if (!Number.isFinite(rate)) break
    rates.push({ epoch, rate })
  }
  return rates
}

/** NaN where a schedule refuses. */
function rateAt(rate: Rate, at: At): number {
  if (typeof rate === 'number') return rate
  try {
    return rate(at)
  } catch {
    return Number.NaN
  }
}
