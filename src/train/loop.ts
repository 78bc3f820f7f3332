/** @file The one training loop. It runs in the calling thread and gives way to other work between calls. */
import type { Tensor } from '../base/tensor.ts'
import type { Engine } from '../engine/engine.ts'
import { BestEpoch } from './best-epoch.ts'
import { type Checkpoint, readCheckpoint } from './checkpoint.ts'
import { type CheckpointSink, Checkpoints } from './checkpoints.ts'
import { type Fault, faultAtEnd, findFault, firstNotFinite, isSound } from './divergence.ts'
import { stopEarly } from './early-stopping.ts'
import type { EpochEvent, Measurement, Outcome, StartEvent, TrainingEvent } from './events.ts'
import { checkIdentity, differences, identityOf } from './identity.ts'
import { type Measurer, makeMeasurer, makePenaltyMeasurer } from './measure.ts'
import { Phases } from './phases.ts'
import type { TrainingPlan } from './plan.ts'
import { ProbeRunner } from './probes/runner.ts'
import { type Capture, copyRegions } from './progress.ts'
import { RunClock } from './run-clock.ts'
import { startEvent } from './start-event.ts'
import { bufferValues, parameterValues } from './state.ts'
import type { StepForm } from './stepper.ts'
import { Trajectory } from './trajectory.ts'

export interface RunOptions {
  /** Gets every event, in order, as it happens. */
  readonly onEvent?: (event: TrainingEvent) => void
  /** Ends the run after the call in progress; what was reached is kept. */
  readonly signal?: AbortSignal
  /** Milliseconds, from any start. Without it no times are told, and the loop gives way after every call. */
  readonly now?: () => number
  /** How steps are executed; default: by the size of the net and the engine. */
  readonly form?: StepForm
  /** Where checkpoints go; default: none are taken. */
  readonly checkpoints?: CheckpointSink
  /** The bytes of a checkpoint, from which the run goes on: to the same bits as if it had never stopped. */
  readonly resume?: Uint8Array
  /** Processor and system, for checkpoints: another machine may give other bits. */
  readonly machine?: string
}

/** What a run reached. */
export interface TrainingResult {
  readonly outcome: Outcome
  readonly epochs: readonly EpochEvent[]
  /** The parameters at the end, by name. */
  readonly parameters: Readonly<Record<string, Tensor<'float32'>>>
  /** What the layers carried without a gradient, at the end, by name: a batch normalisation's running mean. */
  readonly buffers: Readonly<Record<string, Tensor<'float32'>>>
  /** The epoch whose parameters and buffers these are, where early stopping restored the best. */
  readonly restored?: { readonly epoch: number; readonly step: number }
  /** Number of updates. */
  readonly steps: number
  /** Steps done per second of training, measuring left out; only with a clock. */
  readonly stepsPerSecond?: number
  readonly start: StartEvent
}

/** Milliseconds after which the loop lets others run: signals, timers, messages. */
const giveWayAfter = 20
/** Steps between two copies of the state to which a divergence goes back: the copy costs less than one of them. */
const stepsBetweenSnapshots = 100

/**
 * Trains. The same plan, engine version and processor give the same bits, also when the run was stopped and resumed.
 *
 * @returns what was reached, also when the run was interrupted, stopped early or diverged: that is an outcome, not an exception
 * @throws RappelError 'runtime' when the engine refuses a graph; 'store' when a checkpoint cannot be read or kept; 'usage' when
 *   it is of another run
 */
export async function runTraining(
  plan: TrainingPlan,
  engine: Engine,
  options: RunOptions = {},
): Promise<TrainingResult> {
  const kept = options.resume === undefined ? undefined : readCheckpoint(options.resume)
  const run = new Run(plan, engine, options, kept)
  try {
    return await run.train()
  } finally {
    await run.release()
  }
}

class Run {
  readonly #plan: TrainingPlan
  readonly #engine: Engine
  readonly #options: RunOptions
  readonly #kept: Checkpoint | undefined
  readonly #way: Trajectory
  readonly #checkpoints: Checkpoints | undefined
  readonly #epochs: EpochEvent[]
  readonly #phases: Phases
  readonly #probes: ProbeRunner | undefined
  readonly #clock: RunClock
  readonly #best: BestEpoch
  #validation: Measurer | undefined
  #penalty: { measure(): Promise<number>; release(): Promise<void> } | undefined
  /** The last sound state: where a divergence is looked for. */
  #snapshot: Capture
  /** The state to which a divergence rolls back. */
  #back: Capture | undefined
  #gaveWayAt = 0
  #untold: { first: number; epoch: number; losses: number[] } = { first: 0, epoch: 0, losses: [] }

  constructor(plan: TrainingPlan, engine: Engine, options: RunOptions, kept: Checkpoint | undefined) {
    this.#plan = plan
    this.#engine = engine
    this.#options = options
    this.#kept = kept
    this.#way = new Trajectory(plan, engine, options.form, kept?.conditions)
    const identity = kept || options.checkpoints ? identityOf(plan, this.#way.net) : undefined
    if (kept && identity) checkIdentity(kept.identity, identity)
    const { probes = [] } = plan
    const { state, batches } = this.#way
    if (probes.length > 0) this.#probes = new ProbeRunner({ plan, probes, engine, state, batches: batches.plan.count })
    this.#phases = new Phases(options.now)
    if (kept) this.#way.restore(kept.now)
    this.#snapshot = this.#way.capture()
    this.#best = new BestEpoch(plan.earlyStopping, kept)
    this.#epochs = [...(kept?.epochs ?? [])]
    this.#clock = new RunClock(options.now, kept ?? { seconds: 0, trainingSeconds: 0 })
    if (options.checkpoints && identity)
      this.#checkpoints = new Checkpoints(options.checkpoints, plan.checkpoint, {
        seconds: kept?.seconds ?? 0,
        step: this.#way.state.step,
        epoch: this.#way.progress.epoch,
        taken: kept?.taken ?? 0,
        make: (taken, record) => this.#checkpoint(identity, taken, record),
      })
  }

  async train(): Promise<TrainingResult> {
    const { net, validation, threads } = this.#plan
    const { state } = this.#way
    this.#penalty = await makePenaltyMeasurer(this.#engine, net, state)
    if (validation !== undefined) this.#validation = await makeMeasurer(this.#engine, net, state, validation, threads)
    const start = startEvent(this.#plan, state, this.#engine, await this.#way.next(this.#way.stepsAtOnce, 0))
    this.#tell(start)
    const untrained = this.#kept ? this.#tellResumed(this.#kept) : await this.#finishEpoch(0)
    if (this.#plan.rollBack) this.#back = this.#kept?.back ?? this.#way.capture()
    if (untrained) this.#compare(untrained)
    const outcome = await this.#run()
    const done = this.#epochs[this.#epochs.length - 1].epoch
    this.#tell({ type: 'end', outcome, epoch: done, step: state.step })
    const { step: steps } = state
    const restored =
      outcome.reason === 'finished' || outcome.reason === 'stopped-early' ? this.#best.restore(state) : undefined
    return {
      outcome,
      epochs: this.#epochs,
      parameters: parameterValues(state),
      buffers: bufferValues(state),
      ...(restored && { restored }),
      steps,
      ...(this.#options.now && { stepsPerSecond: steps / this.#clock.trainingSeconds }),
      start,
    }
  }

  /** Also what was made before something threw; one that cannot be released does not keep the others. */
  async release(): Promise<void> {
    await Promise.allSettled([this.#way, this.#validation, this.#penalty, this.#probes].map((part) => part?.release()))
  }

  async #run(): Promise<Outcome> {
    const { epochs } = this.#plan
    let outcome = this.#stopsEarly()
    while (outcome === undefined && this.#way.progress.epoch < epochs) {
      this.#clock.startTraining()
      outcome = await this.#epoch()
      this.#clock.stopTraining()
    }
    outcome ??= { reason: 'finished' }
    if (outcome.reason === 'finished' || outcome.reason === 'stopped-early') await this.#takeCheckpoint()
    return outcome
  }

  /** The rest of an epoch: its batches once, then the measurements. @returns why the run ends here, if it does */
  async #epoch(): Promise<Outcome | undefined> {
    const way = this.#way
    while (!way.epochIsOver) {
      if (this.#options.signal?.aborted) return this.#interrupted()
      const position = { epoch: way.progress.epoch, batch: way.progress.batch, step: way.state.step }
      const stepper = await way.next(this.#probes?.stepsBefore(position, way.stepsAtOnce))
      this.#phases.enter('filling')
      const at = await way.advance(stepper, () => {
        this.#phases.enter('step')
        this.#probes?.before(position)
      })
      if (this.#probes?.watches(position)) {
        this.#phases.enter('probes')
        this.#clock.stopTraining()
        for (const event of await this.#probes.after(position, at[0], stepper)) this.#tell(event)
        this.#clock.startTraining()
      }
      this.#phases.enter('others')
      for (let i = 0; i < stepper.steps; i++) {
        const loss = stepper.losses[i]
        way.progress.firstLoss ??= loss
        if (this.#untold.losses.length === 0) this.#untold = { first: at[i].step, epoch: at[i].epoch, losses: [] }
        this.#untold.losses.push(loss)
        way.progress.sum.loss += loss * stepper.batchSize
        way.progress.sum.correct += stepper.correct[i] ?? 0
        if (!isSound(loss, way.progress.firstLoss)) return this.#diverged()
      }
      if (way.state.step - this.#snapshot.progress.step >= stepsBetweenSnapshots && !this.#takeSnapshot())
        return this.#diverged()
      if (!way.epochIsOver && this.#checkpoints?.isDue(this.#moment())) await this.#takeCheckpoint()
      await this.#giveWay()
    }
    this.#clock.stopTraining()
    return this.#endEpoch()
  }

  /** After all batches of an epoch. */
  async #endEpoch(): Promise<Outcome | undefined> {
    const way = this.#way
    const training = this.#trained()
    const { firstLoss = Number.NaN } = way.progress
    way.nextEpoch()
    const event = await this.#finishEpoch(way.progress.epoch, training)
    // The last update of an epoch can overflow what no later loss would show.
    if (firstNotFinite(way.state) !== undefined) return this.#diverged()
    // Not to where the net is worse than untrained: it may be on its way out of bounds.
    if (this.#back && training.loss <= Math.abs(firstLoss)) this.#back = way.capture(this.#back)
    this.#compare(event)
    const outcome = this.#stopsEarly() ?? (way.progress.epoch >= this.#plan.epochs ? { reason: 'finished' } : undefined)
    const fault = outcome && faultAtEnd(training.loss, firstLoss, way.state.step)
    if (fault !== undefined) return this.#diverged(fault)
    if (outcome === undefined && this.#checkpoints?.isDue(this.#moment())) await this.#takeCheckpoint()
    return outcome
  }

  #tellResumed({ conditions, now }: Checkpoint): undefined {
    this.#tell({
      type: 'resume',
      step: now.progress.step,
      epoch: this.#way.at(now.progress.batch, 0).epoch,
      warnings: differences(conditions, this.#engine, this.#options.machine),
    })
  }

  async #finishEpoch(epoch: number, training?: Measurement): Promise<EpochEvent> {
    this.#tellSteps()
    this.#phases.enter('measuring')
    const { learningRate } = this.#plan.update.hyper
    const { step, rateFactor } = this.#way.state
    const { lastAt } = this.#way.progress
    const event: EpochEvent = {
      type: 'epoch',
      epoch,
      step,
      ...(training && { training }),
      ...(this.#validation && { validation: await this.#validation.measure(() => this.#giveWay()) }),
      penalty: (await this.#penalty?.measure()) ?? 0,
      ...(learningRate !== undefined && {
        learningRate: (typeof learningRate === 'number' ? learningRate : learningRate(lastAt)) * rateFactor,
      }),
      ...(this.#options.now && { seconds: this.#clock.seconds }),
    }
    this.#epochs.push(event)
    const { progress } = this.#way
    progress.epochEvents = this.#epochs.length
    if (training && event.validation && Number.isInteger(epoch))
      progress.validation = [...progress.validation, event.validation.loss]
    this.#tell(event)
    this.#phases.enter('probes')
    const seconds = this.#options.now && this.#phases.take()
    if (this.#probes !== undefined && Number.isInteger(epoch))
      for (const probed of await this.#probes.epochEnd(epoch, seconds)) this.#tell(probed)
    this.#phases.enter('others')
    return event
  }

  #compare(event: EpochEvent): void {
    if (this.#best.compare(event, this.#way.state)) this.#checkpoints?.noteBest(this.#moment())
  }

  #stopsEarly(): Outcome | undefined {
    const { earlyStopping } = this.#plan
    const { batch, epoch } = this.#way.progress
    return earlyStopping && batch === 0 ? stopEarly(earlyStopping, this.#best.best, epoch) : undefined
  }

  /** What was reached within the epoch is measured as it stands; at the start of one it has been. */
  async #interrupted(): Promise<Outcome> {
    this.#clock.stopTraining()
    // Before the measurement, which a run that is not interrupted does not have.
    await this.#takeCheckpoint()
    const { batch } = this.#way.progress
    if (batch > 0) await this.#finishEpoch(this.#way.at(batch, 0).epoch, this.#trained())
    return { reason: 'interrupted' }
  }

  /** The training part's measurement after the first batches of an epoch. */
  #trained(): Measurement {
    const { sum, batch } = this.#way.progress
    const examples = this.#way.batches.plan.rowsIn(0, batch)
    const isClassification = this.#plan.net.loss.task === 'classification'
    return { loss: sum.loss / examples, ...(isClassification && { accuracy: sum.correct / examples }), examples }
  }

  /** Copies the state, unless it is not sound any more. @returns whether it is */
  #takeSnapshot(): boolean {
    if (firstNotFinite(this.#way.state) !== undefined) return false
    this.#snapshot = this.#way.capture(this.#snapshot)
    return true
  }

  /** Goes back before the step that was not sound; or further, to go on with lower rates. */
  async #diverged(known?: Fault): Promise<Outcome | undefined> {
    this.#tellSteps()
    this.#clock.stopTraining()
    const way = this.#way
    const fault = known ?? (await findFault(way, this.#plan, this.#engine, this.#snapshot, way.state.step))
    const { message, hint, first } = fault
    const { rollBack } = this.#plan
    const { rollBacks, rateFactor } = way.progress
    const back = this.#back
    if (rollBack === undefined || back === undefined || rollBacks >= (rollBack.times ?? 3))
      return { reason: 'diverged', message, hint, first }
    const from = way.state.step
    way.restore(back)
    way.state.rateFactor = rateFactor * (rollBack.factor ?? 0.1)
    way.progress.rollBacks = rollBacks + 1
    this.#epochs.length = way.progress.epochEvents
    this.#snapshot = way.capture(this.#snapshot)
    const { step: to } = way.state
    const { epoch } = way.progress
    this.#checkpoints?.rolledBack(epoch)
    if (this.#best.rollBack(epoch)) this.#compare(this.#epochs[this.#epochs.length - 1])
    this.#tell({ type: 'roll-back', from, to, epoch, rateFactor: way.state.rateFactor, message })
    return undefined
  }

  async #takeCheckpoint(): Promise<void> {
    if (this.#checkpoints === undefined) return
    const training = this.#clock.stopTraining()
    this.#tellSteps()
    const at = this.#moment()
    for (const kept of await this.#checkpoints.take(at)) this.#tell({ type: 'checkpoint', ...kept })
    if (training) this.#clock.startTraining()
  }

  #checkpoint(identity: Checkpoint['identity'], taken: number, record: Checkpoint['record']): Checkpoint {
    const { conditions } = this.#way
    const { machine = this.#kept?.conditions.machine } = this.#options
    return {
      identity,
      conditions: { ...conditions, ...(machine !== undefined && { machine }) },
      now: this.#way.capture(),
      ...this.#best.kept,
      // A copy: the next epoch's end takes its place.
      ...(this.#back && { back: { ...this.#back, regions: copyRegions(this.#back.regions) } }),
      epochs: this.#epochs,
      taken,
      seconds: this.#clock.seconds,
      trainingSeconds: this.#clock.trainingSeconds,
      ...(record && { record }),
    }
  }

  #moment() {
    const { progress, state } = this.#way
    return {
      seconds: this.#clock.seconds,
      step: state.step,
      epoch: progress.epoch,
      at: this.#way.at(progress.batch, 0).epoch,
    }
  }

  #tell(event: TrainingEvent): void {
    this.#options.onEvent?.(event)
  }

  #tellSteps(): void {
    if (this.#untold.losses.length === 0) return
    this.#tell({ type: 'steps', ...this.#untold })
    this.#untold = { first: 0, epoch: 0, losses: [] }
  }

  async #giveWay(): Promise<void> {
    const now = this.#options.now?.()
    if (now !== undefined && now - this.#gaveWayAt < giveWayAfter) return
    this.#tellSteps()
    await new Promise<void>(letOthersRun)
    this.#gaveWayAt = this.#options.now?.() ?? 0
  }
}

/** Pages have no setImmediate; a timer of 0 ms is the next best. */
export function letOthersRun(resume: () => void): void {
  if (typeof setImmediate === 'function') setImmediate(resume)
  else setTimeout(resume, 0)
}
