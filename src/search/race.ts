/**
 * @file A race of update rules: one net, one data set, the same start and the same data order, each rule at a learning rate that was looked for on
 * the same budget, over several seeds. Compared by gradient evaluations, and by seconds where there is a clock.
 */
import { checkOptions, checkRange, usageError } from '../base/errors.ts'
import { meanInterval } from '../base/statistics.ts'
import type { Engine } from '../engine/engine.ts'
import { withRate } from '../optim/rate-scaled.ts'
import type { UpdateRule } from '../optim/update-rule.ts'
import { findRate } from '../train/find-rate.ts'
import { runTraining, type TrainingResult } from '../train/loop.ts'
import type { TrainingPlan } from '../train/plan.ts'

/** A rule under the name that it races by. */
export interface Contestant {
  readonly name: string
  readonly update: UpdateRule
}

export interface RaceOptions {
  /** How many seeds, from the plan's on; default 3. */
  readonly seeds?: number
  /** Epochs of a trial of one learning rate; default: a third of the plan's, rounded up. */
  readonly trialEpochs?: number
  readonly signal?: AbortSignal
  /** Milliseconds of a steady clock: without it nothing is said of seconds. */
  readonly now?: () => number
  readonly onProgress?: (progress: RaceProgress) => void
  /** Trains one of the runs that count, as a caller wants it recorded; default: `runTraining`. */
  readonly train?: (plan: TrainingPlan, run: RaceRun) => Promise<TrainingResult>
}

/** One of the runs that count. */
export interface RaceRun {
  readonly contestant: string
  readonly seed: number
  readonly learningRate?: number
}

/** What has just been done, and how much of all that is. */
export interface RaceProgress {
  readonly words: string
  readonly done: number
  readonly of: number
}

/** Where a run stood at the end of an epoch. */
export interface Milestone {
  readonly epoch: number
  /** Gradient evaluations: one for each step. */
  readonly evaluations: number
  readonly seconds?: number
  /** Validation loss; of the training part where there is no other. NaN or infinite where it diverged. */
  readonly loss: number
}

export interface RaceResult {
  readonly name: string
  /** The rule as it raced. */
  readonly description: string
  /** That of the least loss among those that were tried; absent where the rule has none. */
  readonly learningRate?: number
  readonly tried: readonly { readonly learningRate: number; readonly loss: number }[]
  /** Whether the best rate was the lowest or the highest of those that were tried: one beyond may be better. */
  readonly atBorder: boolean
  readonly runs: readonly { readonly seed: number; readonly milestones: readonly Milestone[] }[]
  /** Of the last losses of all seeds; the 95% interval is Student's. NaN where one diverged. */
  readonly loss: { readonly mean: number; readonly interval: readonly [low: number, high: number] }
  /** By how much it is behind the first, seed by seed; absent for the first itself. */
  readonly behind?: { readonly mean: number; readonly interval: readonly [low: number, high: number] }
}

export interface RaceReport {
  /** The least mean loss first. */
  readonly results: readonly RaceResult[]
  readonly words: string
}

/** Rates around the one that the range test suggests: three a decade, a decade each way. */
const rateFactors = [-3, -2, -1, 0, 1, 2, 3].map((third) => 10 ** (third / 3))

/**
 * Races.
 *
 * @param plan whose rule is not used
 * @throws RappelError 'usage' when there are fewer than two contestants, or two of one name
 */
export async function race(
  plan: TrainingPlan,
  contestants: readonly Contestant[],
  engine: Engine,
  options: RaceOptions = {},
): Promise<RaceReport> {
  const { seeds = 3, trialEpochs = Math.ceil(plan.epochs / 3), signal, now, onProgress, train, ...others } = options
  checkOptions('race', others, ['seeds', 'trialEpochs', 'signal', 'now', 'onProgress', 'train'])
  checkContestants(contestants)
  checkRange('seeds', seeds, { min: 1 })
  checkRange('trialEpochs', trialEpochs, { min: 1 })
  const of = contestants.length * (rateFactors.length + seeds)
  let done = 0
  const tell = (words: string) => onProgress?.({ words, done: done++, of })
  const results: RaceResult[] = []
  for (const { name, update } of contestants) {
    const trial = { ...plan, update, epochs: trialEpochs }
    const tuned = await tune(trial, engine, signal, (rate) => tell(`${name}, learning rate ${short(rate)}`))
    const runs: { seed: number; milestones: Milestone[] }[] = []
    for (let seed = plan.seed; seed < plan.seed + seeds; seed++) {
      tell(`${name}, seed ${seed}`)
      const { learningRate } = tuned
      const own = { ...plan, update: tuned.update, seed }
      const trained = train
        ? await train(own, { contestant: name, seed, ...(learningRate !== undefined && { learningRate }) })
        : await runTraining({ ...own, probes: [] }, engine, { signal, now })
      signal?.throwIfAborted()
      runs.push({ seed, milestones: milestonesOf(trained) })
    }
    const { update: raced, ...rest } = tuned
    results.push({ name, description: raced.description, ...rest, runs, loss: meanInterval(runs.map(lastLoss)) })
  }
  return ranked(results)
}

function checkContestants(contestants: readonly Contestant[]): void {
  if (contestants.length < 2)
    throw usageError(`a race of ${contestants.length}, expected two rules or more`, 'name them: sgd, momentum, adam')
  const names = contestants.map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw usageError(`'${twice}' races twice`, 'give each its own name')
}

type Tuned = Pick<RaceResult, 'learningRate' | 'tried' | 'atBorder'> & { readonly update: UpdateRule }

/** Looks for the learning rate, with the same number of trials for every rule. */
async function tune(
  plan: TrainingPlan,
  engine: Engine,
  signal: AbortSignal | undefined,
  tell: (rate: number) => void,
): Promise<Tuned> {
  const { update } = plan
  if (update.hyper.learningRate === undefined) return { update, tried: [], atBorder: false }
  const { suggestion, lowestAt } = await findRate(plan, engine, { signal })
  const tried: { learningRate: number; loss: number }[] = []
  for (const factor of rateFactors) {
    const learningRate = (suggestion ?? lowestAt) * factor
    tell(learningRate)
    const trained = await runTraining({ ...plan, probes: [], update: withRate(update, learningRate) }, engine, {
      signal,
    })
    signal?.throwIfAborted()
    tried.push({ learningRate, loss: lastLoss({ milestones: milestonesOf(trained) }) })
  }
  const best = tried.reduce((a, b) => (b.loss < a.loss || Number.isNaN(a.loss) ? b : a))
  const { learningRate } = best
  const atBorder = best === tried[0] || best === tried[tried.length - 1]
  return { update: withRate(update, learningRate), learningRate, tried, atBorder }
}

function milestonesOf({ epochs, outcome }: TrainingResult): Milestone[] {
  const found = epochs.map(({ epoch, step, seconds, validation, training }) => ({
    epoch,
    evaluations: step,
    ...(seconds !== undefined && { seconds }),
    loss: (validation ?? training)?.loss ?? Number.NaN,
  }))
  if (outcome.reason !== 'diverged') return found
  const last = found[found.length - 1]
  return [...found, { ...last, loss: Number.POSITIVE_INFINITY }]
}

function lastLoss({ milestones }: { readonly milestones: readonly Milestone[] }): number {
  return milestones[milestones.length - 1].loss
}

function ranked(results: readonly RaceResult[]): RaceReport {
  const order = [...results].sort((a, b) => rank(a) - rank(b))
  const [first, ...rest] = order
  const behind = rest.map((result) => ({
    ...result,
    behind: meanInterval(result.runs.map((run, i) => lastLoss(run) - lastLoss(first.runs[i]))),
  }))
  return { results: [first, ...behind], words: wordsOf(first, behind) }
}

const rank = ({ loss: { mean } }: RaceResult) => (Number.isFinite(mean) ? mean : Number.POSITIVE_INFINITY)

function wordsOf(first: RaceResult, rest: readonly Required<Pick<RaceResult, 'name' | 'behind'>>[]): string {
  const close = rest.filter(({ behind: { interval } }) => !(interval[0] > 0)).map(({ name }) => name)
  const { length: seeds } = first.runs
  if (seeds < 2) return `${first.name} is ahead, with one seed: chance alone may have put it there.`
  if (close.length === 0) return `${first.name} is ahead of all others, in ${seeds} seeds.`
  return `${first.name} is ahead; ${close.join(', ')} cannot be told from it by ${seeds} seeds.`
}

const short = (value: number) => String(Number(value.toPrecision(2)))
