/** @file Comparisons, logic and selection. Comparisons of floats step where their sides meet: that is their kink. */
import { RappelError } from '../../base/errors.ts'
import { isFloat } from '../../base/tensor.ts'
import * as op from '../op.ts'
import type { KinkRule, LogicKind, OpDefinition, ShapeRule } from '../types.ts'
import { batchBroadcast, broadcast, present, requireDtype, requireSameDtype } from './shapes.ts'

/** What was decided is the winner; frozen, the decision stands. */
const decision: KinkRule = {
  winner: (node, inputs) => {
    const [a] = present(inputs)
    return a.builder.node(node.kind, inputs, node.attributes)[0]
  },
  frozen: (_node, _inputs, winner) => [winner],
}

function comparison(ofBools: boolean): OpDefinition {
  const shape: ShapeRule = (inputs) => {
    const [a, b] = present(inputs)
    requireSameDtype(a, b)
    if (!ofBools && a.dtype === 'bool') throw new RappelError('shape', 'the inputs are bool, expected numbers')
    return [{ dtype: 'bool', shape: broadcast(a.shape, b.shape) }]
  }
  return {
    inputs: [2, 2],
    attributes: {},
    shape,
    gradient: 'none',
    batch: batchBroadcast,
    kink: decision,
    float64: 'kernel',
  }
}

function connective(count: 1 | 2): OpDefinition {
  return {
    inputs: [count, count],
    attributes: {},
    shape: (inputs) => {
      const values = present(inputs)
      for (const value of values) requireDtype(value, 'bool')
      return [
        {
          dtype: 'bool',
          shape: values.reduce((shape, value) => broadcast(shape, value.shape), [] as readonly number[]),
        },
      ]
    },
    gradient: 'none',
    batch: batchBroadcast,
    kink: 'smooth',
    float64: 'kernel',
  }
}

const whereDefinition: OpDefinition = {
  inputs: [3, 3],
  attributes: {},
  shape: (inputs) => {
    const [condition, a, b] = present(inputs)
    requireDtype(condition, 'bool')
    requireSameDtype(a, b)
    return [{ dtype: a.dtype, shape: broadcast(condition.shape, broadcast(a.shape, b.shape)) }]
  },
  gradient: (node, [dy]) => {
    const [condition, a, b] = present(node.inputs)
    if (dy === undefined || !isFloat(a.dtype)) return []
    return [undefined, op.sumTo(op.where(condition, dy, 0), a.shape), op.sumTo(op.where(condition, 0, dy), b.shape)]
  },
  batch: batchBroadcast,
  // The condition, not the selection, is what flips: the comparison that made it holds the winner.
  kink: 'smooth',
  float64: 'kernel',
}

export const logic: Record<LogicKind, OpDefinition> = {
  Equal: comparison(true),
  Less: comparison(false),
  LessOrEqual: comparison(false),
  Greater: comparison(false),
  GreaterOrEqual: comparison(false),
  And: connective(2),
  Or: connective(2),
  Not: connective(1),
  Where: whereDefinition,
}
