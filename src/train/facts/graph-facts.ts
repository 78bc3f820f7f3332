/** @file What the graph of a net says of it, whatever layers and functions it was built from. */
import { ancestors, isDifferentiable } from '../../graph/graph.ts'
import type { Node, OpKind, Value } from '../../graph/types.ts'
import type { Parameter } from '../../nn/model.ts'
import type { GraphFacts } from '../events.ts'
import { followSignal, type Product, type SignalFlow } from './signal.ts'

/** Operators that only change the shape. */
const shapes: readonly OpKind[] = ['Reshape', 'Transpose', 'Squeeze', 'Unsqueeze', 'Identity', 'Cast']

/** A graph of a net as it is used, dropout off. */
export interface ScoresGraph {
  readonly output: Value
  readonly input: Value
  readonly parameters: readonly Parameter[]
}

/** The facts, and which parameters are weights of products: only those add up values. */
export function graphFacts({ output, input, parameters }: ScoresGraph): GraphFacts & { weights: ReadonlySet<string> } {
  const flow = followSignal(output, input, parameters)
  const reached = withGradient(output)
  return {
    output: operatorOf(output),
    linear: linearPairs(flow),
    nonlinear: [...new Set(flow.nonlinear.map(({ kind }) => kind))],
    unused: parameters.filter(({ value }) => !reached.has(value)).map(({ name }) => name),
    weights: new Set(flow.products.map(({ weight }) => weight.name)),
  }
}

/**
 * Pairs of weights one behind the other. A sum with a way through something that is not linear makes no pair: in x + f(x) the
 * weight that ends f and the next one cannot be merged without x. Neither does a weight with groups, which is a factor by design.
 */
function linearPairs(flow: SignalFlow): [string, string][] {
  const pairs = new Map<string, [string, string]>()
  for (const product of flow.products) {
    if (product.grouped) continue
    const { from, sources } = flow.signal(product)
    if (from.size > 1 && sources.size > 1) continue
    for (const before of from) {
      if (!isProduct(before) || before.grouped || before.weight === product.weight) continue
      const pair: [string, string] = [before.weight.name, product.weight.name]
      pairs.set(pair.join('\n'), pair)
    }
  }
  return [...pairs.values()]
}

const isProduct = (from: Product | Value): from is Product => 'weight' in from

/** The operator that gives a value, changes of shape aside; '' where none does. */
function operatorOf(value: Value): string {
  let { node } = value
  while (node !== undefined && shapes.includes(node.kind) && node.inputs[0] !== undefined) node = node.inputs[0].node
  if (node === undefined) return ''
  return isSoftmax(node) ? 'Softmax' : node.kind
}

/** Written out: e^z over its own sum. */
function isSoftmax({ kind, inputs: [above, below] }: Node): boolean {
  if (kind !== 'Div' || above?.node?.kind !== 'Exp') return false
  let sum = below?.node
  while (sum !== undefined && (shapes.includes(sum.kind) || sum.kind === 'Expand')) sum = sum.inputs[0]?.node
  return sum?.kind === 'ReduceSum' && sum.inputs[0] === above
}

/** Everything on which a value depends by a way on which a gradient flows. */
function withGradient(output: Value): ReadonlySet<Value> {
  const reached = new Set([output])
  for (const node of ancestors([output]).nodes.reverse()) {
    if (!node.outputs.some((value) => reached.has(value) && isDifferentiable(value))) continue
    if (node.outputs[0].builder.operators[node.kind].gradient === 'none') continue
    for (const value of node.inputs) if (value !== undefined) reached.add(value)
  }
  return reached
}
