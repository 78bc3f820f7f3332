/** @file Reverse-mode differentiation, graph to graph: what comes out can be differentiated again. */
import { RappelError } from '../base/errors.ts'
import { typeText } from '../base/tensor.ts'
import { ancestors, capturedValues, isDifferentiable, sameType } from './graph.ts'
import * as op from './op.ts'
import type { Node, Value } from './types.ts'

/**
 * Adds the gradient of a scalar to the graph in which it lies.
 *
 * @param loss a scalar of shape `[]`, float32 or float64
 * @param wrt the values to differentiate with respect to: inputs, or values on the way
 * @returns one value for each of `wrt`, of its type; zeros where the loss does not depend on it
 * @throws RappelError 'shape' when the loss is not a scalar; 'op' when a node on the way has no gradient
 */
export function gradients(loss: Value, wrt: readonly Value[]): Value[] {
  if (loss.shape.length !== 0)
    throw new RappelError(
      'shape',
      `the loss ${loss.name} is ${typeText(loss)}, expected a scalar`,
      'reduce it by reduceSum or reduceMean',
    )
  return pullback([loss], [loss.builder.scalar(loss.dtype, 1)], wrt)
}

/**
 * Vector-Jacobian product: the gradient with respect to `wrt` of Σ ⟨seed, value⟩. (Reverse mode, Griewank and Walther 2008,
 * chapter 3.)
 *
 * @param seeds one for each of `values`, of its type
 */
export function pullback(values: readonly Value[], seeds: readonly Value[], wrt: readonly Value[]): Value[] {
  for (const value of [...values, ...wrt])
    if (!isDifferentiable(value))
      throw new RappelError('shape', `${value.name} is ${typeText(value)}: only floats have gradients`)
  const onPath = dependents(values, wrt)
  const gradient = new Map<Value, Value>()
  const accumulate = (value: Value, part: Value) => {
    const sum = gradient.get(value)
    gradient.set(value, sum === undefined ? part : op.add(sum, part))
  }
  values.forEach((value, i) => {
    if (seeds[i] === undefined || !sameType(seeds[i], value))
      throw new RappelError(
        'shape',
        `the seed of ${value.name} is ${seeds[i] ? typeText(seeds[i]) : 'missing'}, expected ${typeText(value)}`,
      )
    accumulate(value, seeds[i])
  })
  for (const node of onPath.nodes.reverse()) {
    const dys = node.outputs.map((output) => gradient.get(output))
    if (dys.every((dy) => dy === undefined)) continue
    const parts = gradientOf(node, dys)
    node.inputs.forEach((input, i) => {
      const part = parts[i]
      if (input === undefined || part === undefined || !onPath.values.has(input)) return
      checkPart(node, i, part, input)
      accumulate(input, part)
    })
  }
  return wrt.map((value) => gradient.get(value) ?? op.full(value.builder, value, 0))
}

/**
 * Hessian-vector product: the gradient of ⟨gradient, v⟩ (Pearlmutter 1994).
 *
 * @param vectors one for each of `wrt`, of its type
 */
export function hessianVector(loss: Value, wrt: readonly Value[], vectors: readonly Value[]): Value[] {
  return pullback(gradients(loss, wrt), vectors, wrt)
}

/** The values and nodes through which `wrt` reaches `values`. */
function dependents(values: readonly Value[], wrt: readonly Value[]): { nodes: Node[]; values: Set<Value> } {
  const reached = new Set<Value>(wrt)
  const nodes = ancestors(values).nodes.filter((node) => {
    const used = [...node.inputs, ...capturedValues(node)]
    const depends = used.some((value) => value !== undefined && reached.has(value) && isDifferentiable(value))
    if (depends) for (const output of node.outputs) reached.add(output)
    return depends
  })
  return { nodes, values: reached }
}

/** A rule that forgets to sum over what was broadcast would otherwise be found by the runtime, or by nobody. */
function checkPart(node: Node, position: number, part: Value, input: Value): void {
  if (sameType(part, input)) return
  throw new RappelError(
    'op',
    `the gradient rule of ${node.kind} gives ${typeText(part)} for input ${position}, which is ${typeText(input)}`,
    'this is a defect of the operator table: please report it with the message',
  )
}

function gradientOf(node: Node, dys: readonly (Value | undefined)[]): readonly (Value | undefined)[] {
  const { operators } = node.outputs[0].builder
  const rule = operators[node.kind].gradient
  if (rule !== 'none') return rule(node, dys)
  // A step function (sign, comparison, argmax) has slope 0 wherever it has one: nothing flows.
  if (operators[node.kind].kink !== 'smooth') return []
  throw new RappelError(
    'op',
    `${node.kind} (${node.outputs[0].name}) has no gradient and stands between the loss and a parameter`,
  )
}
