/** @file Tensors that differ from row to row in one element, and what can be done with them without a copy for each row. */
import { RappelError } from '../base/errors.ts'
import { type Shape, sizeOf, tensor } from '../base/tensor.ts'
import * as op from './op.ts'
import type { BatchedInput, GraphBuilder, Node, Operators, Value } from './types.ts'

/** The same tensor for all rows, but for one element, which is another one in each row. */
export interface Spot {
  readonly base: Value
  /** Which element, counted row by row: int64 [size]. */
  readonly index: Value
  /** What stands there: [size]. */
  readonly moved: Value
}

/** A value of the graph in every row. */
export type Rows = BatchedInput | Spot

export const isSpot = (rows: Rows): rows is Spot => 'moved' in rows

/** 0, 1, 2, … as a constant of int64. */
export const counting = (builder: GraphBuilder, length: number): Value =>
  builder.constant(
    tensor(
      'int64',
      [length],
      BigInt64Array.from({ length }, (_, i) => BigInt(i)),
    ),
  )

const flat = (value: Value) => op.reshape(value, [-1])

/** What stands at the spot in the base: [size]. */
export const baseAt = ({ base, index }: Spot): Value => op.gather(flat(base), index)

/** By how much the element is moved: [size]. */
export const shiftOf = (spot: Spot): Value => op.sub(spot.moved, baseAt(spot))

/** A copy of the tensor for each row. */
export function spread(rows: Rows, size: number): BatchedInput {
  if (!isSpot(rows)) return rows
  const { base, index, moved } = rows
  const places = op.reshape(counting(base.builder, sizeOf(base.shape)), [1, -1])
  const value = op.where(
    op.equal(places, op.reshape(index, [size, 1])),
    op.reshape(moved, [size, 1]),
    op.reshape(base, [1, -1]),
  )
  return { value: op.reshape(value, [size, ...base.shape]), batched: true }
}

/** The node in each row, with a copy for each row of what differs in one element; once for all where nothing differs. */
export function applyNode(
  node: Node,
  inputs: readonly (Rows | undefined)[],
  size: number,
  operators: Operators,
): readonly BatchedInput[] {
  const whole = inputs.map((rows) => rows && spread(rows, size))
  const known = whole.find((rows) => rows !== undefined) as BatchedInput
  if (!whole.some((rows) => rows?.batched)) {
    const values = whole.map((rows) => rows?.value)
    return known.value.builder.node(node.kind, values, node.attributes).map((value) => ({ value, batched: false }))
  }
  const rule = operators[node.kind].batch
  if (rule === 'none') throw new RappelError('op', `${node.kind} (${node.outputs[0].name}) cannot be batched`)
  return rule(node, whole, size).map((value) => ({ value, batched: true }))
}

/** Positions along each axis, int64 [size], of elements counted row by row. */
export function coordinates(index: Value, shape: Shape): Value[] {
  let rest = index
  const found = [...shape].reverse().map((length, i) => {
    if (i === shape.length - 1) return rest
    const above = op.div(rest, length)
    const along = op.sub(rest, op.mul(above, length))
    rest = above
    return along
  })
  return found.reverse()
}

/** The inverse of `coordinates`. */
function counted(along: readonly Value[], shape: Shape): Value {
  return along.slice(1).reduce((index, position, i) => op.add(op.mul(index, shape[i + 1]), position), along[0])
}

/** The spot with its axes in another order. */
export function transposeSpot(spot: Spot, perm: readonly number[]): Spot {
  const along = coordinates(spot.index, spot.base.shape)
  const base = op.transpose(spot.base, perm)
  return {
    base,
    index: counted(
      perm.map((axis) => along[axis]),
      base.shape,
    ),
    moved: spot.moved,
  }
}

/**
 * A piece of the tensor, from `start` along an axis. Rows whose spot lies outside move nothing.
 *
 * @param piece the same piece of the base
 */
export function cutSpot(spot: Spot, piece: Value, axis: number, start: number): Spot {
  const along = coordinates(spot.index, spot.base.shape)
  const place = op.sub(along[axis], start)
  const inside = op.and(op.greaterOrEqual(place, 0), op.less(place, piece.shape[axis]))
  const index = op.where(
    inside,
    counted(
      along.map((position, i) => (i === axis ? place : position)),
      piece.shape,
    ),
    0,
  )
  return { base: piece, index, moved: op.where(inside, spot.moved, op.gather(flat(piece), index)) }
}

/** [size, length]: `values` at the given positions, zeros elsewhere. */
export function oneHot(positions: Value, values: Value, length: number): Value {
  const [size] = positions.shape
  const places = op.reshape(counting(positions.builder, length), [1, length])
  return op.where(op.equal(places, op.reshape(positions, [size, 1])), op.reshape(values, [size, 1]), 0)
}
