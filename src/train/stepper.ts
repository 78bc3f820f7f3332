/** @file Steppers: one training step, or several in one call, in the form that is fastest for the net and the engine. */
import { type CounterStream, compileFill } from '../base/counter-random.ts'
import { Arena, numbers, type Shape, sizeOf, type Tensor } from '../base/tensor.ts'
import type { Call, Engine, Executable } from '../engine/engine.ts'
import { nodeArithmetic } from '../engine/threads.ts'
import { fastForms } from '../graph/forms.ts'
import { operators } from '../graph/ops/index.ts'
import type { Graph, Node, Value } from '../graph/types.ts'
import type { NormLimit } from '../nn/constraint.ts'
import type { At } from '../optim/rate.ts'
import type { UpdateRule } from '../optim/update-rule.ts'
import { compileUpdate } from '../optim/wasm.ts'
import {
  gradientName,
  inputName,
  type NetDescription,
  type NetGraph,
  nextBufferName,
  targetName,
  trainingGraph,
} from './graphs.ts'
import { compileClamp } from './max-norm.ts'
import { factorsName, type PlacedRule, placedRules, withClipFactors } from './placed-rules.ts'
import { currentBuffers, currentParameters, type TrainingState } from './state.ts'
import { buffersName, nextBuffersName, nextStateName, scalarName, stateName, wholeStepGraph } from './step-graph.ts'

/**
 * How a step is executed.
 * - 'wasm': the runtime computes gradients, one WebAssembly loop updates in place. For large nets on the CPU.
 * - 'nodes': whole steps in the runtime, several in one call. For small nets, where a call costs more than a step, and for
 *   other providers, where the state should not leave the device.
 */
export type StepForm = 'wasm' | 'nodes'

/** Uniform random numbers that a layer asked for, where the step reads them. */
export interface RandomFeed {
  readonly name: string
  /** In one step. */
  readonly shape: Shape
  readonly values: Float32Array
  fill(stream: CounterStream): void
}

/** Steps on batches of one size. The caller fills the arrays, then runs. */
export interface Stepper {
  readonly form: StepForm
  readonly threads: number
  readonly batchSize: number
  /** Steps in one call. */
  readonly steps: number
  /** [steps, batch, ...features] in row-major order. */
  readonly inputs: Float32Array
  /** [steps, batch, ...]: class numbers or target values. */
  readonly targets: Int32Array | Float32Array
  /** The uniform random numbers that layers asked for, by name: to be filled before every run, [steps, ...shape]. */
  readonly random: readonly RandomFeed[]
  /** Mean data loss of each step's batch, after a run. */
  readonly losses: Float32Array
  /** Correct answers in each step's batch; empty for regression. */
  readonly correct: Float32Array
  /** Runs all steps. @param at where each stands, for the schedules */
  run(at: readonly At[]): Promise<void> | undefined
  release(): Promise<void>
}

/** State up to this size goes into each call and comes out of it. */
const smallState = 64 * 1024

/** The form for a net on an engine. @param values number of parameters */
export function chooseForm(engine: Engine, rule: UpdateRule, values: number): StepForm {
  const bytes = values * (1 + Object.keys(rule.state).length) * Float32Array.BYTES_PER_ELEMENT
  return engine.provider === 'cpu' && bytes > smallState ? 'wasm' : 'nodes'
}

/** Most steps in one call: more would make stopping late without being faster. */
const mostStepsAtOnce = 50

/**
 * How many steps to do in one call, so that it ends about within a time: only then can others run, or the run stop. A call
 * costs some 10 µs, which is no gain for steps of a millisecond.
 *
 * @param graph one training step
 */
export function stepsAtOnce(graph: Graph, milliseconds: number): number {
  return Math.max(1, Math.min(mostStepsAtOnce, Math.floor(milliseconds / roughMilliseconds(graph))))
}

/**
 * About how long a graph takes: the arithmetic of its products and the numbers that its nodes give. The same on every machine:
 * nothing that a run does depends on the clock.
 */
export function roughMilliseconds(graph: Graph): number {
  return graph.nodes.reduce((sum, node) => {
    const { body } = node.attributes
    if (typeof body === 'object' && 'nodes' in body) return sum + tripsOf(node) * roughMilliseconds(body)
    const given = node.outputs.reduce((total, { shape }) => total + sizeOf(shape), 0)
    return sum + nodeArithmetic(node) / multiplyAddsAMillisecond + given / numbersAMillisecond
  }, 0)
}

// With these the estimate was about half to twice the time of steps of 0.06 to 60 ms: dense nets with tanh, one thread.
const multiplyAddsAMillisecond = 10_000_000
const numbersAMillisecond = 500_000

function tripsOf({ inputs: [trips] }: Node): number {
  return trips?.constant === undefined ? 1 : numbers(trips.constant)[0]
}

export interface StepperOptions {
  readonly form: StepForm
  readonly batchSize: number
  /** Steps in one call; 1 for the form 'wasm'. */
  readonly steps: number
  readonly threads?: number
}

/** Compiles a stepper. It works on `state`, which it changes. */
export async function makeStepper(
  engine: Engine,
  net: NetDescription,
  rule: UpdateRule,
  state: TrainingState,
  options: StepperOptions,
): Promise<Stepper> {
  const { form, batchSize, steps } = options
  const said = trainingGraph(net, batchSize)
  const built = engine.provider === 'cpu' ? { ...said, graph: fastForms(said.graph, operators) } : said
  const limits = net.constraint?.limits(built.parameters) ?? []
  const names = built.parameters.map(({ name }) => name)
  const gradients = rule.clip ? withClipFactors(built.graph, names, rule.clip) : built.graph
  const graph = form === 'wasm' ? gradients : wholeStepGraph({ net: built, rule, limits }, steps)
  const executable = await engine.compile(graph, { threads: options.threads })
  const feeds = placeFeeds(graph, [inputName, targetName, ...built.randomInputs.map(({ name }) => name)])
  const make = form === 'wasm' ? gradientsThenUpdate : wholeSteps
  return {
    form,
    threads: executable.threads,
    batchSize,
    steps,
    inputs: feeds.inputs[inputName].data as Float32Array,
    targets: feeds.inputs[targetName].data as Float32Array,
    random: randomFeeds(built, feeds),
    losses: feeds.outputs.loss.data as Float32Array,
    correct: (feeds.outputs.correct?.data ?? new Float32Array(0)) as Float32Array,
    run: make(executable, feeds, { placed: placedRules(rule, names), limits, state }),
    release: () => executable.release(),
  }
}

/** Tensors that go in and out besides the state. */
interface Feeds {
  readonly memory: WebAssembly.Memory
  readonly inputs: Readonly<Record<string, Tensor>>
  readonly outputs: Readonly<Record<string, Tensor>>
}

function placeFeeds(graph: Graph, fed: readonly string[]): Feeds {
  const isFed = ({ name }: Value) => fed.includes(name) || name.startsWith(scalarName(0).slice(0, -1))
  const inputs = graph.inputs.filter(isFed)
  const outputs = graph.outputs.filter(({ name }) => ['loss', 'correct', factorsName].includes(name))
  const arena = new Arena([...inputs, ...outputs])
  const place = (values: readonly Value[]) =>
    Object.fromEntries(values.map(({ name, dtype, shape }) => [name, arena.place(dtype, shape)]))
  return { memory: arena.memory, inputs: place(inputs), outputs: place(outputs) }
}

function randomFeeds({ randomInputs }: NetGraph, { memory, inputs }: Feeds): Stepper['random'] {
  if (randomInputs.length === 0) return []
  const fill = compileFill(memory)
  return randomInputs.map(({ name, value }) => {
    const values = inputs[name].data as Float32Array
    return { name, shape: value.shape, values, fill: (stream) => fill(stream, values) }
  })
}

/** What a step changes, and how. */
interface Change {
  readonly placed: readonly PlacedRule[]
  readonly limits: readonly (NormLimit | undefined)[]
  readonly state: TrainingState
}

function gradientsThenUpdate(executable: Executable, feeds: Feeds, { placed, limits, state }: Change): Stepper['run'] {
  const [set] = state.sets
  const gradients = state.parameters.map(({ name }, i) => [gradientName(name), set.g.tensors[i]])
  const [buffers, fresh] = state.bufferSets
  const changing = state.buffers.flatMap(({ next }, i) => (next === undefined ? [] : [i]))
  const nextBuffers = changing.map((i) => [nextBufferName(state.buffers[i].name), fresh.tensors[i]])
  const compute = executable.bind(
    { ...feeds.inputs, ...currentParameters(state), ...currentBuffers(state) },
    { ...feeds.outputs, ...Object.fromEntries(gradients), ...Object.fromEntries(nextBuffers) },
  )
  const updates = placed.map((own) => updateInPlace(own, state, feeds.outputs[factorsName]?.data as Float32Array))
  // The update has used the gradients up: they give the room in which a clamp works, unless a probe will look at them.
  const scratch = state.watched?.update ?? set.g
  const clamps = limits.flatMap((limit, i) =>
    limit === undefined ? [] : [compileClamp(state.memory, set.x.tensors[i].data, scratch.tensors[i].data, limit)],
  )
  const finish = (at: At) => {
    for (const update of updates) update(at)
    for (const clamp of clamps) clamp()
    for (const i of changing) buffers.tensors[i].data.set(fresh.tensors[i].data)
    state.step++
  }
  return ([at]) => {
    const pending = compute()
    if (pending !== undefined) return pending.then(() => finish(at))
    finish(at)
    return undefined
  }
}

/** @param factors what shortens the gradients, as the last run left it */
function updateInPlace({ rule, members, factor = 0 }: PlacedRule, state: TrainingState, factors?: Float32Array) {
  const [set] = state.sets
  const { tensors, slots } = rule.program
  const groups = members.map((i) => Object.fromEntries(tensors.map((role) => [role, set[role].tensors[i].data])))
  const update = compileUpdate(rule, state.memory).over(groups)
  const scalars = new Float64Array(slots.length)
  return (at: At) => {
    rule.scalars(at, scalars, state.rateFactor)
    if (factors) scalars[rule.clipSlot] = factors[factor]
    update(scalars)
  }
}

function wholeSteps(executable: Executable, feeds: Feeds, { placed, state }: Change): Stepper['run'] {
  const roles = Object.keys(state.sets[0])
  const regions = (set: number, name: (role: string) => string, ofBuffers: string) => ({
    ...Object.fromEntries(roles.map((role) => [name(role), state.sets[set][role].region])),
    ...(state.buffers.length > 0 && { [ofBuffers]: state.bufferSets[set].region }),
  })
  const bind = (from: number): Call =>
    executable.bind(
      { ...feeds.inputs, ...regions(from, stateName, buffersName) },
      { ...feeds.outputs, ...regions(1 - from, nextStateName, nextBuffersName) },
    )
  const calls = [bind(0), bind(1)]
  // Rules whose parts stand alone share their scalars.
  const rules = [...new Map(placed.map((own) => [own.firstSlot, own.rule]))].map(([firstSlot, rule]) => ({
    rule,
    scalars: new Float64Array(rule.program.slots.length),
    inputs: rule.program.slots.map((_, i) => feeds.inputs[scalarName(firstSlot + i)]?.data as Float32Array | undefined),
  }))
  const finish = (steps: number) => {
    state.current = 1 - state.current
    state.step += steps
  }
  return (at) => {
    for (let step = 0; step < at.length; step++) {
      for (const { rule, scalars, inputs } of rules) {
        rule.scalars(at[step], scalars, state.rateFactor)
        inputs.forEach((input, slot) => {
          if (input) input[step] = scalars[slot]
        })
      }
    }
    const pending = calls[state.current]()
    if (pending !== undefined) return pending.then(() => finish(at.length))
    finish(at.length)
    return undefined
  }
}
