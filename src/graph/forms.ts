/**
 * @file Kernel forms: what a graph says is rewritten to what the runtime does fastest. A table of measurements, never a timing at
 * run time, so that the same graph always gives the same bits. Done last: everything before works on what the graph says.
 */
import { tensor } from '../base/tensor.ts'
import { batchInWidth, transposeOnce, turnedKernel, unpool } from './forms_convolution.ts'
import { sameType } from './graph.ts'
import { lowerForRuntime } from './lower.ts'
import * as op from './op.ts'
import { mergeProducts } from './products.ts'
import { type Replace, rewrite } from './rewrite.ts'
import type { Graph, Node, Operators, Value } from './types.ts'

/**
 * The sum over the rows of a matrix, which is every bias's gradient, as a product with a row of ones: for 128×512 9 µs where
 * ReduceSum takes 11 with one thread and 70 with two, for 128×32 4.5 where it takes 6.3 (onnxruntime 1.30, 2 cores,
 * bench/forms.ts). Below that there is nothing to gain.
 */
const sumOverRows: Replace = (node, inputs) => {
  const [x, axes] = inputs
  if (x === undefined || axes?.constant === undefined || x.shape.length !== 2) return undefined
  const [rows, columns] = x.shape
  const [axis, ...others] = op.constantInts(axes, 'axes')
  if (others.length > 0 || axis !== 0 || columns < 32 || rows < 2) return undefined
  const ones = x.builder.constant(tensor(x.dtype, [1, rows], new Array<number>(rows).fill(1)))
  return [op.reshape(op.gemm(ones, x), node.outputs[0].shape)]
}

/**
 * Where(h > 0, d, 0), which is a ReLU's gradient, as d times a HardSigmoid so steep that it is 0 or 1: 128×512 take 36 µs where
 * Greater and Where take 48 (onnxruntime 1.30, bench/forms.ts). The two differ only where h is below 1e-38, or d infinite.
 */
const positiveGate: Replace = (node, [condition, d, zero]) => {
  const { kind, inputs } = condition?.node ?? {}
  const [h, bound] = inputs ?? []
  if (kind !== 'Greater' || h === undefined || d === undefined || h.dtype !== 'float32') return undefined
  const fits = isZero(zero) && isZero(bound) && sameType(h, node.outputs[0]) && sameType(d, node.outputs[0])
  return fits ? [op.mul(d, op.hardSigmoid(h, 1e38, 0))] : undefined
}

function isZero(value: Value | undefined): boolean {
  return value?.constant?.data.length === 1 && Number(value.constant.data[0]) === 0
}

const forms: Partial<Record<Node['kind'], Replace>> = {
  ReduceSum: sumOverRows,
  Where: positiveGate,
  Transpose: transposeOnce,
  Conv: batchInWidth,
  ConvTranspose: turnedKernel,
  ScatterElements: unpool,
}

/** The graph in the forms that the CPU runs fastest. Values differ by rounding, and where a form says otherwise. */
export function fastForms(graph: Graph, operators: Operators): Graph {
  const lowered = mergeProducts(lowerForRuntime(graph, operators), operators)
  return rewrite(lowered, operators, (node, inputs, builder) => forms[node.kind]?.(node, inputs, builder))
}
