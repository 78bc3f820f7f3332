import { expect, test } from 'vitest'
import { numbers, tensor } from '../../src/base/tensor.ts'
import { evaluate } from '../../src/engine/engine.ts'
import { nativeEngine } from '../../src/engine/native.ts'
import { fastForms } from '../../src/graph/forms.ts'
import { Builder } from '../../src/graph/graph.ts'
import * as op from '../../src/graph/op.ts'
import { operators } from '../../src/graph/ops/index.ts'
import { graphText } from '../../src/graph/text.ts'
import type { Value } from '../../src/graph/types.ts'

function sumGraph(rows: number, columns: number, options: op.ReduceOptions) {
  const builder = new Builder(operators)
  const x = builder.input('x', 'float32', [rows, columns])
  return builder.graph('sum', { y: op.reduceSum(x, options) })
}

test('a wide sum over rows becomes a product with ones', () => {
  expect(graphText(fastForms(sumGraph(3, 64, { axes: [0] }), operators))).toMatchInlineSnapshot(`
    "sum (float[3,64] x) => (float[64] y) <
      float[1,3] constant_1 = {1, 1, 1},
      int64[1] constant_2 = {64}
    > {
      gemm = Gemm (constant_1, x)
      y = Reshape (gemm, constant_2)
    }"
  `)
})

test.each([
  ['narrow', sumGraph(3, 31, { axes: [0] })],
  ['over columns', sumGraph(64, 64, { axes: [1] })],
  ['over both', sumGraph(64, 64, { axes: [0, 1] })],
])('a sum that is %s stays', (_, graph) => {
  expect(graphText(fastForms(graph, operators))).toBe(graphText(graph))
})

test('the form computes the same, with the dimension kept and without', async () => {
  const engine = await nativeEngine()
  // Small whole numbers: every order of adding them up is exact.
  const x = tensor(
    'float32',
    [128, 100],
    Array.from({ length: 12800 }, (_, i) => (i * 7) % 11),
  )
  for (const keepDims of [false, true]) {
    const graph = sumGraph(128, 100, { axes: [0], keepDims })
    const [said, fast] = [
      await evaluate(engine, graph, { x }),
      await evaluate(engine, fastForms(graph, operators), { x }),
    ]
    expect(fast.y.shape).toEqual(keepDims ? [1, 100] : [100])
    expect(fast.y.data).toEqual(said.y.data)
  }
})

test("a ReLU's gradient becomes a product with a steep HardSigmoid, with the same values", async () => {
  const builder = new Builder(operators)
  const [h, d] = ['h', 'd'].map((name) => builder.input(name, 'float32', [6]))
  const graph = builder.graph('gate', { y: op.where(op.greater(h, 0), d, 0) })
  const fast = fastForms(graph, operators)
  expect(fast.nodes.map(({ kind }) => kind)).toEqual(['HardSigmoid', 'Mul'])
  const feeds = {
    h: tensor('float32', [6], [-3, -0, 0, 1.2e-38, 1, 3e38]),
    d: tensor('float32', [6], [5, 5, 5, 5, -7, 9]),
  }
  const engine = await nativeEngine()
  const expected = [0, 0, 0, 5, -7, 9]
  for (const form of [graph, fast]) expect(numbers((await evaluate(engine, form, feeds)).y)).toEqual(expected)
})

test.each([
  ['another bound', (h: Value, d: Value) => op.where(op.greater(h, 1), d, 0)],
  ['another value beside', (h: Value, d: Value) => op.where(op.greater(h, 0), d, 1)],
  ['another comparison', (h: Value, d: Value) => op.where(op.less(h, 0), d, 0)],
])('a selection with %s stays', (_, build) => {
  const builder = new Builder(operators)
  const [h, d] = ['h', 'd'].map((name) => builder.input(name, 'float32', [6]))
  const graph = builder.graph('gate', { y: build(h, d) })
  expect(graphText(fastForms(graph, operators))).toBe(graphText(graph))
})
