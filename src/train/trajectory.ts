/** @file The way of a net through its training: state, batches and random numbers, moved on call by call, kept and gone back to. */
import { CounterStream } from '../base/counter-random.ts'
import { sizeOf } from '../base/tensor.ts'
import { Batches } from '../data/batches.ts'
import type { Engine } from '../engine/engine.ts'
import type { At } from '../optim/rate.ts'
import { type NetGraph, trainingGraph } from './graphs.ts'
import type { Conditions } from './identity.ts'
import type { TrainingPlan } from './plan.ts'
import { beginning, type Capture, captureRun, type Progress, restoreRegions } from './progress.ts'
import { initialState, type TrainingState } from './state.ts'
import { chooseForm, makeStepper, type StepForm, type Stepper, stepsAtOnce } from './stepper.ts'

/** Milliseconds that a call may take, about. */
const longestCall = 20

export class Trajectory {
  readonly form: StepForm
  /** Most steps in one call. */
  readonly stepsAtOnce: number
  readonly state: TrainingState
  readonly batches: Batches
  /** One training step, as the net describes it. */
  readonly net: NetGraph
  progress: Progress = structuredClone(beginning)
  readonly #plan: TrainingPlan
  readonly #engine: Engine
  readonly #steppers = new Map<string, Stepper>()
  /** Threads of each compiled step, those of a kept run too. */
  readonly #threads: Record<string, number>
  #random: RandomFeed

  /** @param like how a kept run was executed: this one is executed so too */
  constructor(plan: TrainingPlan, engine: Engine, form: StepForm | undefined, like?: Conditions) {
    this.#plan = plan
    this.#engine = engine
    this.net = trainingGraph(plan.net, plan.batchSize)
    const values = this.net.parameters.reduce((sum, { value }) => sum + sizeOf(value.shape), 0)
    this.form = like?.form ?? form ?? chooseForm(engine, plan.update, values)
    const single = this.form === 'wasm' || engine.provider !== 'cpu'
    this.stepsAtOnce = like?.stepsAtOnce ?? (single ? 1 : stepsAtOnce(this.net.graph, longestCall))
    this.#threads = { ...like?.threads }
    const watch = (plan.probes ?? []).length > 0
    this.state = initialState(this.net, plan.update, plan.seed, this.form === 'wasm' ? 1 : 2, watch)
    this.batches = new Batches(plan.training, { batchSize: plan.batchSize, seed: plan.seed })
    this.#random = new RandomFeed(plan.seed, 0, {})
    this.progress.lastAt = this.at(0, 0)
  }

  /** Whether all batches of the epoch have been trained on. */
  get epochIsOver(): boolean {
    return this.progress.batch === this.batches.plan.count
  }

  get conditions(): Conditions {
    const { form, stepsAtOnce } = this
    return { engine: this.#engine.description, form, stepsAtOnce, threads: this.#threads }
  }

  /** The stepper for the next batches, or those from another on: several at once where the form allows and their size is the same. */
  next(most = this.stepsAtOnce, batch = this.progress.batch): Promise<Stepper> | Stepper {
    const { plan } = this.batches
    const size = plan.sizeOf(batch)
    const alike = Math.floor(plan.rows / plan.batchSize) - batch
    return this.#stepper(size, Math.max(1, Math.min(most, alike)))
  }

  /**
   * Reads the next batches and random numbers and runs their steps.
   *
   * @param filled called between the two
   * @returns where each of them stood
   */
  async advance(stepper: Stepper, filled?: () => void): Promise<readonly At[]> {
    const { progress, state } = this
    const { epoch, batch } = progress
    const { steps } = stepper
    this.batches.fillMany(epoch, batch, steps, stepper.inputs, stepper.targets)
    this.#random.fill(stepper)
    const at = Array.from({ length: steps }, (_, i) => this.at(batch + i, state.step + i))
    filled?.()
    const pending = stepper.run(at)
    if (pending !== undefined) await pending
    progress.lastAt = at[steps - 1]
    progress.batch += steps
    return at
  }

  /** Where a step of this epoch stands: how often each example was seen before it, and how many updates were made. */
  at(batch: number, step: number): At {
    const { batchSize, rows } = this.batches.plan
    const { epoch, validation } = this.progress
    return { epoch: epoch + (batch * batchSize) / rows, step, ...(this.#plan.validation && { validation }) }
  }

  nextEpoch(): void {
    const epoch = this.progress.epoch + 1
    Object.assign(this.progress, { epoch, batch: 0, sum: { loss: 0, correct: 0 } })
    this.#random = new RandomFeed(this.#plan.seed, epoch, {})
  }

  /** @param into an earlier capture that is no longer needed */
  capture(into?: Capture): Capture {
    const { step, rateFactor } = this.state
    Object.assign(this.progress, { step, rateFactor, random: this.#random.positions })
    return captureRun(this.state, this.progress, into)
  }

  restore({ progress, regions }: Capture): void {
    this.state.step = progress.step
    restoreRegions(this.state, regions)
    this.state.rateFactor = progress.rateFactor
    // A checkpoint of an earlier version has no validation losses.
    this.progress = { ...structuredClone(beginning), ...structuredClone(progress) }
    this.#random = new RandomFeed(this.#plan.seed, progress.epoch, progress.random)
  }

  /** The next values of each random input, without taking them: the shapes are those of one step. */
  peekRandom(): Record<string, (out: Float32Array) => void> {
    return Object.fromEntries(
      this.net.randomInputs.map(({ name }) => [name, (out) => this.#random.at(name).fill(out)] as const),
    )
  }

  async release(): Promise<void> {
    await Promise.allSettled([...this.#steppers.values()].map((stepper) => stepper.release()))
  }

  #stepper(batchSize: number, steps: number): Promise<Stepper> | Stepper {
    const key = `${batchSize} ${steps}`
    return this.#steppers.get(key) ?? this.#compile(key, batchSize, steps)
  }

  async #compile(key: string, batchSize: number, steps: number): Promise<Stepper> {
    const { net, update, threads } = this.#plan
    const options = { form: this.form, batchSize, steps, threads: this.#threads[key] ?? threads }
    const stepper = await makeStepper(this.#engine, net, update, this.state, options)
    this.#steppers.set(key, stepper)
    this.#threads[key] = stepper.threads
    return stepper
  }
}

/** Fills what layers asked for, from one stream for each name and epoch. */
class RandomFeed {
  readonly #seed: number
  readonly #epoch: number
  readonly #streams = new Map<string, CounterStream>()

  /** @param positions how many numbers each stream has given already */
  constructor(seed: number, epoch: number, positions: Progress['random']) {
    this.#seed = seed
    this.#epoch = epoch
    for (const [name, position] of Object.entries(positions)) this.#streams.set(name, this.#make(name, position))
  }

  get positions(): Progress['random'] {
    return Object.fromEntries([...this.#streams].map(([name, { position }]) => [name, position]))
  }

  fill({ random }: Stepper): void {
    for (const { name, fill } of random) {
      const stream = this.#streams.get(name) ?? this.#make(name, 0)
      this.#streams.set(name, stream)
      fill(stream)
    }
  }

  /** A stream of its own from where the named one is. */
  at(name: string): CounterStream {
    return this.#make(name, this.#streams.get(name)?.position ?? 0)
  }

  #make(name: string, position: number): CounterStream {
    return new CounterStream(this.#seed, `random/${name}/epoch-${this.#epoch}`, position)
  }
}
