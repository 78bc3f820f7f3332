/**
 * @file One graph for many points that lie near each other: in each row one element of one input is another, or whole inputs are. Where
 * every row moves one weight, its product changes by a matrix of rank one, x·(W + ε·eᵢeⱼᵀ) = x·W + ε·x[:, i]·eⱼᵀ: no row gets a copy of
 * the weight. (The gradient check needs as many rows as a net has parameters, twice.)
 */
import { RappelError, suggestion } from '../base/errors.ts'
import { sizeOf } from '../base/tensor.ts'
import { Builder, capturedValues } from './graph.ts'
import * as op from './op.ts'
import { batchedValue } from './ops/shapes.ts'
import { spotRules } from './perturb_rules.ts'
import { copyBodies } from './rewrite.ts'
import { applyNode, baseAt, isSpot, type Rows, spread } from './spot.ts'
import type { BatchedInput, Graph, Node, Operators, Value } from './types.ts'

/** Names of the inputs that say which element each row moves (int64 [size], row by row), and what stands there. */
export const movedIndexName = 'moved/index'
export const movedValueName = 'moved/value'
/** Name of the input that holds a winner at the base point. */
export const baseName = (winner: string) => `base/${winner}`
/** Name of the output that says how many winners differ from those of the base point: float32 [size]. */
export const changedName = 'changed_winners'

export interface PerturbOptions {
  /** The input of which each row moves one element; or the inputs that get a leading dimension, as in `batchGraph`. */
  readonly moved: string | readonly string[]
  /** Number of rows. */
  readonly size: number
  /**
   * Outputs that are not given but compared with those of the base point, which come in as `baseName(…)`; of those that no move can
   * change there is no input. Default: none, and then there is no output `changedName`.
   */
  readonly compared?: readonly string[]
}

/**
 * The graph for `size` points at once. Inputs that are not moved are shared; every output gets a leading dimension.
 *
 * @throws RappelError 'shape' when the graph has no input of a given name; 'op' when an operator that would have to be batched
 *   cannot be
 */
export function perturbGraph(graph: Graph, operators: Operators, { moved, size, compared }: PerturbOptions): Graph {
  const builder = new Builder(operators)
  const copying: Copying = { builder, operators, size, copies: copyInputs(graph, builder, moved, size) }
  const { copies } = copying
  for (const constant of graph.constants)
    if (constant.constant !== undefined)
      copies.set(constant, { value: builder.constant(constant.constant), batched: false })
  for (const node of graph.nodes) {
    const outputs = perturbNode(node, copying)
    node.outputs.forEach((output, i) => void copies.set(output, outputs[i]))
  }
  const given = graph.outputs
    .filter(({ name }) => !compared?.includes(name))
    .map((output): [string, Value] => [output.name, batchedValue(spread(copies.get(output) as Rows, size), size)])
  if (compared === undefined) return builder.graph(graph.name, given)
  const winners = graph.outputs.filter(({ name }) => compared.includes(name))
  return builder.graph(graph.name, [...given, [changedName, countChanged(winners, copying)]])
}

interface Copying {
  readonly builder: Builder
  readonly operators: Operators
  readonly copies: Map<Value, Rows>
  readonly size: number
}

function copyInputs(graph: Graph, builder: Builder, moved: PerturbOptions['moved'], size: number): Map<Value, Rows> {
  const names = typeof moved === 'string' ? [moved] : moved
  const known = graph.inputs.map(({ name }) => name)
  for (const name of names)
    if (!known.includes(name))
      throw new RappelError('shape', `the graph '${graph.name}' has no input '${name}'`, suggestion(name, known))
  const copyOf = ({ name, dtype, shape }: Value): Rows => {
    if (!names.includes(name)) return { value: builder.input(name, dtype, shape), batched: false }
    if (typeof moved !== 'string') return { value: builder.input(name, dtype, [size, ...shape]), batched: true }
    return {
      base: builder.input(name, dtype, shape),
      index: builder.input(movedIndexName, 'int64', [size]),
      moved: builder.input(movedValueName, dtype, [size]),
    }
  }
  return new Map(graph.inputs.map((input) => [input, copyOf(input)]))
}

function perturbNode(node: Node, { builder, operators, copies, size }: Copying): readonly Rows[] {
  const inputs = node.inputs.map((input) => input && copies.get(input))
  const around = new Map(capturedValues(node).map((value) => [value, copies.get(value) as Rows]))
  const used = [...inputs, ...around.values()]
  if (used.every((rows) => rows === undefined || isShared(rows))) {
    const values = inputs.map((rows) => rows && (rows as BatchedInput).value)
    const captured = new Map([...around].map(([value, rows]) => [value, (rows as BatchedInput).value]))
    const outputs = builder.node(node.kind, values, copyBodies(node, builder, {}, captured))
    return outputs.map((value) => ({ value, batched: false }))
  }
  const holdsSpot = inputs.some((rows) => rows !== undefined && isSpot(rows))
  return (
    (holdsSpot && spotRules[node.kind]?.(node, inputs, size, operators)) || applyNode(node, inputs, size, operators)
  )
}

const isShared = (rows: Rows) => !isSpot(rows) && !rows.batched

/** In each row, how many of the winners are others than at the base point. */
function countChanged(winners: readonly Value[], { builder, copies, size }: Copying): Value {
  let compared = 0
  const same: Value[] = []
  for (const winner of winners) {
    const rows = copies.get(winner) as Rows
    if (isSpot(rows)) {
      compared++
      same.push(op.cast(op.equal(rows.moved, baseAt(rows)), 'float32'))
    } else if (rows.batched) {
      const count = sizeOf(winner.shape)
      compared += count
      const base = builder.input(baseName(winner.name), winner.dtype, winner.shape)
      const equal = op.cast(op.equal(rows.value, base), 'float32')
      same.push(op.reduceSum(op.reshape(equal, [size, count]), { axes: [1] }))
    }
  }
  if (same.length === 0) return op.full(builder, { dtype: 'float32', shape: [size] }, 0)
  return op.sub(compared, same.reduce(op.add))
}
