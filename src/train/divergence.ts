/** @file Divergence: when a run is no longer sound, at which step that began, and which tensor went first. */
import { compileSums } from '../base/sums.ts'
import { type Tensor, tensor } from '../base/tensor.ts'
import { type Engine, evaluate } from '../engine/engine.ts'
import type { Graph } from '../graph/types.ts'
import { gradientName, inputName, targetName, trainingGraph } from './graphs.ts'
import type { TrainingPlan } from './plan.ts'
import { layersGraph, outputName, watchedLayers } from './probes/layers.ts'
import type { Capture } from './progress.ts'
import { currentBuffers, currentParameters, type TrainingState } from './state.ts'
import type { Stepper } from './stepper.ts'
import type { Trajectory } from './trajectory.ts'

/** What went wrong first, at the first step that was not sound. */
export interface Fault {
  /** Name of the tensor: 'loss', 'gradient/dense1.weight', 'dense1.weight', 'input', 'target'; of a layer that gave it. */
  readonly first: string
  readonly step: number
  readonly message: string
  readonly hint: string
}

/**
 * A loss is taken for exploded above so many times the first batch's (or 1, where that is less). No training comes back from there:
 * for an entropy it means scores a million apart, for a squared error outputs a thousand times as far off as at the start. From
 * less, some do (Adam with a rate far too high).
 */
const explosion = 1e6

/** A run has failed that ends above so many times its first loss; on the way, one may come back from there. */
const worstEnd = 1e3

/** Whether a training can go on from a loss. @param firstLoss the first batch's */
export function isSound(loss: number, firstLoss: number): boolean {
  return Number.isFinite(loss) && Math.abs(loss) <= explosion * Math.max(1, Math.abs(firstLoss))
}

/** What is wrong with a run that ends with this mean loss over its last epoch, if anything is. */
export function faultAtEnd(loss: number, firstLoss: number, step: number): Fault | undefined {
  if (!(Math.abs(loss) > worstEnd * Math.max(1, Math.abs(firstLoss)))) return undefined
  const message = `the loss was ${short(loss)} in the last epoch, where the first batch's was ${short(firstLoss)}`
  return { first: 'loss', step, message, hint: lowerRate }
}

/** The first parameter or buffer with a value that is NaN or infinite, and that value. */
export function firstNotFinite(state: TrainingState): { readonly name: string; readonly value: number } | undefined {
  // It goes over all parameters while the net learns: a plain loop would take as long as some steps.
  const sums = compileSums(state.memory)
  for (const [name, { data }] of Object.entries({ ...currentParameters(state), ...currentBuffers(state) })) {
    if (sums.magnitudes(data).nonFinite === 0) continue
    const odd = notFinite(data) as number
    return { name, value: data[odd] }
  }
  return undefined
}

/** Index of the first value that is NaN or infinite. */
function notFinite(data: ArrayLike<number>): number | undefined {
  for (let i = 0; i < data.length; i++) if (!(Math.abs(data[i]) < Number.POSITIVE_INFINITY)) return i
  return undefined
}

/**
 * Goes back to a sound state and does the steps after it one by one, which gives the same bits, until one is not sound. The trajectory
 * then stands before that step.
 *
 * @param until number of updates up to which there is something to find
 */
export async function findFault(
  trajectory: Trajectory,
  plan: TrainingPlan,
  engine: Engine,
  sound: Capture,
  until: number,
): Promise<Fault> {
  trajectory.restore(sound)
  const { state } = trajectory
  let before = trajectory.capture()
  while (state.step < until) {
    if (trajectory.epochIsOver) trajectory.nextEpoch()
    before = trajectory.capture(before)
    const stepper = await trajectory.next(1)
    await trajectory.advance(stepper)
    const loss = stepper.losses[0]
    const firstLoss = (trajectory.progress.firstLoss ??= loss)
    const odd = firstNotFinite(state)
    if (isSound(loss, firstLoss) && odd === undefined) continue
    trajectory.restore(before)
    return describe(trajectory, plan, engine, { loss, firstLoss, odd, stepper })
  }
  const step = state.step
  return { first: 'loss', step, message: `the loss was not finite by step ${step}`, hint: lowerRate }
}

const lowerRate =
  'lower the learning rate, a tenth of it at first; if that does not help, check the inputs for extreme values'

/** What a step that is not sound gave. */
interface Seen {
  readonly loss: number
  readonly firstLoss: number
  readonly odd: ReturnType<typeof firstNotFinite>
  readonly stepper: Stepper
}

async function describe(trajectory: Trajectory, plan: TrainingPlan, engine: Engine, seen: Seen): Promise<Fault> {
  const { loss, firstLoss, odd } = seen
  const { step } = trajectory.state
  const inData = oddData(trajectory, plan, seen.stepper)
  if (inData !== undefined) return { ...inData, step }
  if (Number.isFinite(loss)) {
    const gradient = await oddGradient(trajectory, plan, engine, seen.stepper)
    if (gradient !== undefined)
      return {
        first: gradientName(gradient.name),
        step,
        message: `the gradient of ${gradient.name} became ${gradient.value} at step ${step}, where the loss was still ${short(loss)}`,
        hint: 'a derivative is infinite there (a root or logarithm at 0?): keep its argument above a small number, or lower the learning rate',
      }
  }
  const size = largest(trajectory.state)
  const grown = `; the largest parameter before was ${size.name}, up to ${short(size.value)}`
  if (!Number.isFinite(loss)) {
    const layer = await oddLayer(trajectory, plan, engine, seen.stepper)
    const cause = layer === undefined ? '' : `, because ${layer.name} gave ${layer.value}`
    const message = `the loss became ${loss} at step ${step}${cause}${grown}`
    return { first: layer?.name ?? 'loss', step, message, hint: lowerRate }
  }
  if (!isSound(loss, firstLoss)) {
    const message = `the loss exploded to ${short(loss)} at step ${step}, from ${short(firstLoss)} at the first${grown}`
    return { first: 'loss', step, message, hint: lowerRate }
  }
  const { name, value } = odd as NonNullable<typeof odd>
  return {
    first: name,
    step,
    message: `a value of ${name} became ${value} in the update of step ${step}`,
    hint: lowerRate,
  }
}

/** A value of the batch's inputs or targets that is not finite. */
function oddData({ batches, progress }: Trajectory, plan: TrainingPlan, stepper: Stepper) {
  const { inputs, targets, batchSize } = stepper
  const row = (i: number, values: ArrayLike<number>) => Math.floor(i / (values.length / batchSize))
  const example = (i: number) => batches.plan.order(progress.epoch)[progress.batch * batches.plan.batchSize + i]
  const hint = 'mend the value or leave the example out'
  const input = notFinite(inputs)
  if (input !== undefined) {
    const width = inputs.length / batchSize
    const name = plan.training.featureNames?.[input % width]
    const feature = `feature ${input % width}${name === undefined ? '' : ` (${name})`}`
    const message = `${feature} of training example ${example(row(input, inputs))} is ${inputs[input]}`
    return { first: inputName, message, hint }
  }
  const target = notFinite(targets)
  if (target === undefined) return undefined
  const message = `the target of training example ${example(row(target, targets))} is ${targets[target]}`
  return { first: targetName, message, hint }
}

/** Computes a graph of the net at the batch of a step that has been read, from where the trajectory stands. */
async function atBatch(trajectory: Trajectory, engine: Engine, stepper: Stepper, graph: Graph) {
  const held = { ...currentParameters(trajectory.state), ...currentBuffers(trajectory.state) }
  const random = trajectory.peekRandom()
  const feeds = graph.inputs.map(({ name, dtype, shape }): [string, Tensor] => {
    if (held[name] !== undefined) return [name, held[name]]
    if (name === inputName) return [name, tensor('float32', shape, stepper.inputs)]
    if (name === targetName) return [name, tensor(dtype, shape, stepper.targets)]
    const values = tensor('float32', shape)
    random[name](values.data)
    return [name, values]
  })
  const outputs = await evaluate(engine, graph, Object.fromEntries(feeds))
  /** The first value of an output that is not finite. */
  return (name: string): number | undefined => {
    const { data } = outputs[name]
    const at = notFinite(data as Float32Array)
    return at === undefined ? undefined : Number(data[at])
  }
}

/** The parameter whose gradient is not finite; of several the last, which the backward pass reaches first. */
async function oddGradient(trajectory: Trajectory, plan: TrainingPlan, engine: Engine, stepper: Stepper) {
  const { graph } = trainingGraph(plan.net, stepper.batchSize)
  const odd = await atBatch(trajectory, engine, stepper, graph)
  return trajectory.state.parameters
    .map(({ name }) => ({ name, value: odd(gradientName(name)) }))
    .findLast(({ value }) => value !== undefined)
}

/** The first layer that gives something not finite; of one inside another, the inner. */
async function oddLayer(trajectory: Trajectory, plan: TrainingPlan, engine: Engine, stepper: Stepper) {
  const odd = await atBatch(trajectory, engine, stepper, layersGraph(plan.net, stepper.batchSize))
  const layers = watchedLayers(plan.net)
    .map(({ name }, place) => ({ name, value: odd(outputName(place)) }))
    .filter(({ value }) => value !== undefined)
  return layers.find(({ name }) => !layers.some((other) => other.name.startsWith(`${name}.`)))
}

function largest(state: TrainingState): { readonly name: string; readonly value: number } {
  const sizes = Object.entries(currentParameters(state)).map(([name, { data }]) => ({
    name,
    value: data.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
  }))
  return sizes.reduce((most, size) => (size.value > most.value ? size : most))
}

/** Three digits. */
function short(value: number): string {
  const rounded = Number(value.toPrecision(3))
  return Math.abs(rounded) < 1e6 ? String(rounded) : rounded.toExponential()
}
