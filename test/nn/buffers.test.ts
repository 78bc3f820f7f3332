/** @file Buffers of layers: what a net carries from step to step without a gradient. */
import { describe, expect, test } from 'vitest'
import * as op from '../../src/graph/op.ts'
import type { Value } from '../../src/graph/types.ts'
import { zeros } from '../../src/nn/init.ts'
import type { LayerContext } from '../../src/nn/model.ts'
import * as nn from '../../src/nn/nn.ts'
import { failure } from '../data/failure.ts'
import { build, run } from './twin.ts'

/** A layer that gives its input and does something with a buffer on the way. */
const layer = (use: (context: LayerContext, x: Value) => void) =>
  nn.functional('count', (x, context) => {
    use(context, x)
    return x
  })
const buffersOf = (use: (context: LayerContext, x: Value) => void, training = true) =>
  build(nn.sequential(layer(use)), [2, 3], training).context.buffers

test('a graph input under the layer’s name, with its first value and what it becomes', async () => {
  const double = nn.functional('double', (x, context) => {
    const seen = context.buffer('seen', [3], 0.5)
    context.setBuffer(seen, op.mul(seen, 2))
    return op.add(x, seen)
  })
  const { context, y } = build(nn.sequential(double, double), [1, 3])
  expect(context.buffers.map(({ name, value, initial }) => [name, value.shape, initial])).toEqual([
    ['double1.seen', [3], 0.5],
    ['double2.seen', [3], 0.5],
  ])
  expect(context.parameters).toEqual([])
  const [{ next }] = context.buffers
  const graph = context.builder.graph('net', { y, next: next as Value })
  const found = await run(graph, { input: [1, 2, 3], 'double1.seen': [1, 1, 1], 'double2.seen': [10, 20, 30] })
  expect(found).toEqual({ y: [12, 23, 34], next: [2, 2, 2] })
})

test('one that is not set stays as it is', () => {
  const [buffer] = buffersOf((context) => context.buffer('kept', [], 1))
  expect(buffer.next).toBeUndefined()
})

describe('what is refused', () => {
  const parameter = (context: LayerContext) =>
    context.parameter('mean', [3], { init: zeros(), fans: { fanIn: 1, fanOut: 1 }, penalised: false })
  const buffer = (context: LayerContext) => context.buffer('mean', [3], 0)
  const set = (context: LayerContext, next: (buffer: Value) => Value) => {
    const value = buffer(context)
    context.setBuffer(value, next(value))
  }
  const same = (value: Value) => op.neg(value)

  test.each<[string, (context: LayerContext, x: Value) => void, string]>([
    [
      'two buffers of one name',
      (context) => [buffer(context), buffer(context)],
      "usage: two buffers are named 'count1.mean' → give the layers different names",
    ],
    [
      'a buffer named like a parameter',
      (context) => [parameter(context), buffer(context)],
      "usage: a parameter and a buffer are named 'count1.mean' → give the layers different names",
    ],
    [
      'a parameter named like a buffer',
      (context) => [buffer(context), parameter(context)],
      "usage: a parameter and a buffer are named 'count1.mean' → give the layers different names",
    ],
    [
      'a first value that is no number',
      (context) => context.buffer('mean', [3], Number.NaN),
      "usage: the initial value of the buffer 'count1.mean' is NaN, expected a finite number",
    ],
    [
      'setting what is no buffer',
      (context, x) => context.setBuffer(x, x),
      "usage: setBuffer: 'input' is no buffer of this net → give what context.buffer() gave",
    ],
    [
      'another shape',
      (context) => set(context, (value) => op.reshape(value, [1, 3])),
      "shape: setBuffer: the next value of 'count1.mean' is float32[1,3], expected float32[3] → reduce it over the batch first",
    ],
    [
      'another type',
      (context) => set(context, (value) => op.cast(value, 'int32')),
      "shape: setBuffer: the next value of 'count1.mean' is int32[3], expected float32[3] → reduce it over the batch first",
    ],
    [
      'setting twice',
      (context) => {
        const value = buffer(context)
        context.setBuffer(value, same(value))
        context.setBuffer(value, same(value))
      },
      "usage: setBuffer: the buffer 'count1.mean' is set twice",
    ],
  ])('%s', async (_, use, told) => expect(await failure(() => buffersOf(use))).toBe(told))

  test('setting outside training', async () => {
    expect(await failure(() => buffersOf((context) => set(context, same), false))).toBe(
      "usage: setBuffer: the buffer 'count1.mean' is set outside training → a net that is measured or shipped keeps its buffers: ask context.training first",
    )
  })
})
