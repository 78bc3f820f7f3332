/** @file Graphs that probes run beside the training: compiled once, on the parameters from before a step or as they are. */
import { type CompiledSums, compileSums } from '../../base/sums.ts'
import { Arena, type DType, type Shape, type Tensor, tensor } from '../../base/tensor.ts'
import {
  type Call,
  checkBinding,
  checkInputs,
  type Engine,
  type Executable,
  type NamedTensors,
} from '../../engine/engine.ts'
import { fastForms } from '../../graph/forms.ts'
import { operators } from '../../graph/ops/index.ts'
import type { Graph } from '../../graph/types.ts'
import { currentBuffers, currentParameters, type Role, type TrainingState } from '../state.ts'

/** Whose parameters and buffers: those from before the step that was just made, or those after it. */
export type When = 'before' | 'now'

/** What a graph is run on. */
export interface Held {
  /** Whose buffers, and whose parameters where no others are given. */
  readonly when: When
  /** In the order of the parameters. */
  readonly weights?: readonly Float32Array[]
}

interface Compiled {
  readonly executable: Executable
  readonly feeds: Readonly<Record<string, Tensor>>
  readonly outputs: Readonly<Record<string, Tensor>>
  /** By where the parameters lie. */
  readonly calls: Map<string, Call>
  /** Room for parameters' values that lie elsewhere than the state's; made when it is first needed. */
  room?: Readonly<Record<string, Tensor>>
}

export class GraphRuns {
  readonly #engine: Engine
  readonly #state: TrainingState
  readonly #threads: number | undefined
  readonly #compiled = new Map<string, Compiled>()
  readonly #memories = new Map<ArrayBufferLike, WebAssembly.Memory>()

  /** @param threads as the training's; default: by the size of each graph */
  constructor(engine: Engine, state: TrainingState, threads?: number) {
    this.#engine = engine
    this.#threads = threads
    this.#state = state
    this.#memories.set(state.memory.buffer, state.memory)
  }

  /** See `ProbeContext.run`. */
  async run(
    name: string,
    make: () => Graph,
    feeds: NamedTensors,
    held: Held,
  ): Promise<Readonly<Record<string, Tensor>>> {
    const known = this.#compiled.get(name) ?? (await this.#compile(name, make()))
    const { graph } = known.executable
    for (const [input, given] of Object.entries(feeds)) {
      checkBinding(graph, 'input', input, given, false)
      ;(known.feeds[input].data as Float32Array).set(given.data as Float32Array)
    }
    await this.#call(known, held)()
    return known.outputs
  }

  /** The sums for whatever memory an array lies in; undefined where it is none of ours. */
  sumsFor(values: Float32Array): CompiledSums | undefined {
    const memory = this.#memories.get(values.buffer)
    return memory && compileSums(memory)
  }

  async release(): Promise<void> {
    await Promise.allSettled([...this.#compiled.values()].map(({ executable }) => executable.release()))
  }

  async #compile(name: string, said: Graph): Promise<Compiled> {
    const graph = this.#engine.provider === 'cpu' ? fastForms(said, operators) : said
    // A second pool of threads that waits busily for more after each run takes the cores from the training's.
    const executable = await this.#engine.compile(graph, { threads: this.#threads, spinning: false })
    const held = new Set([...this.#state.parameters, ...this.#state.buffers].map((part) => part.name))
    const fed = graph.inputs.filter((input) => !held.has(input.name))
    const arena = new Arena([...fed, ...graph.outputs])
    this.#memories.set(arena.memory.buffer, arena.memory)
    const place = (values: Graph['inputs']) =>
      Object.fromEntries(values.map((value) => [value.name, arena.place(value.dtype, value.shape)]))
    const compiled = { executable, feeds: place(fed), outputs: place(graph.outputs), calls: new Map() }
    this.#compiled.set(name, compiled)
    return compiled
  }

  #call(compiled: Compiled, { when, weights }: Held): Call {
    const { executable, feeds, outputs, calls } = compiled
    const { sets, current } = this.#state
    const place = sets.length === 1 ? when : String(when === 'now' ? current : 1 - current)
    const given = weights && this.#placed(compiled, weights)
    const key = given === undefined ? place : `${place} ${given.key}`
    const known = calls.get(key)
    if (known !== undefined) return known
    const taken = new Set(executable.graph.inputs.map(({ name }) => name))
    const all = { ...heldTensors(this.#state, when), ...given?.tensors }
    const held = Object.entries(all).filter(([name]) => taken.has(name))
    const inputs = { ...feeds, ...Object.fromEntries(held) }
    checkInputs(executable.graph, inputs)
    const call = executable.bind(inputs, outputs)
    calls.set(key, call)
    return call
  }

  /** Values of the parameters where a call can read them: those of the state where they lie. */
  #placed(compiled: Compiled, weights: readonly Float32Array[]): { key: string; tensors: NamedTensors } {
    const { parameters, memory } = this.#state
    const named = (values: readonly Tensor[]) =>
      Object.fromEntries(parameters.map(({ name }, i) => [name, values[i]] as const))
    if (weights.every(({ buffer }) => buffer === memory.buffer)) {
      const tensors = parameters.map(({ value }, i) => tensor('float32', value.shape, weights[i]))
      return { key: `at ${weights.map(({ byteOffset }) => byteOffset).join(' ')}`, tensors: named(tensors) }
    }
    compiled.room ??= named(placeAll(parameters.map(({ value }) => value)))
    const { room } = compiled
    parameters.forEach(({ name }, i) => void (room[name].data as Float32Array).set(weights[i]))
    return { key: 'elsewhere', tensors: room }
  }
}

function placeAll(types: readonly { readonly dtype: DType; readonly shape: Shape }[]): Tensor[] {
  const arena = new Arena(types)
  return types.map(({ dtype, shape }) => arena.place(dtype, shape))
}

/** Parameters and buffers by name, where they lie. */
function heldTensors(state: TrainingState, when: When): Record<string, Tensor<'float32'>> {
  const { watched, sets, current } = state
  if (when === 'now') return { ...currentParameters(state), ...currentBuffers(state) }
  if (sets.length === 2) {
    const other = { ...state, current: 1 - current }
    return { ...currentParameters(other), ...currentBuffers(other) }
  }
  const named = (parts: readonly { readonly name: string }[], role: Role | undefined) =>
    Object.fromEntries(parts.flatMap(({ name }, i) => (role === undefined ? [] : [[name, role.tensors[i]]])))
  return { ...named(state.parameters, watched?.before), ...named(state.buffers, watched?.buffers) }
}
