/** @file Graphs for many points near each other: against the plain graph, point by point. */
import { describe, expect, test } from 'vitest'
import { RandomStream } from '../../src/base/random.ts'
import { type Shape, sizeOf, tensor } from '../../src/base/tensor.ts'
import { Builder } from '../../src/graph/graph.ts'
import { recordWinners } from '../../src/graph/kinks.ts'
import * as op from '../../src/graph/op.ts'
import { operators } from '../../src/graph/ops/index.ts'
import { baseName, changedName, movedIndexName, movedValueName, perturbGraph } from '../../src/graph/perturb.ts'
import type { Graph, Value } from '../../src/graph/types.ts'
import { failure } from '../data/failure.ts'
import { valuesOf } from './evaluate.ts'

interface Case {
  readonly name: string
  readonly w: Shape
  readonly x: Shape
  readonly build: (w: Value, x: Value) => Value
  /** Whether the weight must not be copied for each row. */
  readonly lean?: true
}

const ints = (builder: Value['builder'], values: readonly number[]) =>
  builder.constant(tensor('int64', [values.length], values))

const cases: readonly Case[] = [
  { name: 'x·w', w: [4, 3], x: [2, 4], build: (w, x) => op.matMul(x, w), lean: true },
  { name: 'w·x', w: [4, 3], x: [3, 2], build: (w, x) => op.matMul(w, x), lean: true },
  { name: 'gemm', w: [4, 3], x: [2, 4], build: (w, x) => op.gemm(x, w, undefined, { alpha: 0.5 }), lean: true },
  {
    name: 'gemm, first transposed',
    w: [4, 3],
    x: [4, 2],
    build: (w, x) => op.gemm(x, w, undefined, { transA: true }),
    lean: true,
  },
  {
    name: 'gemm, second transposed',
    w: [3, 4],
    x: [2, 4],
    build: (w, x) => op.gemm(x, w, undefined, { transB: true }),
    lean: true,
  },
  {
    name: 'gemm, both transposed, weight first',
    w: [4, 3],
    x: [2, 4],
    build: (w, x) => op.gemm(w, x, undefined, { transA: true, transB: true }),
    lean: true,
  },
  { name: 'gemm that adds what moves too', w: [4, 4], x: [4, 4], build: (w, x) => op.gemm(x, w, w, { beta: 2 }) },
  { name: 'a product of what moves with itself', w: [3, 3], x: [1], build: (w, x) => op.mul(op.matMul(w, w), x) },
  {
    name: 'products after each other',
    w: [3, 3],
    x: [2, 3],
    build: (w, x) => op.matMul(op.tanh(op.matMul(x, w)), w),
    lean: true,
  },
  {
    name: 'the same, transposed',
    w: [3, 3],
    x: [2, 3],
    build: (w, x) => op.gemm(w, op.tanh(op.matMul(x, w)), undefined, { transB: true }),
    lean: true,
  },
  { name: 'a stack times one matrix', w: [4, 3], x: [5, 2, 4], build: (w, x) => op.matMul(x, w), lean: true },
  { name: 'a stack of matrices', w: [2, 4, 3], x: [5, 2, 2, 4], build: (w, x) => op.matMul(x, w), lean: true },
  { name: 'a stack of matrices first', w: [2, 4, 3], x: [5, 2, 3, 2], build: (w, x) => op.matMul(w, x), lean: true },
  { name: 'a stack that is broadcast', w: [5, 1, 4, 3], x: [2, 3, 2], build: (w, x) => op.matMul(w, x) },
  { name: 'a vector', w: [4], x: [2, 4], build: (w, x) => op.matMul(x, w) },
  { name: 'a bias', w: [4], x: [2, 4], build: (w, x) => op.add(x, w) },
  { name: 'rows of a table', w: [6, 2], x: [1], build: (w, x) => op.mul(op.gather(w, ints(w.builder, [5, 0, 5])), x) },
  {
    name: 'columns of a table',
    w: [2, 6],
    x: [1],
    build: (w, x) => op.mul(op.gather(w, ints(w.builder, [5, 0, 5]), 1), x),
  },
  { name: 'a square summed', w: [4, 3], x: [1], build: (w, x) => op.mul(op.reduceSum(op.square(w)), x), lean: true },
  {
    name: 'a mean',
    w: [4, 3],
    x: [1],
    build: (w, x) => op.mul(op.reduceMean(op.abs(w), { keepDims: true }), x),
    lean: true,
  },
  { name: 'a sum over rows', w: [4, 3], x: [3], build: (w, x) => op.mul(op.reduceSum(w, { axes: [0] }), x) },
  {
    name: 'arithmetic with what does not move',
    w: [4, 3],
    x: [4, 3],
    build: (w, x) => op.reduceSum(op.div(op.mul(w, x), op.add(op.exp(w), 1))),
    lean: true,
  },
  {
    name: 'a choice',
    w: [4, 3],
    x: [4, 3],
    build: (w, x) => op.reduceSum(op.where(op.greater(w, x), w, op.mul(x, 2))),
    lean: true,
  },
  {
    name: 'turned',
    w: [2, 3, 4],
    x: [3, 2],
    build: (w, x) => op.matMul(x, op.reshape(op.transpose(w, [2, 0, 1]), [2, 12])),
    lean: true,
  },
  {
    name: 'cut in two',
    w: [4, 5],
    x: [2, 4],
    build: (w, x) => {
      const [a, b] = op.split(w, [2, 3], 1)
      return op.concat([op.matMul(x, b), op.matMul(x, a)], 1)
    },
    lean: true,
  },
  { name: 'a slice', w: [4, 5], x: [2, 2], build: (w, x) => op.matMul(x, op.slice(w, [1], [3])) },
  { name: 'einsum', w: [4, 3], x: [2, 4], build: (w, x) => op.einsum('bi,ij->bj', x, w) },
  { name: 'nothing of it', w: [4, 3], x: [2], build: (_w, x) => op.exp(x) },
]

function graphOf({ w, x, build }: Case): Graph {
  const builder = new Builder(operators)
  const inputs = [builder.input('w', 'float64', w), builder.input('x', 'float64', x)] as const
  return builder.graph('case', { y: op.identity(build(...inputs)) })
}

const draw = (seed: number, shape: Shape) => {
  const stream = new RandomStream(seed, 'perturb')
  return Array.from({ length: sizeOf(shape) }, () => stream.normal())
}

describe.each(cases)('$name', (given) => {
  const graph = graphOf(given)
  const [w, x] = [draw(1, given.w), draw(2, given.x)]
  const size = sizeOf(given.w)
  const offsets = draw(3, [size])

  test('each row has the value of its point', async () => {
    const rows = perturbGraph(graph, operators, { moved: 'w', size })
    const index = w.map((_, i) => (3 * i) % size)
    const found = await valuesOf(rows, {
      w,
      x,
      [movedIndexName]: index,
      [movedValueName]: index.map((i, r) => w[i] + offsets[r]),
    })
    const width = found.y.length / size
    for (const [row, i] of index.entries()) {
      const expected = await valuesOf(graph, { w: w.with(i, w[i] + offsets[row]), x })
      found.y
        .slice(row * width, (row + 1) * width)
        .forEach((value, j) => void expect(value).toBeCloseTo(expected.y[j], 12))
    }
  })
  test.runIf(given.lean)('without a copy of what moves for each row', () => {
    const rows = 1009
    const { nodes } = perturbGraph(graph, operators, { moved: 'w', size: rows })
    const types = nodes.flatMap(({ outputs }) => outputs.map(({ shape }) => shape.join()))
    expect(types).not.toContain([rows, ...given.w].join())
    expect(types).not.toContain([rows, sizeOf(given.w)].join())
  })
})

test('winners that are others than at the base point are counted, whatever form they have', async () => {
  const builder = new Builder(operators)
  const [w, x] = [builder.input('w', 'float64', [3]), builder.input('x', 'float64', [2, 3])]
  // Signs of the weights themselves, sides of sums, and a comparison with which no move has to do.
  const y = op.add(op.reduceSum(op.abs(w)), op.reduceSum(op.relu(op.add(x, w))))
  const graph = builder.graph('kinks', { y: op.add(y, op.reduceSum(op.relu(x))) })
  const recorded = recordWinners(graph, operators)
  const compared = recorded.winners.map(({ name }) => name)
  const rows = perturbGraph(recorded.graph, operators, { moved: 'w', size: 4, compared })
  const feeds = { w: [1, -2, 3], x: [0.5, 1, -4, -3, 5, 1] }
  const base = await valuesOf(recorded.graph, feeds)
  const bases = Object.fromEntries(compared.map((name) => [baseName(name), base[name]]))
  const taken = Object.fromEntries(rows.inputs.flatMap(({ name }) => (bases[name] ? [[name, bases[name]]] : [])))
  // ReLU of x alone can change in no row: it is not even compared.
  expect(Object.keys(taken)).toHaveLength(1)
  const moves = { [movedIndexName]: [0, 1, 0, 2], [movedValueName]: [1.25, 2, -1, 4.5] }
  const found = await valuesOf(rows, { ...feeds, ...taken, ...moves })
  // Sums are x + w = [1.5 −1 −1; −2 3 4]. Row 1: w₁ and x₀₁ + w₁ change sides. Row 2: w₀ = −1 and 0.5 − 1 do. Row 3: −4 + 4.5 does.
  expect(found[changedName]).toEqual([0, 2, 2, 1])
})

test('whole inputs may move', async () => {
  const [given] = cases
  const graph = graphOf(given)
  const rows = perturbGraph(graph, operators, { moved: ['w', 'x'], size: 2 })
  const [w, x] = [draw(4, [2, ...given.w]), draw(5, [2, ...given.x])]
  const found = await valuesOf(rows, { w, x })
  const expected = await valuesOf(graph, { w: w.slice(12), x: x.slice(8) })
  found.y.slice(6).forEach((value, i) => void expect(value).toBeCloseTo(expected.y[i], 13))
})

test('an input that is not there is told, with the nearest that is', async () => {
  expect(await failure(() => perturbGraph(graphOf(cases[0]), operators, { moved: 'W', size: 2 }))).toBe(
    "shape: the graph 'case' has no input 'W' → did you mean 'w'?",
  )
})
