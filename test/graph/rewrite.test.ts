import { expect, test } from 'vitest'
import { tensor } from '../../src/base/tensor.ts'
import { evaluate } from '../../src/engine/engine.ts'
import { nativeEngine } from '../../src/engine/native.ts'
import { Builder } from '../../src/graph/graph.ts'
import * as op from '../../src/graph/op.ts'
import { operators } from '../../src/graph/ops/index.ts'
import { rewrite } from '../../src/graph/rewrite.ts'
import { graphText } from '../../src/graph/text.ts'

/** Adds `twice`, a value of the graph around the body, three times: y = x + 3·(2·x). */
function loopThatCaptures() {
  const builder = new Builder(operators)
  const x = builder.input('x', 'float32', [2])
  const twice = op.add(x, x)
  const body = builder.nested()
  body.input('iteration', 'int64', [])
  const going = body.input('going', 'bool', [])
  const sum = body.input('sum', 'float32', [2])
  const graph = body.graph('body', { still: going, more: op.add(sum, twice) })
  const [y] = builder.node('Loop', [builder.constant(tensor('int64', [], 3)), undefined, x], { body: graph })
  return builder.graph('outer', { y })
}

test('a copy is a graph of its own with the same names and nodes', () => {
  const builder = new Builder(operators)
  const graph = builder.graph('g', { y: op.tanh(op.add(builder.input('x', 'float32', [2]), 1)) })
  const copy = rewrite(graph, operators, () => undefined)
  expect(graphText(copy)).toBe(graphText(graph))
  expect(copy.nodes[0]).not.toBe(graph.nodes[0])
})

test('bodies are copied with the values of the graph around them', async () => {
  const graph = loopThatCaptures()
  const copy = rewrite(graph, operators, () => undefined)
  const x = tensor('float32', [2], [1, 10])
  const engine = await nativeEngine()
  expect((await evaluate(engine, graph, { x })).y.data).toEqual(Float32Array.of(7, 70))
  expect((await evaluate(engine, copy, { x })).y.data).toEqual(Float32Array.of(7, 70))
})

test('replacements reach into bodies', async () => {
  // Every sum becomes a difference: twice = x − x = 0, so y = x.
  const copy = rewrite(loopThatCaptures(), operators, (node, [a, b]) =>
    node.kind === 'Add' && a !== undefined && b !== undefined ? [op.sub(a, b)] : undefined,
  )
  const x = tensor('float32', [2], [1, 10])
  expect((await evaluate(await nativeEngine(), copy, { x })).y.data).toEqual(Float32Array.of(1, 10))
})
