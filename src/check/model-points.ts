/** @file Where a net is checked: as it is initialised, and after a few steps of training, where nothing is special any more. */
import { CounterStream } from '../base/counter-random.ts'
import type { Tensor } from '../base/tensor.ts'
import { Batches } from '../data/batches.ts'
import type { Engine, NamedTensors } from '../engine/engine.ts'
import { trainingGraph } from '../train/graphs.ts'
import { letOthersRun } from '../train/loop.ts'
import type { TrainingPlan } from '../train/plan.ts'
import { bufferValues, initialState, parameterValues, type TrainingState } from '../train/state.ts'
import { makeStepper, type Stepper } from '../train/stepper.ts'

/** A point at which a net is checked. */
export interface ModelPoint {
  /** Updates made before it. */
  readonly steps: number
  readonly parameters: Readonly<Record<string, Tensor<'float32'>>>
  readonly buffers: NamedTensors
}

/**
 * The net as it is initialised, and after `burnIn` steps of its own training.
 *
 * @param burnIn 0 for the first point alone
 * @returns one point, or two; the second may hold numbers that are not finite, where the training diverges
 */
export async function modelPoints(
  plan: TrainingPlan,
  engine: Engine,
  burnIn: number,
  signal?: AbortSignal,
): Promise<ModelPoint[]> {
  const net = trainingGraph(plan.net, plan.batchSize)
  const state = initialState(net, plan.update, plan.seed, 2)
  const points = [pointOf(state)]
  if (burnIn === 0) return points
  const options = { form: 'nodes', batchSize: plan.batchSize, steps: 1, threads: plan.threads } as const
  const stepper = await makeStepper(engine, plan.net, plan.update, state, options)
  try {
    await train(plan, stepper, burnIn, signal)
  } finally {
    await stepper.release()
  }
  return [...points, pointOf(state)]
}

function pointOf(state: TrainingState): ModelPoint {
  return { steps: state.step, parameters: parameterValues(state), buffers: bufferValues(state) }
}

async function train(plan: TrainingPlan, stepper: Stepper, steps: number, signal?: AbortSignal): Promise<void> {
  const batches = new Batches(plan.training, { batchSize: plan.batchSize, seed: plan.seed })
  // The last batch of an epoch may be smaller, which would be another stepper.
  const whole = Math.floor(batches.plan.rows / plan.batchSize)
  const random = stepper.random.map(({ name, fill }) => ({
    fill,
    stream: new CounterStream(plan.seed, `burn-in/${name}`),
  }))
  for (let step = 0; step < steps; step++) {
    signal?.throwIfAborted()
    const [epoch, batch] = [Math.floor(step / whole), step % whole]
    batches.fillMany(epoch, batch, 1, stepper.inputs, stepper.targets)
    for (const { fill, stream } of random) fill(stream)
    await stepper.run([{ epoch: epoch + (batch * plan.batchSize) / batches.plan.rows, step }])
    await new Promise<void>(letOthersRun)
  }
}

/** Whether all parameters are numbers. */
export function isFinitePoint({ parameters }: ModelPoint): boolean {
  return Object.values(parameters).every(({ data }) => data.every(Number.isFinite))
}
