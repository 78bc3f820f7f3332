/**
 * @file Pooling and selection beyond the table's tests: the float32 kernels, outputs that are left out of files, windows of
 * `ceil_mode`, long axes, any batch size, messages.
 */
import { describe, expect, it, test } from 'vitest'
import { RappelError } from '../../src/base/errors.ts'
import { isFloat, numbers, tensor } from '../../src/base/tensor.ts'
import { evaluate } from '../../src/engine/engine.ts'
import { gradients } from '../../src/graph/autodiff.ts'
import { batchGraph } from '../../src/graph/batch.ts'
import { Builder } from '../../src/graph/graph.ts'
import { recordWinners } from '../../src/graph/kinks.ts'
import * as op from '../../src/graph/op.ts'
import { operators } from '../../src/graph/ops/index.ts'
import { readModel, writeModel } from '../../src/graph/proto.ts'
import { freeBatch } from '../../src/graph/symbolic.ts'
import { graphText, parseGraph, printGraph } from '../../src/graph/text.ts'
import type { Attributes, Graph, OpKind, Value } from '../../src/graph/types.ts'
import { engine, valuesOf } from './evaluate.ts'
import { type Fixture, fixturesOf, tensorOf } from './fixtures.ts'

const graphOf = (shape: readonly number[], build: (x: Value) => Readonly<Record<string, Value>>): Graph => {
  const builder = new Builder(operators)
  return builder.graph('g', build(builder.input('x', 'float32', shape)))
}
const line = (...values: number[]) => ({ x: tensor('float32', [1, 1, values.length], values) })

/** The float64 twins of MaxPool and TopK are other kernels, that of AveragePool is other operators. */
describe('the float32 kernels mean what the float64 twins mean', () => {
  const cases = (['MaxPool', 'AveragePool', 'GlobalAveragePool', 'TopK'] as const).flatMap((kind) =>
    fixturesOf(kind).map((fixture): [OpKind, string, Fixture] => [kind, fixture.note, fixture]),
  )
  test.each(cases)('%s, %s', async (kind, _note, { operands, attributes, outputs }) => {
    const builder = new Builder(operators)
    const values = operands.map((operand) => operand && tensorOf(operand))
    const x = builder.input('x', 'float32', values[0]?.shape ?? [])
    const rest = values.slice(1).map((value) => value && builder.constant(value))
    const ys = builder.node(kind, [x, ...rest.map((value) => value ?? undefined)], attributes)
    const graph = builder.graph('g', Object.fromEntries(ys.map((y, i) => [`y${i}`, y])))
    const found = await evaluate(engine, graph, {
      x: tensor('float32', x.shape, numbers(values[0] ?? tensor('int64', []))),
    })
    outputs.forEach((output, i) => {
      const [got, expected] = [numbers(found[`y${i}`]), numbers(tensorOf(output))]
      // Copies are rounded once; a mean of at most 27 numbers of 2 or less, a few times.
      const allowed = kind === 'AveragePool' || kind === 'GlobalAveragePool' ? 1e-6 : 0
      if (!isFloat(output.dtype)) expect(got).toEqual(expected)
      else
        got.forEach((value, k) =>
          value === Math.fround(expected[k])
            ? undefined
            : expect(Math.abs(value - expected[k])).toBeLessThanOrEqual(allowed),
        )
    })
  })
})

describe('outputs that nothing uses are left out of files', () => {
  const maxPool = (x: Value) => op.maxPool(x, { kernelShape: [2] })
  const indices = (y: Value) => y.node?.outputs[1] as Value

  it('the indices of a maximum', () => {
    const graph = graphOf([1, 1, 3], (x) => ({ y: maxPool(x) }))
    expect(graphText(graph)).toMatchInlineSnapshot(`
      "g (float[1,1,3] x) => (float[1,1,2] y) {
        y = MaxPool <kernel_shape: ints = [2]> (x)
      }"
    `)
  })

  it('not where a node, an output or the body of a Loop uses them', () => {
    const byNode = graphOf([1, 1, 3], (x) => ({ y: op.add(maxPool(x), op.cast(indices(maxPool(x)), 'float32')) }))
    const asOutput = graphOf([1, 1, 3], (x) => ({ y: maxPool(x), places: indices(maxPool(x)) }))
    const inBody = graphOf([1, 1, 3], (x) => {
      const builder = x.builder as Builder
      const body = new Builder(operators, builder)
      body.input('i', 'int64', [])
      const going = body.input('going', 'bool', [])
      const carried = body.input('carried', 'int64', [1, 1, 2])
      const next = op.add(carried, indices(maxPool(x)))
      const steps = builder.scalar('int64', 2)
      const start = builder.constant(tensor('int64', [1, 1, 2]))
      const attributes = { body: body.graph('body', { on: op.identity(going), next }) }
      return { y: builder.node('Loop', [steps, undefined, start], attributes)[0] }
    })
    for (const graph of [byNode, asOutput, inBody]) {
      expect(graphText(graph)).toMatch(/ \w+, \w+ = MaxPool /)
      expect(printGraph(readModel(writeModel(graph), operators))).toBe(printGraph(graph))
    }
  })

  it('and a file without them is the same graph as with them: it can be differentiated, and its winners told', async () => {
    const graph = graphOf([1, 1, 3], (x) => ({ y: maxPool(x) }))
    for (const again of [readModel(writeModel(graph), operators), parseGraph(printGraph(graph), operators)]) {
      expect(printGraph(again)).toBe(printGraph(graph))
      const told = await valuesOf(recordWinners(again, operators).graph, { x: [3, 1, 2] })
      expect(told).toEqual({ y: [3, 2], winner_0: [0, 2] })
      const [x] = again.inputs
      const slope = gradients(op.reduceSum(again.outputs[0]), [x])[0]
      const builder = slope.builder as Builder
      expect(await valuesOf(builder.graph('slope', { slope }), { x: [3, 1, 2] })).toEqual({ slope: [1, 0, 1] })
    }
  })

  it('a name that is left out may be taken by a later value', () => {
    const text =
      'g (float[1,1,3] x) => (float[1,1,2] y) { h = MaxPool <kernel_shape = [2]> (x) maxpool = Neg (h) y = Neg (maxpool) }'
    expect(graphText(parseGraph(text, operators))).toContain('maxpool = Neg (h)')
  })

  it('others are not: every operator says how many outputs a file must have', () => {
    const text = 'g (float[4] x) => (float[2] y) <int64[1] k = {2}> { y = TopK (x, k) }'
    expect(() => parseGraph(text, operators)).toThrow(
      "the node that gives 'y' (TopK) gives 2 values, but has 1 outputs",
    )
    const graph = graphOf([4], (x) => ({ y: op.topK(x, 2)[0] }))
    expect(graphText(graph)).toContain('y, topk_1 = TopK <axis: int = -1> (x, constant)')
  })
})

describe('windows of ceil_mode', () => {
  const ceil = (kernelShape: number[], strides: number[], pads?: number[]) => ({
    kernelShape,
    strides,
    pads,
    ceilMode: true,
  })

  // Places 0 to 4; a third window would start at 6. Opset 20's shape inference counts it, so what follows would be refused.
  it('one that would start behind the input does not count', async () => {
    const graph = graphOf([1, 1, 5], (x) => {
      const y = op.maxPool(x, ceil([1], [3]))
      return { y: op.add(y, x.builder.constant(tensor('float32', [1, 1, 2], [10, 20]))) }
    })
    expect(numbers((await evaluate(engine, graph, line(1, 2, 3, 4, 5))).y)).toEqual([11, 24])
    expect(graphText(graph)).not.toContain('ceil_mode')
  })

  // Along the first axis padding that no window reaches is taken away; along the second the last window hangs over.
  it('where one axis has such a window, and another one that counts', async () => {
    const graph = graphOf([1, 1, 4, 3], (x) => {
      const y = op.averagePool(x, { ...ceil([2, 2], [3, 2], [1, 0, 1, 0]), countIncludePad: true })
      return { y: op.neg(op.neg(y)) }
    })
    expect(graphText(graph)).toContain(
      'AveragePool <kernel_shape: ints = [2, 2], strides: ints = [3, 2], pads: ints = [1, 0, 0, 0], ceil_mode: int = 1, count_include_pad: int = 1>',
    )
    const x = tensor('float32', [1, 1, 4, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    // Rows −1 and 0, then 2 and 3; columns 0 and 1, then 2 alone.
    expect(numbers((await evaluate(engine, graph, { x })).y)).toEqual([
      (1 + 2) / 4,
      3 / 2,
      (7 + 8 + 10 + 11) / 4,
      (9 + 12) / 2,
    ])
  })

  it('what does not fit is told with its place', () => {
    const build = () =>
      graphOf([1, 1, 2], (x) => ({ y: x.builder.scope('pool1', () => op.maxPool(x, ceil([3], [1]))) }))
    expect(build).toThrow(
      'pool1 (MaxPool): a window reaches over 3 places of spatial axis 0, which has 2 with its padding',
    )
  })

  it('what opset 20 cannot say is refused', () => {
    expect(() => graphOf([1, 1, 5, 3], (x) => ({ y: op.maxPool(x, ceil([1, 2], [3, 2])) }))).toThrow(
      'with ceil_mode the last window of spatial axis 0 would start behind the input, which opset 20 cannot say',
    )
  })
})

// Above a million pairs of places the mean's gradient is gathered. By hand: each place gets half of what its one or two windows get.
test('the gradient of a mean along a long axis', async () => {
  const length = 2401
  const build = (stride: number) =>
    graphOf([1, 1, length], (x) => {
      const y = op.averagePool(x, { kernelShape: [2], strides: [stride] })
      const weights = y.shape[2]
      const w = x.builder.constant(
        tensor(
          'float32',
          y.shape,
          Array.from({ length: weights }, (_, i) => i % 7),
        ),
      )
      return { slope: gradients(op.reduceSum(op.mul(y, w)), [x])[0] }
    })
  const feeds = { x: new Array<number>(length).fill(1) }
  const side = (await valuesOf(build(2), feeds)).slope
  expect(side).toEqual(Array.from({ length }, (_, i) => (i === length - 1 ? 0 : ((i >> 1) % 7) / 2)))
  const overlapping = (await valuesOf(build(1), feeds)).slope
  const at = (i: number) => (i < 0 || i > length - 2 ? 0 : (i % 7) / 2)
  expect(overlapping).toEqual(Array.from({ length }, (_, i) => at(i - 1) + at(i)))
})

test('no operator holds the batch size; indices count within each tensor of a batch', async () => {
  const build = (batch: number) =>
    graphOf([batch, 2, 5, 5], (x) => {
      const windows = { kernelShape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }
      const mean = op.averagePool(op.maxPool(x, windows), { kernelShape: [2, 2] })
      return { y: op.globalAveragePool(mean), best: op.topK(x, 2, { axis: 1 })[0] }
    })
  expect(
    freeBatch(build, operators)
      .graph.nodes.map(({ kind }) => kind)
      .sort(),
  ).toEqual(['AveragePool', 'GlobalAveragePool', 'MaxPool', 'TopK'])
  const places = graphOf([2, 1, 2], (x) => ({ places: op.maxPool(x, { kernelShape: [2] }).node?.outputs[1] as Value }))
  const found = await evaluate(engine, batchGraph(places, operators, ['x'], 2), {
    x: tensor('float32', [2, 2, 1, 2], [0, 1, 1, 0, 1, 0, 0, 1]),
  })
  expect(numbers(found.places)).toEqual([1, 2, 0, 3])
})

test('an infinite element stays in the windows that cover it, in the float64 twin too', async () => {
  const graph = graphOf([1, 1, 5], (x) => ({ y: op.averagePool(x, { kernelShape: [2] }) }))
  expect((await valuesOf(graph, { x: [1, 2, 3, 4, Number.POSITIVE_INFINITY] })).y).toEqual([
    1.5,
    2.5,
    3.5,
    Number.POSITIVE_INFINITY,
  ])
})

describe('what does not fit', () => {
  const told = (
    kind: OpKind,
    shape: readonly number[],
    attributes: Attributes,
    constants: readonly number[][] = [],
  ) => {
    const builder = new Builder(operators)
    const rest = constants.map((list) => builder.constant(tensor('int64', [list.length], list)))
    try {
      builder.node(kind, [builder.input('x', 'float32', shape), ...rest], attributes)
    } catch (error) {
      if (error instanceof RappelError) return error.message.replace(/; inputs.*/, '')
      throw error
    }
    return 'nothing'
  }
  it.each<[OpKind, readonly number[], Attributes, string]>([
    ['MaxPool', [1, 1, 4], {}, 'kernel_shape is missing, expected 1 whole numbers from 1 up'],
    ['MaxPool', [1, 1, 4], { kernel_shape: [2, 2] }, 'kernel_shape is [2,2], expected 1 whole numbers from 1 up'],
    [
      'AveragePool',
      [1, 1, 4],
      { kernel_shape: [2], strides: [0] },
      'strides is [0], expected 1 whole numbers from 1 up',
    ],
    ['AveragePool', [1, 1, 4], { kernel_shape: [2], pads: [1] }, 'pads is [1], expected 2 whole numbers from 0 up'],
    [
      'MaxPool',
      [1, 1, 4],
      { kernel_shape: [2], pads: [0, 2] },
      "the padding of spatial axis 0 is 0 and 2, expected less than the window's 2",
    ],
    [
      'MaxPool',
      [1, 1, 3, 4],
      { kernel_shape: [1, 3], dilations: [1, 2] },
      'a window reaches over 5 places of spatial axis 1, which has 4 with its padding',
    ],
    [
      'AveragePool',
      [1, 1, 2],
      { kernel_shape: [2], dilations: [3], pads: [1, 1] },
      'window 0 of spatial axis 0 covers nothing but padding',
    ],
    [
      'MaxPool',
      [1, 1, 4],
      { kernel_shape: [2], storage_order: 1 },
      'storage_order is 1, expected 0: indices are counted row by row',
    ],
    [
      'MaxPool',
      [2, 3],
      { kernel_shape: [] },
      'the input is float32[2,3], expected [batch, channels, …] with one to three spatial dimensions',
    ],
    ['GlobalAveragePool', [2, 3], {}, 'the input is float32[2,3], expected [batch, channels, …spatial]'],
  ])('%s of %s with %o', (kind, shape, attributes, message) => {
    expect(told(kind, shape, attributes)).toBe(`${kind}: ${message}`)
  })
  it.each([
    [[0], 'TopK: k is 0, expected 1 to 4, the length of axis 1'],
    [[5], 'TopK: k is 5, expected 1 to 4, the length of axis 1'],
    [[1, 2], 'TopK: k is 1,2, expected 1 to 4, the length of axis 1'],
  ])('TopK with k %s', (k, message) => expect(told('TopK', [3, 4], {}, [k])).toBe(message))
  it('auto_pad that does not exist', () => {
    const text = 'g (float[1,1,3] x) => (float[1,1,2] y) { y = MaxPool <kernel_shape = [2], auto_pad = "SAME"> (x) }'
    expect(() => parseGraph(text, operators)).toThrow(
      "auto_pad 'SAME', expected NOTSET, VALID, SAME_UPPER or SAME_LOWER",
    )
  })
})
