/** @file The graph of whole training steps, update included: state in, state out, one step or several in a Loop. */
import { type Shape, sizeOf, tensor } from '../base/tensor.ts'
import { Builder } from '../graph/graph.ts'
import * as op from '../graph/op.ts'
import { operators } from '../graph/ops/index.ts'
import { inline } from '../graph/rewrite.ts'
import type { Graph, Value } from '../graph/types.ts'
import type { NormLimit } from '../nn/constraint.ts'
import { updateNodes } from '../optim/onnx.ts'
import type { UpdateRule } from '../optim/update-rule.ts'
import { gradientName, type NetGraph, nextBufferName } from './graphs.ts'
import { clampNodes } from './max-norm.ts'
import { clipFactors, type PlacedRule, placedRules, slotCount } from './placed-rules.ts'
import { paddedLength, regionLength } from './state.ts'

/** Name of the input that holds a scalar slot, counted over all rules: float32 [steps]. */
export const scalarName = (slot: number) => `scalar/${slot}`
/** Names of the input and of the output that hold a role of the state: float32 [length of the region]. */
export const stateName = (role: string) => `state/${role}`
export const nextStateName = (role: string) => `next/${role}`
/** Names of the input and of the output that hold the buffers, where there are any: float32 [length of the region]. */
export const buffersName = 'buffers/now'
export const nextBuffersName = 'buffers/next'

/** What a step is made of. */
export interface StepParts {
  readonly net: NetGraph
  readonly rule: UpdateRule
  /** What bounds each parameter after the update, in their order. */
  readonly limits: readonly (NormLimit | undefined)[]
}

/** What one step takes and gives. */
interface Step {
  readonly feeds: readonly Value[]
  readonly scalars: readonly Value[]
  /** Regions in the order of `carriedRegions`. */
  readonly carried: readonly Value[]
}

interface Stepped {
  readonly next: readonly Value[]
  readonly measured: Readonly<Record<string, Value>>
}

/** A region that goes from step to step. */
interface Region {
  readonly name: string
  readonly nextName: string
  readonly length: number
}

const rolesOf = (rule: UpdateRule) => ['x', ...Object.keys(rule.state)]
const shapesOf = (values: readonly { readonly value: Value }[]) => values.map(({ value }) => value.shape)

function carriedRegions({ net, rule }: StepParts): Region[] {
  const length = regionLength(shapesOf(net.parameters))
  const roles = rolesOf(rule).map((role) => ({ name: stateName(role), nextName: nextStateName(role), length }))
  if (net.buffers.length === 0) return roles
  return [...roles, { name: buffersName, nextName: nextBuffersName, length: regionLength(shapesOf(net.buffers)) }]
}

/**
 * Whole steps. Inputs: everything that the training graph takes besides parameters and buffers, with a leading dimension
 * `steps`; the rule's scalars; the state. Outputs: the next state, `loss` [steps] and, for classification, `correct` [steps].
 */
export function wholeStepGraph(parts: StepParts, steps: number): Graph {
  const { net, rule } = parts
  const builder = new Builder(operators)
  const held = new Set([...net.parameters, ...net.buffers].map(({ name }) => name))
  const feeds = net.graph.inputs
    .filter(({ name }) => !held.has(name))
    .map(({ name, dtype, shape }) => builder.input(name, dtype, [steps, ...shape]))
  const placed = placedRules(
    rule,
    net.parameters.map(({ name }) => name),
  )
  const scalars = Array.from({ length: slotCount(placed) }, (_, i) => builder.input(scalarName(i), 'float32', [steps]))
  const regions = carriedRegions(parts)
  const carried = regions.map(({ name, length }) => builder.input(name, 'float32', [length]))
  const { next, measured } =
    steps === 1
      ? oneStep(parts, { feeds: feeds.map(first), scalars: scalars.map(first), carried })
      : manySteps(parts, steps, builder, { feeds, scalars, carried })
  const outputs: Record<string, Value> = {}
  regions.forEach(({ nextName }, i) => {
    outputs[nextName] = next[i]
  })
  Object.entries(measured).forEach(([name, value]) => {
    outputs[name] = op.reshape(value, [steps])
  })
  return builder.graph('whole_step', outputs)
}

const first = (value: Value) => op.reshape(value, value.shape.slice(1))

function manySteps(parts: StepParts, steps: number, builder: Builder, outer: Step): Stepped {
  const body = builder.nested()
  const iteration = body.input('iteration', 'int64', [])
  const going = body.input('going', 'bool', [])
  const carried = outer.carried.map(({ name, shape }) => body.input(`carried/${name}`, 'float32', shape))
  const now = (value: Value) => op.gather(value, iteration)
  const { next, measured } = oneStep(parts, {
    feeds: outer.feeds.map(now),
    scalars: outer.scalars.map(now),
    carried,
  })
  const outputs: Record<string, Value> = { still_going: going }
  outer.carried.forEach(({ name }, i) => {
    outputs[`carried_on/${name}`] = next[i]
  })
  Object.assign(
    outputs,
    Object.fromEntries(Object.entries(measured).map(([name, value]) => [`${name}_of_step`, value])),
  )
  const trips = builder.constant(tensor('int64', [], steps))
  const results = builder.node('Loop', [trips, undefined, ...outer.carried], { body: body.graph('step', outputs) })
  const names = Object.keys(measured)
  return {
    next: results.slice(0, carried.length),
    measured: Object.fromEntries(names.map((name, i) => [name, results[carried.length + i]])),
  }
}

/** Unpacks parameters and buffers, computes loss and gradients, packs these, updates every region as one tensor. */
function oneStep({ net, rule, limits }: StepParts, { feeds, scalars, carried }: Step): Stepped {
  const roles = rolesOf(rule)
  const shapes = shapesOf(net.parameters)
  const state = Object.fromEntries(roles.map((role, i) => [role, carried[i]]))
  const held = new Map(unpack(state.x, shapes).map((value, i) => [net.parameters[i].name, value]))
  const buffers = net.buffers.length === 0 ? [] : unpack(carried[roles.length], shapesOf(net.buffers))
  net.buffers.forEach(({ name }, i) => void held.set(name, buffers[i]))
  let feed = 0
  const inputs = net.graph.inputs.map((input) => held.get(input.name) ?? feeds[feed++])
  const results = inline(net.graph, state.x.builder, inputs)
  const named = new Map(net.graph.outputs.map(({ name }, i) => [name, results[i]]))
  const gradients = net.parameters.map(({ name }) => named.get(gradientName(name)) as Value)
  const updated = updatedRegions({ net, rule, limits }, { ...state, g: pack(gradients) }, scalars, gradients)
  const next = roles.map((role) => (role === 'x' ? clamped(updated.x, shapes, limits) : updated[role]))
  if (buffers.length > 0)
    next.push(pack(net.buffers.map(({ name }, i) => named.get(nextBufferName(name)) ?? buffers[i])))
  return { next, measured: Object.fromEntries([...named].filter(([name]) => name === 'loss' || name === 'correct')) }
}

/** The state's regions after the update. Where one rule has them all, each region is updated as one tensor; else the tensors of a rule that lie side by side. */
function updatedRegions(
  { net, rule }: StepParts,
  regions: Readonly<Record<string, Value>>,
  scalars: readonly Value[],
  gradients: readonly Value[],
): Record<string, Value> {
  const shapes = shapesOf(net.parameters)
  const placed = placedRules(
    rule,
    net.parameters.map(({ name }) => name),
  )
  const factors = rule.clip && clipFactors(gradients, rule.clip)
  const scalarsOf = ({ rule: own, firstSlot, factor = 0 }: PlacedRule) =>
    own.program.slots.map((_, i) => (factors && i === own.clipSlot ? factors[factor] : scalars[firstSlot + i]))
  const runs = runsOf(placed)
  if (runs.length === 1) {
    const [{ owner }] = runs
    return { ...regions, ...updateNodes(owner.rule, regions, scalarsOf(owner)) }
  }
  const lengths = runs.map(({ first, count }) => regionLength(shapes.slice(first, first + count)))
  const names = Object.keys(regions)
  const pieces = Object.fromEntries(names.map((name) => [name, op.split(regions[name], lengths, 0)]))
  const updated = runs.map(({ owner }, run) => {
    const piece = Object.fromEntries(names.map((name) => [name, pieces[name][run]]))
    const own = Object.fromEntries(owner.rule.program.tensors.map((name) => [name, piece[name]]))
    return { ...piece, ...updateNodes(owner.rule, own, scalarsOf(owner)) }
  })
  return Object.fromEntries(
    names.map((name) => [
      name,
      op.concat(
        updated.map((run) => run[name]),
        0,
      ),
    ]),
  )
}

/** Parameters side by side that one rule updates, in the order of the parameters. */
function runsOf(placed: readonly PlacedRule[]): { owner: PlacedRule; first: number; count: number }[] {
  const owners: PlacedRule[] = []
  for (const owner of placed) for (const i of owner.members) owners[i] = owner
  const runs: { owner: PlacedRule; first: number; count: number }[] = []
  owners.forEach((owner, i) => {
    const last = runs[runs.length - 1]
    if (last?.owner === owner) last.count++
    else runs.push({ owner, first: i, count: 1 })
  })
  return runs
}

/** The parameters' region with what the limits bound brought back to them. */
function clamped(region: Value, shapes: readonly Shape[], limits: StepParts['limits']): Value {
  if (limits.every((limit) => limit === undefined)) return region
  const pieces = op.split(region, shapes.flatMap(pieceLengths), 0).slice()
  limits.forEach((limit, i) => {
    const place = placeOf(i, shapes)
    if (limit !== undefined) pieces[place] = clampNodes(pieces[place], limit)
  })
  return op.concat(pieces, 0)
}

/** The tensors that lie in a region, each on a boundary of its own. */
function unpack(region: Value, shapes: readonly Shape[]): Value[] {
  const pieces = op.split(region, shapes.flatMap(pieceLengths), 0)
  return shapes.map((shape, i) => op.reshape(pieces[placeOf(i, shapes)], shape))
}

/** Where a tensor stands among the pieces of its region. */
const placeOf = (i: number, shapes: readonly Shape[]) => shapes.slice(0, i).flatMap(pieceLengths).length

/** The region that holds tensors, zeros between them. */
function pack(tensors: readonly Value[]): Value {
  const pieces = tensors.flatMap((value) => {
    const [size, padding] = pieceLengths(value.shape)
    const flat = op.reshape(value, [size])
    return padding === undefined ? [flat] : [flat, value.builder.constant(tensor('float32', [padding]))]
  })
  return op.concat(pieces, 0)
}

/** Lengths of a tensor and, where it does not end on a boundary, of the padding after it. */
function pieceLengths(shape: Shape): number[] {
  const size = sizeOf(shape)
  const padding = paddedLength(shape) - size
  return padding === 0 ? [size] : [size, padding]
}
