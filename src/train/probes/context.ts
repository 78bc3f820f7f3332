/** @file What probes see of a step, or between steps. Computed when it is first asked for, once for all probes. */
import { usageError } from '../../base/errors.ts'
import { compileSums, type Products, plainProducts, plainSums, type Sums } from '../../base/sums.ts'
import { tensor } from '../../base/tensor.ts'
import type { NamedTensors } from '../../engine/engine.ts'
import { rule } from '../../optim/rule.ts'
import type { Rule } from '../../optim/update-rule.ts'
import { compileUpdate } from '../../optim/wasm.ts'
import { gradientName, trainingGraph } from '../graphs.ts'
import type { Seconds } from '../phases.ts'
import type { TrainingPlan } from '../plan.ts'
import type { Role, TrainingState, WatchedState } from '../state.ts'
import type { Stepper } from '../stepper.ts'
import { batchFeeds } from './feeds.ts'
import type { GraphRuns } from './graph-runs.ts'
import { layersGraph, layersOf } from './layers.ts'
import type { Cadence, ProbeContext, WatchedBatch, WatchedLayer } from './probe.ts'

/** What is the same at every measurement. */
export interface Watching {
  readonly plan: TrainingPlan
  readonly state: TrainingState & { readonly watched: WatchedState }
  readonly runs: GraphRuns
}

/** When it is, and of what. */
export interface Moment {
  readonly step: number
  readonly epoch: number
  /** Whether a cadence names it. */
  readonly isDue: (cadence: Cadence) => boolean
  /** What made the step, its batch still in it; undefined between steps. */
  readonly stepper?: Stepper
  /** Whether the update of the step before is kept. */
  readonly hasPrevious?: boolean
  readonly seconds?: Seconds
}

const subtract: Rule = rule({ name: 'subtract', hyper: {}, state: {}, update: (o, { x, g }) => ({ x: o.sub(x, g) }) })

export class Context implements ProbeContext {
  readonly step: number
  readonly epoch: number
  readonly seconds?: Seconds
  readonly #watching: Watching
  readonly #moment: Moment
  #updated = false
  #gradients: Promise<readonly Float32Array[]> | undefined
  #layers: Promise<readonly WatchedLayer[]> | undefined
  readonly #sums = new Map<string, Promise<readonly Sums[]>>()

  constructor(watching: Watching, moment: Moment) {
    this.#watching = watching
    this.#moment = moment
    this.step = moment.step
    this.epoch = moment.epoch
    if (moment.seconds !== undefined) this.seconds = moment.seconds
  }

  get seed() {
    return this.#watching.plan.seed
  }
  get net() {
    return this.#watching.plan.net
  }
  get training() {
    return this.#watching.plan.training
  }
  get validation() {
    return this.#watching.plan.validation
  }
  get parameters() {
    return this.#watching.state.parameters
  }
  get batchSize() {
    return this.#watching.plan.batchSize
  }

  // Functions of their own, so that a probe may take them out of the context.
  readonly isDue = (cadence: Cadence): boolean => this.#moment.isDue(cadence)

  readonly weights = (): readonly Float32Array[] => arrays(this.#weights())

  readonly weightsAfter = (): readonly Float32Array[] => {
    this.#stepper('the weights after it')
    return arrays(this.#after())
  }

  readonly updates = (): readonly Float32Array[] => {
    this.#stepper('the updates')
    const { state } = this.#watching
    const { update } = state.watched
    if (!this.#updated) {
      update.region.data.set(this.#after().region.data)
      compileUpdate(subtract, state.memory)({ x: update.region.data, g: this.#weights().region.data }, [])
      this.#updated = true
    }
    return arrays(update)
  }

  readonly previousUpdates = (): readonly Float32Array[] | undefined => {
    this.#stepper('the update before')
    return this.#moment.hasPrevious ? arrays(this.#watching.state.watched.previous) : undefined
  }

  readonly gradients = (): Promise<readonly Float32Array[]> => {
    this.#gradients ??= this.#computeGradients()
    return this.#gradients
  }

  readonly layers = (): Promise<readonly WatchedLayer[]> => {
    this.#layers ??= this.#computeLayers()
    return this.#layers
  }

  readonly batch = (): WatchedBatch => {
    const { batchSize, inputs, targets, random, losses } = this.#stepper('the batch')
    return {
      size: batchSize,
      inputs,
      targets,
      random: Object.fromEntries(random.map(({ name, shape, values }) => [name, tensor('float32', shape, values)])),
      loss: losses[0],
    }
  }

  readonly sums = (of: 'weights' | 'updates' | 'gradients'): Promise<readonly Sums[]> => {
    const known = this.#sums.get(of) ?? this.#computeSums(of)
    this.#sums.set(of, known)
    return known
  }

  readonly sumsAbout = (values: Float32Array, centre: number): Sums => {
    return this.#watching.runs.sumsFor(values)?.about(values, centre) ?? plainSums(values, { about: centre })
  }

  readonly products = (x: Float32Array, y: Float32Array): Products => {
    const { memory } = this.#watching.state
    const isOurs = x.buffer === memory.buffer && y.buffer === memory.buffer
    return isOurs ? compileSums(memory).products(x, y) : plainProducts(x, y)
  }

  readonly run: ProbeContext['run'] = (name, make, feeds, weights) => {
    const when = this.#moment.stepper === undefined ? 'now' : 'before'
    return this.#watching.runs.run(name, make, feeds, { when, weights })
  }

  /** What the step took, by the names of the graph's inputs. */
  #feeds(): NamedTensors {
    const { net } = this.#watching.plan
    const { size, inputs, targets, random } = this.batch()
    return batchFeeds(net, size, inputs, targets, random)
  }

  async #computeGradients(): Promise<readonly Float32Array[]> {
    const { form, batchSize } = this.#stepper('the gradients')
    const { state, plan } = this.#watching
    // The update has left them where they were computed; whole steps keep them in the runtime.
    if (form === 'wasm') return arrays(state.sets[0].g)
    const make = () => trainingGraph(plan.net, batchSize).graph
    const outputs = await this.run(`gradients ${batchSize}`, make, this.#feeds())
    return state.parameters.map(({ name }) => outputs[gradientName(name)].data as Float32Array)
  }

  async #computeLayers(): Promise<readonly WatchedLayer[]> {
    const { batchSize } = this.#stepper('the layers')
    const { net } = this.#watching.plan
    const outputs = await this.run(`layers ${batchSize}`, () => layersGraph(net, batchSize), this.#feeds())
    return layersOf(net, outputs)
  }

  async #computeSums(of: 'weights' | 'updates' | 'gradients'): Promise<readonly Sums[]> {
    const sums = compileSums(this.#watching.state.memory)
    const before = this.weights()
    if (of === 'weights') return before.map((values) => sums.magnitudes(values))
    if (of === 'updates') {
      this.#stepper('the updates')
      return this.#after().tensors.map(({ data }, i) => sums.ofDifference(data, before[i]))
    }
    const gradients = await this.gradients()
    return gradients.map((g) => this.#watching.runs.sumsFor(g)?.magnitudes(g) ?? plainSums(g))
  }

  #weights(): Role {
    const { state } = this.#watching
    if (this.#moment.stepper === undefined) return this.#after()
    return state.watched.before ?? state.sets[1 - state.current].x
  }

  #after(): Role {
    const { sets, current } = this.#watching.state
    return sets[current].x
  }

  #stepper(what: string): Stepper {
    const { stepper } = this.#moment
    if (stepper !== undefined) return stepper
    throw usageError(
      `between steps it asks for ${what}, which belong to a step`,
      'give it a cadence in steps: { perEpoch: 4 } or { everySteps: 100 }',
    )
  }
}

const arrays = ({ tensors }: Role): readonly Float32Array[] => tensors.map(({ data }) => data)
