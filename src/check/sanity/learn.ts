/** @file Training on one small batch, over and over: Adam, at a fixed rate, until a goal is reached or the steps are used up. */
import { type Shape, sizeOf } from '../../base/tensor.ts'
import type { Engine } from '../../engine/engine.ts'
import { initialValue, type Parameter } from '../../nn/model.ts'
import { adam } from '../../optim/adam.ts'
import { forwardGraph, type NetDescription, trainingGraph } from '../../train/graphs.ts'
import { letOthersRun } from '../../train/loop.ts'
import { currentParameters, initialState, type TrainingState } from '../../train/state.ts'
import { chooseForm, makeStepper, roughMilliseconds } from '../../train/stepper.ts'
import { quietNet } from './quiet.ts'
import type { Sample } from './sample.ts'

/** What came of it. */
export interface Learnt {
  /** The least loss that was seen. */
  readonly loss: number
  readonly rate: number
  /** Updates made. */
  readonly steps: number
  /** Values in all parameters. */
  readonly size: number
  /** Weights of which no value has moved. */
  readonly frozen: readonly { readonly name: string; readonly zeros: boolean }[]
  /** Weights with several units of which all are the same. */
  readonly alike: readonly string[]
}

/** Most and least steps of one run, and about how long it may take. */
const [mostSteps, fewestSteps, goodMilliseconds, mostMilliseconds] = [400, 100, 1500, 5000]
/** Relative difference of weights that sums in another order may make of equal ones. */
const alike = 1e-4
/** Steps between two looks at the goal, after each of which others may run. */
const steps = 10

export interface LearnBudget {
  /** 0 where the net is too slow. */
  readonly steps: number
  /** Of one step, roughly. */
  readonly milliseconds: number
  /** Shape of the scores of the whole batch. */
  readonly scores: Shape
}

/** How many steps are worth their time: by the net's arithmetic, not by a clock. */
export function learnBudget(net: NetDescription, examples: number): LearnBudget {
  const milliseconds = roughMilliseconds(trainingGraph(quietNet(net), examples).graph)
  const [{ shape: scores }] = forwardGraph(net, examples).graph.outputs
  if (fewestSteps * milliseconds > mostMilliseconds) return { steps: 0, milliseconds, scores }
  return {
    steps: Math.max(fewestSteps, Math.min(mostSteps, Math.floor(goodMilliseconds / milliseconds))),
    milliseconds,
    scores,
  }
}

export interface LearnOptions {
  readonly rate: number
  readonly steps: number
  readonly seed: number
  /** The loss at which it is enough. */
  readonly goal: number
  readonly signal?: AbortSignal
}

export async function learn(
  described: NetDescription,
  engine: Engine,
  sample: Sample,
  options: LearnOptions,
): Promise<Learnt> {
  const net = quietNet(described)
  const batchSize = sample.rows.length
  const rule = adam({ learningRate: options.rate })
  const built = trainingGraph(net, batchSize)
  const size = built.parameters.reduce((sum, { value }) => sum + sizeOf(value.shape), 0)
  const form = chooseForm(engine, rule, size)
  const state = initialState(built, rule, options.seed, form === 'wasm' ? 1 : 2)
  const atOnce = form === 'wasm' ? 1 : steps
  const stepper = await makeStepper(engine, net, rule, state, { form, batchSize, steps: atOnce })
  try {
    for (let step = 0; step < atOnce; step++) {
      stepper.inputs.set(sample.inputs, step * sample.inputs.length)
      stepper.targets.set(sample.targets, step * sample.targets.length)
    }
    let loss = Number.NaN
    while (state.step < options.steps) {
      for (let done = 0; done < steps; done += atOnce) {
        await stepper.run(Array.from({ length: atOnce }, (_, i) => ({ epoch: state.step + i, step: state.step + i })))
        const now = stepper.losses[atOnce - 1]
        // What was NaN once stays so.
        if (!(now >= loss)) loss = now
      }
      options.signal?.throwIfAborted()
      await new Promise<void>(letOthersRun)
      if (loss <= options.goal || !Number.isFinite(loss)) break
    }
    return { loss, rate: options.rate, steps: state.step, size, ...whatMoved(state, options.seed) }
  } finally {
    await stepper.release()
  }
}

/** Only weights: a bias in front of a normalisation has no gradient, and rightly so. */
function whatMoved(state: TrainingState, seed: number): Pick<Learnt, 'frozen' | 'alike'> {
  const now = currentParameters(state)
  const weights = state.parameters.filter(({ penalised, value }) => penalised && value.shape.length >= 2)
  const still = weights.filter((parameter) => {
    const first = initialValue(parameter, seed).data
    return now[parameter.name].data.every((value, i) => value === first[i])
  })
  const isZero = ({ name }: Parameter) => now[name].data.every((value) => value === 0)
  return {
    frozen: still.map((parameter) => ({ name: parameter.name, zeros: weights.some(isZero) })),
    alike: weights.filter((parameter) => sameUnits(parameter, now[parameter.name].data)).map(({ name }) => name),
  }
}

function sameUnits({ unitAxis, unitGroups = 1, value: { shape } }: Parameter, data: Float32Array): boolean {
  if (unitAxis === undefined || unitGroups > 1) return false
  const units = shape[unitAxis]
  const inner = sizeOf(shape.slice(unitAxis + 1))
  if (units < 2) return false
  return data.every((value, i) => {
    const unit = Math.floor(i / inner) % units
    const first = data[i - unit * inner]
    return Math.abs(value - first) <= alike * Math.abs(first)
  })
}
