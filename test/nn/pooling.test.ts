/** @file Pooling layers: values and gradients as PyTorch gives them, shapes, any batch size, messages. */
import { describe, expect, test } from 'vitest'
import { Builder } from '../../src/graph/graph.ts'
import { operators } from '../../src/graph/ops/index.ts'
import { freeBatch } from '../../src/graph/symbolic.ts'
import { type Layer, ModelContext } from '../../src/nn/model.ts'
import * as nn from '../../src/nn/nn.ts'
import { failure } from '../data/failure.ts'
import { poolingCases } from './fixtures.ts'
import { apart, build, layerInFloat64 } from './twin.ts'

describe('PyTorch’s float64 values and gradients', () => {
  const rectangle = { stride: [1, 2], padding: [0, 1] } as const
  const models: Record<string, Layer> = {
    maxPool: nn.maxPool(2),
    'maxPool, overlapping, padded': nn.maxPool(3, { stride: 2, padding: 1 }),
    'maxPool, rectangle': nn.maxPool([2, 3], rectangle),
    averagePool: nn.averagePool(2),
    'averagePool, overlapping, padded': nn.averagePool(3, { stride: 2, padding: 1 }),
    'averagePool, rectangle': nn.averagePool([2, 3], rectangle),
    globalAveragePool: nn.globalAveragePool(),
  }
  test('every case has its model', () => expect(Object.keys(models)).toEqual(Object.keys(poolingCases)))

  // 1e-14 of the greatest entry: 45 roundings of float64, for sums of at most 20 numbers.
  test.each(Object.entries(models))('%s', async (name, model) => {
    const { input, cotangent, output, inputGradient } = poolingCases[name]
    expect(build(model, input.shape).y.shape).toEqual(output.shape)
    const found = await layerInFloat64(model, input, cotangent)
    expect(apart(found.output, output.values)).toBeLessThan(1e-14)
    expect(apart(found['gradient/input'], inputGradient.values)).toBeLessThan(1e-14)
  })

  test('the comparison sees another window', async () => {
    const { input, cotangent, output, inputGradient } = poolingCases['maxPool, overlapping, padded']
    const other = await layerInFloat64(nn.maxPool([2, 3], { stride: 2, padding: 1 }), input, cotangent)
    expect(apart(other.output, output.values)).toBeGreaterThan(1e-3)
    const mean = await layerInFloat64(nn.averagePool(3, { stride: 2, padding: 1 }), input, cotangent)
    expect(apart(mean['gradient/input'], inputGradient.values)).toBeGreaterThan(1e-3)
  })
})

test('after a convolutional net: pictures to scores, for any batch size', () => {
  const model = nn.sequential(
    nn.maxPool(2),
    nn.averagePool(3, { stride: 1, padding: 1 }),
    nn.globalAveragePool(),
    nn.dense(4),
  )
  const net = (batch: number) => {
    const builder = new Builder(operators)
    const context = new ModelContext(builder, false)
    return builder.graph('net', { y: model.build(builder.input('x', 'float32', [batch, 3, 9, 8]), context) })
  }
  const { graph, dimensions } = freeBatch(net, operators)
  expect(graph.outputs.map(dimensions)).toEqual([['batch', 4]])
})

test('layers are named after their kind, or as is asked', () => {
  const { y } = build(nn.sequential(nn.maxPool(2), nn.maxPool(2, { name: 'pool' }), nn.averagePool(1)), [1, 1, 4, 4])
  const second = y.node?.inputs[0]
  const first = second?.node?.inputs[0]
  expect([first?.name, second?.name, y.name]).toEqual(['maxPool1.maxpool', 'pool.maxpool', 'averagePool1.averagepool'])
})

describe('what does not fit', () => {
  test.each<[string, () => unknown, string]>([
    ['size 0', () => nn.maxPool(0), 'usage: size is 0, expected a whole number from 1 up'],
    ['half a size', () => nn.averagePool([2, 1.5]), 'usage: size is 1.5, expected a whole number from 1 up'],
    [
      'three sizes',
      () => nn.maxPool([2, 2, 2] as unknown as [number, number]),
      'usage: size has 3 numbers, expected one, or [height, width]',
    ],
    ['stride 0', () => nn.maxPool(2, { stride: 0 }), 'usage: stride is 0, expected a whole number from 1 up'],
    [
      'padding as large as the window',
      () => nn.maxPool([3, 2], { padding: 2 }),
      "usage: padding is 2×2, expected less than the window's 3×2",
    ],
    [
      'an option that does not exist',
      () => nn.averagePool(2, { strides: 2 } as object),
      "usage: averagePool has no option 'strides' → did you mean 'stride'?",
    ],
    [
      'features',
      () => build(nn.maxPool(2), [8, 64]),
      'shape: maxPool takes [batch, channels, height, width], got float32[8,64] → put it in front of nn.flatten()',
    ],
    [
      'pictures without channels',
      () => build(nn.globalAveragePool(), [8, 28, 28]),
      'shape: globalAveragePool takes [batch, channels, height, width], got float32[8,28,28] → pictures of one channel have the shape [1, height, width]',
    ],
    [
      'a window larger than the picture',
      () => build(nn.maxPool(3), [8, 4, 2, 2]),
      'shape: the window of maxPool is 3×3, but the picture float32[8,4,2,2] is 2×2 → take a smaller window, or pool less before it',
    ],
    [
      'a window larger than the padded picture',
      () => build(nn.averagePool([5, 2], { padding: 1 }), [8, 4, 2, 2]),
      'shape: the window of averagePool is 5×2, but the picture float32[8,4,2,2] is 4×4 with its padding → take a smaller window, or pool less before it',
    ],
  ])('%s', async (_, make, told) => expect(await failure(make)).toBe(told))
})
