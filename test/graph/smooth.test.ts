/**
 * @file What the drawn cases and PyTorch's fixtures do not show of Erf, Gelu, Softplus, Elu and Clip: the float32 kernels far
 * out, constants that float32 cannot hold, infinities, and where our derivatives differ from PyTorch's.
 */
import { describe, expect, it } from 'vitest'
import { numbers, tensor } from '../../src/base/tensor.ts'
import { evaluate } from '../../src/engine/engine.ts'
import { gradients, hessianVector } from '../../src/graph/autodiff.ts'
import { toFloat64 } from '../../src/graph/float64.ts'
import { Builder } from '../../src/graph/graph.ts'
import * as op from '../../src/graph/op.ts'
import { operators } from '../../src/graph/ops/index.ts'
import type { Value } from '../../src/graph/types.ts'
import { engine, valuesOf } from './evaluate.ts'

type Function = (x: Value) => Value

/** y and its slope in float32. */
async function inFloat32(f: Function, points: readonly number[]): Promise<{ y: number[]; slope: number[] }> {
  const builder = new Builder(operators)
  const x = builder.input('x', 'float32', [points.length])
  const y = f(x)
  const graph = builder.graph('g', { y, slope: gradients(op.reduceSum(y), [x])[0] })
  const found = await evaluate(engine, graph, { x: tensor('float32', x.shape, points) })
  return { y: numbers(found.y), slope: numbers(found.slope) }
}

const far = [-1e30, -700, -100, 100, 700, 1e30]

describe('float32 far out: no overflow on the way, in value or slope', () => {
  it.each<[string, Function, readonly number[], readonly number[]]>([
    ['erf', op.erf, [-1, -1, -1, 1, 1, 1], [0, 0, 0, 0, 0, 0]],
    ['gelu', op.gelu, [0, 0, 0, 100, 700, 1e30], [0, 0, 0, 1, 1, 1]],
    ['softplus', op.softplus, [0, 0, Math.exp(-100), 100, 700, 1e30], [0, 0, Math.exp(-100), 1, 1, 1]],
    ['elu', op.elu, [-1, -1, -1, 100, 700, 1e30], [0, 0, 0, 1, 1, 1]],
    ['clip', (x) => op.clip(x, -200, 200), [-200, -200, -100, 100, 200, 200], [0, 0, 1, 1, 0, 0]],
  ])('%s', async (_name, f, values, slopes) => {
    const { y, slope } = await inFloat32(f, far)
    values.forEach((value, i) => expect(Math.abs(y[i] - value)).toBeLessThanOrEqual(1e-7 * Math.abs(value) + 1e-43))
    // At −100 softplus and its slope, 4e-44, are below the smallest normal float32.
    slopes.forEach((value, i) => expect(Math.abs(slope[i] - value)).toBeLessThanOrEqual(1e-7 * value + 1e-43))
  })

  // The cube overflows, and with it the slope, at 2e12: by then gelu is a line, and no activation is as large.
  it('gelu by tanh, up to 1e6', async () => {
    const { y, slope } = await inFloat32((x) => op.gelu(x, 'tanh'), [-1e6, -100, 100, 1e6])
    expect([y.map((value) => value + 0), slope.map((value) => value + 0)]).toEqual([
      [0, 0, 100, 1e6],
      [0, 0, 1, 1],
    ])
  })
})

describe('float32 against the float64 twin', () => {
  const points = [-3, -1.5, -0.6, -0.4, -1e-3, 1e-3, 0.4, 0.6, 1.5, 3]
  it.each<[string, Function]>([
    ['erf', op.erf],
    ['gelu', op.gelu],
    ['gelu tanh', (x) => op.gelu(x, 'tanh')],
    ['softplus', op.softplus],
    ['elu', (x) => op.elu(x, 0.7)],
  ])('%s: value and slope agree to float32', async (_name, f) => {
    const builder = new Builder(operators)
    const x = builder.input('x', 'float32', [points.length])
    const y = f(x)
    const graph = builder.graph('g', { y, slope: gradients(op.reduceSum(y), [x])[0] })
    const twin = await valuesOf(toFloat64(graph, operators), { x: points.map(Math.fround) })
    const single = await inFloat32(f, points)
    for (const part of ['y', 'slope'] as const)
      single[part].forEach((value, i) => expect(Math.abs(value - twin[part][i])).toBeLessThan(5e-7))
  })
})

describe('the float64 twin of a float32 gradient holds constants that float32 cannot', () => {
  // By 60-digit arithmetic (mpmath): 2/√π·e^(−1/4); Φ(½) + ½φ(½); the derivative of ½x(1 + tanh(√(2/π)(x + 0.044715x³))) at ½.
  it.each<[string, Function, number]>([
    ['erf', op.erf, 0.8787825789354448],
    ['gelu', op.gelu, 0.8674951246561629],
    ['gelu tanh', (x) => op.gelu(x, 'tanh'), 0.8673699035346423],
  ])('%s', async (_name, f, expected) => {
    const builder = new Builder(operators)
    const x = builder.input('x', 'float32', [])
    const graph = builder.graph('g', { slope: gradients(f(x), [x])[0] })
    const { slope } = await valuesOf(toFloat64(graph, operators), { x: [0.5] })
    expect(Math.abs(slope[0] - expected)).toBeLessThan(1e-14)
  })
})

describe('where PyTorch is otherwise', () => {
  it('at 0 the curvature of elu is that of the side below, as its slope is', async () => {
    const builder = new Builder(operators)
    const x = builder.input('x', 'float64', [])
    const y = op.elu(x, 0.5)
    const [slope] = gradients(y, [x])
    const [curvature] = hessianVector(y, [x], [builder.scalar('float64', 1)])
    expect(await valuesOf(builder.graph('g', { slope, curvature }), { x: [0] })).toEqual({
      slope: [0.5],
      curvature: [0.5],
    })
  })

  it('two computed bounds that are equal share: an element between them, ¼, ¼ and ½', async () => {
    const builder = new Builder(operators)
    const [x, low, high] = ['x', 'low', 'high'].map((name) => builder.input(name, 'float64', []))
    const [dx, dLow, dHigh] = gradients(op.clip(x, low, high), [x, low, high])
    const graph = builder.graph('g', { dx, dLow, dHigh })
    expect(await valuesOf(graph, { x: [2], low: [2], high: [2] })).toEqual({ dx: [0.25], dLow: [0.25], dHigh: [0.5] })
  })
})

describe('clip', () => {
  const clipped = async (build: Function, points: readonly number[]) => (await inFloat32(build, points)).y

  it('lets infinities through where there is no bound; the kernel alone would not', async () => {
    expect(await clipped((x) => op.clip(x, 0), [-1, Number.POSITIVE_INFINITY])).toEqual([0, Number.POSITIVE_INFINITY])
    expect(await clipped((x) => op.clip(x, undefined, 0), [1, Number.NEGATIVE_INFINITY])).toEqual([
      0,
      Number.NEGATIVE_INFINITY,
    ])
  })

  it('without bounds is the value itself', () => {
    const x = new Builder(operators).input('x', 'float32', [2])
    expect(op.clip(x)).toBe(x)
  })

  it('an open side costs nothing in the gradient', () => {
    const builder = new Builder(operators)
    const x = builder.input('x', 'float32', [])
    const graph = builder.graph('g', { slope: gradients(op.clip(x, 0), [x])[0] })
    expect(graph.nodes.map(({ kind }) => kind)).toEqual(['Clip', 'Greater', 'Where'])
  })
})

describe('what does not fit', () => {
  const builder = new Builder(operators)
  const x = builder.input('x', 'float32', [2, 3])
  const whole = builder.input('whole', 'int64', [2])
  it.each<[string, () => unknown, string]>([
    ['gelu of integers', () => op.gelu(whole), 'Gelu: whole is int64, expected float32 or float64'],
    [
      'gelu by another name',
      () => builder.node('Gelu', [x], { approximate: 'fast' }),
      "Gelu: approximate is 'fast', expected 'none' or 'tanh'",
    ],
    [
      'bounds of a row',
      () => op.clip(x, builder.input('low', 'float32', [3])),
      'the lower bound is float32[3], expected float32[]',
    ],
    [
      'bounds of another dtype',
      () => op.clip(x, 0, builder.scalar('float64', 1)),
      'the upper bound is float64[], expected float32[]',
    ],
  ])('%s', (_what, make, message) => expect(make).toThrow(message))
})
