/** @file Pad: a constant, or copies of what is there, put around. */
import { RappelError, show, suggestion } from '../../base/errors.ts'
import { type Shape, sizeOf, tensor, typeText } from '../../base/tensor.ts'
import * as op from '../op.ts'
import type { Attributes, BatchedInput, BatchRule, GradientRule, OpDefinition, ShapeRule, Value } from '../types.ts'
import { batchedValue, indicesAlong, mover, required } from './shapes.ts'

const padAmounts = (inputs: readonly (Value | undefined)[]) => {
  if (inputs[3] !== undefined) throw new RappelError('op', 'axes are given, expected pads for all axes')
  return op.constantInts(required(inputs, 1), 'the list of pads')
}

const modes: readonly op.PadMode[] = ['constant', 'reflect', 'edge', 'wrap']

function modeOf({ mode = 'constant' }: Attributes): op.PadMode {
  const known = modes.find((candidate) => candidate === mode)
  if (known !== undefined) return known
  throw new RappelError('op', `the mode is ${show(mode)}`, suggestion(String(mode), modes))
}

/** How many elements a mode can put on either side of so many. */
const most: Readonly<Record<op.PadMode, (dim: number) => number>> = {
  constant: () => Number.POSITIVE_INFINITY,
  reflect: (dim) => dim - 1,
  edge: (dim) => (dim === 0 ? 0 : Number.POSITIVE_INFINITY),
  wrap: (dim) => dim,
}

/** Which of `dim` elements stands at a place before the first (below 0), among them, or behind the last. */
const sources: Readonly<Record<Exclude<op.PadMode, 'constant'>, (place: number, dim: number) => number>> = {
  // The first and the last are not repeated: 2 1 | 0 1 2 | 1 0.
  reflect: (place, dim) => (place < 0 ? -place : place < dim ? place : 2 * (dim - 1) - place),
  edge: (place, dim) => Math.min(Math.max(place, 0), dim - 1),
  wrap: (place, dim) => (place + dim) % dim,
}

function checkCopies(mode: op.PadMode, shape: Shape, amounts: readonly number[]): void {
  if (mode === 'constant') return
  amounts.forEach((amount, i) => {
    const [axis, limit] = [i % shape.length, most[mode](shape[i % shape.length])]
    if (amount < 0)
      throw new RappelError('op', `mode '${mode}' cuts by ${amount}, expected pads from 0 up`, 'cut with Slice')
    if (amount > limit)
      throw new RappelError(
        'shape',
        `mode '${mode}' puts ${amount} elements beside the ${shape[axis]} of axis ${axis}, expected ${limit} at most`,
      )
  })
}

const padShape: ShapeRule = (inputs, attributes) => {
  const x = required(inputs, 0)
  const amounts = padAmounts(inputs)
  if (amounts.length !== 2 * x.shape.length)
    throw new RappelError('shape', `${amounts.length} pads are given, expected ${2 * x.shape.length}`)
  const shape = x.shape.map((dim, i) => dim + amounts[i] + amounts[i + x.shape.length])
  const value = inputs[2]
  if (value !== undefined && (value.dtype !== x.dtype || sizeOf(value.shape) !== 1 || value.shape.length > 1))
    throw new RappelError('shape', `what is padded with is ${typeText(value)}, expected ${x.dtype}[]`)
  checkCopies(modeOf(attributes), x.shape, amounts)
  if (shape.some((dim) => dim < 0)) throw new RappelError('shape', `pads [${amounts}] cut more than there is`)
  return [{ dtype: x.dtype, shape }]
}

/** Every copy's gradient is added to that of the element it was copied from, axis by axis. */
function sumOfCopies(dy: Value, x: Value, mode: Exclude<op.PadMode, 'constant'>, amounts: readonly number[]): Value {
  let sum = dy
  x.shape.forEach((dim, axis) => {
    const [before, after] = [amounts[axis], amounts[axis + x.shape.length]]
    if (before === 0 && after === 0) return
    const from = Array.from({ length: dy.shape[axis] }, (_, place) => sources[mode](place - before, dim))
    const zeros = op.full(x.builder, { dtype: x.dtype, shape: sum.shape.map((d, i) => (i === axis ? dim : d)) }, 0)
    sum = op.scatterElements(zeros, indicesAlong(x, from, axis, sum.shape), sum, axis, 'add')
  })
  return sum
}

const padGradient: GradientRule = (node, dys) => {
  const dy = required(dys, 0)
  const amounts = padAmounts(node.inputs)
  const mode = modeOf(node.attributes)
  if (mode !== 'constant') return [sumOfCopies(dy, required(node.inputs, 0), mode, amounts)]
  const cut = op.pad(
    dy,
    amounts.map((amount) => -amount),
  )
  const value = node.inputs[2]
  const dValue =
    value === undefined || value.constant !== undefined ? undefined : op.sub(op.reduceSum(dy), op.reduceSum(cut))
  return [cut, undefined, dValue && op.reshape(dValue, value?.shape ?? [])]
}

const padBatch: BatchRule = (node, inputs, size) => {
  const [data, , value] = inputs
  const x = batchedValue(data as BatchedInput, size)
  const amounts = padAmounts(node.inputs)
  const rank = amounts.length / 2
  const pads = [0, ...amounts.slice(0, rank), 0, ...amounts.slice(rank)]
  const { builder } = x
  const list = builder.constant(tensor('int64', [pads.length], pads))
  // Copies need no value.
  if (!value?.batched || modeOf(node.attributes) !== 'constant')
    return builder.node(
      'Pad',
      value === undefined || value.batched ? [x, list] : [x, list, value.value],
      node.attributes,
    )
  // Each has a value of its own to pad with: put in where a frame of ones says that nothing was.
  const frame = op.cast(op.pad(op.full(builder, { dtype: 'float32', shape: x.shape }, 0), pads, 1), 'bool')
  const filler = op.reshape(value.value, [size, ...new Array<number>(rank).fill(1)])
  return [op.where(frame, filler, op.pad(x, pads))]
}

export const pad: OpDefinition = mover([2, 4], padShape, padGradient, padBatch, { mode: 'string' })
