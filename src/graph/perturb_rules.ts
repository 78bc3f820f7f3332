/**
 * @file What each operator makes of a tensor that differs from row to row in one element. An operator without a rule, or whose rule
 * gives nothing, gets a copy of the tensor for each row.
 */
import { sizeOf } from '../base/tensor.ts'
import * as op from './op.ts'
import { axisIndex } from './ops/shapes.ts'
import {
  applyNode,
  coordinates,
  counting,
  cutSpot,
  isSpot,
  oneHot,
  type Rows,
  type Spot,
  shiftOf,
  transposeSpot,
} from './spot.ts'
import type { Node, Operators, OpKind, Value } from './types.ts'

/** Called when at least one input is a spot. Undefined: no way is known. */
type SpotRule = (
  node: Node,
  inputs: readonly (Rows | undefined)[],
  size: number,
  operators: Operators,
) => readonly Rows[] | undefined

/** What is the same in all rows; undefined for anything else. */
const sharedValue = (rows: Rows | undefined) =>
  rows === undefined || isSpot(rows) || rows.batched ? undefined : rows.value

/** Each element by itself: what was one spot before is one spot afterwards. */
const elementwise: SpotRule = (node, inputs, size) => {
  const given = inputs.filter((rows) => rows !== undefined)
  const [first] = given.filter(isSpot)
  const { shape } = node.outputs[0]
  const fits = given.every((rows) => {
    if (isSpot(rows)) return rows.index === first.index && rows.base.shape.join() === shape.join()
    return !rows.batched && (sizeOf(rows.value.shape) === 1 || rows.value.shape.join() === shape.join())
  })
  if (!fits) return undefined
  const at = (rows: Rows | undefined): Value | undefined => {
    if (rows === undefined) return undefined
    if (isSpot(rows)) return rows.moved
    const { value } = rows as { value: Value }
    if (sizeOf(value.shape) === 1) return op.reshape(value, [])
    return op.gather(op.reshape(value, [-1]), first.index)
  }
  const whole = inputs.map((rows) => rows && (isSpot(rows) ? rows.base : rows.value))
  const { builder } = first.base
  const [base] = builder.node(node.kind, whole, node.attributes)
  const [moved] = builder.node(node.kind, inputs.map(at), node.attributes)
  // Constants of one element alone would lose the rows.
  return moved.shape.length === 1 && moved.shape[0] === size ? [{ base, index: first.index, moved }] : undefined
}

/** The operators that work on each element by itself. */
const alone: readonly OpKind[] = [
  ...([
    'Add',
    'Sub',
    'Mul',
    'Div',
    'Pow',
    'Max',
    'Min',
    'Neg',
    'Reciprocal',
    'Sqrt',
    'Exp',
    'Log',
    'Abs',
    'Sign',
  ] as const),
  ...(['Identity', 'Cast', 'Equal', 'Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual', 'And', 'Or', 'Not'] as const),
  ...([
    'Where',
    'Relu',
    'LeakyRelu',
    'HardSigmoid',
    'Tanh',
    'Sigmoid',
    'Erf',
    'Gelu',
    'Softplus',
    'Elu',
    'Clip',
  ] as const),
]

/** The same elements in the same order, in another shape. */
const reshaped: SpotRule = (node, [x, ...others]) => {
  if (x === undefined || !isSpot(x)) return undefined
  const [base] = x.base.builder.node(node.kind, [x.base, ...others.map(sharedValue)], node.attributes)
  return [{ ...x, base }]
}

const transposed: SpotRule = (node, [x]) => {
  if (x === undefined || !isSpot(x)) return undefined
  const rank = x.base.shape.length
  const reversed = x.base.shape.map((_, i) => rank - 1 - i)
  return [transposeSpot(x, (node.attributes.perm as readonly number[] | undefined) ?? reversed)]
}

const cut: SpotRule = (node, [x, ...others]) => {
  if (x === undefined || !isSpot(x)) return undefined
  const axis = axisIndex((node.attributes.axis as number | undefined) ?? 0, x.base.shape.length)
  const pieces = x.base.builder.node(node.kind, [x.base, ...others.map(sharedValue)], node.attributes)
  let start = 0
  return pieces.map((piece) => {
    const spot = cutSpot(x, piece, axis, start)
    start += piece.shape[axis]
    return spot
  })
}

/** A sum or a mean over everything changes by what the element does. */
const reduced: SpotRule = (node, [x, axes], size) => {
  if (x === undefined || !isSpot(x) || sizeOf(node.outputs[0].shape) !== 1) return undefined
  const [base] = x.base.builder.node(node.kind, [x.base, sharedValue(axes)], node.attributes)
  const shift = shiftOf(x)
  const share = node.kind === 'ReduceMean' ? op.div(shift, sizeOf(x.base.shape)) : shift
  const value = op.reshape(op.add(op.reshape(base, [1]), share), [size, ...base.shape])
  return [{ value, batched: true }]
}

/** Rows of a table, chosen by indices that are the same for all: the spot is seen wherever its row was chosen. */
const gathered: SpotRule = (node, [x, chosen], size) => {
  const indices = sharedValue(chosen)
  if (x === undefined || !isSpot(x) || indices === undefined) return undefined
  if (axisIndex((node.attributes.axis as number | undefined) ?? 0, x.base.shape.length) !== 0) return undefined
  const [length, ...rest] = x.base.shape
  const taken = op.gather(x.base, indices)
  const [row, column] = coordinates(x.index, [length, sizeOf(rest)])
  const chosenRows = op.cast(op.reshape(indices, [1, -1, 1]), 'int64')
  const isRow = op.equal(chosenRows, op.reshape(row, [size, 1, 1]))
  const isColumn = op.equal(
    op.reshape(counting(x.base.builder, sizeOf(rest)), [1, 1, -1]),
    op.reshape(column, [size, 1, 1]),
  )
  const seen = op.where(
    op.and(isRow, isColumn),
    op.reshape(x.moved, [size, 1, 1]),
    op.reshape(taken, [1, sizeOf(indices.shape), sizeOf(rest)]),
  )
  return [{ value: op.reshape(seen, [size, ...taken.shape]), batched: true }]
}

/** One factor of a product with a spot, the other as it is in each row. */
interface Factors {
  readonly spot: Spot
  readonly other: Rows
  /** Whether the spot is the first factor. */
  readonly first: boolean
}

/**
 * By how much a product of matrices, or of stacks of them, changes: for each row an outer product of what the other factor has
 * where the spot is with the spot's own column, or row. The spot's stack must be the end of the other's.
 *
 * @returns [size, ...shape of the product]; undefined where the stacks do not fit
 */
function productShift({ spot, other, first }: Factors, size: number): Value | undefined {
  if (isSpot(other)) return undefined
  const shape = other.batched ? other.value.shape.slice(1) : other.value.shape
  const stack = shape.slice(0, -2)
  const own = spot.base.shape.slice(0, -2)
  if (shape.length < 2 || spot.base.shape.length < 2) return undefined
  if (own.length > stack.length || own.join() !== stack.slice(stack.length - own.length).join()) return undefined
  const [rows, columns] = spot.base.shape.slice(-2)
  const groups = sizeOf(own)
  const outer = sizeOf(stack) / groups
  const [height, width] = shape.slice(-2)
  // Which of the other's inner positions the spot meets, and where in the product it shows.
  const [group, row, column] = coordinates(spot.index, [groups, rows, columns])
  const [inner, shown, shownLength] = first ? [column, row, rows] : [row, column, columns]
  const innerLength = first ? columns : rows
  const length = first ? width : height
  const line = lineOf(other, [outer, groups, height, width], first, placeIn(group, inner, innerLength), size)
  const hot = oneHot(placeIn(group, shown, shownLength), shiftOf(spot), groups * shownLength)
  const shift = first
    ? op.mul(op.reshape(line, [size, outer, 1, 1, length]), op.reshape(hot, [size, 1, groups, shownLength, 1]))
    : op.mul(op.reshape(line, [size, outer, 1, length, 1]), op.reshape(hot, [size, 1, groups, 1, shownLength]))
  return op.reshape(shift, [size, ...stack, ...(first ? [rows, width] : [height, columns])])
}

const placeIn = (group: Value, position: Value, length: number) => op.add(op.mul(group, length), position)

/** [size, outer, length]: of the other factor the line that the spot meets in each row. */
function lineOf(
  { value, batched }: Exclude<Rows, Spot>,
  [outer, groups, height, width]: readonly [number, number, number, number],
  alongRows: boolean,
  at: Value,
  size: number,
): Value {
  const lead = batched ? [size] : []
  const apart = op.reshape(value, [...lead, outer, groups, height, width])
  const [inner, length] = alongRows ? [height, width] : [width, height]
  if (!batched) {
    const turned = op.transpose(apart, alongRows ? [1, 2, 0, 3] : [1, 3, 0, 2])
    return op.gather(op.reshape(turned, [groups * inner, outer, length]), at)
  }
  const turned = alongRows ? apart : op.transpose(apart, [0, 1, 2, 4, 3])
  const lines = op.reshape(turned, [size, outer, groups * inner, length])
  const index = op.expand(op.reshape(at, [size, 1, 1, 1]), [size, outer, 1, length])
  return op.reshape(op.gatherElements(lines, index, 2), [size, outer, length])
}

const product: SpotRule = (node, inputs, size, operators) => {
  const [a, b] = inputs
  if (a === undefined || b === undefined || isSpot(a) === isSpot(b)) return undefined
  const { transA = 0, transB = 0, alpha = 1 } = node.attributes as Record<string, number>
  const first = isSpot(a)
  const turn = (rows: Rows, swap: number): Rows => {
    if (swap === 0) return rows
    if (isSpot(rows)) return transposeSpot(rows, [1, 0])
    return { ...rows, value: op.transpose(rows.value, rows.batched ? [0, 2, 1] : [1, 0]) }
  }
  const [left, right] = [turn(a, transA), turn(b, transB)]
  const factors = first ? { spot: left as Spot, other: right, first } : { spot: right as Spot, other: left, first }
  const shift = productShift(factors, size)
  if (shift === undefined) return undefined
  const base = { value: (first ? a : (b as Spot)).base, batched: false }
  const whole = [first ? base : a, first ? b : base, ...inputs.slice(2)]
  const scaled = alpha === 1 ? shift : op.mul(shift, alpha)
  const [still] = applyNode(node, whole, size, operators)
  return [{ value: op.add(still.value, scaled), batched: true }]
}

/** The rules by operator. */
export const spotRules: Partial<Readonly<Record<OpKind, SpotRule>>> = {
  ...Object.fromEntries(alone.map((kind) => [kind, elementwise])),
  Reshape: reshaped,
  Squeeze: reshaped,
  Unsqueeze: reshaped,
  Transpose: transposed,
  Split: cut,
  ReduceSum: reduced,
  ReduceMean: reduced,
  Gather: gathered,
  MatMul: product,
  Gemm: product,
}
