/** @file Matrix products. */
import { RappelError } from '../../base/errors.ts'
import * as op from '../op.ts'
import type {
  Attributes,
  BatchedInput,
  BatchRule,
  GradientRule,
  LinearKind,
  Node,
  OpDefinition,
  ShapeRule,
  Value,
} from '../types.ts'
import { batchedValue, broadcast, present, required, requireFloat, requireSameDtype } from './shapes.ts'

const matMulShape: ShapeRule = (inputs) => {
  const [a, b] = present(inputs)
  requireSameDtype(a, b)
  if (a.shape.length === 0 || b.shape.length === 0)
    throw new RappelError('shape', 'an input is a scalar, expected vectors, matrices or stacks of them')
  const rows = a.shape.length === 1 ? [] : [a.shape[a.shape.length - 2]]
  const columns = b.shape.length === 1 ? [] : [b.shape[b.shape.length - 1]]
  const innerA = a.shape[a.shape.length - 1]
  const innerB = b.shape[Math.max(0, b.shape.length - 2)]
  if (innerA !== innerB)
    throw new RappelError(
      'shape',
      `the inner sizes differ: ${innerA} columns of the first meet ${innerB} rows of the second`,
    )
  const stack = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2))
  return [{ dtype: a.dtype, shape: [...stack, ...rows, ...columns] }]
}

const swapLast = (x: Value) => {
  const rank = x.shape.length
  return op.transpose(x, [...x.shape.map((_, i) => i).slice(0, -2), rank - 1, rank - 2])
}

const matMulGradient: GradientRule = (node, [dy]) => {
  if (dy === undefined) return []
  const [a, b] = present(node.inputs)
  // Vectors are a row on the left and a column on the right.
  const a2 = a.shape.length === 1 ? op.reshape(a, [1, a.shape[0]]) : a
  const b2 = b.shape.length === 1 ? op.reshape(b, [b.shape[0], 1]) : b
  const stack = broadcast(a2.shape.slice(0, -2), b2.shape.slice(0, -2))
  const dy2 = op.reshape(dy, [...stack, a2.shape[a2.shape.length - 2], b2.shape[b2.shape.length - 1]])
  if (a2.shape.length > 2 && b2.shape.length === 2) {
    // A stack times one matrix is one tall matrix times it: the gradient of the matrix needs no sum over the stack.
    const tallA = op.reshape(a2, [-1, a2.shape[a2.shape.length - 1]])
    const tallDy = op.reshape(dy2, [-1, b2.shape[1]])
    const da = op.gemm(tallDy, b2, undefined, { transB: true })
    return [op.reshape(da, a.shape), op.reshape(op.gemm(tallA, tallDy, undefined, { transA: true }), b.shape)]
  }
  const flat = a2.shape.length === 2 && b2.shape.length === 2
  const da = flat ? op.gemm(dy2, b2, undefined, { transB: true }) : op.matMul(dy2, swapLast(b2))
  const db = flat ? op.gemm(a2, dy2, undefined, { transA: true }) : op.matMul(swapLast(a2), dy2)
  return [op.reshape(op.sumTo(da, a2.shape), a.shape), op.reshape(op.sumTo(db, b2.shape), b.shape)]
}

/** Stacks keep their dimensions behind the batch dimension; vectors become matrices and lose the extra dimension again. */
const matMulBatch: BatchRule = (node, inputs, size) => {
  const [a, b] = inputs.map((input) => input as BatchedInput)
  const [rankA, rankB] = [a, b].map(({ value, batched }) => value.shape.length - (batched ? 1 : 0))
  const left = rankA === 1 ? unsqueezeAt(a, rankA - 1) : a.value
  const right = rankB === 1 ? unsqueezeAt(b, rankB) : b.value
  const stackRank = Math.max(rankA, rankB, 2) - 2
  const product = op.matMul(alignStack(left, a.batched, stackRank), alignStack(right, b.batched, stackRank))
  return [op.reshape(product, [size, ...node.outputs[0].shape])]
}

function unsqueezeAt({ value, batched }: BatchedInput, position: number): Value {
  const at = position + (batched ? 1 : 0)
  return op.reshape(value, [...value.shape.slice(0, at), 1, ...value.shape.slice(at)])
}

function alignStack(value: Value, batched: boolean, stackRank: number): Value {
  if (!batched) return value
  const [size, ...rest] = value.shape
  return op.reshape(value, [size, ...new Array<number>(stackRank - (rest.length - 2)).fill(1), ...rest])
}

function gemmOptions(attributes: Attributes) {
  return {
    transA: attributes.transA === 1,
    transB: attributes.transB === 1,
    alpha: (attributes.alpha as number | undefined) ?? 1,
    beta: (attributes.beta as number | undefined) ?? 1,
  }
}

const gemmShape: ShapeRule = (inputs, attributes) => {
  const [a, b] = [required(inputs, 0), required(inputs, 1)]
  const { transA, transB } = gemmOptions(attributes)
  requireSameDtype(a, b)
  requireFloat(a)
  if (a.shape.length !== 2 || b.shape.length !== 2)
    throw new RappelError(
      'shape',
      `the inputs have ${a.shape.length} and ${b.shape.length} dimensions, expected matrices`,
    )
  const [rows, innerA] = transA ? [a.shape[1], a.shape[0]] : a.shape
  const [innerB, columns] = transB ? [b.shape[1], b.shape[0]] : b.shape
  if (innerA !== innerB)
    throw new RappelError(
      'shape',
      `the inner sizes differ: ${innerA} columns of the first meet ${innerB} rows of the second`,
    )
  const shape = [rows, columns]
  const c = inputs[2]
  if (c !== undefined) {
    requireSameDtype(a, c)
    const wide = broadcast(c.shape, shape)
    if (wide.length > 2 || wide.some((dim, i) => dim !== shape[i]))
      throw new RappelError('shape', `what is added has shape [${c.shape}], which does not broadcast to [${shape}]`)
  }
  return [{ dtype: a.dtype, shape }]
}

const gemmGradient: GradientRule = (node, [dy]) => {
  if (dy === undefined) return []
  const [a, b, c] = node.inputs as readonly [Value, Value, Value | undefined]
  const { transA, transB, alpha, beta } = gemmOptions(node.attributes)
  const da = transA
    ? op.gemm(b, dy, undefined, { transA: transB, transB: true, alpha })
    : op.gemm(dy, b, undefined, { transB: !transB, alpha })
  const db = transB
    ? op.gemm(dy, a, undefined, { transA: true, transB: transA, alpha })
    : op.gemm(a, dy, undefined, { transA: !transA, alpha })
  const dc = c && op.sumTo(beta === 1 ? dy : op.mul(dy, beta), c.shape)
  return [da, db, dc]
}

/** Gemm has no batched form: the product and the sum apart. */
const gemmBatch: BatchRule = (node, inputs, size) => {
  const { transA, transB, alpha, beta } = gemmOptions(node.attributes)
  const [a, b] = [inputs[0] as BatchedInput, inputs[1] as BatchedInput]
  const swapIf = (input: BatchedInput, swap: boolean) => (swap ? swapLast(input.value) : input.value)
  const product = op.matMul(swapIf(a, transA), swapIf(b, transB))
  const scaled = alpha === 1 ? product : op.mul(product, alpha)
  const c = inputs[2]
  if (c === undefined) return [batchedResult(scaled, node, size)]
  const [lead, ...rest] = c.batched ? c.value.shape : [1, ...c.value.shape]
  const term = op.reshape(c.value, [lead, ...new Array<number>(2 - rest.length).fill(1), ...rest])
  return [batchedResult(op.add(scaled, beta === 1 ? term : op.mul(term, beta)), node, size)]
}

/** The product of two inputs that are the same for all has no batch dimension yet. */
function batchedResult(value: Value, node: Node, size: number): Value {
  return batchedValue({ value, batched: value.shape.length > node.outputs[0].shape.length }, size)
}

export const linear: Record<LinearKind, OpDefinition> = {
  MatMul: {
    inputs: [2, 2],
    attributes: {},
    shape: matMulShape,
    gradient: matMulGradient,
    batch: matMulBatch,
    kink: 'smooth',
    float64: 'kernel',
  },
  Gemm: {
    inputs: [2, 3],
    attributes: { alpha: 'float', beta: 'float', transA: 'int', transB: 'int' },
    shape: gemmShape,
    gradient: gemmGradient,
    batch: gemmBatch,
    kink: 'smooth',
    float64: 'kernel',
  },
}
