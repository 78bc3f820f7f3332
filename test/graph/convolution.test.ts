/** @file Convolutions: the runtime's float32 kernels, the forms of gradients and lowerings, what does not fit, files of others. */
import { describe, expect, it } from 'vitest'
import { isFloat, numbers, type Shape, type Tensor, tensor, typeText } from '../../src/base/tensor.ts'
import { evaluate } from '../../src/engine/engine.ts'
import { gradients, pullback } from '../../src/graph/autodiff.ts'
import { toFloat64 } from '../../src/graph/float64.ts'
import { Builder } from '../../src/graph/graph.ts'
import * as op from '../../src/graph/op.ts'
import { operators } from '../../src/graph/ops/index.ts'
import { readModel, writeModel } from '../../src/graph/proto.ts'
import { graphText, parseGraph, printGraph } from '../../src/graph/text.ts'
import type { ConvolutionKind, GradientRule, Graph, Operators, Value } from '../../src/graph/types.ts'
import { checkDerivatives } from './derivatives.ts'
import { engine } from './evaluate.ts'
import { type Fixture, fixturesOf, tensorOf } from './fixtures.ts'
import { between, float, opCase } from './op-case.ts'

const kinds = ['Conv', 'ConvTranspose'] as const

describe('the runtime’s float32 kernels give PyTorch’s values and gradients', () => {
  const narrow = (t: Tensor) => tensor('float32', t.shape, numbers(t))

  async function deviation(kind: ConvolutionKind, fixture: Fixture): Promise<number> {
    const builder = new Builder(operators)
    const feeds: Record<string, Tensor> = {}
    const values = fixture.operands.map((operand, i) => {
      if (operand === null) return undefined
      if (operand.role === 'constant') return builder.constant(narrow(tensorOf(operand)))
      feeds[`x${i}`] = narrow(tensorOf(operand))
      return builder.input(`x${i}`, 'float32', operand.shape)
    })
    const [y] = builder.node(kind, values, fixture.attributes)
    const expected = Object.entries(fixture.gradients ?? {})
    const weight = builder.constant(narrow(tensorOf((fixture.weights ?? [])[0])))
    const wrt = expected.map(([i]) => values[Number(i)] as Value)
    const slopes = gradients(op.reduceSum(op.mul(y, weight)), wrt)
    const pairs: [Value, Tensor][] = [
      [y, tensorOf(fixture.outputs[0])],
      ...expected.map(([, g], k): [Value, Tensor] => [slopes[k], tensorOf(g)]),
    ]
    const outputs = Object.fromEntries(pairs.map(([value], i) => [`out${i}`, value]))
    const found = await evaluate(engine, builder.graph(kind, outputs), feeds)
    const each = pairs.map(([, wanted], i) => {
      const largest = Math.max(...numbers(wanted).map(Math.abs))
      const actual = numbers(found[`out${i}`])
      return Math.max(...numbers(wanted).map((value, k) => Math.abs(actual[k] - value) / largest))
    })
    return Math.max(...each)
  }

  describe.each(kinds)('%s', (kind) => {
    it.each(fixturesOf(kind).map((fixture): [string, Fixture] => [fixture.note, fixture]))('%s', async (_, fixture) => {
      // Eighths are exact in float32; up to ten roundings on the way.
      expect(await deviation(kind, fixture)).toBeLessThanOrEqual(1e-6)
    })
  })
})

const kindsOf = (graph: Graph) => graph.nodes.map(({ kind }) => kind)

interface Types {
  readonly [name: string]: Shape
}

function typed(types: Types) {
  const builder = new Builder(operators)
  return { builder, values: Object.entries(types).map(([name, shape]) => builder.input(name, 'float32', shape)) }
}

describe('the gradient of the kernel', () => {
  it('is one convolution, strides and dilations exchanged, cut where the stride left a rest', () => {
    const { builder, values } = typed({ x: [8, 3, 10, 10], w: [5, 3, 3, 2] })
    const y = op.conv(values[0], values[1], undefined, { strides: [3, 2], pads: [1, 0, 0, 0] })
    const [dw] = pullback([y], [builder.input('dy', 'float32', y.shape)], [values[1]])
    expect(graphText(builder.graph('kernel', { dw }))).toMatchInlineSnapshot(`
      "kernel (float[8,3,10,10] x, float[5,3,3,2] w, float[8,5,3,5] dy) => (float[5,3,3,2] dw) <
        int64[1] constant = {0},
        int64[1] constant_1 = {3},
        int64[1] constant_2 = {2}
      > {
        transpose = Transpose <perm: ints = [1, 0, 2, 3]> (x)
        transpose_1 = Transpose <perm: ints = [1, 0, 2, 3]> (dy)
        conv_1 = Conv <pads: ints = [1, 0, 0, 0], dilations: ints = [3, 2]> (transpose, transpose_1)
        slice = Slice (conv_1, constant, constant_1, constant_2)
        dw = Transpose <perm: ints = [1, 0, 2, 3]> (slice)
      }"
    `)
  })

  it('of groups has the batch beside the groups', () => {
    const { builder, values } = typed({ x: [8, 4, 10], w: [6, 2, 3] })
    const y = op.conv(values[0], values[1], undefined, { group: 2 })
    const [dw] = pullback([y], [builder.input('dy', 'float32', y.shape)], [values[1]])
    expect(graphText(builder.graph('kernel', { dw }))).toMatchInlineSnapshot(`
      "kernel (float[8,4,10] x, float[6,2,3] w, float[8,6,8] dy) => (float[6,2,3] dw) <
        int64[4] constant = {8, 2, 2, 10},
        int64[3] constant_1 = {2, 16, 10}
      > {
        reshape = Reshape (x, constant)
        transpose = Transpose <perm: ints = [2, 1, 0, 3]> (reshape)
        reshape_1 = Reshape (transpose, constant_1)
        transpose_1 = Transpose <perm: ints = [1, 0, 2]> (dy)
        conv_1 = Conv <group: int = 2> (reshape_1, transpose_1)
        dw = Transpose <perm: ints = [1, 0, 2]> (conv_1)
      }"
    `)
  })
})

describe('attributes', () => {
  it('that are the default are left out, so that the same convolution is one node', () => {
    const { values } = typed({ x: [1, 2, 5, 5], w: [2, 2, 3, 3] })
    const [x, w] = values
    const plain = op.conv(x, w)
    const options = { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], group: 1 }
    expect(op.conv(x, w, undefined, options)).toBe(plain)
    expect(op.convTranspose(x, w, undefined, { ...options, outputPadding: [0, 0] })).toBe(op.convTranspose(x, w))
    expect(plain.node?.attributes).toEqual({})
    expect(op.conv(x, w, undefined, { ...options, pads: [1, 0, 0, 0] }).node?.attributes).toEqual({
      pads: [1, 0, 0, 0],
    })
  })

  it('output padding beyond the stride becomes zeros behind the input', () => {
    const { builder, values } = typed({ x: [1, 1, 4, 4], w: [1, 1, 2, 2] })
    const y = op.convTranspose(values[0], values[1], undefined, { strides: [2, 3], outputPadding: [5, 2] })
    // 2·3 + 2 + 5 and 3·3 + 2 + 2.
    expect(y.shape).toEqual([1, 1, 13, 13])
    expect(y.node?.attributes).toEqual({ strides: [2, 3], output_padding: [1, 2] })
    expect(kindsOf(builder.graph('g', { y }))).toEqual(['Pad', 'ConvTranspose'])
  })

  it('are kept by text and protobuf', () => {
    const { builder, values } = typed({ x: [1, 2, 5, 5], w: [2, 1, 3, 3], b: [2] })
    const y = op.convTranspose(values[0], values[1], values[2], {
      strides: [2, 3],
      pads: [1, 0, 2, 1],
      dilations: [1, 2],
      group: 2,
      outputPadding: [1, 2],
    })
    const graph = builder.graph('g', { y })
    expect(printGraph(readModel(writeModel(graph), operators))).toBe(printGraph(graph))
    expect(printGraph(parseGraph(printGraph(graph), operators))).toBe(printGraph(graph))
  })
})

describe('in float64', () => {
  it.each(kinds)('%s has as many nodes with a large kernel as with a small one', (kind) => {
    const lowered = [2, 9].map((length) => {
      const { builder, values } = typed({ x: [1, 1, 12, 12], w: [1, 1, length, length], b: [1] })
      return kindsOf(toFloat64(builder.graph('g', { y: builder.node(kind, values)[0] }), operators))
    })
    expect(lowered[1]).toEqual(lowered[0])
    expect(lowered[0]).not.toContain(kind)
  })
})

describe('the check of gradients finds', () => {
  const withRule = (kind: ConvolutionKind, change: (rule: GradientRule) => GradientRule): Operators => ({
    ...operators,
    [kind]: { ...operators[kind], gradient: change(operators[kind].gradient as GradientRule) },
  })
  const turned = (w: Value) => {
    const axes = w.shape.map((_, i) => i).slice(2)
    const [last, before] = [axes.map(() => -1), axes.map(() => -100)]
    return op.slice(w, last, before, axes, last)
  }
  const given = (kind: ConvolutionKind) =>
    opCase(
      kind,
      5,
      [[1, 2, 5, 5], [2, 2, 2, 3], [2]].map((shape) => float(shape, between(0.1, 2, true))),
      {
        strides: [2, 1],
      },
    )

  it.each(kinds)('a kernel that is turned round, in %s', async (kind) => {
    const wrong = withRule(kind, (rule) => (node, dys) => {
      const [dx, dw, db] = rule(node, dys)
      return [dx, dw && turned(dw), db]
    })
    const { mismatches } = await checkDerivatives(engine, wrong, given(kind))
    expect(mismatches.map(({ coordinate }) => coordinate.slice(0, 2))).toContain('x1')
    expect((await checkDerivatives(engine, operators, given(kind))).mismatches).toEqual([])
  })

  it.each(kinds)('a bias that gets the mean, in %s', async (kind) => {
    const wrong = withRule(kind, (rule) => (node, dys) => {
      const [dx, dw, db] = rule(node, dys)
      return [dx, dw, db && op.div(db, 4)]
    })
    const { mismatches } = await checkDerivatives(engine, wrong, given(kind))
    expect(mismatches.map(({ coordinate }) => coordinate.slice(0, 2))).toContain('x2')
  })
})

type Build = (...values: Value[]) => unknown

describe('says what does not fit', () => {
  const picture: Types = { x: [2, 4, 5, 5], w: [6, 4, 3, 3] }
  const conv =
    (options: op.ConvOptions): Build =>
    (x, w, b) =>
      op.conv(x, w, b, options)
  const transpose =
    (options: op.ConvOptions & { outputPadding?: readonly number[] }): Build =>
    (x, w, b) =>
      op.convTranspose(x, w, b, options)

  it.each<[string, Types, Build]>([
    [
      'the input has 2 dimensions, expected [batch, channels, ...spatial], at least 3',
      { x: [2, 4], w: [4, 4] },
      conv({}),
    ],
    ['the kernel has 3 dimensions and the input 4, expected as many', { x: [2, 4, 5, 5], w: [4, 4, 3] }, conv({})],
    ['the kernel has the shape [6,4,0,3] and is empty', { ...picture, w: [6, 4, 0, 3] }, conv({})],
    ['group is 0, expected a whole number from 1 up', picture, conv({ group: 0 })],
    ['the input has 4 channels, but the kernel takes 4 in each of 2 groups', picture, conv({ group: 2 })],
    ['the input has 4 channels, but the kernel takes 3 in 1 group', { ...picture, w: [6, 3, 3, 3] }, conv({})],
    ['3 filters cannot be shared out among 2 groups', { ...picture, w: [3, 2, 3, 3] }, conv({ group: 2 })],
    ['the bias has the shape [4], expected [6], one for each filter', { ...picture, b: [4] }, conv({})],
    [
      'the kernel reaches over 7 along axis 3, the padded input has 6',
      picture,
      conv({ dilations: [1, 3], pads: [0, 1, 0, 0] }),
    ],
    ['strides has 1 number, expected 2', picture, conv({ strides: [1] })],
    ['strides is [2,0], expected whole numbers from 1 up', picture, conv({ strides: [2, 0] })],
    ['dilations is [1.5,1], expected whole numbers from 1 up', picture, conv({ dilations: [1.5, 1] })],
    ['pads has 2 numbers, expected 4', picture, conv({ pads: [1, 1] })],
    ['pads is [0,-1,0,0], expected whole numbers from 0 up', picture, conv({ pads: [0, -1, 0, 0] })],
    ['the input has 4 channels, but the kernel takes 6', picture, transpose({})],
    ['4 channels cannot be shared out among 3 groups', { ...picture, w: [4, 2, 3, 3] }, transpose({ group: 3 })],
    [
      'the bias has the shape [2], expected [4], one for each filter',
      { ...picture, w: [4, 2, 3, 3], b: [2] },
      transpose({ group: 2 }),
    ],
    [
      'output_padding is 2 along axis 2, expected less than the stride, 2',
      { ...picture, w: [4, 2, 3, 3] },
      (x, w) => x.builder.node('ConvTranspose', [x, w], { strides: [2, 2], output_padding: [2, 0] }),
    ],
    [
      'pads of 4 and 3 along axis 3 cut all 7 of the result',
      { ...picture, w: [4, 2, 3, 3] },
      transpose({ pads: [0, 4, 0, 3] }),
    ],
  ])('%s', (message, types, build) => {
    const { values } = typed(types)
    const inputs = values.map((value) => `${value.name}: ${typeText(value)}`).join(', ')
    expect(() => build(...values)).toThrow(
      expect.objectContaining({ code: 'shape', message: expect.stringMatching(/^Conv(Transpose)?: /) }),
    )
    expect(() => build(...values)).toThrow(`: ${message}; inputs: ${inputs}`)
  })

  it('and what to do', () => {
    const { values } = typed(picture)
    const hint = (build: Build) => {
      try {
        build(...values)
      } catch (error) {
        return (error as { hint?: string }).hint
      }
      return 'it was built'
    }
    expect(hint(conv({ group: 2 }))).toBe('a kernel has the shape [filters, channels / group, ...kernel]')
    expect(hint(conv({ pads: [0, -1, 0, 0] }))).toBe('to take less than the whole input, cut it with a Slice')
    expect(hint(conv({ strides: [0, 1] }))).toBeUndefined()
  })

  it('dtypes: floats of one kind', () => {
    const builder = new Builder(operators)
    const x = builder.input('x', 'float64', [1, 1, 3])
    const w = builder.input('w', 'float32', [1, 1, 3])
    const whole = builder.input('n', 'int64', [1, 1, 3])
    expect(() => op.conv(x, w)).toThrow('Conv: the inputs are float64 and float32, expected the same dtype')
    expect(() => op.conv(whole, whole)).toThrow('Conv: n is int64, expected float32 or float64')
    expect(isFloat(op.conv(x, builder.input('v', 'float64', [1, 1, 3])).dtype)).toBe(true)
  })
})

describe('files of others', () => {
  const read = (node: string, w = '1,1,3,3') =>
    parseGraph(`g (float[1,1,6,6] x, float[${w}] w) => (float[n,c,h,k] y) { y = ${node} }`, operators)

  it('what fits is left as it is', () => {
    const graph = parseGraph(
      'g (float[1,1,6,6] x, float[1,1,3,3] w) => (float[1,1,4,4] y) { y = Conv <group: int = 1> (x, w) }',
      operators,
    )
    expect(graph.nodes.map(({ kind, attributes }) => [kind, attributes])).toEqual([['Conv', { group: 1 }]])
  })

  it.each<[string, string, string?]>([
    ["(Conv) has auto_pad 'SAME_UPER'", 'Conv <auto_pad: string = "SAME_UPER"> (x, w)', "did you mean 'SAME_UPPER'?"],
    ["(Conv) has the attribute 'auto_pad' of type int, expected string", 'Conv <auto_pad: int = 1> (x, w)'],
    [
      '(Conv) has kernel_shape [2,3], but its kernel (input 1) is [3,3] long',
      'Conv <kernel_shape: ints = [2, 3]> (x, w)',
    ],
    [
      "(Conv) has the attribute 'output_shape', which",
      'Conv <output_shape: ints = [2, 3], auto_pad: string = "VALID"> (x, w)',
    ],
    ['strides has 1 number, expected 2', 'Conv <auto_pad: string = "SAME_LOWER", strides: ints = [2]> (x, w)'],
    ['pads has 1 number, expected 4', 'Conv <kernel_shape: ints = [3, 3], pads: ints = [2]> (x, w)'],
    ['lacks input 1', 'Conv <auto_pad: string = "SAME_LOWER"> (x)'],
  ])('%s', (message, node, hint) => {
    expect(() => read(node)).toThrow(message)
    if (hint !== undefined) expect(() => read(node)).toThrow(expect.objectContaining({ hint }))
  })
})
