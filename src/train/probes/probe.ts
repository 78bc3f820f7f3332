/** @file What a probe is: something that is measured again and again while a net learns. */
import { checkInteger, show, suggestion, usageError } from '../../base/errors.ts'
import type { Products, Sums } from '../../base/sums.ts'
import type { Tensor } from '../../base/tensor.ts'
import type { Examples } from '../../data/dataset.ts'
import type { NamedTensors } from '../../engine/engine.ts'
import type { Graph } from '../../graph/types.ts'
import type { Parameter } from '../../nn/model.ts'
import type { Distribution, Picture } from '../events.ts'
import type { NetDescription } from '../graphs.ts'
import type { Seconds } from '../phases.ts'

/**
 * When a probe measures. It depends on the number of the step alone, never on a clock, so that a resumed run measures at the same
 * steps.
 * - `perEpoch`: at least so often in each epoch, at equal distances, from its first step on; at every step where an epoch has
 *   fewer. From the run's 1000th step on with at least `apart` steps between, so that thousands of short epochs cost no more than a
 *   few long ones; default 1.
 * - `everySteps`: at the steps 0, n, 2n, …
 * - `everyEpochs`: between steps: before the first one, after every n-th epoch, and after the last. From the run's 1000th step on
 *   with at least `apart` steps between, but for the last; default 1.
 */
export type Cadence =
  | { readonly perEpoch: number; readonly apart?: number }
  | { readonly everySteps: number }
  | { readonly everyEpochs: number; readonly apart?: number }

/** The defaults: as dense in short epochs as in one of 500 steps, whose time they then take the same share of. */
export const often: Cadence = { perEpoch: 20, apart: 25 }
export const seldom: Cadence = { perEpoch: 4, apart: 125 }

/** What came out. Where a number belongs to a tensor or a layer, its name stands behind a slash: 'norm:weight/dense1.weight'. */
export interface Measured {
  readonly values?: Readonly<Record<string, number>>
  readonly distributions?: Readonly<Record<string, Distribution>>
  readonly pictures?: Readonly<Record<string, Picture>>
}

/** Something to be measured. It changes nothing: a run with probes gives the same bits as one without. */
export interface Probe {
  /** Unlike the others' in the run. */
  readonly name: string
  readonly cadence: Cadence
  /** Measures at the step after each one that the cadence names, when `previousUpdates` are there too. */
  readonly successive?: boolean
  /** @returns what came out; nothing where there is nothing to tell */
  measure(context: ProbeContext): Measured | undefined | Promise<Measured | undefined>
}

/** A layer while a batch goes through: its outputs, and the objective's gradient by them. */
export interface WatchedLayer {
  readonly name: string
  /** 'dense', 'relu', … */
  readonly kind: string
  /** [batch, ...] as the layer gives it. */
  readonly output: Tensor<'float32'>
  readonly gradient: Tensor<'float32'>
}

/** The batch of the step that is watched. */
export interface WatchedBatch {
  readonly size: number
  /** [size, ...features] */
  readonly inputs: Float32Array
  readonly targets: Int32Array | Float32Array
  /** The uniform random numbers that layers got in this step, by name. */
  readonly random: Readonly<Record<string, Tensor<'float32'>>>
  /** Mean data loss, before the update. */
  readonly loss: number
}

/**
 * What a probe may look at. It asks for what it needs; what no probe asks for is not computed. Arrays are valid until `measure` has
 * ended, and must not be changed. Lists are in the order of `parameters`.
 *
 * Between steps (`everyEpochs`) there is no batch, and so no updates, gradients and layers: asking for them is an error.
 */
export interface ProbeContext {
  /** Updates made before the step that is watched. */
  readonly step: number
  /** How often each example had been seen before it. */
  readonly epoch: number
  readonly seed: number
  readonly net: NetDescription
  readonly training: Examples
  readonly validation?: Examples
  readonly parameters: readonly Parameter[]
  /** Of the run's whole batches. */
  readonly batchSize: number
  /** Whether another cadence names this step too: for a part of a probe that is dearer than the rest. */
  isDue(cadence: Cadence): boolean
  /** The values of the parameters, before the step; between steps as they are. */
  weights(): readonly Float32Array[]
  /** The same after the step. */
  weightsAfter(): readonly Float32Array[]
  /** What the step added to the parameters, by whatever rule and constraint: after less before, rounded to float32. */
  updates(): readonly Float32Array[]
  /** The same of the step before; undefined at the first step of a run. Only for probes that are `successive`. */
  previousUpdates(): readonly Float32Array[] | undefined
  /** The gradients of the objective (mean loss plus penalty) that the step used. */
  gradients(): Promise<readonly Float32Array[]>
  /** Every layer on the step's batch with the step's dropout; layers that give what another gave are left out. */
  layers(): Promise<readonly WatchedLayer[]>
  batch(): WatchedBatch
  /** Σ|x|, Σx², least and greatest of each tensor. */
  sums(of: 'weights' | 'updates' | 'gradients'): Promise<readonly Sums[]>
  /** Σ(x − c) and Σ(x − c)² of an array; fast where this context gave it. */
  sumsAbout(values: Float32Array, centre: number): Sums
  /** Σxy, Σx² and Σy² of two arrays of one length. */
  products(x: Float32Array, y: Float32Array): Products
  /**
   * Runs a graph. Inputs named after parameters and buffers are given their values from before the step.
   *
   * @param name of the graph: it is made once for each name
   * @param feeds all other inputs; they are copied
   * @param weights take the place of the parameters' values; copied, unless they are this context's
   * @returns its outputs, valid until it runs again
   */
  run(
    name: string,
    make: () => Graph,
    feeds: NamedTensors,
    weights?: readonly Float32Array[],
  ): Promise<Readonly<Record<string, Tensor>>>
  /** Seconds that the epoch took, by what they went into; only between steps, and only where the run has a clock. */
  readonly seconds?: Seconds
}

/** Where a step stands: the epoch it belongs to, its batch in it, and the updates made before. */
export interface Position {
  readonly epoch: number
  readonly batch: number
  readonly step: number
}

/** The first steps are watched as often as an epoch asks for: most happens there. */
const early = 1000

/** Whether a cadence names a step. @param batches in one epoch */
export function isDue(cadence: Cadence, { batch, step }: Position, batches: number): boolean {
  if ('everySteps' in cadence) return step % cadence.everySteps === 0
  if (!('perEpoch' in cadence)) return false
  const { perEpoch, apart = 1 } = cadence
  const distance = Math.max(1, Math.floor(batches / perEpoch))
  return distance < apart && step >= early ? step % apart === 0 : batch % distance === 0
}

/** Whether a cadence names the end of an epoch. @param epoch so many are done. @param batches in one epoch. @param epochs of the run */
export function isDueAfter(cadence: Cadence, epoch: number, batches: number, epochs: number): boolean {
  if (!('everyEpochs' in cadence)) return false
  const { everyEpochs, apart = 1 } = cadence
  const isEarly = epoch * batches < early
  const times = isEarly ? 1 : Math.ceil(apart / (everyEpochs * batches))
  return epoch % (everyEpochs * times) === 0 || epoch === epochs
}

/** Whether a probe measures at a step. */
export function measuresAt({ cadence, successive }: Probe, at: Position, batches: number): boolean {
  if (!successive) return isDue(cadence, at, batches)
  return at.step > 0 && isDue(cadence, before(at, batches), batches)
}

/** Whether a step's update will be compared with the next one's. */
export function leadsUpTo({ cadence, successive }: Probe, at: Position, batches: number): boolean {
  return successive === true && isDue(cadence, at, batches)
}

function before({ epoch, batch, step }: Position, batches: number): Position {
  return batch > 0
    ? { epoch, batch: batch - 1, step: step - 1 }
    : { epoch: epoch - 1, batch: batches - 1, step: step - 1 }
}

const cadences = ['perEpoch', 'everySteps', 'everyEpochs']

/** @throws RappelError 'usage' unless it is a list of probes, each with a name of its own and a cadence */
export function checkProbes(probes: unknown): asserts probes is readonly Probe[] {
  if (!Array.isArray(probes))
    throw usageError(
      `probes is ${show(probes)}, expected a list of probes, or false`,
      'probes: [...probe.standard(), …]',
    )
  const names = new Set<string>()
  for (const probe of probes) {
    if (typeof probe?.measure !== 'function' || typeof probe.name !== 'string' || probe.name === '')
      throw usageError(
        `a probe is ${show(probe)}, expected { name, cadence, measure }`,
        'the built-in ones are made by a call: probe.norms()',
      )
    if (names.has(probe.name))
      throw usageError(`two probes are named '${probe.name}'`, 'what they measure would be mixed: give them two names')
    names.add(probe.name)
    checkCadence(`the cadence of the probe '${probe.name}'`, probe.cadence)
  }
}

const mayBeApart = ([field]: readonly [string, unknown]) => field === 'perEpoch' || field === 'everyEpochs'

/** @throws RappelError 'usage' unless it has one of the three forms */
function checkCadence(what: string, cadence: unknown): Cadence {
  const entries = typeof cadence === 'object' && cadence !== null ? Object.entries(cadence) : []
  const [[name, value] = [], ...others] = entries.filter(([field]) => field !== 'apart' || !entries.some(mayBeApart))
  if (name === undefined || others.length > 0 || !cadences.includes(name))
    throw usageError(
      `${what} is ${show(cadence)}, expected one of { perEpoch }, { everySteps }, { everyEpochs }`,
      name === undefined ? undefined : suggestion(name, cadences),
    )
  checkInteger(`${what}: ${name}`, value, 1)
  const { apart } = cadence as { apart?: number }
  if (apart !== undefined) checkInteger(`${what}: apart`, apart, 1)
  return cadence as Cadence
}
