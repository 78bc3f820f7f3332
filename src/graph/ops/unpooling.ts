/** @file Max-unpooling: elements go to the places that a max-pooling named. */
import { RappelError } from '../../base/errors.ts'
import { type Shape, sizeOf, typeText } from '../../base/tensor.ts'
import * as op from '../op.ts'
import type { BatchedInput, BatchRule, Node, OpDefinition, ShapeRule, UnpoolingKind, Value } from '../types.ts'
import { batchedValue, requireDtype, required, requireFloat } from './shapes.ts'

const flat = (x: Value) => op.reshape(x, [sizeOf(x.shape)])
const listOf = (node: Pick<Node, 'attributes'>, name: string, usual: readonly number[]) =>
  (node.attributes[name] as readonly number[] | undefined) ?? usual

/** The least shape from which the windows could have come: what ONNX takes when none is given. */
function leastShape(x: Value, attributes: Node['attributes']): Shape {
  const spatial = x.shape.slice(2)
  const kernel = listOf({ attributes }, 'kernel_shape', [])
  const strides = listOf(
    { attributes },
    'strides',
    spatial.map(() => 1),
  )
  const pads = listOf({ attributes }, 'pads', new Array<number>(2 * spatial.length).fill(0))
  if (kernel.length !== spatial.length)
    throw new RappelError(
      'shape',
      `kernel_shape is [${kernel}], expected ${spatial.length} numbers for an input of ${typeText(x)}`,
    )
  const lengths = spatial.map((n, i) => (n - 1) * strides[i] + kernel[i] - pads[i] - pads[i + spatial.length])
  return [...x.shape.slice(0, 2), ...lengths]
}

const shape: ShapeRule = (inputs, attributes) => {
  const [x, indices, target] = [required(inputs, 0), required(inputs, 1), inputs[2]]
  requireFloat(x)
  requireDtype(indices, 'int64')
  if (x.shape.length < 3 || indices.shape.join() !== x.shape.join())
    throw new RappelError(
      'shape',
      `the input is ${typeText(x)} and its indices are ${typeText(indices)}, expected one shape [batch, channels, …spatial]`,
    )
  const least = leastShape(x, attributes)
  const given = target === undefined ? least : op.constantInts(target, 'the output shape')
  if (given.length !== least.length || given.some((length, i) => length < least[i]))
    throw new RappelError('shape', `the output shape is [${given}], expected [${least}] or more`)
  return [{ dtype: x.dtype, shape: given }]
}

/** Indices count through the whole tensor: behind the batch dimension each tensor starts again at 0. */
const batch: BatchRule = (node, inputs, size) => {
  const [x, indices] = [0, 1].map((i) => batchedValue(inputs[i] as BatchedInput, size))
  const result = node.outputs[0].shape
  const starts = Array.from({ length: size }, (_, i) => i * sizeOf(result))
  const offsets = op.reshape(op.int64s(x.builder, starts), [size, ...result.map(() => 1)])
  const folded = (value: Value) => op.reshape(value, [size * value.shape[1], ...value.shape.slice(2)])
  const target = op.int64s(x.builder, [size * result[0], ...result.slice(1)])
  const places = folded(op.add(indices, offsets))
  const [y] = x.builder.node('MaxUnpool', [folded(x), places, target], node.attributes)
  return [op.reshape(y, [size, ...result])]
}

export const unpooling: Record<UnpoolingKind, OpDefinition> = {
  MaxUnpool: {
    inputs: [2, 3],
    attributes: { kernel_shape: 'ints', strides: 'ints', pads: 'ints' },
    shape,
    gradient: (node, [dy]) => {
      const indices = required(node.inputs, 1)
      return [dy && op.reshape(op.gatherElements(flat(dy), flat(indices), 0), indices.shape)]
    },
    batch,
    kink: 'smooth',
    float64: (node, inputs) => {
      const [x, indices] = [required(inputs, 0), required(inputs, 1)]
      const result = node.outputs[0].shape
      const zeros = op.full(x.builder, { dtype: x.dtype, shape: [sizeOf(result)] }, 0)
      return [op.reshape(op.scatterElements(zeros, flat(indices), flat(x), 0), result)]
    },
  },
}
