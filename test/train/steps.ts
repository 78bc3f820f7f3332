/** @file Steps by hand: batches of the caller's choice through a stepper, without the loop. */
import { CounterStream } from '../../src/base/counter-random.ts'
import { nativeEngine } from '../../src/engine/native.ts'
import type { Initialiser } from '../../src/nn/init.ts'
import type { At } from '../../src/optim/rate.ts'
import { rule } from '../../src/optim/rule.ts'
import type { UpdateRule } from '../../src/optim/update-rule.ts'
import { type NetDescription, trainingGraph } from '../../src/train/graphs.ts'
import { initialState, parameterValues, type TrainingState } from '../../src/train/state.ts'
import { makeStepper, type StepForm } from '../../src/train/stepper.ts'

export const engine = await nativeEngine()

export interface Batch {
  readonly inputs: ArrayLike<number>
  readonly targets: ArrayLike<number>
}

export interface Stepped {
  readonly losses: readonly number[]
  readonly correct: readonly number[]
  readonly parameters: Readonly<Record<string, number[]>>
  readonly state: TrainingState
}

export interface StepOptions {
  readonly form: StepForm
  /** Steps in one call, which must divide the number of batches; default 1. */
  readonly together?: number
  readonly threads?: number
  readonly seed?: number
}

/** One step for each batch, all of one size. Dropout's numbers come from one stream for each name. */
export async function stepThrough(
  net: NetDescription,
  update: UpdateRule,
  batches: readonly Batch[],
  { form, together = 1, threads, seed = 1 }: StepOptions,
): Promise<Stepped> {
  const width = net.targetShape.reduce((product, dim) => product * dim, 1)
  const batchSize = batches[0].targets.length / width
  const state = initialState(trainingGraph(net, batchSize), update, seed, form === 'wasm' ? 1 : 2)
  const stepper = await makeStepper(engine, net, update, state, { form, batchSize, steps: together, threads })
  const streams = stepper.random.map(({ name }) => new CounterStream(seed, name))
  const [losses, correct]: number[][] = [[], []]
  for (let first = 0; first < batches.length; first += together) {
    for (let i = 0; i < together; i++) {
      const { inputs, targets } = batches[first + i]
      stepper.inputs.set(inputs, i * inputs.length)
      stepper.targets.set(targets, i * targets.length)
    }
    stepper.random.forEach(({ fill }, i) => void fill(streams[i]))
    await stepper.run(Array.from({ length: together }, (_, i): At => ({ epoch: (first + i) / 4, step: first + i })))
    losses.push(...stepper.losses)
    correct.push(...stepper.correct)
  }
  await stepper.release()
  return { losses, correct, parameters: values(state), state }
}

/** The parameters of a state as plain numbers. */
export function values(state: TrainingState): Record<string, number[]> {
  return Object.fromEntries(Object.entries(parameterValues(state)).map(([name, { data }]) => [name, [...data]]))
}

/** Changes nothing and keeps the gradient, as the step computed it, in its state. */
export const keepGradient = rule({
  name: 'keepGradient',
  hyper: {},
  state: { kept: 'zeros' },
  update: (_, { x, g }) => ({ x, kept: g }),
})

/** The gradients that `keepGradient` kept. */
export function keptGradients({ sets, current, parameters }: TrainingState): Record<string, number[]> {
  return Object.fromEntries(parameters.map(({ name }, i) => [name, [...sets[current].kept.tensors[i].data]]))
}

/** An initialiser that gives these values. */
export function fixed(numbers: readonly number[]): Initialiser {
  return { name: 'fixed', draw: () => Float32Array.from(numbers) }
}
