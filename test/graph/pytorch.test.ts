/**
 * @file Values, gradients and Hessian-vector products of every operator against PyTorch 2.15 in float64, ties and special
 * values included, and every float64 kernel over wide ranges against 60-digit arithmetic: what stands here agrees to
 * 1e-13 of scale, or the table's `float64` entry lowers it to operators that do. test/fixtures/make_ops.py says how the
 * numbers were made.
 *
 * At ties and kinks PyTorch's conventions are ours: equal operands of a maximum share the gradient, all greatest elements of a
 * reduction share it, and relu, abs and sign have slope 0 at 0. Where they differ, ours is by hand in autodiff.test.ts:
 * ∂²(aᵇ)/∂a∂b at b = 0 is 1/a (PyTorch: 0), and second derivatives of whole powers at 0 are finite (PyTorch: NaN). For the
 * curvature of Elu at 0 and for two computed bounds of Clip that are equal see smooth.test.ts.
 */
import { describe, expect, it } from 'vitest'
import { isFloat, numbers, type Tensor, tensor, typeText } from '../../src/base/tensor.ts'
import { evaluate } from '../../src/engine/engine.ts'
import { nativeEngine } from '../../src/engine/native.ts'
import { gradients, hessianVector } from '../../src/graph/autodiff.ts'
import { toFloat64 } from '../../src/graph/float64.ts'
import { Builder } from '../../src/graph/graph.ts'
import * as op from '../../src/graph/op.ts'
import { operators } from '../../src/graph/ops/index.ts'
import type { OpKind, Value } from '../../src/graph/types.ts'
import { type Fixture, fixturesOf, kindsWithFixtures, sweeps, tensorOf } from './fixtures.ts'
import { drawnKinds } from './op-cases.ts'

const engine = await nativeEngine({ threads: 1 })

/** Operators that work element by element are as exact in a small element as in a large one. */
const pointwise: readonly OpKind[] = [
  ...(['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Max', 'Min', 'Neg', 'Reciprocal', 'Sqrt', 'Exp', 'Log', 'Abs'] as const),
  ...(['Sign', 'Identity', 'Cast', 'Where', 'Relu', 'LeakyRelu', 'HardSigmoid', 'Tanh', 'Sigmoid'] as const),
  ...(['Erf', 'Gelu', 'Softplus', 'Elu', 'Clip'] as const),
]

/** The largest |a − e| in units of the scale: |e|, or the largest finite |e| of all. What is not finite must be the same. */
function deviation(actual: readonly number[], expected: readonly number[], byElement: boolean): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY
  const sizes = expected.map(Math.abs)
  const largest = Math.max(0, ...sizes.filter(Number.isFinite))
  const each = expected.map((e, i) => {
    if (Object.is(actual[i], e) || actual[i] === e) return 0
    // Where the value is 0, or so small that floats are no longer evenly exact, nothing below 1e-300 counts.
    const error = Math.abs(actual[i] - e) / Math.max(byElement ? sizes[i] : largest, 1e-300)
    return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error
  })
  return Math.max(0, ...each)
}

async function run(kind: OpKind, fixture: Fixture): Promise<Record<string, Tensor>> {
  const builder = new Builder(operators)
  const feeds: Record<string, Tensor> = {}
  const values = fixture.operands.map((operand, i) => {
    if (operand === null) return undefined
    if (operand.role === 'constant') return builder.constant(tensorOf(operand))
    feeds[`x${i}`] = tensorOf(operand)
    return builder.input(`x${i}`, operand.dtype, operand.shape)
  })
  const ys = builder.node(kind, values, fixture.attributes)
  const outputs: Record<string, Value> = Object.fromEntries(ys.map((y, i) => [`y ${i}`, y]))
  const { weights, curvatures, gradients: expected = {}, vectors = {} } = fixture
  const positions = Object.keys(expected)
  const wrt = positions.map((i) => values[Number(i)] as Value)
  const total = (parts: readonly Value[]) =>
    parts.map((part) => op.reduceSum(op.cast(part, 'float64'))).reduce((a, b) => op.add(a, b))
  // Indices have no gradient.
  const floats = ys.flatMap((y, i) => (isFloat(y.dtype) ? [{ y, i }] : []))
  const linear = weights && total(floats.map(({ y, i }) => op.mul(y, builder.constant(tensorOf(weights[i])))))
  if (linear !== undefined)
    gradients(linear, wrt).forEach((g, k) => {
      outputs[`gradient ${positions[k]}`] = g
    })
  if (linear !== undefined && curvatures !== undefined) {
    const halves = curvatures.map((u) => builder.constant(tensorOf(u)))
    const curved = op.add(linear, total(floats.map(({ y, i }) => op.mul(op.mul(op.square(y), halves[i]), 0.5))))
    const directions = positions.map((i) => builder.constant(tensorOf(vectors[i])))
    hessianVector(curved, wrt, directions).forEach((product, k) => {
      outputs[`hessianVector ${positions[k]}`] = product
    })
  }
  const graph = builder.graph(kind, outputs)
  // The float64 twin would widen a cast to float32.
  return evaluate(engine, kind === 'Cast' ? graph : toFloat64(graph, operators), feeds)
}

describe('agrees with PyTorch', () => {
  it('for every operator', () => {
    expect(kindsWithFixtures().sort()).toEqual([...drawnKinds].sort())
  })

  describe.each(drawnKinds)('%s', (kind) => {
    it.each(fixturesOf(kind).map((fixture): [string, Fixture] => [fixture.note, fixture]))(
      '%s',
      async (_note, fixture) => {
        const found = await run(kind, fixture)
        fixture.outputs.forEach((output, i) => {
          const [actual, expected] = [found[`y ${i}`], tensorOf(output)]
          if (isFloat(output.dtype)) expect(typeText(actual)).toBe(typeText(expected))
          else expect(actual.shape).toEqual(expected.shape)
          expect(deviation(numbers(actual), numbers(expected), pointwise.includes(kind))).toBeLessThanOrEqual(1e-13)
        })
        for (const [part, expected] of [
          ['gradient', fixture.gradients],
          ['hessianVector', fixture.hessianVectors],
        ] as const)
          for (const [i, g] of Object.entries(expected ?? {})) {
            const actual = found[`${part} ${i}`]
            expect(typeText(actual)).toBe(typeText(tensorOf(g)))
            const [a, e] = [numbers(actual), numbers(tensorOf(g))]
            expect(
              deviation(a, e, false),
              `${part} of operand ${i}: ${a.slice(0, 20)} for ${e.slice(0, 20)}`,
            ).toBeLessThanOrEqual(1e-12)
          }
      },
    )
  })
})

describe('float64 is exact over wide ranges', () => {
  it.each(sweeps().map((sweep): [string, typeof sweep] => [sweep.op, sweep]))('%s', async (kind, sweep) => {
    const builder = new Builder(operators)
    const shape = sweep.shape ?? [sweep.values.length]
    const inputs = sweep.operands.map((_, i) => builder.input(`x${i}`, 'float64', shape))
    const graph = toFloat64(builder.graph(kind, { y: builder.node(sweep.op, inputs, sweep.attributes)[0] }), operators)
    const feeds = Object.fromEntries(sweep.operands.map((data, i) => [`x${i}`, tensor('float64', shape, data)]))
    const { y } = await evaluate(engine, graph, feeds)
    const isPointwise = pointwise.includes(sweep.op)
    const width = isPointwise ? sweep.values.length : shape[shape.length - 1]
    // Rows of a softmax have a scale each.
    for (let row = 0; row < sweep.values.length / width; row++) {
      const part = (values: readonly number[]) => values.slice(row * width, (row + 1) * width)
      expect(deviation(part(numbers(y)), part(sweep.values), isPointwise)).toBeLessThanOrEqual(1e-13)
    }
  })
})
