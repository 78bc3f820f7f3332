/** @file Small graphs for tests of the engine, and their inputs. */
import { RandomStream } from '../../src/base/random.ts'
import type { Tensor } from '../../src/base/tensor.ts'
import { Builder } from '../../src/graph/graph.ts'
import * as op from '../../src/graph/op.ts'
import { operators } from '../../src/graph/ops/index.ts'
import type { Graph } from '../../src/graph/types.ts'

/** y = x·w [2, 2], z = −x [2, 3]. */
export function smallGraph(name = 'small'): Graph {
  const builder = new Builder(operators)
  const x = builder.input('x', 'float32', [2, 3])
  const w = builder.input('w', 'float32', [3, 2])
  return builder.graph(name, { y: op.matMul(x, w), z: op.neg(x) })
}

/**
 * Every kind of kernel that sums or approximates, at sizes that are multiples of nothing: partial vectors, several blocks of a
 * matrix product, more work than one thread gets.
 */
export function sensitiveGraph(): Graph {
  const builder = new Builder(operators)
  const [m, k, n] = [96, 257, 130]
  const x = builder.input('x', 'float32', [m, k])
  const w = builder.input('w', 'float32', [k, n])
  const c = builder.input('c', 'float32', [n])
  const product = op.matMul(x, w)
  const scores = op.gemm(x, w, c)
  return builder.graph('sensitive', {
    matMul: product,
    gemm: scores,
    gemmTransposed: op.gemm(w, x, undefined, { transA: true, transB: true }),
    sum: op.reduceSum(x),
    sumRows: op.reduceSum(scores, { axes: [0] }),
    sumColumns: op.reduceSum(scores, { axes: [1] }),
    mean: op.reduceMean(x),
    meanColumns: op.reduceMean(product, { axes: [1] }),
    softmax: op.softmax(scores),
    logSoftmax: op.logSoftmax(scores),
    logSoftmaxRows: op.logSoftmax(product, 0),
    log: op.log(op.add(op.square(x), 1e-3)),
    exp: op.exp(x),
    tanh: op.tanh(x),
    sigmoid: op.sigmoid(scores),
  })
}

/** Fills tensors with standard normal numbers, each from its own stream. */
export function fill(tensors: Readonly<Record<string, Tensor>>): void {
  for (const [name, { data }] of Object.entries(tensors)) {
    const stream = new RandomStream(1, name)
    for (let i = 0; i < data.length; i++) (data as Float32Array)[i] = stream.normal()
  }
}
