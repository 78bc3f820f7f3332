import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RappelError } from '../../src/base/errors.ts'
import { tensor } from '../../src/base/tensor.ts'
import { Builder } from '../../src/graph/graph.ts'
import * as op from '../../src/graph/op.ts'
import { operators } from '../../src/graph/ops/index.ts'
import { readModel } from '../../src/graph/proto.ts'
import { graphText, parseGraph, printGraph } from '../../src/graph/text.ts'
import { allConstants, build, recipes } from './random-graphs.ts'

const seed = 2024
const own = new URL('../fixtures/graph/own/', import.meta.url)
const ownNames = readdirSync(own)
  .filter((file) => file.endsWith('.txt'))
  .map((file) => file.slice(0, -4))
const ownText = (name: string) => readFileSync(new URL(`${name}.txt`, own), 'utf8')

function failure(text: string): { message: string; hint: string | undefined } {
  try {
    parseGraph(text, operators)
  } catch (error) {
    if (error instanceof RappelError) return { message: error.message, hint: error.hint }
    throw error
  }
  throw new Error('it was parsed')
}

describe('laws', () => {
  test('print, then parse, gives the same graph, and constants with the same bits', () => {
    fc.assert(
      fc.property(recipes, (recipe) => {
        const graph = build(recipe)
        const text = printGraph(graph)
        const again = parseGraph(text, operators)
        expect(printGraph(again)).toBe(text)
        expect(graphText(parseGraph(graphText(graph), operators))).toBe(graphText(graph))
        expect(allConstants(again)).toEqual(allConstants(graph))
      }),
      { seed, numRuns: 500 },
    )
  })

  test('every float32 is printed with the fewest digits that bring it back', () => {
    fc.assert(
      fc.property(fc.float(), (value) => {
        const graph = new Builder(operators)
        const y = op.identity(graph.constant(tensor('float32', [1], [value]), 'c'))
        const text = graphText(graph.graph('g', { y }))
        const printed = /c = \{(.*)\}/.exec(text)?.[1] ?? ''
        expect(Math.fround(printed === 'nan' ? Number.NaN : Number(printed.replace('inf', 'Infinity')))).toBe(value)
        // One digit less must not do: toPrecision gives the nearest decimal of a length.
        const digits = printed.replace(/e.*|^-|\.|^-?0\.0*/g, '').replace(/^0+|0+$/g, '').length
        if (digits > 1 && Number.isFinite(value))
          expect(Math.fround(Number(value.toPrecision(digits - 1)))).not.toBe(value)
      }),
      { seed, numRuns: 2000 },
    )
  })

  test('any damage to a text gives a graph or an error of ours', () => {
    const texts = ownNames.map(ownText)
    const damage = fc.record({
      text: fc.constantFrom(...texts),
      at: fc.nat(),
      cut: fc.oneof(fc.nat(4), fc.nat(2000)),
      put: fc.oneof(
        fc.string({ maxLength: 3 }),
        fc.constantFrom('{', '}', '<', '"', '-', '1e999', '99999999999999999999', '[-1]', ','),
      ),
    })
    fc.assert(
      fc.property(damage, ({ text, at, cut, put }) => {
        const place = at % text.length
        const broken = text.slice(0, place) + put + text.slice(place + cut)
        try {
          parseGraph(broken, operators)
        } catch (error) {
          if (!(error instanceof RappelError)) throw error
        }
      }),
      { seed, numRuns: 3000 },
    )
  })
})

// The .onnx files are what onnx.parser made of the texts (test/fixtures/make_onnx_text.py).
describe.each(ownNames)('%s.txt, which onnx.parser reads', (name) => {
  test('prints as it stands', () => {
    expect(printGraph(parseGraph(ownText(name), operators))).toBe(ownText(name))
  })

  test('means to onnx.parser what it means to us', () => {
    const model = readModel(readFileSync(new URL(`${name}.onnx`, own)), operators)
    expect(printGraph(model)).toBe(ownText(name))
    expect(allConstants(model)).toEqual(allConstants(parseGraph(ownText(name), operators)))
  })
})

test('a graph is easy to read', () => {
  const builder = new Builder(operators)
  const x = builder.input('x', 'float32', [2, 3])
  const scale = builder.input('scale', 'float32', [])
  const w = builder.constant(tensor('float32', [3, 2], [0.1, -0, 1, 2, 3, 4]), 'dense.weight')
  const h = op.leakyRelu(op.matMul(x, w), 0.2)
  expect(graphText(builder.graph('net', { y: op.mul(h, scale) }))).toMatchInlineSnapshot(`
    "net (float[2,3] x, float scale) => (float[2,2] y) <
      float[3,2] "dense.weight" = {0.1, -0, 1, 2, 3, 4}
    > {
      matmul = MatMul (x, "dense.weight")
      leakyrelu = LeakyRelu <alpha: float = 0.2> (matmul)
      y = Mul (leakyrelu, scale)
    }"
  `)
})

describe('what others write', () => {
  test('comments, no header, untyped attributes, Constant nodes, node names, types of values between', () => {
    const text = `
      g (float[2] x, float[2] w = {1, 2}) => (float[2] y) # a comment
      <float[2] h, float[1] k = {3}>
      {
        [node1] h = LeakyRelu <alpha = 0.5> (x)
        c = Constant <value = float[2] {5, 6}> ()
        a = Constant <value_ints = [0]> ()
        s = ReduceSum <keepdims = 1> (h, a)
        t = Add (s, c)
        u = ai.onnx.Mul (t, k)
        y = Mul (u, w)
      }`
    expect(graphText(parseGraph(text, operators))).toMatchInlineSnapshot(`
      "g (float[2] x) => (float[2] y) <
        float[2] w = {1, 2},
        float[1] k = {3},
        float[2] c = {5, 6},
        int64[1] a = {0}
      > {
        h = LeakyRelu <alpha: float = 0.5> (x)
        s = ReduceSum <keepdims: int = 1> (h, a)
        t = Add (s, c)
        u = Mul (t, k)
        y = Mul (u, w)
      }"
    `)
  })

  test('open dimensions get the lengths that are given', () => {
    const text = 'g (float[batch, 2] x, float[?] s) => (float[batch, n] y) { y = Relu (x) }'
    const graph = parseGraph(text, operators, { dimensions: { batch: 7, 's.0': 3 } })
    expect(graph.inputs.map(({ shape }) => shape)).toEqual([[7, 2], [3]])
    expect(failure(text)).toMatchInlineSnapshot(`
      {
        "hint": "give it a length: dimensions: { "batch": 32 }",
        "message": "line 1, column 4: dimension 0 of input 'x' is open (its name is 'batch') and no length is given for it",
      }
    `)
    expect(() => parseGraph(text, operators, { dimensions: { bach: 1, batch: 1, 's.0': 1 } })).toThrow(
      "a length is given for the dimension 'bach'",
    )
    expect(() => parseGraph(text, operators, { dimensions: { batch: -1 } })).toThrow("dimension 'batch' is -1")
  })
})

describe('errors name the line, the column, what was found and what was expected', () => {
  const body = (nodes: string) => `g (float[2] x) => (float[2] y) {\n${nodes}\n}`
  const cases: Record<string, string> = {
    empty: '',
    'no arrow': 'g (float[2] x) (float[2] y) { y = Relu (x) }',
    'cut in a node': 'g (float[2] x) => (float[2] y) {\n  y = Relu (x',
    'no comma': 'g (float[2] x float[2] z) => (float[2] y) { y = Relu (x) }',
    'unknown type': 'g (float16[2] x) => (float[2] y) { y = Relu (x) }',
    'no type': 'g (x) => (float[2] y) { y = Relu (x) }',
    'negative length': 'g (float[-2] x) => (float[2] y) { y = Relu (x) }',
    'too few values': 'g (float[2] x) => (float[2] y) <float[3] c = {1, 2}> { y = Relu (x) }',
    'not a number': 'g (float[2] x) => (float[2] y) <float[2] c = {1, two}> { y = Relu (x) }',
    'too large': 'g (float[2] x) => (float[2] y) <float[1] c = {1e39}> { y = Relu (x) }',
    'not a byte': 'g (float[2] x) => (float[2] y) <uint8[1] c = {256}> { y = Relu (x) }',
    'half an integer': 'g (float[2] x) => (float[2] y) <int64[1] c = {0.5}> { y = Relu (x) }',
    'open quote': 'g (float[2] x) => (float[2] y) { y = Relu ("x) }',
    'unknown value': body('  h = Relu (x)\n  y = Add (h, xx)'),
    'used before it is made': body('  y = Add (x, h)\n  h = Relu (x)'),
    'given twice': body('  y = Relu (x)\n  y = Relu (x)'),
    'name of an input': body('  x = Relu (x)\n  y = Relu (x)'),
    'output without a node': body('  h = Relu (x)'),
    'wrong output shape': body('  h = Relu (x)\n  y = MatMul (x, x)'),
    'unknown operator': body('  y = Rleu (x)'),
    'operator we lack': body('  y = Det (x, x)'),
    'operator of another domain': body('  y = com.microsoft.Gelu (x)'),
    'unknown attribute': body('  y = LeakyRelu <alhpa: float = 1> (x)'),
    'wrong type of attribute': body('  y = LeakyRelu <alpha: int = 1> (x)'),
    'unknown type of attribute': body('  y = LeakyRelu <alpha: flot = 1> (x)'),
    'shapes that do not fit': body('  y = MatMul (x, z)').replace('x)', 'x, float[3] z)'),
    'wrong number of outputs': body('  y, z = Relu (x)'),
    'old opset': '<ir_version: 3, opset_import: ["" : 9]> g (float[2] x) => (float[2] y) { y = Relu (x) }',
    'something after the graph': 'g (float[2] x) => (float[2] y) { y = Relu (x) } h',
    'a body without a graph': body('  y = Loop (x, "", x)'),
  }
  test.each(Object.entries(cases))('%s', (name, text) => {
    const { message, hint } = failure(text)
    expect({ [name]: message, hint }).toMatchSnapshot()
  })
})
