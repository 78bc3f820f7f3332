/** @file `train`: a configuration in, a trained net and what was found wrong out; looked at before, and watched on the way. */
import { usageError } from '../base/errors.ts'
import { type SanityCheckName, sanityCheckNames } from '../check/sanity/report.ts'
import { sanityChecks } from '../check/sanity/sanity.ts'
import type { LoadOptions } from '../data/progress.ts'
import type { Engine } from '../engine/engine.ts'
import { type Config, planFromConfig } from '../train/config.ts'
import type { DataEvent, TrainingEvent } from '../train/events.ts'
import { dataEvent } from '../train/facts/data-facts.ts'
import { type RunOptions, runTraining, type TrainingResult } from '../train/loop.ts'
import { modelFile } from '../train/model-file.ts'
import type { TrainingPlan } from '../train/plan.ts'
import { Diagnosis, type DiagnosisReport } from './diagnosis.ts'
import type { CheckEvent, ExperimentEvent, FindingEvent, RunEvent, ToldEvent } from './events.ts'
import { runExperiments } from './experiments.ts'
import type { DiagnosisRule } from './rule.ts'

export interface WatchedOptions extends Omit<RunOptions, 'onEvent'> {
  /** Gets every event, in order, as it happens: the check, then the training's, and between them what is found. */
  readonly onEvent?: (event: ToldEvent) => void
  /**
   * Whether data, loss, penalty and net are looked at before the first step (docs/sanity-checks.md, all but the slow 'overfit'); or what a check
   * has told already. Default true; of a run that goes on, false.
   */
  readonly check?: boolean | CheckEvent
  /**
   * Whether cheap trials are made before the first step, which settle what a run by itself does not (`runExperiments`); or what they showed already.
   * They are told after `start`. Default false; of a run that goes on, never.
   */
  readonly experiments?: boolean | readonly ExperimentEvent[]
  /** What executes the check, on the CPU. Default: the engine of the training; where that is on another device, only the data are checked. */
  readonly checkEngine?: Engine
  /** Of a run that goes on: what it has told so far. */
  readonly before?: Iterable<RunEvent>
  /** What the diagnosis knows; default all rules. */
  readonly rules?: readonly DiagnosisRule[]
}

/** What a run reached, and what is wrong with it. */
export interface WatchedResult extends TrainingResult, DiagnosisReport {
  /** What the trials before the first step showed, where they were made. */
  readonly experiments?: readonly ExperimentEvent[]
}

/** `onProgress` is told how far a download of the data is. */
export interface TrainOptions extends WatchedOptions, LoadOptions {
  /** What executes: `await nativeEngine()` of `rappel/engine/native`. */
  readonly engine: Engine
  /** Takes the place of the configuration's seed. */
  readonly seed?: number
}

/** A result, and the net as a file. */
export interface Trained extends WatchedResult {
  /** The bytes of the ONNX file: raw inputs in, standardisation inside, any batch size. */
  model(): Uint8Array<ArrayBuffer>
}

/**
 * Checks, trains and diagnoses in the calling thread, which is blocked while a step runs.
 *
 * @throws RappelError that names what is wrong in the configuration or the data. A run that diverged or was interrupted is
 *   a result: see `outcome`
 */
export async function train<H>(
  config: Config<H>,
  { engine, seed, onProgress, ...options }: TrainOptions,
): Promise<Trained> {
  if (config.provider !== undefined && config.provider !== engine.provider)
    throw usageError(
      `the configuration says provider '${config.provider}', the engine given executes on '${engine.provider}'`,
      `make it with nativeEngine({ provider: '${config.provider}' })`,
    )
  const plan = await planFromConfig(config, { seed, onProgress })
  const result = await watchedTraining(plan, engine, options)
  const { net, standardisation, training } = plan
  const values = { ...result.parameters, ...result.buffers }
  return { ...result, model: () => modelFile(net, values, { standardisation, data: training }) }
}

/**
 * `runTraining` with what stands around it in every training: the quick checks before, and a diagnosis that goes along. Neither changes a
 * bit of what is trained, and none of their failures ends it.
 *
 * @throws like `runTraining`
 */
export async function watchedTraining(
  plan: TrainingPlan,
  engine: Engine,
  options: WatchedOptions = {},
): Promise<WatchedResult> {
  const { check = options.resume === undefined, experiments = false, checkEngine, ...others } = options
  const { before = [], rules, onEvent, ...rest } = others
  const watch = new Watch(new Diagnosis(rules), onEvent)
  watch.remember(before)
  if (check !== false) {
    const checked = check === true ? await quickCheck(plan, checkEngine ?? engine, rest.signal) : check
    if (checked !== undefined) watch.tell(checked)
  }
  const tried = rest.resume === undefined ? await trials(plan, engine, experiments, rest.signal) : []
  const onTraining = (event: TrainingEvent) => {
    watch.tell(event)
    if (event.type !== 'start' || rest.resume !== undefined) return
    if (onEvent !== undefined) watch.tellData(plan)
    for (const experiment of tried) watch.tell(experiment)
  }
  const result = await runTraining(plan, engine, { ...rest, onEvent: onTraining })
  return { ...result, ...watch.report(), ...(watch.experiments.length > 0 && { experiments: watch.experiments }) }
}

/** Where they cannot be made, or fail, the training goes on without them, and an event without values says why. */
async function trials(
  plan: TrainingPlan,
  engine: Engine,
  wanted: boolean | readonly ExperimentEvent[],
  signal?: AbortSignal,
): Promise<readonly ExperimentEvent[]> {
  if (typeof wanted !== 'boolean') return wanted
  if (!wanted) return []
  const none = (words: string) =>
    [{ type: 'experiment', experiment: 'rates', step: 0, epoch: 0, values: {}, words }] as const
  try {
    const made = await runExperiments(plan, engine, { signal })
    return made.length > 0 ? made : none('No trials were made: for a net of this size they would take minutes.')
  } catch (error) {
    if (signal?.aborted) return []
    return none(`The trials before the training were not finished: ${(error as Error).message}`)
  }
}

const needNet: readonly SanityCheckName[] = ['loss', 'dependency', 'penalty', 'overfit']

/** The checks before learning, but for the slow one. @returns undefined where they were stopped */
async function quickCheck(plan: TrainingPlan, engine: Engine, signal?: AbortSignal): Promise<CheckEvent | undefined> {
  const isLeftOut = (check: SanityCheckName) =>
    check === 'overfit' || (engine.provider !== 'cpu' && needNet.includes(check))
  try {
    const checks = sanityCheckNames.filter((check) => !isLeftOut(check))
    return { type: 'check', sanity: await sanityChecks(plan, engine, { checks, signal }) }
  } catch (error) {
    if (signal?.aborted) return undefined
    // Whoever wrote the layers did so for the training: that goes on, or says better what is wrong.
    return { type: 'check', words: `The checks before the training were not finished: ${(error as Error).message}` }
  }
}

/** Passes events on and lets the diagnosis see them. */
class Watch {
  readonly #onEvent: ((event: ToldEvent) => void) | undefined
  readonly #diagnosis: Diagnosis
  readonly experiments: ExperimentEvent[] = []
  /** Why there is no diagnosis any more. */
  #failure: string | undefined

  constructor(diagnosis: Diagnosis, onEvent: ((event: ToldEvent) => void) | undefined) {
    this.#diagnosis = diagnosis
    this.#onEvent = onEvent
  }

  /** How the run ended before it went on is no end. */
  remember(events: Iterable<RunEvent>): void {
    for (const event of events) if (event.type !== 'end') this.#look(event)
  }

  tell(event: CheckEvent | ExperimentEvent | TrainingEvent): void {
    this.#onEvent?.(event)
    for (const found of this.#look(event)) this.#onEvent?.(found)
  }

  /** Data that cannot be read end the training by themselves, and with better words. */
  tellData(plan: TrainingPlan): void {
    let event: DataEvent
    try {
      event = dataEvent(plan)
    } catch {
      return
    }
    this.tell(event)
  }

  report(): DiagnosisReport {
    const report = this.#guarded(() => this.#diagnosis.report())
    if (report !== undefined) return report
    const words = `The diagnosis was given up: ${this.#failure}. This is a defect of Rappel: please report it.`
    return { verdict: { state: 'too-early', words }, findings: [] }
  }

  #look(event: RunEvent): readonly FindingEvent[] {
    if (event.type === 'experiment') this.experiments.push(event)
    return this.#guarded(() => this.#diagnosis.take(event)) ?? []
  }

  /** A wrong rule must not end a training of many hours. */
  #guarded<T>(work: () => T): T | undefined {
    if (this.#failure !== undefined) return undefined
    try {
      return work()
    } catch (error) {
      this.#failure = (error as Error).message
      return undefined
    }
  }
}
