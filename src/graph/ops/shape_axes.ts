/** @file Axes of length 1 that come and go, and repetition: Squeeze, Unsqueeze, Tile. */
import { RappelError } from '../../base/errors.ts'
import * as op from '../op.ts'
import type { AxesKind, BatchedInput, OpDefinition, ShapeRule, Value } from '../types.ts'
import { axisIndex, mover, required } from './shapes.ts'

const batched = (inputs: readonly (BatchedInput | undefined)[]) => (inputs[0] as BatchedInput).value

/** Axes as indices from 0, each once. */
function axesIn(list: Value, rank: number): number[] {
  const given = op.constantInts(list, 'the list of axes')
  const axes = given.map((axis) => axisIndex(axis, rank))
  if (new Set(axes).size !== axes.length) throw new RappelError('shape', `an axis stands twice in [${given}]`)
  return axes
}

/** The axes that a Squeeze drops: those listed, or all of length 1 where there is no list. */
function droppedAxes(inputs: readonly (Value | undefined)[]): number[] {
  const { shape } = required(inputs, 0)
  if (inputs[1] === undefined) return shape.flatMap((dim, axis) => (dim === 1 ? [axis] : []))
  const axes = axesIn(inputs[1], shape.length)
  if (axes.length === 0)
    throw new RappelError(
      'op',
      'the list of axes is empty: the runtime would drop all axes of length 1',
      'leave the node out',
    )
  const long = axes.find((axis) => shape[axis] !== 1)
  if (long !== undefined)
    throw new RappelError('shape', `axis ${long} has length ${shape[long]}, expected 1 to drop it`)
  return axes
}

const squeezeShape: ShapeRule = (inputs) => {
  const { dtype, shape } = required(inputs, 0)
  const dropped = droppedAxes(inputs)
  return [{ dtype, shape: shape.filter((_, axis) => !dropped.includes(axis)) }]
}

/** The axes of the result that an Unsqueeze adds. */
function addedAxes(inputs: readonly (Value | undefined)[]): number[] {
  const list = required(inputs, 1)
  return axesIn(list, required(inputs, 0).shape.length + op.constantInts(list, 'the list of axes').length)
}

const unsqueezeShape: ShapeRule = (inputs) => {
  const { dtype, shape } = required(inputs, 0)
  const result = [...shape]
  for (const axis of addedAxes(inputs).sort((a, b) => a - b)) result.splice(axis, 0, 1)
  return [{ dtype, shape: result }]
}

function repeatsOf(inputs: readonly (Value | undefined)[]): number[] {
  return op.constantInts(required(inputs, 1), 'the list of repeats')
}

const tileShape: ShapeRule = (inputs) => {
  const { dtype, shape } = required(inputs, 0)
  const repeats = repeatsOf(inputs)
  if (repeats.length !== shape.length)
    throw new RappelError(
      'shape',
      `${repeats.length} repeats are given for ${shape.length} axes, expected one for each`,
    )
  const negative = repeats.find((times) => times < 0)
  if (negative !== undefined) throw new RappelError('shape', `repeats hold ${negative}, expected numbers from 0 up`)
  return [{ dtype, shape: shape.map((dim, axis) => dim * repeats[axis]) }]
}

/** Every copy's gradient, added up: [r·d, …] is [r, d, …], summed over the repeats. */
function sumOfCopies(dy: Value, inputs: readonly (Value | undefined)[]): Value {
  const { shape } = required(inputs, 0)
  const repeats = repeatsOf(inputs)
  const copies = op.reshape(
    dy,
    shape.flatMap((dim, axis) => [repeats[axis], dim]),
  )
  return op.reduceSum(copies, { axes: shape.map((_, axis) => 2 * axis) })
}

const oneFurther = (axes: readonly number[]) => axes.map((axis) => axis + 1)

export const axesOps: Record<AxesKind, OpDefinition> = {
  Squeeze: mover(
    [1, 2],
    squeezeShape,
    (node, dys) => [op.unsqueeze(required(dys, 0), droppedAxes(node.inputs))],
    (node, inputs) => [op.squeeze(batched(inputs), oneFurther(droppedAxes(node.inputs)))],
  ),
  Unsqueeze: mover(
    [2, 2],
    unsqueezeShape,
    (node, dys) => [op.squeeze(required(dys, 0), addedAxes(node.inputs))],
    (node, inputs) => [op.unsqueeze(batched(inputs), oneFurther(addedAxes(node.inputs)))],
  ),
  Tile: mover(
    [2, 2],
    tileShape,
    (node, dys) => [sumOfCopies(required(dys, 0), node.inputs)],
    (node, inputs) => [op.tile(batched(inputs), [1, ...repeatsOf(node.inputs)])],
  ),
}
