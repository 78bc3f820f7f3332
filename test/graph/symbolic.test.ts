import { expect, test } from 'vitest'
import { tensor } from '../../src/base/tensor.ts'
import { Builder } from '../../src/graph/graph.ts'
import * as op from '../../src/graph/op.ts'
import { operators } from '../../src/graph/ops/index.ts'
import { freeBatch } from '../../src/graph/symbolic.ts'
import { graphText } from '../../src/graph/text.ts'
import type { Value } from '../../src/graph/types.ts'

const build = (body: (x: Value) => Value) => (batch: number) => {
  const builder = new Builder(operators)
  const x = builder.input('x', 'float32', [batch, 2, 3])
  return builder.graph('net', { y: body(x) })
}

test('a reshape that holds the batch size is freed, and the dimensions are named', () => {
  const { graph, dimensions } = freeBatch(
    build((x) => op.relu(op.reshape(x, [x.shape[0], 6]))),
    operators,
  )
  expect(graphText(graph).replaceAll(/\b1013\b/g, 'BATCH')).toMatchInlineSnapshot(`
    "net (float[BATCH,2,3] x) => (float[BATCH,6] y) <
      int64[2] constant_1 = {-1, 6}
    > {
      reshape = Reshape (x, constant_1)
      y = Relu (reshape)
    }"
  `)
  expect([...graph.inputs, ...graph.outputs].map(dimensions)).toEqual([
    ['batch', 2, 3],
    ['batch', 6],
  ])
})

test('a graph without the batch size in it stays as it is', () => {
  const scaled = build((x) => op.mul(x, x.builder.constant(tensor('float32', [3], [1, 2, 3]))))
  expect(graphText(freeBatch(scaled, operators).graph)).toBe(graphText(scaled(1013)))
})

test('what cannot be freed is refused, naming the node', () => {
  const averaging = build((x) => op.div(op.reduceSum(x, { axes: [0] }), x.shape[0]))
  expect(() => freeBatch(averaging, operators)).toThrow(
    'Div (y) holds the batch size, so the model would work for one size only',
  )
  const both = build((x) => op.reshape(op.reshape(x, [x.shape[0] * 6]), [x.shape[0], 6]))
  // [batch·6] is not the batch itself, but there is only one number to leave open: −1 is right for every batch.
  expect(freeBatch(both, operators).graph.nodes).toHaveLength(2)
})
