/** @file The learning-rate range test: a rate that rises until the loss explodes. Smith 2017, section 3.3. */
import { checkOptions, checkRange, usageError } from '../base/errors.ts'

import type { Engine } from '../engine/engine.ts'
import type { Schedule } from '../optim/rate.ts'
import { withRate } from '../optim/rate-scaled.ts'
import type { TrainingPlan } from './plan.ts'
import { trialLosses } from './trial.ts'

export interface FindRateOptions {
  /** The first rate, > 0, default 1e-6. */
  readonly from?: number
  /** The last, default 10. */
  readonly to?: number
  /** From the first to the last, at least 20, default 300. */
  readonly steps?: number
  readonly signal?: AbortSignal
}

export interface RateTest {
  /** Rate and loss of each step that was made, and a mean of the losses around it. */
  readonly rates: readonly number[]
  readonly losses: readonly number[]
  readonly smoothed: readonly number[]
  /** The rate from which the loss exploded; absent where it did not. */
  readonly explodesAt?: number
  /** The rate at which the mean loss was least. */
  readonly lowestAt: number
  /** The rate at which it fell fastest. */
  readonly steepestAt?: number
  /** The rate to try; absent where no rate brought the loss down. */
  readonly suggestion?: number
  /** Why it is suggested, or why none is. */
  readonly words: string
}

/** The loss has exploded when its mean is so many times the least, above it by more than the first falls short of it. */
const explosion = 2

/**
 * Trains from the first values while the rate rises exponentially from step to step, and stops when the loss explodes: the losses show which
 * rates learn nothing, which learn, and which are too high. The run itself is not touched.
 *
 * @throws RappelError 'usage' when an option is out of range, or the rule has no learning rate
 */
export async function findRate(
  plan: TrainingPlan,
  engine: Engine,
  { from = 1e-6, to = 10, steps = 300, signal, ...others }: FindRateOptions = {},
): Promise<RateTest> {
  checkOptions('findRate', others, ['from', 'to', 'steps', 'signal'])
  checkRange('from', from, { min: 0, open: 'min' })
  checkRange('to', to, { min: from, open: 'min' })
  checkRange('steps', steps, { min: 20 })
  if (plan.update.hyper.learningRate === undefined)
    throw usageError(
      `${plan.update.name} has no learning rate to find`,
      'its steps have another size: see its docstring',
    )
  const rateOf = (step: number) => from * (to / from) ** (step / (steps - 1))
  const rising: Schedule = ({ step }) => rateOf(step)
  const losses = await trialLosses({ ...plan, update: withRate(plan.update, rising) }, engine, steps, {
    signal,
    isEnough: (all, done) => explodes(smooth(all.subarray(0, done), steps)) !== undefined,
  })
  const end = losses.findIndex((loss) => !Number.isFinite(loss))
  const made = losses.subarray(0, end < 0 ? steps : end)
  const rates = Array.from(made, (_, i) => rateOf(i))
  // Measured on digits (docs/updates.md): rules that remember something want more distance.
  const share = Object.keys(plan.update.state).length === 0 ? 3 : 10
  return judged({ rates, losses: [...made], smoothed: smooth(made, steps) }, end >= 0, share)
}

/** 0.0123: three significant digits. */
const significant = (value: number) => String(Number(value.toPrecision(3)))

/** A mean over about a fiftieth of the steps on both sides, with falling weights. */
function smooth(losses: Float64Array, steps: number): number[] {
  const reach = Math.max(1, Math.round(steps / 50))
  return Array.from(losses, (_, i) => {
    let [sum, weight] = [0, 0]
    for (let j = Math.max(0, i - reach); j <= Math.min(losses.length - 1, i + reach); j++) {
      const own = reach + 1 - Math.abs(i - j)
      sum += own * losses[j]
      weight += own
    }
    return sum / weight
  })
}

/** Where the mean loss has left its least value for good. */
function explodes(smoothed: readonly number[]): number | undefined {
  const [first, last] = [smoothed[0], smoothed[smoothed.length - 1]]
  const least = Math.min(...smoothed)
  if (Number.isFinite(last) && last < explosion * Math.abs(least) + Math.abs(first - least)) return undefined
  const at = smoothed.lastIndexOf(least)
  return smoothed.findIndex((loss, i) => i > at && !(loss < explosion * Math.abs(least) + Math.abs(first - least)))
}

function judged(curve: Pick<RateTest, 'rates' | 'losses' | 'smoothed'>, isCut: boolean, share: 3 | 10): RateTest {
  const { rates, losses, smoothed } = curve
  const lowest = smoothed.indexOf(Math.min(...smoothed))
  const exploded = explodes(smoothed) ?? (isCut ? rates.length - 1 : undefined)
  const told = { ...curve, lowestAt: rates[lowest], ...(exploded !== undefined && { explodesAt: rates[exploded] }) }
  const fall = smoothed[0] - smoothed[lowest]
  // What successive losses differ by is the batches' noise, and twice its variance.
  const steps = losses
    .slice(1)
    .map((loss, i) => loss - losses[i])
    .slice(0, Math.max(10, lowest))
  const noise = Math.sqrt(steps.reduce((sum, step) => sum + step * step, 0) / steps.length / 2)
  if (!(fall > noise) || lowest < 2)
    return {
      ...told,
      words: `The loss did not fall at any rate from ${significant(rates[0])} to ${significant(rates[rates.length - 1])}.`,
    }
  let steepest = 1
  for (let i = 1; i <= lowest; i++)
    if (smoothed[i - 1] - smoothed[i] > smoothed[steepest - 1] - smoothed[steepest]) steepest = i
  const suggestion = Number((rates[lowest] / share).toPrecision(1))
  const explosionWords =
    exploded === undefined ? 'it did not explode' : `it explodes from ${significant(rates[exploded])}`
  return {
    ...told,
    steepestAt: rates[steepest],
    suggestion,
    words: `The loss falls fastest at ${significant(rates[steepest])} and is least at ${significant(rates[lowest])}; ${explosionWords}. A ${share === 3 ? 'third' : 'tenth'} of the rate of the least loss: ${suggestion}.`,
  }
}
