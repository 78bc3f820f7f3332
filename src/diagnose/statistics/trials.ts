/** @file What the cheap trials before a run showed (`runExperiments`): which rates learn, whether true targets beat shuffled ones, whether one batch can be learnt. */
import type { ExperimentEvent } from '../events.ts'
import type { History } from '../history.ts'
import { factorIn } from '../rate-factors.ts'
import { lossCurve } from './loss-curve.ts'
import { highestRate, rates } from './rates.ts'

/** The same steps on the same batches at rates around the run's own, so that their ends differ by the rate alone. */
export interface RateTrial {
  /** Of each trial. */
  readonly steps: number
  /** The loss of the last batches with the first values as they are. */
  readonly untrained: number
  /** By factor of the run's rate, from the lowest up: what the loss of those batches came to; infinite where it diverged. */
  readonly ends: readonly { readonly factor: number; readonly end: number }[]
  /** What the best of them took off the loss; at most 0 where none learns. */
  readonly most: number
  /** What the run's own rate took off, in units of `most`; −∞ where it diverged. NaN where none learns. */
  readonly own: number
  /**
   * The lowest factor that brings nearly as much as the best: the best in so few steps lies close to where it diverges. Undefined where none
   * learns, or where the run begins below its rate, so that the trials say nothing of it.
   */
  readonly good?: number
}

/** Of what the best brings. */
const nearlyAsMuch = 0.9
/** Of the loss at the start: less may be the batches' doing. */
const leastGain = 0.05

/** Undefined where it was not made. Call it as `run.derive(rateTrial)`. */
export function rateTrial(run: History): RateTrial | undefined {
  const told = valuesOf(run, 'rates')
  if (told === undefined) return undefined
  const ends = Object.keys(told.values)
    .map((name) => ({ factor: factorIn(name), end: told(name) }))
    .filter(({ factor, end }) => factor > 0 && !Number.isNaN(end))
    .sort((a, b) => a.factor - b.factor)
  const untrained = [told('untrained'), told('start')].find(Number.isFinite)
  const atOwn = ends.find(({ factor }) => factor === 1)?.end
  if (untrained === undefined || atOwn === undefined) return undefined
  const most = untrained - Math.min(...ends.map(({ end }) => end))
  const learns = most > leastGain * Math.abs(untrained)
  const good = ends.find(({ end }) => untrained - end >= nearlyAsMuch * most)?.factor
  return {
    steps: told('steps'),
    untrained,
    ends,
    most,
    own: learns ? (untrained - atOwn) / most : Number.NaN,
    ...(learns && good !== undefined && beginsAtItsRate(run) && { good }),
  }
}

/** The run has come at least half as far down as the best trial: what its first steps brought, or did not, is past. */
export function isBeyondTrial(run: History, { untrained, most }: RateTrial): boolean {
  const reached = run.derive(lossCurve)?.late.mean
  return reached !== undefined && reached <= untrained - 0.5 * most
}

/** After a warm-up's first steps nobody knows what the rate behind it does. */
function beginsAtItsRate(run: History): boolean {
  const all = run.derive(rates)
  return all === undefined || all.first > 0.5 * all.highest
}

/** A measured rate, and by how much the run's own is to be changed for it. */
export interface MeasuredRate {
  /** Two digits. */
  readonly value: number
  readonly factor: number
  /** In a sentence of its own. */
  readonly words: string
  readonly evidence: Readonly<Record<string, number>>
}

/** The rate that did well in the trials, where it lies in this direction from the run's own. */
export function measuredRate(run: History, direction: 'lower' | 'higher'): MeasuredRate | undefined {
  const trial = run.derive(rateTrial)
  const rate = highestRate(run)
  const factor = trial?.good
  if (trial === undefined || rate === undefined || factor === undefined) return undefined
  if (direction === 'lower' ? !(factor < 1) : !(factor > 1)) return undefined
  const value = Number((rate * factor).toPrecision(2))
  const [good, own] = [factor, 1].map((of) => trial.ends.find((tried) => tried.factor === of)?.end as number)
  const text = (loss: number) => (Number.isFinite(loss) ? `came to ${short(loss)}` : 'diverged')
  return {
    value,
    factor,
    words: `Tried for ${trial.steps} steps from a loss of ${short(trial.untrained)}, the rate ${value} ${text(good)}, the run’s own ${text(own)}.`,
    evidence: { trialSteps: trial.steps, trialUntrained: trial.untrained, trialLoss: good, trialOwn: own },
  }
}

/** True targets beside the same ones in another order of the rows. */
export interface TargetTrial {
  readonly own: number
  readonly shuffled: number
  /** `shuffled − own` in standard errors of both; NaN where they are not known. */
  readonly errors: number
  /** Surely better, and by an amount that matters: the targets go with the inputs. */
  readonly isSignal: boolean
}

/** Undefined where it was not made. Call it as `run.derive(targetTrial)`. */
export function targetTrial(run: History): TargetTrial | undefined {
  const told = valuesOf(run, 'shuffled-targets')
  if (told === undefined) return undefined
  const [own, shuffled, start] = ['own', 'shuffled', 'start'].map(told)
  const errors = (shuffled - own) / Math.hypot(told('ownError'), told('shuffledError'))
  const isSignal = errors > 4 && shuffled - own > leastGain * Math.abs(start)
  return { own, shuffled, errors, isSignal }
}

/** One batch over and over. */
export interface BatchTrial {
  readonly start: number
  readonly end: number
  /** Less than half of its loss is left, or hardly any. */
  readonly isLearnt: boolean
  /** Nine tenths of its loss are left, or more. */
  readonly isStuck: boolean
}

/** Undefined where it was not made. Call it as `run.derive(batchTrial)`. */
export function batchTrial(run: History): BatchTrial | undefined {
  const told = valuesOf(run, 'repeated-batch')
  if (told === undefined) return undefined
  const [start, end] = ['start', 'end'].map(told)
  if (!(start > 0)) return undefined
  return { start, end, isLearnt: end < 0.5 * start, isStuck: !(end < 0.9 * start) }
}

/** What to add to advice that a trial would settle; empty where the trials were made, or cannot be. */
export function trialProposal(run: History, settles: string): string {
  const canBeMade = run.start !== undefined && run.experiments.length === 0
  return canBeMade ? ` ‘rappel train --probe’ ${settles}.` : ''
}

/** The number of that name; NaN where it is not told. What is not finite may be spelt out, as in JSON. */
function valuesOf(run: History, experiment: ExperimentEvent['experiment']) {
  const values = run.experiments.findLast((event) => event.experiment === experiment)?.values
  if (values === undefined || Object.keys(values).length === 0) return undefined
  return Object.assign((name: string) => Number(values[name] ?? Number.NaN), { values })
}

const short = (value: number) => String(Number(value.toPrecision(3)))
