/** @file Activations, and the softmax family. */
import * as op from '../op.ts'
import type { ActivationKind, Attributes, KinkRule, Node, OpDefinition, ShapeRule, Value } from '../types.ts'
import { axisIndex, batchAxis, batchBroadcast, required, requireFloat } from './shapes.ts'

export const sameFloat: ShapeRule = (inputs) => {
  const x = required(inputs, 0)
  requireFloat(x)
  return [{ dtype: x.dtype, shape: x.shape }]
}

/** The entry of an activation: one float input, an output of its type. */
export function activation(
  gradient: (dy: Value, x: Value, y: Value, node: Node) => Value,
  options: Partial<OpDefinition> = {},
): OpDefinition {
  return {
    inputs: [1, 1],
    attributes: {},
    shape: sameFloat,
    gradient: (node, [dy]) => [dy && gradient(dy, required(node.inputs, 0), node.outputs[0], node)],
    batch: batchBroadcast,
    kink: 'smooth',
    float64: 'kernel',
    ...options,
  }
}

function alphaOf(node: Node): number {
  return (node.attributes.alpha as number | undefined) ?? Math.fround(0.01)
}

/** The winner is the side of 0 on which the input lies; frozen, each side is a line. */
function sided(negativeSlope: (node: Node) => number): KinkRule {
  return {
    winner: (_node, inputs) => op.greater(required(inputs, 0), 0),
    frozen: (node, inputs, winner) => {
      const x = required(inputs, 0)
      return [op.where(winner, x, op.mul(x, negativeSlope(node)))]
    },
  }
}

function softmaxAxis({ attributes }: { readonly attributes: Attributes }, { shape }: Value): number {
  return axisIndex((attributes.axis as number | undefined) ?? -1, shape.length)
}

const softmaxOptions: Partial<OpDefinition> = {
  attributes: { axis: 'int' },
  shape: (inputs, attributes) => {
    softmaxAxis({ attributes }, required(inputs, 0))
    return sameFloat(inputs, attributes)
  },
  batch: batchAxis(-1),
}

const sumAlong = (x: Value, axis: number) => op.reduceSum(x, { axes: [axis], keepDims: true })

/** αx + β: the part of HardSigmoid between its two kinks, with the float32 values of its attributes. */
function hardSigmoidLine(node: Node, x: Value): Value {
  const { alpha = Math.fround(0.2), beta = 0.5 } = node.attributes as { alpha?: number; beta?: number }
  return op.add(op.mul(x, alpha), beta)
}

/** The winner is the piece: 0 below, 1 between, 2 above; frozen, it is that piece alone. */
const threePieces: KinkRule = {
  winner: (node, inputs) => {
    const line = hardSigmoidLine(node, required(inputs, 0))
    return op.add(op.cast(op.greater(line, 0), 'int32'), op.cast(op.greater(line, 1), 'int32'))
  },
  frozen: (node, inputs, winner) => {
    const x = required(inputs, 0)
    return [op.where(op.equal(winner, 1), hardSigmoidLine(node, x), op.cast(op.greater(winner, 1), x.dtype))]
  },
}

export const activations: Record<ActivationKind, OpDefinition> = {
  // At 0 the slope is taken as 0, as everywhere. The output decides, so that the input need not be kept.
  Relu: activation((dy, _x, y) => op.where(op.greater(y, 0), dy, 0), { kink: sided(() => 0) }),
  LeakyRelu: activation((dy, x, _y, node) => op.where(op.greater(x, 0), dy, op.mul(dy, alphaOf(node))), {
    attributes: { alpha: 'float' },
    kink: sided(alphaOf),
    float64: (node, inputs) => {
      const x = required(inputs, 0)
      return [op.where(op.greater(x, 0), x, op.mul(x, alphaOf(node)))]
    },
  }),
  HardSigmoid: activation(
    (dy, _x, y, node) => {
      const alpha = (node.attributes.alpha as number | undefined) ?? Math.fround(0.2)
      return op.where(op.and(op.greater(y, 0), op.less(y, 1)), op.mul(dy, alpha), 0)
    },
    {
      attributes: { alpha: 'float', beta: 'float' },
      kink: threePieces,
      float64: (node, inputs) => [op.maximum(op.minimum(hardSigmoidLine(node, required(inputs, 0)), 1), 0)],
    },
  ),
  Tanh: activation((dy, _x, y) => op.mul(dy, op.sub(1, op.square(y)))),
  Sigmoid: activation((dy, _x, y) => op.mul(dy, op.mul(y, op.sub(1, y))), {
    float64: (_node, inputs) => [op.reciprocal(op.add(op.exp(op.neg(required(inputs, 0))), 1))],
  }),
  Softmax: activation((dy, _x, y, node) => {
    const weighted = op.mul(dy, y)
    return op.sub(weighted, op.mul(y, sumAlong(weighted, softmaxAxis(node, y))))
  }, softmaxOptions),
  LogSoftmax: activation(
    (dy, _x, y, node) => op.sub(dy, op.mul(op.exp(y), sumAlong(dy, softmaxAxis(node, y)))),
    softmaxOptions,
  ),
}
