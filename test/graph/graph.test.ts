/** @file The builder: what it shares, how it names, and what it says when shapes or types do not fit. */
import { describe, expect, it } from 'vitest'
import { numbers, type Shape, tensor } from '../../src/base/tensor.ts'
import { Builder } from '../../src/graph/graph.ts'
import * as op from '../../src/graph/op.ts'
import { operators } from '../../src/graph/ops/index.ts'
import type { Value } from '../../src/graph/types.ts'
import { valuesOf } from './evaluate.ts'

const start = () => {
  const builder = new Builder(operators)
  return { builder, x: builder.input('x', 'float64', [2]), y: builder.input('y', 'float64', [2]) }
}

describe('what is the same is one', () => {
  it('nodes with the same operator, inputs and attributes', () => {
    const { builder, x, y } = start()
    expect(op.add(x, y)).toBe(op.add(x, y))
    expect(op.softmax(x, 0)).toBe(op.softmax(x, 0))
    expect(op.reduceSum(x)).toBe(op.reduceSum(x))
    expect(builder.graph('g', { z: op.mul(op.exp(x), op.exp(x)) }).nodes.map(({ kind }) => kind)).toEqual([
      'Exp',
      'Mul',
    ])
  })

  it('but not with others', () => {
    const { x, y } = start()
    expect(op.add(x, y)).not.toBe(op.add(y, x))
    expect(op.softmax(x, 0)).not.toBe(op.softmax(x, -1))
    expect(op.leakyRelu(x, 0.1)).not.toBe(op.leakyRelu(x, 0.2))
    expect(op.add(x, y)).not.toBe(op.sub(x, y))
  })

  it('small constants with the same values; −0, another dtype and another shape are other values', () => {
    const { builder } = start()
    expect(builder.scalar('float64', 0.5)).toBe(builder.scalar('float64', 0.5))
    expect(builder.scalar('float64', Number.NaN)).toBe(builder.scalar('float64', Number.NaN))
    expect(builder.scalar('float64', 0)).not.toBe(builder.scalar('float64', -0))
    expect(builder.scalar('float64', 1)).not.toBe(builder.scalar('float32', 1))
    expect(builder.scalar('float64', 1)).not.toBe(builder.constant(tensor('float64', [1], 1)))
  })

  it('whole numbers beyond 2^53 stay apart', () => {
    const { builder } = start()
    const [a, b] = [2n ** 53n, 2n ** 53n + 1n].map((n) => builder.constant(tensor('int64', [], BigInt64Array.of(n))))
    expect(a).not.toBe(b)
  })

  it('constants with a name of their own are not shared', () => {
    const { builder } = start()
    const named = builder.constant(tensor('float64', [], 1), 'one')
    expect([named.name, builder.scalar('float64', 1) === named]).toEqual(['one', false])
  })
})

describe('attributes', () => {
  it('that are floats are rounded to float32, as ONNX holds them', () => {
    const { x } = start()
    // The float32 nearest to 0.01, from its bits 0x3c23d70a: 10737418 / 2^30.
    expect(op.leakyRelu(x, 0.01).node?.attributes).toEqual({ alpha: 10737418 / 2 ** 30 })
  })
})

describe('names', () => {
  it('come from the operator, the scope and a count', () => {
    const { builder, x, y } = start()
    const names = [
      op.exp(x),
      op.exp(y),
      builder.scope('dense1', () => op.add(x, y)),
      builder.scope('block', () => builder.scope('dense1', () => op.tanh(x))),
      op.add(y, x),
    ].map(({ name }) => name)
    expect(names).toEqual(['exp', 'exp_1', 'dense1.add', 'block.dense1.tanh', 'add'])
  })

  it('lose the scope when building it fails', () => {
    const { builder, x } = start()
    expect(() => builder.scope('dense1', () => op.matMul(x, builder.scalar('float64', 1)))).toThrow('dense1 (MatMul)')
    expect(op.exp(x).name).toBe('exp')
  })

  it('that were asked for win over those that were made up', () => {
    const { builder, x, y } = start()
    const made = op.exp(x)
    const graph = builder.graph('g', { exp: op.tanh(y), other: op.neg(made) })
    expect(graph.outputs.map(({ name }) => name)).toEqual(['exp', 'other'])
    expect(made.name).toBe('exp_1')
  })

  it('of inputs must be free', () => {
    const { builder } = start()
    expect(() => builder.input('x', 'float32', [])).toThrow("the name 'x' is used twice in one graph")
  })
})

describe('a finished graph', () => {
  it('holds what its outputs need, in topological order, and all inputs', () => {
    const { builder, x, y } = start()
    op.log(y)
    const sum = op.add(op.exp(x), 3)
    const graph = builder.graph('g', { z: op.neg(sum) })
    expect(graph.nodes.map(({ kind }) => kind)).toEqual(['Exp', 'Add', 'Neg'])
    expect(graph.constants.map(({ constant }) => constant && numbers(constant))).toEqual([[3]])
    expect(graph.inputs).toEqual([x, y])
  })

  it('gives inputs, constants and the same value twice through an Identity', async () => {
    const { builder, x } = start()
    const e = op.square(x)
    const graph = builder.graph('g', { a: e, b: e, c: x, d: builder.constant(tensor('float64', [1], 7)) })
    expect(graph.nodes.map(({ kind }) => kind).sort()).toEqual(['Identity', 'Identity', 'Identity', 'Mul'])
    const found = await valuesOf(graph, { x: [2, 3], y: [0, 0] })
    expect(found).toEqual({ a: [4, 9], b: [4, 9], c: [2, 3], d: [7] })
  })

  it('keeps its names when the builder finishes another', () => {
    const { builder, x } = start()
    const e = op.exp(x)
    const first = builder.graph('first', { loss: e })
    const second = builder.graph('second', { cost: e })
    expect([first.outputs[0].name, second.outputs[0].name]).toEqual(['loss', 'cost'])
    expect(builder.graph('third', { loss: e }).outputs[0]).toBe(e)
  })

  it('lists outputs in the order in which they were given, numbers too', () => {
    const { builder, x, y } = start()
    const graph = builder.graph('g', [
      ['b', op.exp(x)],
      ['10', op.exp(y)],
      ['2', op.neg(x)],
    ])
    expect(graph.outputs.map(({ name }) => name)).toEqual(['b', '10', '2'])
  })

  it('may have fewer inputs than the builder, in another order', () => {
    const { builder, x, y } = start()
    const graph = builder.graph('g', { z: op.sub(x, y) }, { inputs: [y, x] })
    expect(graph.inputs.map(({ name }) => name)).toEqual(['y', 'x'])
    expect(() => builder.graph('h', { w: op.add(x, y) }, { inputs: [y] })).toThrow(
      "the graph 'h' uses x, which is not among its inputs",
    )
  })
})

type Types = Readonly<Record<string, Shape | readonly [dtype: 'int64' | 'bool' | 'float64', shape: Shape]>>

/** Inputs by name: float32 of a shape, or of the dtype that is said. */
function typed(types: Types): { builder: Builder; values: Value[] } {
  const builder = new Builder(operators)
  const values = Object.entries(types).map(([name, type]) => {
    const [first, second] = type
    return typeof first === 'string'
      ? builder.input(name, first, second as Shape)
      : builder.input(name, 'float32', type as Shape)
  })
  return { builder, values }
}

const misuses: readonly (readonly [message: string, types: Types, build: (...values: Value[]) => unknown])[] = [
  [
    'MatMul: the inner sizes differ: 784 columns of the first meet 512 rows of the second; inputs: x: float32[32,784], w: float32[512,10]',
    { x: [32, 784], w: [512, 10] },
    (x, w) => op.matMul(x, w),
  ],
  [
    'MatMul: an input is a scalar, expected vectors, matrices or stacks of them; inputs: x: float32[], w: float32[2,2]',
    { x: [], w: [2, 2] },
    (x, w) => op.matMul(x, w),
  ],
  [
    'MatMul: shapes [3] and [4] do not broadcast: 3 meets 4; inputs: x: float32[3,2,2], w: float32[4,2,2]',
    { x: [3, 2, 2], w: [4, 2, 2] },
    (x, w) => op.matMul(x, w),
  ],
  [
    'Gemm: the inputs have 3 and 2 dimensions, expected matrices; inputs: x: float32[2,2,2], w: float32[2,2]',
    { x: [2, 2, 2], w: [2, 2] },
    (x, w) => op.gemm(x, w),
  ],
  [
    'Gemm: shapes [3] and [2,4] do not broadcast: 3 meets 4; inputs: x: float32[2,3], w: float32[3,4], b: float32[3]',
    { x: [2, 3], w: [3, 4], b: [3] },
    (x, w, b) => op.gemm(x, w, b),
  ],
  [
    'Add: shapes [2,3] and [2] do not broadcast: 3 meets 2; inputs: x: float32[2,3], y: float32[2]',
    { x: [2, 3], y: [2] },
    (x, y) => op.add(x, y),
  ],
  [
    'Add: the inputs are float32 and int64, expected the same dtype; inputs: x: float32[2], y: int64[2]',
    { x: [2], y: ['int64', [2]] },
    (x, y) => op.add(x, y),
  ],
  [
    'Mul: the inputs are bool, expected numbers; inputs: x: bool[2], y: bool[2]',
    { x: ['bool', [2]], y: ['bool', [2]] },
    (x, y) => op.mul(x, y),
  ],
  ['Exp: x is int64, expected float32 or float64; inputs: x: int64[2]', { x: ['int64', [2]] }, (x) => op.exp(x)],
  ['Relu: x is int64, expected float32 or float64; inputs: x: int64[2]', { x: ['int64', [2]] }, (x) => op.relu(x)],
  [
    'And: x is float32, expected bool; inputs: x: float32[2], y: float32[2]',
    { x: [2], y: [2] },
    (x, y) => op.and(x, y),
  ],
  [
    'Where: c is float32, expected bool; inputs: c: float32[2], x: float32[2], y: float32[2]',
    { c: [2], x: [2], y: [2] },
    (c, x, y) => op.where(c, x, y),
  ],
  [
    'Softmax: axis is 2, expected a whole number from -2 to 1; inputs: x: float32[2,3]',
    { x: [2, 3] },
    (x) => op.softmax(x, 2),
  ],
  ['LogSoftmax: axis is -1, but a scalar has no axes; inputs: x: float32[]', { x: [] }, (x) => op.logSoftmax(x)],
  [
    'ReduceSum: axis is -3, expected a whole number from -2 to 1; inputs: x: float32[2,3], constant: int64[1]',
    { x: [2, 3] },
    (x) => op.reduceSum(x, { axes: [-3] }),
  ],
  [
    'ReduceMax: an axis stands twice in [1,-1]; inputs: x: float32[2,3], constant: int64[2]',
    { x: [2, 3] },
    (x) => op.reduceMax(x, { axes: [1, -1] }),
  ],
  [
    'ReduceMean: the list of axes is computed in the graph (axes), expected a constant; inputs: x: float32[2,3], axes: int64[1]',
    { x: [2, 3], axes: ['int64', [1]] },
    (x, axes) => x.builder.node('ReduceMean', [x, axes]),
  ],
  [
    'ArgMax: axis is 5, expected a whole number from -2 to 1; inputs: x: float32[2,3]',
    { x: [2, 3] },
    (x) => op.argMax(x, 5),
  ],
  [
    'Reshape: [2,3] holds 6 elements and cannot take the shape [4,2]; inputs: x: float32[2,3], constant: int64[2]',
    { x: [2, 3] },
    (x) => op.reshape(x, [4, 2]),
  ],
  [
    'Reshape: [2,3] holds 6 elements and cannot take the shape [4,-1]; inputs: x: float32[2,3], constant: int64[2]',
    { x: [2, 3] },
    (x) => op.reshape(x, [4, -1]),
  ],
  [
    'Transpose: perm is [1,0], expected each of the 3 axes once; inputs: x: float32[2,3,4]',
    { x: [2, 3, 4] },
    (x) => op.transpose(x, [1, 0]),
  ],
  [
    'Concat: [2,3] and [3,3] differ outside axis 1; inputs: x: float32[2,3], y: float32[3,3]',
    { x: [2, 3], y: [3, 3] },
    (x, y) => op.concat([x, y], 1),
  ],
  ['Concat of no values, expected at least one', {}, () => op.concat([], 0)],
  [
    'Split: lengths [2,2] do not add up to 5, the length of axis 0; inputs: x: float32[5], constant: int64[2]',
    { x: [5] },
    (x) => op.split(x, [2, 2], 0),
  ],
  [
    'Slice: the step along axis 0 is 0; inputs: x: float32[5], constant: int64[1], constant_1: int64[1], constant: int64[1], constant: int64[1]',
    { x: [5] },
    (x) => op.slice(x, [0], [1], [0], [0]),
  ],
  [
    'Pad: 1 pads are given, expected 2; inputs: x: float32[5], constant: int64[1], constant_1: float32[]',
    { x: [5] },
    (x) => op.pad(x, [1]),
  ],
  [
    'Pad: pads [-3,-3] cut more than there is; inputs: x: float32[5], constant: int64[2], constant_1: float32[]',
    { x: [5] },
    (x) => op.pad(x, [-3, -3]),
  ],
  [
    'Pad: what is padded with is float64[], expected float32[]; inputs: x: float32[2], constant: int64[2], v: float64[]',
    { x: [2], v: ['float64', []] },
    (x, v) => x.builder.node('Pad', [x, x.builder.constant(tensor('int64', [2], [1, 1])), v]),
  ],
  [
    'Expand: shapes [2,3] and [4,3] do not broadcast: 2 meets 4; inputs: x: float32[2,3], constant: int64[2]',
    { x: [2, 3] },
    (x) => op.expand(x, [4, 3]),
  ],
  [
    'Gather: i is float32, expected int64 or int32; inputs: x: float32[2,3], i: float32[2]',
    { x: [2, 3], i: [2] },
    (x, i) => op.gather(x, i),
  ],
  [
    'GatherElements: indices of shape [3,3] do not fit into [2,3] along axis 1; inputs: x: float32[2,3], i: int64[3,3]',
    { x: [2, 3], i: ['int64', [3, 3]] },
    (x, i) => op.gatherElements(x, i, 1),
  ],
  [
    'ScatterElements: updates of shape [2,3] and indices of shape [2,1] differ; inputs: x: float32[2,3], i: int64[2,1], u: float32[2,3]',
    { x: [2, 3], i: ['int64', [2, 1]], u: [2, 3] },
    (x, i, u) => op.scatterElements(x, i, u, 1),
  ],
  ['Add: input 1 is missing; inputs: x: float32[2], nothing', { x: [2] }, (x) => x.builder.node('Add', [x, undefined])],
  ['Add of two plain numbers, expected at least one value', {}, () => op.add(1, 2)],
]

describe('says what does not fit', () => {
  it.each(misuses)('%s', (message, types, build) => {
    const { values } = typed(types)
    expect(() => build(...values)).toThrow(expect.objectContaining({ name: 'RappelError', message }))
  })

  it('and in which layer', () => {
    const { builder, values } = typed({ x: [32, 784], w: [512, 10] })
    expect(() => builder.scope('model', () => builder.scope('dense1', () => op.matMul(values[0], values[1])))).toThrow(
      expect.objectContaining({
        code: 'shape',
        message:
          'model.dense1 (MatMul): the inner sizes differ: 784 columns of the first meet 512 rows of the second; ' +
          'inputs: x: float32[32,784], w: float32[512,10]',
      }),
    )
  })

  it('and what to do', () => {
    const { values } = typed({ x: [2], y: ['int64', [2]] })
    expect(() => op.add(values[0], values[1])).toThrow(expect.objectContaining({ hint: 'cast one of them' }))
  })
})

describe('shapes', () => {
  it.each<[string, Types, (...values: Value[]) => Value, string]>([
    ['broadcasting of both sides', { a: [2, 1, 3], b: [4, 1] }, (a, b) => op.add(a, b), '2,4,3'],
    ['product of stacks', { a: [5, 1, 2, 3], b: [4, 3, 2] }, (a, b) => op.matMul(a, b), '5,4,2,2'],
    ['product of vectors', { a: [3], b: [3] }, (a, b) => op.matMul(a, b), ''],
    [
      'sum over the last but one, kept',
      { a: [2, 3, 4] },
      (a) => op.reduceSum(a, { axes: [-2], keepDims: true }),
      '2,1,4',
    ],
    ['sum over all', { a: [2, 3, 4] }, (a) => op.reduceSum(a), ''],
    ['gathering by a matrix', { a: [2, 3, 4], i: ['int64', [5, 6]] }, (a, i) => op.gather(a, i, 1), '2,5,6,4'],
    ['slice backwards by two', { a: [7] }, (a) => op.slice(a, [-1], [-8], [0], [-2]), '4'],
    ['slice that takes nothing', { a: [7] }, (a) => op.slice(a, [3], [3]), '0'],
    ['pads, one negative', { a: [3, 4] }, (a) => op.pad(a, [1, -1, 0, 2]), '4,5'],
    ['worked out length', { a: [2, 3, 4] }, (a) => op.reshape(a, [-1, 6]), '4,6'],
  ])('%s', (_what, types, build, expected) => {
    expect(build(...typed(types).values).shape.join()).toBe(expected)
  })
})
