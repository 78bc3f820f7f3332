/** @file Programs: what an update rule does in one step, split into scalars for the host and a list of steps per element. */
import { type Computed, type ElementOperation, type Expression, hostArithmetic, type Node } from './expression.ts'

/** An operation that is done for each element. */
export type Step = Computed & { readonly operation: ElementOperation }

/** One tensor that the step writes, in place. */
export interface Output {
  readonly name: string
  readonly value: Expression
}

/**
 * One step of a rule. Every form loads `reads`, does `steps` in order and stores `outputs`, after all steps of an element, so
 * that it can work in place.
 */
export interface Program {
  /** Names of all tensors: x, g, then the state. All have the parameter's shape. */
  readonly tensors: readonly string[]
  /** The tensors that some step or output needs. */
  readonly reads: readonly Expression[]
  /**
   * Scalar expressions that the steps use, the greatest possible (1 − β^t is one slot, not three). The host computes them
   * once a step in float64, so a schedule changes numbers only and nothing is compiled again.
   */
  readonly slots: readonly Expression[]
  /** Operations per element; inputs come first. */
  readonly steps: readonly Step[]
  /** The tensors that change. */
  readonly outputs: readonly Output[]
}

/** Splits the recorded expressions of a rule's new x and state. */
export function makeProgram(tensors: readonly string[], results: Readonly<Record<string, Expression>>): Program {
  const outputs = Object.entries(results)
    .map(([name, value]) => ({ name, value }))
    .filter(({ name, value }) => !(value.kind === 'tensor' && value.name === name))
  const used = reachable(outputs.map(({ value }) => value))
  const loop = used.filter((node) => node.perElement)
  // Operations of the host are never per element: the recorder refuses them.
  const steps = loop.filter((node) => node.kind === 'computed') as Step[]
  const entering = new Set<Node>([...outputs.map(({ value }) => value), ...steps.flatMap((step) => step.inputs)])
  const slots = used.filter((node) => entering.has(node) && !node.perElement && node.kind !== 'constant')
  const reads = loop.filter((node) => node.kind === 'tensor')
  return { tensors, reads, slots: slots as Expression[], steps, outputs }
}

/** A function that computes slots from the hyperparameters of a step, without allocating. */
export function slotEvaluator(
  slots: readonly Expression[],
): (values: Readonly<Record<string, number>>, out: Float64Array) => void {
  const order = reachable(slots)
  const registers = new Float64Array(order.length)
  const position = new Map(order.map((node, i) => [node, i]))
  const evaluators = order.map((node): ((values: Readonly<Record<string, number>>) => number) => {
    if (node.kind === 'constant') return () => node.value
    if (node.kind !== 'computed') return (values) => values[node.name]
    const [a, b, c] = node.inputs.map((input) => position.get(input) as number)
    const compute = hostArithmetic[node.operation]
    return () => compute(registers[a], registers[b], registers[c])
  })
  const results = slots.map((slot) => position.get(slot) as number)
  return (values, out) => {
    for (let i = 0; i < evaluators.length; i++) registers[i] = evaluators[i](values)
    for (let i = 0; i < results.length; i++) out[i] = registers[results[i]]
  }
}

/** All nodes that the given ones need, in the order in which they were made (so inputs come first). */
function reachable(nodes: readonly Node[]): Node[] {
  const seen = new Set<Node>()
  const stack = [...nodes]
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node)) continue
    seen.add(node)
    if (node.kind === 'computed') stack.push(...node.inputs)
  }
  return [...seen].sort((a, b) => a.id - b.id)
}
