/** @file Sums of products as single products: the same values, and left alone where something else is meant. */
import { describe, expect, test } from 'vitest'
import { numbers, sizeOf, tensor } from '../../src/base/tensor.ts'
import { evaluate } from '../../src/engine/engine.ts'
import { nativeEngine } from '../../src/engine/native.ts'
import { gradients } from '../../src/graph/autodiff.ts'
import { Builder } from '../../src/graph/graph.ts'
import * as op from '../../src/graph/op.ts'
import { operators } from '../../src/graph/ops/index.ts'
import { mergeProducts } from '../../src/graph/products.ts'
import { graphText } from '../../src/graph/text.ts'
import type { Graph, Value } from '../../src/graph/types.ts'

const engine = await nativeEngine({ threads: 1 })

/** A graph of matrices [rows, 3] and [rows, 4] in pairs, and one matrix [3, 4]. */
function graphOf(rows: readonly number[], build: (pairs: [Value, Value][], c: Value) => Record<string, Value>): Graph {
  const builder = new Builder(operators)
  const pairs = rows.map((n, i): [Value, Value] => [
    builder.input(`a${i}`, 'float32', [n, 3]),
    builder.input(`b${i}`, 'float32', [n, 4]),
  ])
  return builder.graph('sums', build(pairs, builder.input('c', 'float32', [3, 4])))
}
const product = ([a, b]: readonly [Value, Value], options = {}) =>
  op.gemm(a, b, undefined, { transA: true, ...options })
const sum = (values: readonly Value[]) => values.reduce(op.add)

/** Small whole numbers: every order of adding them up is exact. */
async function valuesOf(graph: Graph) {
  const feeds = graph.inputs.map(({ name, dtype, shape }, k) => {
    const values = Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 7 + k * 5) % 11) - 5)
    return [name, tensor(dtype, shape, values)] as const
  })
  const outputs = await evaluate(engine, graph, Object.fromEntries(feeds))
  return Object.values(outputs).map(numbers)
}
const kinds = (graph: Graph) => graph.nodes.map(({ kind }) => kind)

test('three products, of different heights, become one', async () => {
  const graph = graphOf([2, 5, 3], (pairs) => ({ y: sum(pairs.map((pair) => product(pair))) }))
  const merged = mergeProducts(graph, operators)
  expect(graphText(merged)).toMatchInlineSnapshot(`
    "sums (float[2,3] a0, float[2,4] b0, float[5,3] a1, float[5,4] b1, float[3,3] a2, float[3,4] b2, float[3,4] c) => (float[3,4] y) {
      concat = Concat <axis: int = 0> (a0, a1, a2)
      concat_1 = Concat <axis: int = 0> (b0, b1, b2)
      y = Gemm <transA: int = 1> (concat, concat_1)
    }"
  `)
  expect(await valuesOf(merged)).toEqual(await valuesOf(graph))
})

test('whatever else is added stays, in whatever order it is added', async () => {
  const graph = graphOf([2, 2, 2], ([p, q, r], c) => ({
    y: op.add(op.add(product(p), c), op.add(op.relu(c), op.add(product(q), product(r)))),
  }))
  const merged = mergeProducts(graph, operators)
  expect(kinds(merged)).toEqual(['Relu', 'Concat', 'Concat', 'Gemm', 'Add', 'Add'])
  expect(await valuesOf(merged)).toEqual(await valuesOf(graph))
})

test('two sums in one graph, one of them on the way to the other', async () => {
  const graph = graphOf([2, 2, 2], ([p, q, r]) => {
    const first = sum([product(p), product(q)])
    return { first, second: sum([op.relu(first), product(r), product([p[0], q[1]])]) }
  })
  const merged = mergeProducts(graph, operators)
  expect(kinds(merged).filter((kind) => kind === 'Gemm')).toHaveLength(2)
  expect(await valuesOf(merged)).toEqual(await valuesOf(graph))
})

describe('what stays as it is', () => {
  test.each<[string, Graph]>([
    ['one product', graphOf([2], ([p], c) => ({ y: op.add(product(p), c) }))],
    [
      'products that are used elsewhere',
      graphOf([2, 2], ([p, q]) => ({ y: op.add(product(p), product(q)), p: op.relu(product(p)), q: product(q) })),
    ],
    [
      'sums on the way that are used elsewhere',
      graphOf([2, 2], ([p, q], c) => {
        const part = op.add(product(p), c)
        return { y: op.add(part, product(q)), part }
      }),
    ],
    ['products with a factor', graphOf([2, 2], ([p, q]) => ({ y: op.add(product(p, { alpha: 2 }), product(q)) }))],
    [
      'products with something added within',
      graphOf([2, 2], ([p, q], c) => ({ y: op.add(op.gemm(...p, c, { transA: true }), product(q)) })),
    ],
    [
      'matrices so high that copying them costs more',
      graphOf([9000, 9000], (pairs) => ({ y: sum(pairs.map((p) => product(p))) })),
    ],
  ])('%s', (_, graph) => expect(graphText(mergeProducts(graph, operators))).toBe(graphText(graph)))

  test('a sum that is spread over more rows', () => {
    const builder = new Builder(operators)
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => builder.input(name, 'float32', [2, 3]))
    const [tall, flat] = [
      product([a, b]),
      op.gemm(op.reshape(c, [6, 1]), op.reshape(d, [6, 1]), undefined, { transA: true }),
    ]
    const graph = builder.graph('spread', { y: op.add(tall, flat) })
    expect(graphText(mergeProducts(graph, operators))).toBe(graphText(graph))
  })
})

test('the gradient of a weight in four steps is one product', async () => {
  const builder = new Builder(operators)
  const x = builder.input('x', 'float32', [2, 3])
  const w = builder.input('w', 'float32', [3, 3])
  let h = x
  for (let t = 0; t < 4; t++) h = op.relu(op.gemm(h, w, x))
  const [slope] = gradients(op.reduceSum(h), [w])
  const graph = builder.graph('steps', { slope })
  const merged = mergeProducts(graph, operators)
  const transposed = ({ nodes }: Graph) => nodes.filter(({ attributes }) => attributes.transA === 1).length
  expect([transposed(graph), transposed(merged)]).toEqual([4, 1])
  expect(await valuesOf(merged)).toEqual(await valuesOf(graph))
})
