/** @file The graphs that a check of a net runs, in float64: its loss, its gradient, its winners, and the loss at many moved points. */
import { usageError } from '../base/errors.ts'
import { sizeOf } from '../base/tensor.ts'
import { gradients, hessianVector } from '../graph/autodiff.ts'
import { toFloat64 } from '../graph/float64.ts'
import { freezeWinners, recordWinners } from '../graph/kinks.ts'
import * as op from '../graph/op.ts'
import { operators as usual } from '../graph/ops/index.ts'
import { perturbGraph } from '../graph/perturb.ts'
import type { Graph, Operators, Value } from '../graph/types.ts'
import type { Buffer, Parameter, RandomInput } from '../nn/model.ts'
import { buildNet, gradientName, type NetDescription, targetInput } from '../train/graphs.ts'

/** What is checked: the mean data loss, the penalty, or their sum. */
export type Part = 'data' | 'penalty' | 'objective'

export interface GraphOptions {
  readonly part: Part
  /** Number of examples. */
  readonly batch: number
  /** The graph that trains (dropout, statistics of the batch), or the one that measures. */
  readonly training: boolean
  readonly operators?: Operators
}

/** Names of the inputs that hold a vector for a Hessian-vector product. */
export const vectorName = (parameter: string) => `vector/${parameter}`
/** Names of the outputs that hold the products. */
export const productName = (parameter: string) => `product/${parameter}`

/** All graphs of one part of a net's objective. Each is made when it is asked for. */
export class ModelGraphs {
  readonly parameters: readonly Parameter[]
  readonly buffers: readonly Buffer[]
  readonly randomInputs: readonly RandomInput[]
  readonly #loss: Value
  readonly #operators: Operators
  /** `loss` in float32, as the layers say it. */
  readonly said: Graph
  #recorded: { graph: Graph; winners: readonly string[] } | undefined
  #frozen: Graph | undefined
  #gradient: Graph | undefined
  #products: Graph | undefined

  /** @throws RappelError 'usage' when the penalty is asked for and there is none */
  constructor(net: NetDescription, options: GraphOptions) {
    this.#operators = options.operators ?? usual
    const { builder, context, output } = buildNet(net, options.batch, options.training, this.#operators)
    const target = targetInput(net, builder, options.batch)
    this.#loss = lossOf(net, options.part, context.parameters, () => op.reduceMean(net.loss.perExample(output, target)))
    // A list of its own: the builder will get the inputs of Hessian-vector products as well.
    this.said = builder.graph(options.part, { loss: this.#loss }, { inputs: [...builder.inputs] })
    this.parameters = context.parameters
    this.buffers = context.buffers
    this.randomInputs = context.randomInputs
  }

  get #wrt(): Value[] {
    return this.parameters.map(({ value }) => value)
  }

  /** `loss`, and `gradient/…` for each parameter: differentiated as said, lowered afterwards. */
  gradient(): Graph {
    this.#gradient ??= this.#differentiate()
    return this.#gradient
  }

  #differentiate(): Graph {
    const slopes = gradients(this.#loss, this.#wrt)
    const outputs = this.parameters.map(({ name }, i) => [gradientName(name), slopes[i]] as const)
    const { inputs } = this.said
    return this.#wide(this.#loss.builder.graph('gradient', [['loss', this.#loss], ...outputs], { inputs }))
  }

  /** Hessian-vector products, as `product/…` for each parameter, of the vectors in the inputs `vector/…`. */
  hessianVector(): Graph {
    this.#products ??= this.#differentiateTwice()
    return this.#products
  }

  #differentiateTwice(): Graph {
    const { builder } = this.#loss
    const vectors = this.parameters.map(({ name, value }) => builder.input(vectorName(name), value.dtype, value.shape))
    const products = hessianVector(this.#loss, this.#wrt, vectors)
    const outputs = this.parameters.map(({ name }, i) => [productName(name), products[i]] as const)
    return this.#wide(builder.graph('hessian_vector', outputs, { inputs: [...this.said.inputs, ...vectors] }))
  }

  /** `loss` and every winner on the way to it. */
  recorded(): { readonly graph: Graph; readonly winners: readonly string[] } {
    if (this.#recorded === undefined) {
      const { graph, winners } = recordWinners(this.said, this.#operators)
      this.#recorded = { graph: this.#wide(graph), winners: winners.map(({ name }) => name) }
    }
    return this.#recorded
  }

  /** The loss of `size` points, with the count of winners that changed; or with all winners read from inputs. */
  moved(moved: string | readonly string[], size: number, frozen = false): Graph {
    if (!frozen) {
      const { graph, winners } = this.recorded()
      return perturbGraph(graph, this.#operators, { moved, size, compared: winners })
    }
    this.#frozen ??= this.#wide(freezeWinners(this.said, this.#operators))
    return perturbGraph(this.#frozen, this.#operators, { moved, size })
  }

  #wide(graph: Graph): Graph {
    return toFloat64(graph, this.#operators)
  }
}

function lossOf(net: NetDescription, part: Part, parameters: readonly Parameter[], dataLoss: () => Value): Value {
  if (part === 'data') return dataLoss()
  const penalty = net.penalty?.of(parameters)
  if (part === 'objective') return penalty === undefined ? dataLoss() : op.add(dataLoss(), penalty)
  if (penalty === undefined)
    throw usageError('the penalty is to be checked, and the net has none', "check the part 'data'")
  return penalty
}

/** Bytes that a row takes in the largest tensor of a graph for many points. */
export function bytesPerRow(graph: Graph, size: number): number {
  const values = [...graph.inputs, ...graph.nodes.flatMap(({ outputs }) => outputs)]
  const rows = values.filter(({ shape }) => shape[0] === size)
  return Math.max(...rows.map(({ shape }) => sizeOf(shape.slice(1)) * Float64Array.BYTES_PER_ELEMENT))
}

/** Matrix products and convolutions on the longest way from a parameter to the loss. */
export function depthOf(graph: Graph, parameter: string): number {
  const depth = new Map<Value, number>(graph.inputs.flatMap((v) => (v.name === parameter ? [[v, 0] as const] : [])))
  for (const node of graph.nodes) {
    const depths = node.inputs.map((input) => (input && depth.get(input)) ?? -1)
    const deepest = Math.max(-1, ...depths)
    if (deepest < 0) continue
    const layer = ['MatMul', 'Gemm', 'Conv', 'ConvTranspose', 'Einsum'].includes(node.kind) ? 1 : 0
    for (const output of node.outputs) depth.set(output, deepest + layer)
  }
  return Math.max(0, ...graph.outputs.map((output) => depth.get(output) ?? 0))
}
