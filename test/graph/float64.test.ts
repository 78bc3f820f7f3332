/** @file The float64 twin of a graph, and that the engine keeps it in float64 whatever it fuses. */
import { describe, expect, it } from 'vitest'
import { numbers, tensor, typeText } from '../../src/base/tensor.ts'
import { gradients } from '../../src/graph/autodiff.ts'
import { batchGraph } from '../../src/graph/batch.ts'
import { toFloat64 } from '../../src/graph/float64.ts'
import { Builder } from '../../src/graph/graph.ts'
import { freezeWinners, recordWinners } from '../../src/graph/kinks.ts'
import * as op from '../../src/graph/op.ts'
import { operators } from '../../src/graph/ops/index.ts'
import { rewrite } from '../../src/graph/rewrite.ts'
import type { Graph, Value } from '../../src/graph/types.ts'
import { valuesOf } from './evaluate.ts'

describe('the float64 twin', () => {
  it('widens inputs, outputs, constants and casts, and nothing else', () => {
    const builder = new Builder(operators)
    const x = builder.input('x', 'float32', [2])
    const labels = builder.input('labels', 'int64', [2])
    const mask = op.greater(x, 0.1)
    const y = op.mul(op.add(x, op.cast(labels, 'float32')), 0.1)
    const twin = toFloat64(builder.graph('g', { y, mask, whole: op.cast(x, 'int64') }), operators)
    expect([...twin.inputs, ...twin.outputs].map((value) => `${value.name}: ${typeText(value)}`)).toEqual([
      'x: float64[2]',
      'labels: int64[2]',
      'y: float64[2]',
      'mask: bool[2]',
      'whole: int64[2]',
    ])
    // The constant is the float32 that the graph has, not the 0.1 that was written.
    expect(twin.constants.map(({ constant }) => constant && numbers(constant))).toEqual([[Math.fround(0.1)]])
  })

  it('lowers what has no exact kernel, and no other operator', () => {
    const builder = new Builder(operators)
    const x = builder.input('x', 'float32', [2])
    const kindsOf = (graph: Graph) => graph.nodes.map(({ kind }) => kind)
    const graph = builder.graph('g', { y: op.tanh(op.leakyRelu(op.sigmoid(x))) })
    expect(kindsOf(graph)).toEqual(['Sigmoid', 'LeakyRelu', 'Tanh'])
    const [sigmoid, leakyRelu] = ['Neg Exp Add Reciprocal', 'Greater Mul Where']
    expect(kindsOf(toFloat64(graph, operators)).join(' ')).toBe(`${sigmoid} ${leakyRelu} Tanh`)
  })

  it('widens the body of a Loop', async () => {
    const builder = new Builder(operators)
    const [x, w] = [builder.input('x', 'float32', []), builder.input('w', 'float32', [])]
    const body = new Builder(operators, builder)
    body.input('iteration', 'int64', [])
    const condition = body.input('condition', 'bool', [])
    const carried = body.input('carried', 'float32', [])
    const inner = body.graph('body', { goOn: op.identity(condition), next: op.mul(carried, w) })
    const y = builder.node('Loop', [builder.scalar('int64', 3), undefined, x], { body: inner })[0]
    const twin = toFloat64(builder.graph('g', { y }), operators)
    expect(twin.outputs.map(typeText)).toEqual(['float64[]'])
    // (1/3)·(1/7)³ differs from its float32 value in the eighth digit.
    const { y: found } = await valuesOf(twin, { x: [1 / 3], w: [1 / 7] })
    expect(Math.abs(found[0] - 1 / 1029)).toBeLessThan(1e-18)
  })
})

describe('the float64 twin of a gradient', () => {
  /** Built in float32, widened, evaluated at x. */
  async function slope(f: (x: Value) => Value, x: number): Promise<number> {
    const builder = new Builder(operators)
    const input = builder.input('x', 'float32', [])
    const graph = builder.graph('g', { slope: gradients(f(input), [input])[0] })
    return (await valuesOf(toFloat64(graph, operators), { x: [x] })).slope[0]
  }

  // What a rule computes from the graph's float32 numbers is computed in float64: 1/3 and 0.1 − 1 are no float32.
  it('of a mean of three', async () => {
    expect(await slope((x) => op.reduceMean(op.mul(x, x.builder.constant(tensor('float32', [3], [1, 1, 0])))), 5)).toBe(
      2 / 3,
    )
  })

  it('of a power', async () => {
    const b = Math.fround(0.1)
    expect(await slope((x) => op.pow(x, 0.1), 5)).toBeCloseTo(b * 5 ** (b - 1), 15)
  })
})

describe('passes keep the names and the order of outputs', () => {
  /** Names that a pass' own nodes would like to have. */
  function graph(): Graph {
    const builder = new Builder(operators)
    const x = builder.input('x', 'float64', [2])
    return builder.graph('g', [
      ['exp', op.sigmoid(x)],
      ['3', op.relu(x)],
      ['reshape', op.exp(op.neg(x))],
      ['1', x],
    ])
  }
  const expected = ['exp', '3', 'reshape', '1']
  it.each<[string, (given: Graph) => Graph]>([
    ['toFloat64', (given) => toFloat64(given, operators)],
    ['batchGraph', (given) => batchGraph(given, operators, ['x'], 3)],
    ['recordWinners', (given) => recordWinners(given, operators).graph],
    ['freezeWinners', (given) => freezeWinners(given, operators)],
    ['rewrite', (given) => rewrite(given, operators, () => undefined)],
  ])('%s', (_name, pass) => {
    expect(
      pass(graph())
        .outputs.map(({ name }) => name)
        .slice(0, 4),
    ).toEqual(expected)
  })
})

describe('the engine computes float64 in float64', () => {
  // onnxruntime's MatMulScaleFusion puts a scale beside a product into an attribute, which is a float32: 1/3 was 4e-8 off.
  it.each<[string, (builder: Builder) => { z: ReturnType<typeof op.mul> }]>([
    ['a product, scaled', (b) => ({ z: op.mul(op.matMul(matrix(b, 'x'), matrix(b, 'y')), 1 / 3) })],
    ['a scaled matrix in a product', (b) => ({ z: op.matMul(op.mul(matrix(b, 'x'), 1 / 3), matrix(b, 'y')) })],
    ['a divided product', (b) => ({ z: op.div(op.matMul(matrix(b, 'x'), matrix(b, 'y')), 3) })],
    ['a Gemm, scaled', (b) => ({ z: op.mul(op.gemm(matrix(b, 'x'), matrix(b, 'y')), 1 / 3) })],
  ])('%s', async (_what, build) => {
    const builder = new Builder(operators)
    const { z } = await valuesOf(builder.graph('g', build(builder)), { x: [1, 2, 3, 4], y: [5, 6, 7, 8] })
    // [[1, 2], [3, 4]]·[[5, 6], [7, 8]] = [[19, 22], [43, 50]].
    z.forEach((value, i) => expect(Math.abs(value - [19, 22, 43, 50][i] / 3)).toBeLessThanOrEqual(1e-13))
  })

  const matrix = (builder: Builder, name: string) => builder.input(name, 'float64', [2, 2])
})
