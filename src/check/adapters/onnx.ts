/** @file ONNX graphs that carry a loss and its gradients, from Rappel or any other program, evaluated by an engine. */
import { checkOptions, RappelError, suggestion, usageError } from '../../base/errors.ts'
import { isFloat, numbers, sizeOf, tensor, typeText } from '../../base/tensor.ts'
import { allocate, checkBinding, type Engine, type NamedTensors } from '../../engine/engine.ts'
import { toFloat64 } from '../../graph/float64.ts'
import { Builder, sameType } from '../../graph/graph.ts'
import { operators } from '../../graph/ops/index.ts'
import { readModel } from '../../graph/proto.ts'
import { inline } from '../../graph/rewrite.ts'
import type { Graph, Value } from '../../graph/types.ts'
import type { NumberArray } from '../objective.ts'
import { float32, Parameters, type ShapedObjective, shapedObjective } from './parameters.ts'

export interface OnnxOptions {
  /** Name of the output that is the loss, a single number. Default 'loss'. */
  readonly loss?: string
  /** For each parameter, an input of the graph, the output that is its gradient. Default: every output 'gradient/NAME' is that of NAME. */
  readonly gradients?: Readonly<Record<string, string>>
  /** Values of all other inputs: the examples, masks of dropout. */
  readonly feeds?: NamedTensors
  /**
   * 'float64' (default): the same graph in double precision, in which differences show far more. 'own': as the graph stands; where
   * that is float32, points are Float32Arrays.
   */
  readonly precision?: 'float64' | 'own'
  /** Lengths of the dimensions that a model file leaves open, by name, or one for all of them: see `readModel`. */
  readonly dimensions?: Readonly<Record<string, number>> | number
}

type OnnxPoint = Readonly<Record<string, NumberArray>>

export interface OnnxObjective extends ShapedObjective<OnnxPoint> {
  /** Releases the sessions; the objective is not to be used afterwards. */
  release(): Promise<void>
}

const optionNames = ['loss', 'gradients', 'feeds', 'precision', 'dimensions']
const gradientPrefix = 'gradient/'

/**
 * A graph that computes a loss and its gradients as an objective. It is compiled once, with and without the gradients.
 *
 * @param model a graph, or the bytes of a model file
 * @param engine what evaluates it: `nativeEngine()` of `rappel/engine/native`
 * @throws RappelError 'usage' when a name is no input or output, or no gradient is found; 'shape' when a gradient's type is not its
 *   parameter's, or a feed does not fit; 'model' for bytes that are no model; 'runtime' when the engine refuses the graph
 */
export async function onnxObjective(
  model: Graph | Uint8Array,
  engine: Engine,
  options: OnnxOptions = {},
): Promise<OnnxObjective> {
  checkOptions('onnxObjective', options, optionNames)
  const { loss = 'loss', feeds = {}, precision = 'float64', dimensions } = options
  if (precision !== 'float64' && precision !== 'own')
    throw usageError(`precision is ${String(precision)}, expected 'float64' or 'own'`)
  const given = model instanceof Uint8Array ? readModel(model, operators, { dimensions }) : model
  const graph = precision === 'float64' ? toFloat64(given, operators) : given
  const lossValue = find(graph, 'output', loss)
  if (sizeOf(lossValue.shape) !== 1)
    throw usageError(`the output '${loss}' is ${typeText(lossValue)}, expected a single number`)
  const pairs = gradientsOf(graph, options.gradients)
  const parameters = new Parameters(Object.fromEntries(pairs.map(({ input }) => [input.name, input.shape])))

  const whole = only(graph, [lossValue, ...pairs.map(({ output }) => output)])
  const { inputs, outputs } = allocate(whole)
  fill(
    graph,
    inputs,
    feeds,
    pairs.map(({ input }) => input.name),
  )
  const withGradients = await engine.compile(whole)
  const lossAlone = await engine.compile(only(graph, [lossValue]))
  const callWhole = withGradients.bind(inputs, outputs)
  const callLoss = lossAlone.bind(inputs, { [loss]: outputs[loss] })

  const place = (x: OnnxPoint) => {
    for (const { name, array } of parameters.arrays(x)) {
      const { dtype, data } = inputs[name]
      ;(data as Float64Array).set(dtype === 'float32' ? float32('the graph', name, array) : array)
    }
  }
  const lossAndGradient = async (x: OnnxPoint) => {
    place(x)
    await callWhole()
    const gradient = pairs.map(
      ({ input, output }) => [input.name, outputs[output.name].data.slice() as NumberArray] as const,
    )
    return { loss: Number(outputs[loss].data[0]), gradient: Object.fromEntries(gradient) }
  }
  const lossOnly = async (x: OnnxPoint) => {
    place(x)
    await callLoss()
    return Number(outputs[loss].data[0])
  }
  return {
    ...shapedObjective(parameters, lossOnly, lossAndGradient),
    async release() {
      await withGradients.release()
      await lossAlone.release()
    },
  }
}

function find(graph: Graph, role: 'input' | 'output', name: string): Value {
  const values = role === 'input' ? graph.inputs : graph.outputs
  const found = values.find((value) => value.name === name)
  if (found !== undefined) return found
  const constant = role === 'input' && graph.constants.some((value) => value.name === name)
  throw usageError(
    `the graph '${graph.name}' has no ${role} '${name}'${constant ? ', but a constant of that name' : ''}`,
    constant
      ? 'only inputs can be moved: export the model with its parameters as inputs'
      : suggestion(
          name,
          values.map((value) => value.name),
        ),
  )
}

/** Each parameter with the output that is its gradient. */
function gradientsOf(graph: Graph, said: OnnxOptions['gradients']): { input: Value; output: Value }[] {
  const names =
    said === undefined
      ? graph.outputs
          .filter(({ name }) => name.startsWith(gradientPrefix))
          .map(({ name }) => [name.slice(gradientPrefix.length), name])
      : Object.entries(said)
  if (names.length === 0) {
    const known = graph.outputs.map(({ name }) => name).join(', ')
    throw usageError(
      `the graph '${graph.name}' has no output '${gradientPrefix}NAME', its outputs: ${known}`,
      "say which are gradients: gradients: { w: 'name of the output' }",
    )
  }
  return names.map(([parameter, gradient]) => {
    const [input, output] = [find(graph, 'input', parameter), find(graph, 'output', gradient)]
    if (!isFloat(input.dtype)) throw usageError(`the input '${parameter}' is ${typeText(input)}, expected floats`)
    if (sameType(input, output)) return { input, output }
    throw new RappelError(
      'shape',
      `the gradient '${gradient}' is ${typeText(output)}, the input '${parameter}' is ${typeText(input)}`,
    )
  })
}

/** The part of a graph that some of its outputs need, with all of its inputs. */
function only(graph: Graph, outputs: readonly Value[]): Graph {
  const builder = new Builder(operators)
  const inputs = graph.inputs.map(({ name, dtype, shape }) => builder.input(name, dtype, shape))
  const values = inline({ ...graph, outputs }, builder, inputs)
  return builder.graph(
    graph.name,
    outputs.map(({ name }, i) => [name, values[i]] as const),
  )
}

/** Copies the feeds to where the graph reads them, as float64 where it has become that. */
function fill(graph: Graph, inputs: NamedTensors, feeds: NamedTensors, parameters: readonly string[]): void {
  for (const [name, feed] of Object.entries(feeds)) {
    if (parameters.includes(name))
      throw usageError(`feeds has '${name}', which is a parameter: it comes from the point`)
    const widened = inputs[name]?.dtype === 'float64' && feed.dtype === 'float32'
    const fitting = widened ? tensor('float64', feed.shape, numbers(feed)) : feed
    checkBinding(graph, 'input', name, fitting, false)
    ;(inputs[name].data as Float32Array).set(fitting.data as Float32Array)
  }
  const missing = graph.inputs.find(({ name }) => feeds[name] === undefined && !parameters.includes(name))
  if (missing === undefined) return
  throw usageError(
    `the input '${missing.name}' (${typeText(missing)}) is neither a parameter nor in feeds`,
    `give feeds: { '${missing.name}': tensor('${missing.dtype}', [${missing.shape.join(', ')}], ...) }, or name its gradient`,
  )
}
