/** @file The port to whatever executes graphs. `native.ts` implements it; nothing else knows the runtime. */
import { RappelError } from '../base/errors.ts'
import { Arena, isPlaced, sizeOf, type Tensor, typeText } from '../base/tensor.ts'
import { sameType } from '../graph/graph.ts'
import type { Graph, ValueType } from '../graph/types.ts'

/** Where graphs can be executed. Which of these are there depends on the machine and the runtime's build. */
export const providers = ['cpu', 'cuda', 'webgpu', 'coreml', 'dml'] as const
export type Provider = (typeof providers)[number]

export interface CompileOptions {
  /** Threads within one operator; default: chosen by the graph's arithmetic, see `threadsFor`. */
  readonly threads?: number
  /**
   * Whether the graph's threads wait for their next work busily, which wakes them fastest and takes the cores from others for
   * a while after each run; default true. False for graphs that run now and then beside others.
   */
  readonly spinning?: boolean
}

/** Tensors by the name of the graph's input or output. */
export type NamedTensors = Readonly<Record<string, Tensor>>

/**
 * Compiles graphs. Owned by whoever made it; used from one thread.
 * Compiling the same graph again, while it is in use, gives the same session: each `release` undoes one `compile`.
 */
export interface Engine {
  readonly provider: Provider
  /** What executes, for the record: name and version of the runtime, provider. */
  readonly description: string
  /** Processors that the engine may use. */
  readonly cores: number
  /** @throws RappelError 'runtime' when the runtime refuses the graph */
  compile(graph: Graph, options?: CompileOptions): Promise<Executable>
}

/** A compiled graph. Not to be used after `release`. */
export interface Executable {
  readonly graph: Graph
  readonly threads: number
  /**
   * Fixes where a call reads and writes, once, so that the call itself does no more than run. The tensors must lie in an
   * `Arena` (64-byte boundaries: the same bits in every process) and have the types of the graph's inputs and outputs.
   *
   * @param outputs those that are wanted; every node is run all the same
   * @throws RappelError 'shape' that names the tensor which is missing, unknown, of another type, or not in an arena
   */
  bind(inputs: NamedTensors, outputs: NamedTensors): Call
  release(): Promise<void>
}

/**
 * Runs the graph once, from the bound inputs to the bound outputs. Engines that can, do so at once and return nothing:
 * `const pending = call(); if (pending !== undefined) await pending`.
 */
export type Call = () => undefined | Promise<void>

/** Tensors for all inputs and all outputs of a graph, in one arena, filled with zeros. */
export function allocate(graph: Graph): {
  arena: Arena
  inputs: Record<string, Tensor>
  outputs: Record<string, Tensor>
} {
  const arena = new Arena([...graph.inputs, ...graph.outputs])
  const place = (values: Graph['inputs']) =>
    Object.fromEntries(values.map(({ name, dtype, shape }) => [name, arena.place(dtype, shape)]))
  return { arena, inputs: place(graph.inputs), outputs: place(graph.outputs) }
}

/** Compiles, runs once, releases. @returns every output of the graph. @throws RappelError 'shape' as `bind` does */
export async function evaluate(engine: Engine, graph: Graph, feeds: NamedTensors): Promise<Record<string, Tensor>> {
  checkInputs(graph, feeds)
  const executable = await engine.compile(graph)
  try {
    const { inputs, outputs } = allocate(graph)
    for (const [name, given] of Object.entries(feeds)) {
      checkBinding(graph, 'input', name, given, false)
      ;(inputs[name].data as Float32Array).set(given.data as Float32Array)
    }
    await executable.bind(inputs, outputs)()
    return outputs
  } finally {
    await executable.release()
  }
}

/** Checks one tensor that is to be bound. @throws RappelError 'shape' */
export function checkBinding(graph: Graph, role: 'input' | 'output', name: string, given: Tensor, placed = true): void {
  const values = role === 'input' ? graph.inputs : graph.outputs
  const value: (ValueType & { name: string }) | undefined = values.find((candidate) => candidate.name === name)
  if (value === undefined) {
    const known = values.map((candidate) => candidate.name).join(', ')
    throw new RappelError('shape', `the graph '${graph.name}' has no ${role} '${name}', expected one of: ${known}`)
  }
  if (!sameType(value, given))
    throw new RappelError('shape', `the ${role} '${name}' is ${typeText(given)}, expected ${typeText(value)}`)
  if (given.data.length !== sizeOf(given.shape))
    throw new RappelError(
      'shape',
      `the ${role} '${name}' is ${typeText(given)} but holds ${given.data.length} values`,
      'make tensors with tensor()',
    )
  if (placed && !isPlaced(given) && given.data.length > 0)
    throw new RappelError('shape', `the ${role} '${name}' is not in an arena`, 'make it with Arena.place or allocate()')
}

/** Every input must be bound. @throws RappelError 'shape' that names the first that is not */
export function checkInputs(graph: Graph, given: NamedTensors): void {
  const missing = graph.inputs.find(({ name }) => given[name] === undefined)
  if (missing !== undefined)
    throw new RappelError('shape', `the input '${missing.name}' (${typeText(missing)}) of '${graph.name}' is missing`)
}
