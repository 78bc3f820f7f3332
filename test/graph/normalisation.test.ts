/** @file Normalisation by hand: running values, large means in float32, channels that do not vary, and what is refused. */
import { describe, expect, it } from 'vitest'
import { RandomStream } from '../../src/base/random.ts'
import { numbers, type Shape, sizeOf, tensor } from '../../src/base/tensor.ts'
import { evaluate } from '../../src/engine/engine.ts'
import { gradients } from '../../src/graph/autodiff.ts'
import { Builder } from '../../src/graph/graph.ts'
import * as op from '../../src/graph/op.ts'
import { operators } from '../../src/graph/ops/index.ts'
import { readModel, writeModel } from '../../src/graph/proto.ts'
import { freeBatch } from '../../src/graph/symbolic.ts'
import { parseGraph, printGraph } from '../../src/graph/text.ts'
import type { Graph, Value } from '../../src/graph/types.ts'
import { engine, valuesOf } from './evaluate.ts'

const values = (builder: Builder, length: number, ...names: string[]) =>
  names.map((name) => builder.input(name, 'float32', [length]))

function training(shape: Shape, options: { epsilon?: number; momentum?: number } = {}): Graph {
  const builder = new Builder(operators)
  const x = builder.input('x', 'float32', shape)
  const [scale, bias, mean, variance] = values(builder, shape[1], 'scale', 'bias', 'mean', 'variance')
  const [y, m, v] = op.batchNormalizationTraining(x, scale, bias, mean, variance, options)
  return builder.graph('training', { y, m, v })
}

const one = { scale: [1], bias: [0], mean: [1], variance: [2] }

describe('batch normalisation in training', () => {
  it("moves the running values by ONNX's definition: the variance is the population's", async () => {
    // 1, 2, 3, 6: mean 3, variance (4 + 1 + 0 + 9)/4 = 3.5. With momentum 3/4: 3/4·1 + 1/4·3 and 3/4·2 + 1/4·3.5.
    const found = await valuesOf(training([2, 1, 2], { momentum: 0.75 }), { x: [1, 2, 3, 6], ...one })
    expect([found.m, found.v]).toEqual([[1.5], [2.375]])
    const root = Math.sqrt(3.5 + Math.fround(1e-5))
    found.y.forEach((y, i) => expect(y).toBeCloseTo([-2, -1, 0, 3][i] / root, 14))
  })

  it('gives the batch statistics themselves with momentum 0, and keeps the old ones with 1', async () => {
    const feeds = { x: [1, 2, 3, 6], ...one }
    const now = await valuesOf(training([4, 1], { momentum: 0 }), feeds)
    expect([now.m, now.v]).toEqual([[3], [3.5]])
    const old = await valuesOf(training([4, 1], { momentum: 1 }), feeds)
    expect([old.m, old.v]).toEqual([[1], [2]])
  })

  it('gives the bias where a channel does not vary, and a finite gradient', async () => {
    const builder = new Builder(operators)
    const x = builder.input('x', 'float32', [3, 1])
    const [scale, bias, mean, variance] = values(builder, 1, 'scale', 'bias', 'mean', 'variance')
    const [y] = op.batchNormalizationTraining(x, scale, bias, mean, variance)
    const weights = builder.constant(tensor('float32', [3, 1], [1, 2, 6]))
    const [dx] = gradients(op.reduceSum(op.mul(y, weights)), [x])
    const found = await valuesOf(builder.graph('g', { y, dx }), { x: [5, 5, 5], ...one, bias: [0.5] })
    expect(found.y).toEqual([0.5, 0.5, 0.5])
    // (w − mean of w)/√epsilon.
    const root = Math.sqrt(Math.fround(1e-5))
    found.dx.forEach((d, i) => expect(d).toBeCloseTo([-2, -1, 3][i] / root, 10))
  })
})

/** What float32 must give for a mean of 1000 and a deviation of 1: its inputs are exact to 3e-5 of a deviation. */
describe('a mean of 1000 costs float32 no more than its own rounding', () => {
  const shape = [4, 6, 10]
  const stream = new RandomStream(1, 'x')
  const x = Float32Array.from({ length: sizeOf(shape) }, () => 1000 + stream.normal())

  /** (x − mean)/√(variance + epsilon) in float64, for groups of elements. */
  function expected(groupOf: (i: number) => number): { y: number[]; mean: number[]; variance: number[] } {
    const groups = new Map<number, number[]>()
    x.forEach((value, i) => groups.set(groupOf(i), [...(groups.get(groupOf(i)) ?? []), value]))
    const stats = [...groups]
      .sort(([a], [b]) => a - b)
      .map(([, members]) => {
        const mean = members.reduce((a, b) => a + b) / members.length
        return { mean, variance: members.reduce((sum, value) => sum + (value - mean) ** 2, 0) / members.length }
      })
    const y = Array.from(x, (value, i) => {
      const { mean, variance } = stats[groupOf(i)]
      return (value - mean) / Math.sqrt(variance + 1e-5)
    })
    return { y, mean: stats.map(({ mean }) => mean), variance: stats.map(({ variance }) => variance) }
  }

  async function run(build: (x: Value, of: (length: number, value: number) => Value) => Record<string, Value>) {
    const builder = new Builder(operators)
    const input = builder.input('x', 'float32', shape)
    const of = (length: number, value: number) =>
      builder.constant(tensor('float32', [length], new Array<number>(length).fill(value)))
    const graph = builder.graph('g', build(input, of))
    const found = await evaluate(engine, graph, { x: tensor('float32', shape, x) })
    return Object.fromEntries(Object.entries(found).map(([name, output]) => [name, numbers(output)]))
  }

  const close = (found: readonly number[], wanted: readonly number[], tolerance: number) =>
    found.forEach((value, i) => expect(Math.abs(value - wanted[i])).toBeLessThan(tolerance))

  it('BatchNormalization', async () => {
    const found = await run((input, of) => {
      const [y, m, v] = op.batchNormalizationTraining(input, of(6, 1), of(6, 0), of(6, 0), of(6, 0), { momentum: 0 })
      return { y, m, v }
    })
    const { y, mean, variance } = expected((i) => Math.floor(i / 10) % 6)
    close(found.y, y, 3e-4)
    close(found.m, mean, 3e-4)
    close(found.v, variance, 3e-4)
  })

  it.each([[[4096, 8]], [[2, 2, 64, 64]]])('and neither do many values: %j', async (wide) => {
    const builder = new Builder(operators)
    const input = builder.input('x', 'float32', wide)
    const [ones, zeros] = [1, 0].map((value) => op.full(builder, { dtype: 'float32', shape: [wide[1]] }, value))
    const [, mean] = op.batchNormalizationTraining(input, ones, zeros, zeros, zeros, { momentum: 0 })
    const data = Float32Array.from({ length: sizeOf(wide) }, () => 1000 + stream.normal())
    const found = await evaluate(engine, builder.graph('g', { mean }), { x: tensor('float32', wide, data) })
    const [, channels] = wide
    const places = sizeOf(wide.slice(2))
    const sums = new Array<number>(channels).fill(0)
    data.forEach((value, i) => {
      sums[Math.floor(i / places) % channels] += value
    })
    close(
      numbers(found.mean),
      sums.map((sum) => (sum * channels) / data.length),
      3e-4,
    )
  })

  it('LayerNormalization', async () => {
    const found = await run((input, of) => ({ y: op.layerNormalization(input, of(10, 1)) }))
    close(found.y, expected((i) => Math.floor(i / 10)).y, 3e-4)
  })

  it('GroupNormalization', async () => {
    const found = await run((input, of) => ({ y: op.groupNormalization(input, of(3, 1), of(3, 0), 3) }))
    close(found.y, expected((i) => Math.floor(i / 20)).y, 3e-4)
  })
})

describe('the batch size stays free', () => {
  it.each<[string, (x: Value, of: (...shape: number[]) => Value) => Value]>([
    ['BatchNormalization', (x, of) => op.batchNormalization(x, of(4), of(4), of(4), of(4))],
    ['LayerNormalization', (x, of) => op.layerNormalization(x, of(4, 2), undefined, { axis: 1 })],
    ['GroupNormalization', (x, of) => op.groupNormalization(x, of(2), of(2), 2)],
  ])('%s', (_kind, build) => {
    const { graph, dimensions } = freeBatch((batch) => {
      const builder = new Builder(operators)
      const x = builder.input('x', 'float32', [batch, 4, 2])
      return builder.graph('g', { y: build(x, (...shape) => op.full(builder, { dtype: 'float32', shape }, 1)) })
    }, operators)
    expect(dimensions(graph.outputs[0])).toEqual(['batch', 4, 2])
  })
})

describe('a training node is written and read with its three outputs', () => {
  it('as ONNX and as text', () => {
    const graph = training([2, 3], { epsilon: 0.25, momentum: 0.5 })
    expect(printGraph(readModel(writeModel(graph), operators))).toBe(printGraph(graph))
    expect(printGraph(parseGraph(printGraph(graph), operators))).toBe(printGraph(graph))
    expect(printGraph(graph)).toContain(
      'y, m, v = BatchNormalization <epsilon: float = 0.25, momentum: float = 0.5, training_mode: int = 1> (x,',
    )
  })
})

describe('what does not fit is refused', () => {
  const text = (line: string) => `
    g (float[2,4,3] x, float[4] c, float[2] two, float[4,3] wide) => (float[2,4,3] y) { ${line} }`
  it.each([
    ['y = BatchNormalization (x, c, c, c, two)', 'two is float32[2], expected [4], one number for each channel'],
    ['y, m = BatchNormalization (x, c, c, c, c)', 'gives statistics outside of training mode'],
    ['y = GroupNormalization <num_groups = 3> (x, two, two)', 'num_groups is 3, expected a divisor of the 4 channels'],
    ['y = GroupNormalization (x, two, two)', 'num_groups is undefined, expected a divisor of the 4 channels'],
    ['y = GroupNormalization <num_groups = 2> (x, two, c)', 'c is float32[4], expected [2], one number for each group'],
    ['y = LayerNormalization <axis = 1> (x, c)', 'c is float32[4], expected [4,3], the normalised shape'],
    ['y = LayerNormalization <axis = 3> (x, c)', 'names axis 3, expected a whole number from -3 to 2'],
    ['y = LayerNormalization <axis = 1, stash_type = 11> (x, wide)', 'stash_type is 11, expected 1'],
  ])('%s', (line, message) => {
    expect(() => parseGraph(text(line), operators)).toThrow(message)
  })

  it('per-channel scales of groups before opset 21, and others from then on', () => {
    const model = (opset: number, scale: string) =>
      `<ir_version: 9, opset_import: ["" : ${opset}]> ${text(`y = GroupNormalization <num_groups = 2> (x, ${scale}, ${scale})`)}`
    expect(() => parseGraph(model(20, 'c'), operators)).toThrow('expected [2], one number for each group')
    expect(() => parseGraph(model(21, 'two'), operators)).toThrow('expected [4], one for each channel')
    for (const [opset, scale] of [
      [20, 'two'],
      [21, 'c'],
    ] as const)
      parseGraph(model(opset, scale), operators)
  })
})
