/** @file Control flow: Loop, which runs several training steps in one call. It is never differentiated. */
import { RappelError } from '../../base/errors.ts'
import { typeText } from '../../base/tensor.ts'
import { sameType } from '../graph.ts'
import type { ControlKind, Graph, OpDefinition, ShapeRule } from '../types.ts'
import { requireDtype } from './shapes.ts'

/**
 * Inputs: trip count (a constant), condition, then what is carried. The body takes iteration number, condition and what is
 * carried, and gives condition, what is carried, and then values that are stacked over the iterations.
 */
const loopShape: ShapeRule = (inputs, attributes) => {
  const body = attributes.body as Graph | undefined
  if (body === undefined) throw new RappelError('op', 'the body is missing')
  const [count, condition, ...carried] = inputs
  if (count?.constant === undefined || condition !== undefined)
    throw new RappelError('op', 'the trip count must be a constant and the condition left out')
  requireDtype(count, 'int64')
  if (body.inputs.length !== carried.length + 2 || body.outputs.length < carried.length + 1)
    throw new RappelError(
      'shape',
      `carries ${carried.length} values, its body takes ${body.inputs.length - 2} and gives ${body.outputs.length - 1}`,
    )
  carried.forEach((value, i) => {
    const [into, out] = [body.inputs[i + 2], body.outputs[i + 1]]
    if (value !== undefined && sameType(value, into) && sameType(into, out)) return
    const types = [value ?? into, into, out].map(typeText).join(', ')
    throw new RappelError('shape', `carried value ${i} changes its type: ${types}`)
  })
  const trips = Number(count.constant.data[0])
  const scanned = body.outputs.slice(carried.length + 1)
  return [
    ...body.outputs.slice(1, carried.length + 1),
    ...scanned.map(({ dtype, shape }) => ({ dtype, shape: [trips, ...shape] })),
  ]
}

export const control: Record<ControlKind, OpDefinition> = {
  Loop: {
    inputs: [2, Number.POSITIVE_INFINITY],
    attributes: { body: 'graph' },
    shape: loopShape,
    gradient: 'none',
    batch: 'none',
    kink: 'smooth',
    float64: 'kernel',
  },
}
