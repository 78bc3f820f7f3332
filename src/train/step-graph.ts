/** @file The graph of whole training steps, update included: state in, state out, one step or several in a Loop. */
import { sizeOf, tensor } from '../base/tensor.ts'
import { Builder } from '../graph/graph.ts'
import * as op from '../graph/op.ts'
import { operators } from '../graph/ops/index.ts'
import { inline } from '../graph/rewrite.ts'
import type { Graph, GraphBuilder, Value } from '../graph/types.ts'
import { updateNodes } from '../optim/onnx.ts'
import type { Rule } from '../optim/rule.ts'
import { gradientName, type NetGraph } from './graphs.ts'
import { paddedLength } from './state.ts'

/** Name of the input that holds a scalar slot of the rule: float32 [steps]. */
export const scalarName = (slot: number) => `scalar/${slot}`
/** Names of the input and of the output that hold a role of the state: float32 [length of the region]. */
export const stateName = (role: string) => `state/${role}`
export const nextStateName = (role: string) => `next/${role}`

/** What one step takes and gives. */
interface Step {
  readonly feeds: readonly Value[]
  readonly scalars: readonly Value[]
  /** By role. */
  readonly state: Readonly<Record<string, Value>>
}

/**
 * Whole steps. Inputs: everything that the training graph takes besides parameters, with a leading dimension `steps`; the
 * rule's scalars; the state. Outputs: the next state, `loss` [steps] and, for classification, `correct` [steps].
 */
export function wholeStepGraph(net: NetGraph, rule: Rule, steps: number): Graph {
  const builder = new Builder(operators)
  const held = new Set(net.parameters.map(({ name }) => name))
  const feeds = net.graph.inputs
    .filter(({ name }) => !held.has(name))
    .map(({ name, dtype, shape }) => builder.input(name, dtype, [steps, ...shape]))
  const scalars = rule.program.slots.map((_, i) => builder.input(scalarName(i), 'float32', [steps]))
  const length = net.parameters.reduce((sum, { value }) => sum + paddedLength(value.shape), 0)
  const roles = ['x', ...Object.keys(rule.state)]
  const state = roles.map((role) => builder.input(stateName(role), 'float32', [length]))
  const { next, measured } =
    steps === 1
      ? oneStep(net, rule, roles, { feeds: feeds.map(first), scalars: scalars.map(first), state: byRole(roles, state) })
      : manySteps(net, rule, roles, steps, { builder, feeds, scalars, state })
  const outputs: Record<string, Value> = {}
  roles.forEach((role, i) => {
    outputs[nextStateName(role)] = next[i]
  })
  Object.entries(measured).forEach(([name, value]) => {
    outputs[name] = op.reshape(value, [steps])
  })
  return builder.graph('whole_step', outputs)
}

const first = (value: Value) => op.reshape(value, value.shape.slice(1))
const byRole = (roles: readonly string[], values: readonly Value[]) =>
  Object.fromEntries(roles.map((role, i) => [role, values[i]]))

interface Stepped {
  readonly next: readonly Value[]
  readonly measured: Readonly<Record<string, Value>>
}

function manySteps(
  net: NetGraph,
  rule: Rule,
  roles: readonly string[],
  steps: number,
  outer: { builder: Builder; feeds: readonly Value[]; scalars: readonly Value[]; state: readonly Value[] },
): Stepped {
  const body = outer.builder.nested()
  const iteration = body.input('iteration', 'int64', [])
  const going = body.input('going', 'bool', [])
  const state = roles.map((role) => body.input(`carried/${role}`, 'float32', outer.state[0].shape))
  const now = (value: Value) => op.gather(value, iteration)
  const { next, measured } = oneStep(net, rule, roles, {
    feeds: outer.feeds.map(now),
    scalars: outer.scalars.map(now),
    state: byRole(roles, state),
  })
  const outputs: Record<string, Value> = { still_going: going }
  roles.forEach((role, i) => {
    outputs[`carried_on/${role}`] = next[i]
  })
  Object.assign(
    outputs,
    Object.fromEntries(Object.entries(measured).map(([name, value]) => [`${name}_of_step`, value])),
  )
  const trips = outer.builder.constant(tensor('int64', [], steps))
  const results = outer.builder.node('Loop', [trips, undefined, ...outer.state], { body: body.graph('step', outputs) })
  const names = Object.keys(measured)
  return {
    next: results.slice(0, roles.length),
    measured: Object.fromEntries(names.map((name, i) => [name, results[roles.length + i]])),
  }
}

/** Unpacks the parameters, computes loss and gradients, packs the gradients, updates every region as one tensor. */
function oneStep(net: NetGraph, rule: Rule, roles: readonly string[], { feeds, scalars, state }: Step): Stepped {
  const { builder } = state.x
  const shapes = net.parameters.map(({ value }) => value.shape)
  const pieces = op.split(state.x, shapes.flatMap(pieceLengths), 0)
  const places = shapes.map((_, i) => shapes.slice(0, i).flatMap(pieceLengths).length)
  const parameters = new Map(net.parameters.map(({ name }, i) => [name, op.reshape(pieces[places[i]], shapes[i])]))
  let feed = 0
  const inputs = net.graph.inputs.map((input) => parameters.get(input.name) ?? feeds[feed++])
  const results = inline(net.graph, builder, inputs)
  const named = new Map(net.graph.outputs.map(({ name }, i) => [name, results[i]]))
  const g = op.concat(
    net.parameters.flatMap(({ name }, i) => packed(named.get(gradientName(name)) as Value, builder, shapes[i])),
    0,
  )
  const next = updateNodes(rule, { ...state, g }, scalars)
  const measured = Object.fromEntries([...named].filter(([name]) => name === 'loss' || name === 'correct'))
  return { next: roles.map((role) => next[role]), measured }
}

/** Lengths of a parameter and, where it does not end on a boundary, of the padding after it. */
function pieceLengths(shape: readonly number[]): number[] {
  const size = sizeOf(shape)
  const padding = paddedLength(shape) - size
  return padding === 0 ? [size] : [size, padding]
}

function packed(gradient: Value, builder: GraphBuilder, shape: readonly number[]): Value[] {
  const [size, padding] = pieceLengths(shape)
  const flat = op.reshape(gradient, [size])
  return padding === undefined ? [flat] : [flat, builder.constant(tensor('float32', [padding]))]
}
