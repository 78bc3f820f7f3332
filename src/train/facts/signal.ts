/**
 * @file How the signal passes through a net: at each value of its graph, what it was made from by linear operators alone.
 *
 * A value is a constant (also random numbers), a function of the parameters, or a function of the inputs: a signal. What an operator
 * does to signals is linear (also affine: a bias, the normalisation by given statistics), a product with a weight, or neither.
 */
import { isFloat, sizeOf } from '../../base/tensor.ts'
import { ancestors } from '../../graph/graph.ts'
import type { Node, OpKind, Value } from '../../graph/types.ts'
import type { Parameter } from '../../nn/model.ts'

/** A product of a signal with a weight. */
export interface Product {
  readonly node: Node
  readonly weight: Parameter
  readonly signal: Value
  /** Whether each output takes only a part of the channels: then it is a factor of a product, by design. */
  readonly grouped: boolean
}

/** What reaches a value by linear operators. */
interface Signal {
  /** Where it comes from at the last: products, and what no linear operator gave. */
  readonly from: ReadonlySet<Product | Value>
  /** The same with products taken for the linear operators that they are. */
  readonly sources: ReadonlySet<Value>
  readonly behindWeight: boolean
}

/** A graph as its signals pass through it. */
export interface SignalFlow {
  readonly products: readonly Product[]
  /** In the order of the graph: nodes between one weight and another that are not linear. */
  readonly nonlinear: readonly Node[]
  /** What the signal of a product was made from. */
  signal(product: Product): Pick<Signal, 'from' | 'sources'>
}

/** Operators that are linear in one operand, wherever the others are no signals. */
const products: readonly OpKind[] = ['MatMul', 'Gemm', 'Conv', 'ConvTranspose', 'Einsum']
/** Linear in all operands together. */
const sums: readonly OpKind[] = [
  'Add',
  'Sub',
  'Neg',
  'Identity',
  'Cast',
  'Concat',
  'Split',
  'Reshape',
  'Transpose',
  'Squeeze',
  'Unsqueeze',
  'Slice',
  'Pad',
  'Expand',
  'Tile',
  'ReduceSum',
  'ReduceMean',
  'AveragePool',
  'GlobalAveragePool',
]
/** Linear where only the operand at that place is a signal; in 'Where', those behind the condition. */
const linearIn: Readonly<Partial<Record<OpKind, readonly number[]>>> = {
  Mul: [0, 1],
  Div: [0],
  Gather: [0],
  GatherElements: [0],
  BatchNormalization: [0],
}

/**
 * Follows the input through a graph, node by node.
 *
 * @param output the scores @param input the batch's inputs
 */
export function followSignal(output: Value, input: Value, parameters: readonly Parameter[]): SignalFlow {
  const flow = new Flow(input, parameters)
  const { nodes } = ancestors([output])
  for (const node of nodes) flow.pass(node)
  return {
    products: flow.products,
    nonlinear: beforeWeights(nodes, flow).filter((node) => flow.nonlinear.has(node)),
    signal: ({ signal }) => flow.signals.get(signal) as Signal,
  }
}

class Flow {
  readonly signals = new Map<Value, Signal>()
  readonly products: Product[] = []
  /** Nodes behind a weight that are not linear. */
  readonly nonlinear = new Set<Node>()
  /** For what is no signal: the parameters that it is made from. */
  readonly #weights = new Map<Value, readonly Parameter[]>()

  constructor(input: Value, parameters: readonly Parameter[]) {
    this.signals.set(input, { from: new Set([input]), sources: new Set([input]), behindWeight: false })
    for (const parameter of parameters) this.#weights.set(parameter.value, [parameter])
  }

  pass(node: Node): void {
    const inputs = node.inputs.filter((value) => value !== undefined)
    const incoming = inputs.flatMap((value) => this.signals.get(value) ?? [])
    if (incoming.length === 0) return this.#passWeights(node, inputs)
    const product = this.#productOf(node)
    const signal = product ? this.#behind(product, node) : this.#isLinear(node) ? joined(incoming) : undefined
    const behindWeight = product !== undefined || incoming.some((one) => one.behindWeight)
    if (signal === undefined && behindWeight) this.nonlinear.add(node)
    for (const output of node.outputs)
      this.signals.set(output, { ...(signal ?? { from: new Set([output]), sources: new Set([output]) }), behindWeight })
  }

  #passWeights(node: Node, inputs: readonly Value[]): void {
    const weights = new Set(inputs.flatMap((value) => this.#weights.get(value) ?? []))
    if (weights.size > 0) for (const output of node.outputs) this.#weights.set(output, [...weights])
  }

  #productOf(node: Node): Product | undefined {
    if (!products.includes(node.kind)) return undefined
    const factors = node.kind === 'Einsum' ? node.inputs : node.inputs.slice(0, 2)
    const signals = factors.filter((value) => value !== undefined && this.signals.has(value))
    const weights = factors.flatMap((value) => (value === undefined ? [] : (this.#weights.get(value) ?? [])))
    const [signal] = signals
    if (signal === undefined || signals.length > 1 || weights.length === 0) return undefined
    // Of a weight that is made from several parameters the largest stands for it.
    const weight = weights.reduce((a, b) => (sizeOf(b.value.shape) > sizeOf(a.value.shape) ? b : a))
    const product = { node, weight, signal, grouped: (node.attributes.group ?? 1) !== 1 }
    this.products.push(product)
    return product
  }

  /** What a product gives; a Gemm may add another signal. */
  #behind(product: Product, node: Node): Omit<Signal, 'behindWeight'> {
    const { sources } = this.signals.get(product.signal) as Signal
    const own = { from: new Set<Product | Value>([product]), sources }
    const added = node.kind === 'Gemm' && node.inputs[2] && this.signals.get(node.inputs[2])
    return added ? joined([own, added]) : own
  }

  #isLinear({ kind, inputs }: Node): boolean {
    const isSignal = (value: Value | undefined) => value !== undefined && this.signals.has(value)
    const float = inputs.every((value) => !isSignal(value) || isFloat((value as Value).dtype))
    if (!float) return false
    if (sums.includes(kind)) return true
    if (kind === 'Where') return !isSignal(inputs[0])
    const places = products.includes(kind) ? inputs.map((_, i) => i) : (linearIn[kind] ?? [])
    const here = inputs.flatMap((value, i) => (isSignal(value) ? [i] : []))
    return here.length === 1 && places.includes(here[0])
  }
}

function joined(signals: readonly Omit<Signal, 'behindWeight'>[]): Omit<Signal, 'behindWeight'> {
  if (signals.length === 1) return signals[0]
  return {
    from: new Set(signals.flatMap(({ from }) => [...from])),
    sources: new Set(signals.flatMap(({ sources }) => [...sources])),
  }
}

/** The nodes whose outputs reach a product as its signal. */
function beforeWeights(nodes: readonly Node[], { products }: Flow): Node[] {
  const needed = new Set(products.map(({ signal }) => signal))
  return [...nodes]
    .reverse()
    .filter((node) => {
      if (!node.outputs.some((output) => needed.has(output))) return false
      for (const value of node.inputs) if (value !== undefined) needed.add(value)
      return true
    })
    .reverse()
}
