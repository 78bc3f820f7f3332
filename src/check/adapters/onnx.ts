/** @file An ONNX graph that gives a loss and its gradients as an objective. */
import { RappelError, suggestion } from '../../base/errors.ts'
import { numbers, type Tensor, tensor } from '../../base/tensor.ts'
import { allocate, type Engine, type NamedTensors } from '../../engine/engine.ts'
import { toFloat64 } from '../../graph/float64.ts'
import { operators } from '../../graph/ops/index.ts'
import type { Graph } from '../../graph/types.ts'
import type { Objective } from '../objective.ts'

export interface OnnxObjectiveOptions {
  /** For each input that is checked, the output that holds its gradient; default: every output named `gradient/INPUT`. */
  readonly gradients?: Readonly<Record<string, string>>
  /** The output that holds the loss; default 'loss'. */
  readonly loss?: string
  /** Values of the inputs that stay as they are. */
  readonly feeds?: NamedTensors
  /** Compute in float64, whatever the graph says: differences then show errors of 1e-7. Default true. */
  readonly wide?: boolean
}

/** The objective, and what frees its session. */
export interface OnnxObjective extends Objective<Record<string, Float64Array>> {
  release(): Promise<void>
}

/**
 * An objective from a graph, such as one that `readModel` of `rappel/graph` has read. Points are named float64 arrays, one for each input
 * that has a gradient. Compiled once.
 *
 * @throws RappelError 'model' when an output that is named is not there, or an input has neither a gradient nor a value
 */
export async function onnxObjective(
  graph: Graph,
  engine: Engine,
  options: OnnxObjectiveOptions = {},
): Promise<OnnxObjective> {
  const { loss = 'loss', feeds = {}, wide = true } = options
  const gradients = options.gradients ?? gradientsByName(graph)
  const names = Object.keys(gradients)
  checkNames(graph, [loss, ...Object.values(gradients)], [...names, ...Object.keys(feeds)])
  const said = wide ? toFloat64(graph, operators) : graph
  const executable = await engine.compile(said)
  const { inputs, outputs } = allocate(said)
  const call = executable.bind(inputs, outputs)
  const put = (name: string, values: ArrayLike<number>) => fill(inputs[name], values)
  for (const [name, value] of Object.entries(feeds)) put(name, numbers(value))
  const run = async (x: Record<string, Float64Array>) => {
    for (const name of names) put(name, x[name])
    await call()
    return Number(outputs[loss].data[0])
  }
  const lossAndGradient = async (x: Record<string, Float64Array>) => {
    const value = await run(x)
    const entries = names.map((name) => [name, Float64Array.from(numbers(outputs[gradients[name]]))] as const)
    return { loss: value, gradient: Object.fromEntries(entries) }
  }
  return {
    loss: run,
    gradient: async (x) => (await lossAndGradient(x)).gradient,
    lossAndGradient,
    release: () => executable.release(),
  }
}

function gradientsByName({ inputs, outputs }: Graph): Record<string, string> {
  const held = new Set(outputs.map(({ name }) => name))
  const names = inputs.map(({ name }) => name).filter((name) => held.has(`gradient/${name}`))
  return Object.fromEntries(names.map((name) => [name, `gradient/${name}`]))
}

function checkNames(graph: Graph, outputs: readonly string[], given: readonly string[]): void {
  const known = graph.outputs.map(({ name }) => name)
  const missing = outputs.find((name) => !known.includes(name))
  if (missing !== undefined)
    throw new RappelError('model', `the graph '${graph.name}' has no output '${missing}'`, suggestion(missing, known))
  const open = graph.inputs.find(({ name }) => !given.includes(name))
  if (open !== undefined)
    throw new RappelError(
      'model',
      `the input '${open.name}' of '${graph.name}' has neither a gradient nor a value`,
      `name the output with its gradient in gradients, or give it a value in feeds`,
    )
}

function fill(place: Tensor, values: ArrayLike<number>): void {
  const { data } = tensor(place.dtype, place.shape, Array.from(values))
  ;(place.data as Float64Array).set(data as Float64Array)
}
