/** @file The one training loop. It runs in the calling thread and gives way to other work between calls. */
import { CounterStream } from '../base/counter-random.ts'
import type { Tensor } from '../base/tensor.ts'
import { sizeOf } from '../base/tensor.ts'
import { Batches } from '../data/batches.ts'
import { featureShapeOf, isRowSource, rowsOf } from '../data/dataset.ts'
import type { Engine } from '../engine/engine.ts'
import type { At } from '../optim/schedule.ts'
import type { EpochEvent, Measurement, Outcome, StartEvent, TrainingEvent } from './events.ts'
import { trainingGraph } from './graphs.ts'
import { type Measurer, makeMeasurer, makePenaltyMeasurer } from './measure.ts'
import { Phases } from './phases.ts'
import type { TrainingPlan } from './plan.ts'
import { layerShapes } from './probes/layers.ts'
import { ProbeRunner } from './probes/runner.ts'
import {
  bufferValues,
  currentBuffers,
  currentParameters,
  initialState,
  parameterValues,
  type TrainingState,
} from './state.ts'
import { chooseForm, makeStepper, type StepForm, type Stepper, stepsAtOnce } from './stepper.ts'

export interface RunOptions {
  /** Gets every event, in order, as it happens. */
  readonly onEvent?: (event: TrainingEvent) => void
  /** Ends the run after the call in progress; what was reached is kept. */
  readonly signal?: AbortSignal
  /** Milliseconds, from any start. Without it no times are told, and the loop gives way after every call. */
  readonly now?: () => number
  /** How steps are executed; default: by the size of the net and the engine. */
  readonly form?: StepForm
}

/** What a run reached. */
export interface TrainingResult {
  readonly outcome: Outcome
  readonly epochs: readonly EpochEvent[]
  /** The parameters at the end, by name. */
  readonly parameters: Readonly<Record<string, Tensor<'float32'>>>
  /** What the layers carried without a gradient, at the end, by name: a batch normalisation's running mean. */
  readonly buffers: Readonly<Record<string, Tensor<'float32'>>>
  /** Number of updates. */
  readonly steps: number
  /** Steps done per second of training, measuring left out; only with a clock. */
  readonly stepsPerSecond?: number
  readonly start: StartEvent
}

/** Milliseconds after which the loop lets others run: signals, timers, messages. */
const giveWayAfter = 20

/**
 * Trains. The same plan, engine version and processor give the same bits.
 *
 * @returns what was reached, also when the run was interrupted or diverged: that is an outcome, not an exception
 * @throws RappelError 'runtime' when the engine refuses a graph
 */
export async function runTraining(
  plan: TrainingPlan,
  engine: Engine,
  options: RunOptions = {},
): Promise<TrainingResult> {
  const run = new Run(plan, engine, options)
  try {
    return await run.train()
  } finally {
    await run.release()
  }
}

/** Over the examples of an epoch so far. */
interface Sum {
  loss: number
  correct: number
}

class Run {
  readonly #plan: TrainingPlan
  readonly #engine: Engine
  readonly #options: RunOptions
  readonly #form: StepForm
  /** Most steps in one call. */
  readonly #stepsAtOnce: number
  readonly #state: TrainingState
  readonly #batches: Batches
  readonly #steppers = new Map<string, Stepper>()
  readonly #epochs: EpochEvent[] = []
  readonly #startedAt: number
  readonly #phases: Phases
  readonly #probes: ProbeRunner | undefined
  #validation: Measurer | undefined
  #penalty: { measure(): Promise<number>; release(): Promise<void> } | undefined
  /** Where the last update stood. */
  #lastAt: At = { epoch: 0, step: 0 }
  #trainingTime = 0
  #gaveWayAt = 0
  #untold: { first: number; epoch: number; losses: number[] } = { first: 0, epoch: 0, losses: [] }

  constructor(plan: TrainingPlan, engine: Engine, options: RunOptions) {
    this.#plan = plan
    this.#engine = engine
    this.#options = options
    const net = trainingGraph(plan.net, plan.batchSize)
    const values = net.parameters.reduce((sum, { value }) => sum + sizeOf(value.shape), 0)
    this.#form = options.form ?? chooseForm(engine, plan.update, values)
    this.#stepsAtOnce = this.#form === 'wasm' || engine.provider !== 'cpu' ? 1 : stepsAtOnce(net.graph, giveWayAfter)
    const { probes = [] } = plan
    const watch = probes.length > 0
    this.#state = initialState(net, plan.update, plan.seed, this.#form === 'wasm' ? 1 : 2, watch)
    this.#batches = new Batches(plan.training, { batchSize: plan.batchSize, seed: plan.seed })
    this.#startedAt = options.now?.() ?? 0
    this.#phases = new Phases(options.now)
    if (watch) {
      const { count } = this.#batches.plan
      this.#probes = new ProbeRunner({ plan, probes, engine, state: this.#state, batches: count })
    }
  }

  async train(): Promise<TrainingResult> {
    const { epochs, net, validation, threads } = this.#plan
    this.#penalty = await makePenaltyMeasurer(this.#engine, net, this.#state)
    if (validation !== undefined)
      this.#validation = await makeMeasurer(this.#engine, net, this.#state, validation, threads)
    const start = await this.#start()
    this.#tell(start)
    await this.#finishEpoch(0)
    let outcome: Outcome = { reason: 'finished' }
    for (let epoch = 0; epoch < epochs && outcome.reason === 'finished'; epoch++) outcome = await this.#epoch(epoch)
    const done = this.#epochs[this.#epochs.length - 1].epoch
    this.#tell({ type: 'end', outcome, epoch: done, step: this.#state.step })
    return {
      outcome,
      epochs: this.#epochs,
      parameters: parameterValues(this.#state),
      buffers: bufferValues(this.#state),
      steps: this.#state.step,
      ...(this.#options.now && { stepsPerSecond: this.#state.step / (this.#trainingTime / 1000) }),
      start,
    }
  }

  /** Also what was made before something threw; one that cannot be released does not keep the others. */
  async release(): Promise<void> {
    const made = [...this.#steppers.values(), this.#validation, this.#penalty, this.#probes]
    await Promise.allSettled(made.map((part) => part?.release()))
  }

  /** One epoch: all batches once, then the measurements. Ends early, without them, when the run ends. */
  async #epoch(epoch: number): Promise<Outcome> {
    const { plan } = this.#batches
    const random = new RandomStreams(this.#plan.seed, epoch)
    const sum: Sum = { loss: 0, correct: 0 }
    const startedAt = this.#options.now?.() ?? 0
    const stopClock = () => {
      this.#trainingTime += (this.#options.now?.() ?? 0) - startedAt
    }
    for (let batch = 0; batch < plan.count; ) {
      if (this.#options.signal?.aborted) {
        stopClock()
        return this.#interrupted(epoch, batch, sum)
      }
      const position = { epoch, batch, step: this.#state.step }
      const stepper = await this.#stepperFor(batch, this.#probes?.stepsBefore(position, this.#stepsAtOnce))
      this.#phases.enter('filling')
      const { steps, batchSize } = stepper
      this.#batches.fillMany(epoch, batch, steps, stepper.inputs, stepper.targets)
      random.fill(stepper)
      const at = Array.from({ length: steps }, (_, i) => this.#at(epoch, batch + i, this.#state.step + i))
      this.#phases.enter('step')
      this.#probes?.before(position)
      const pending = stepper.run(at)
      if (pending !== undefined) await pending
      if (this.#probes?.watches(position)) {
        this.#phases.enter('probes')
        for (const event of await this.#probes.after(position, at[0], stepper)) this.#tell(event)
      }
      this.#phases.enter('others')
      this.#lastAt = at[steps - 1]
      for (let i = 0; i < steps; i++) {
        const loss = stepper.losses[i]
        if (this.#untold.losses.length === 0) this.#untold = { first: at[i].step, epoch: at[i].epoch, losses: [] }
        this.#untold.losses.push(loss)
        sum.loss += loss * batchSize
        sum.correct += stepper.correct[i] ?? 0
        if (!Number.isFinite(loss)) {
          stopClock()
          return this.#diverged(`the loss became ${loss} at step ${at[i].step}`)
        }
      }
      batch += steps
      await this.#giveWay()
    }
    stopClock()
    await this.#finishEpoch(epoch + 1, this.#trained(sum, plan.count))
    // The last update of an epoch can overflow what no later loss would show.
    const odd = firstNotFinite(this.#state)
    return odd === undefined ? { reason: 'finished' } : this.#diverged(`${odd} by step ${this.#state.step}`)
  }

  /** Where a step stands: how often each example was seen before it, and how many updates were made. */
  #at(epoch: number, batch: number, step: number): At {
    const { batchSize, rows } = this.#batches.plan
    return { epoch: epoch + (batch * batchSize) / rows, step }
  }

  /** The stepper for the batches from one on: several at once where the form allows and their size is the same. */
  #stepperFor(batch: number, most = this.#stepsAtOnce): Promise<Stepper> | Stepper {
    const { plan } = this.#batches
    const batchSize = plan.sizeOf(batch)
    const alike = Math.floor(plan.rows / plan.batchSize) - batch
    return this.#stepper(batchSize, Math.max(1, Math.min(most, alike)))
  }

  #stepper(batchSize: number, steps: number): Promise<Stepper> | Stepper {
    const key = `${batchSize} ${steps}`
    return this.#steppers.get(key) ?? this.#compile(key, batchSize, steps)
  }

  async #compile(key: string, batchSize: number, steps: number): Promise<Stepper> {
    const { net, update, threads } = this.#plan
    const options = { form: this.#form, batchSize, steps, threads }
    const stepper = await makeStepper(this.#engine, net, update, this.#state, options)
    this.#steppers.set(key, stepper)
    return stepper
  }

  async #start(): Promise<StartEvent> {
    const { name, net, update, training, validation, epochs, batchSize, seed, hyper } = this.#plan
    const { form, threads } = await this.#stepperFor(0)
    return {
      type: 'start',
      seed,
      data: {
        name,
        task: training.task,
        training: rowsOf(training),
        validation: validation === undefined ? 0 : rowsOf(validation),
        featureShape: featureShapeOf(training),
        ...(training.task === 'classification' && { classes: training.classes }),
      },
      parameters: this.#state.parameters.map(({ name, value }) => ({ name, shape: value.shape })),
      layers: layerShapes(net),
      ...(isRowSource(training) && training.augmentation && { augment: training.augmentation }),
      loss: net.loss.name,
      ...(net.penalty && { penalty: net.penalty.name }),
      ...(net.constraint && { constraint: net.constraint.name }),
      update: update.description,
      epochs,
      batchSize,
      hyper,
      engine: this.#engine.description,
      form,
      threads,
    }
  }

  async #finishEpoch(epoch: number, training?: Measurement): Promise<void> {
    this.#tellSteps()
    this.#phases.enter('measuring')
    const { learningRate } = this.#plan.update.hyper
    const { step } = this.#state
    const event: EpochEvent = {
      type: 'epoch',
      epoch,
      step,
      ...(training && { training }),
      ...(this.#validation && { validation: await this.#validation.measure(() => this.#giveWay()) }),
      penalty: (await this.#penalty?.measure()) ?? 0,
      ...(learningRate !== undefined && {
        learningRate: typeof learningRate === 'number' ? learningRate : learningRate(this.#lastAt),
      }),
      ...(this.#options.now && { seconds: (this.#options.now() - this.#startedAt) / 1000 }),
    }
    this.#epochs.push(event)
    this.#tell(event)
    this.#phases.enter('probes')
    const seconds = this.#options.now && this.#phases.take()
    if (this.#probes !== undefined && Number.isInteger(epoch))
      for (const probed of await this.#probes.epochEnd(epoch, seconds)) this.#tell(probed)
    this.#phases.enter('others')
  }

  /** What was reached within the epoch is measured as it stands; at the start of one it has been. */
  async #interrupted(epoch: number, batch: number, sum: Sum): Promise<Outcome> {
    const { batchSize, rows } = this.#batches.plan
    if (batch > 0) await this.#finishEpoch(epoch + (batch * batchSize) / rows, this.#trained(sum, batch))
    return { reason: 'interrupted' }
  }

  /** The training part's measurement after the first batches of an epoch. */
  #trained({ loss, correct }: Sum, batches: number): Measurement {
    const examples = this.#batches.plan.rowsIn(0, batches)
    const isClassification = this.#plan.net.loss.task === 'classification'
    return { loss: loss / examples, ...(isClassification && { accuracy: correct / examples }), examples }
  }

  #diverged(message: string): Outcome {
    this.#tellSteps()
    return {
      reason: 'diverged',
      message,
      hint: 'lower the learning rate, a tenth of it at first; if that does not help, check the inputs for extreme values',
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

/** Names a parameter or a buffer with a value that is NaN or infinite, and the value. */
function firstNotFinite(state: TrainingState): string | undefined {
  for (const [name, { data }] of Object.entries({ ...currentParameters(state), ...currentBuffers(state) })) {
    const odd = data.findIndex((value) => !Number.isFinite(value))
    if (odd >= 0) return `a value of ${name} became ${data[odd]}`
  }
  return undefined
}

/** Pages have no setImmediate; a timer of 0 ms is the next best. */
export function letOthersRun(resume: () => void): void {
  if (typeof setImmediate === 'function') setImmediate(resume)
  else setTimeout(resume, 0)
}

/** Fills what layers asked for, from one stream for each name and epoch. */
class RandomStreams {
  readonly #seed: number
  readonly #epoch: number
  readonly #streams = new Map<string, CounterStream>()

  constructor(seed: number, epoch: number) {
    this.#seed = seed
    this.#epoch = epoch
  }

  fill({ random }: Stepper): void {
    for (const { name, fill } of random) {
      const stream = this.#streams.get(name) ?? new CounterStream(this.#seed, `random/${name}/epoch-${this.#epoch}`)
      this.#streams.set(name, stream)
      fill(stream)
    }
  }
}
