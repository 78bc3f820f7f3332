/** @file The ONNX form: a rule's step as nodes of a graph, for the GPU, for export and for several steps in one Loop. */
import { RappelError, usageError } from '../base/errors.ts'
import { sameShape, typeText } from '../base/tensor.ts'
import * as op from '../graph/op.ts'
import type { Value } from '../graph/types.ts'
import type { ElementOperation, Node } from './expression.ts'
import type { Rule } from './update-rule.ts'

/**
 * Adds one step of a rule to the graph in which the values live.
 *
 * @param tensors x, g and the rule's state: values of one float type and shape
 * @param scalars one value of shape [] for each of `rule.program.slots`, of the same type: what `rule.scalars(at)` gives, fed
 *   to the graph, so that a schedule needs no other graph
 * @returns the new x and state, by name; one that does not change is the value that came in
 * @throws RappelError 'usage' when one is missing, 'shape' when types do not fit
 */
export function updateNodes(
  rule: Rule,
  tensors: Readonly<Record<string, Value>>,
  scalars: readonly Value[],
): Record<string, Value> {
  check(rule, tensors, scalars)
  const { program } = rule
  const values = new Map<Node, Value>()
  program.slots.forEach((slot, i) => void values.set(slot, scalars[i]))
  for (const node of program.reads) if (node.kind === 'tensor') values.set(node, tensors[node.name])
  const operand = (node: Node): op.Operand => (node.kind === 'constant' ? node.value : (values.get(node) as Value))
  for (const step of program.steps) values.set(step, makers[step.operation](...step.inputs.map(operand)))
  const { x } = tensors
  const states = program.tensors.filter((name) => name !== 'g')
  const results = Object.fromEntries(states.map((name) => [name, tensors[name]]))
  for (const { name, value } of program.outputs) {
    const result = operand(value)
    const node = typeof result === 'number' ? x.builder.scalar(x.dtype, result) : result
    results[name] = op.expand(node, x.shape)
  }
  return results
}

const makers: Readonly<Record<ElementOperation, (...inputs: op.Operand[]) => Value>> = {
  add: op.add,
  sub: op.sub,
  mul: op.mul,
  div: op.div,
  max: op.maximum,
  min: op.minimum,
  // The recorder has worked out what is made of numbers alone: these get values.
  neg: (a) => op.neg(a as Value),
  abs: (a) => op.abs(a as Value),
  sqrt: (a) => op.sqrt(a as Value),
  less: op.less,
  greater: op.greater,
  select: (condition, a, b) => op.where(condition as Value, a, b),
}

function check(rule: Rule, tensors: Readonly<Record<string, Value>>, scalars: readonly Value[]): void {
  const { tensors: names, slots } = rule.program
  const missing = names.find((name) => tensors[name] === undefined)
  if (missing !== undefined)
    throw usageError(`${rule.name}: the tensor '${missing}' is missing`, `it takes ${names.join(', ')}`)
  const { x } = tensors
  const odd = names.find((name) => tensors[name].dtype !== x.dtype || !sameShape(tensors[name].shape, x.shape))
  if (odd !== undefined)
    throw new RappelError(
      'shape',
      `${rule.name}: '${odd}' is ${typeText(tensors[odd])}, expected ${typeText(x)} like x`,
    )
  if (scalars.length !== slots.length)
    throw usageError(`${rule.name}: got ${scalars.length} scalars, expected ${slots.length} (rule.program.slots)`)
  const wide = scalars.find((scalar) => scalar.dtype !== x.dtype || scalar.shape.length > 0)
  if (wide !== undefined)
    throw new RappelError('shape', `${rule.name}: a scalar is ${typeText(wide)}, expected ${x.dtype}[]`)
}
