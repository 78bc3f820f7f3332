/** @file Convolutional layers: values and gradients as PyTorch gives them, parameters and fans, 'same' padding, messages. */
import { describe, expect, test } from 'vitest'
import { RandomStream } from '../../src/base/random.ts'
import { Builder } from '../../src/graph/graph.ts'
import { operators } from '../../src/graph/ops/index.ts'
import { freeBatch } from '../../src/graph/symbolic.ts'
import { constant } from '../../src/nn/init.ts'
import { initialValue, type Layer, ModelContext } from '../../src/nn/model.ts'
import * as nn from '../../src/nn/nn.ts'
import { failure } from '../data/failure.ts'
import { convolutionCases } from './fixtures.ts'
import { apart, build, layerInFloat64, run } from './twin.ts'

describe('PyTorch’s float64 values and gradients', () => {
  const models: Record<string, Layer> = {
    conv2d: nn.conv2d(3, [2, 3]),
    'conv2d without bias': nn.conv2d(2, 2, { bias: false }),
    'conv2d, strided, padded, dilated': nn.conv2d(2, [3, 2], { stride: [2, 1], padding: [2, 1], dilation: [1, 2] }),
    'conv2d, groups': nn.conv2d(6, 2, { groups: 2, padding: 1 }),
    'conv2d, depthwise': nn.conv2d(3, 3, { groups: 3, padding: 'valid' }),
    'conv2d, same': nn.conv2d(2, [2, 3], { padding: 'same', dilation: [1, 2] }),
    'conv2d, same, strided': nn.conv2d(2, [2, 4], { padding: 'same', stride: [2, 3] }),
    convTranspose2d: nn.convTranspose2d(3, [2, 3]),
    'convTranspose2d without bias': nn.convTranspose2d(1, 2, { bias: false }),
    'convTranspose2d, groups, all options': nn.convTranspose2d(2, [3, 2], {
      stride: [2, 3],
      padding: [1, 0],
      outputPadding: [1, 2],
      dilation: [2, 1],
      groups: 2,
    }),
    'convTranspose2d, output padding beyond the stride': nn.convTranspose2d(2, 2, {
      stride: [1, 2],
      padding: [0, 1],
      outputPadding: [2, 3],
      dilation: [3, 4],
    }),
  }
  test('every case has its model', () => expect(Object.keys(models)).toEqual(Object.keys(convolutionCases)))

  test.each(Object.entries(models))('%s', async (name, model) => {
    const { input, cotangent, output, inputGradient, parameters } = convolutionCases[name]
    expect(build(model, input.shape).y.shape).toEqual(output.shape)
    const shapes = build(model, input.shape).context.parameters.map((p) => [p.name, p.value.shape])
    expect(Object.fromEntries(shapes)).toEqual(
      Object.fromEntries(Object.entries(parameters).map(([key, { value }]) => [key, value.shape])),
    )
    const values = Object.fromEntries(Object.entries(parameters).map(([key, { value }]) => [key, value]))
    const found = await layerInFloat64(model, input, cotangent, values)
    expect(apart(found.output, output.values)).toBeLessThan(1e-13)
    expect(apart(found['gradient/input'], inputGradient.values)).toBeLessThan(1e-13)
    for (const [key, { gradient }] of Object.entries(parameters))
      expect(apart(found[`gradient/${key}`], gradient.values)).toBeLessThan(1e-13)
  })
})

const parametersOf = (model: Layer, shape: readonly number[]) => build(model, shape).context.parameters

describe('parameters', () => {
  test('names, and which are penalised', () => {
    const model = nn.sequential(nn.conv2d(4, 3), nn.relu(), nn.convTranspose2d(2, 3), nn.conv2d(1, 1, { bias: false }))
    const found = parametersOf(model, [2, 3, 8, 8]).map(({ name, penalised }) => [name, penalised])
    expect(found).toEqual([
      ['conv2d1.weight', true],
      ['conv2d1.bias', false],
      ['convTranspose2d1.weight', true],
      ['convTranspose2d1.bias', false],
      ['conv2d2.weight', true],
    ])
  })
  // By hand: channels / groups · 3 · 2 and filters / groups · 3 · 2; a transpose of stride 2·1 adds up half as many.
  test.each<[string, Layer, number, number]>([
    ['conv2d', nn.conv2d(4, [3, 2]), 36, 24],
    ['conv2d, groups', nn.conv2d(4, [3, 2], { groups: 2, stride: 2 }), 18, 12],
    ['convTranspose2d', nn.convTranspose2d(4, [3, 2]), 36, 24],
    ['convTranspose2d, strided, groups', nn.convTranspose2d(4, [3, 2], { groups: 2, stride: [2, 1] }), 9, 12],
  ])('fans of %s', (_, model, fanIn, fanOut) => {
    for (const { fans } of parametersOf(model, [2, 6, 8, 8])) expect(fans).toEqual({ fanIn, fanOut })
  })
  test('He makes normal inputs twice as large in the square, of strided transposes too', async () => {
    for (const model of [nn.conv2d(8, 4, { stride: 2 }), nn.convTranspose2d(8, 4, { stride: 2, padding: 1 })]) {
      const { context, y } = build(model, [1, 16, 40, 40])
      const stream = new RandomStream(2, 'input')
      const feeds: Record<string, readonly number[]> = {
        input: Array.from({ length: 16 * 1600 }, () => stream.normal()),
      }
      for (const parameter of context.parameters) feeds[parameter.name] = [...initialValue(parameter, 3).data]
      const { y: found } = await run(context.builder.graph('g', { y }), feeds)
      const square = found.reduce((sum, value) => sum + value * value, 0) / found.length
      // 2,048 weights: Σw² is off by √(2/2048), 3%. With PyTorch's fan of a transpose, 128 for 64, it would be 1.
      expect(Math.abs(square / 2 - 1)).toBeLessThan(0.15)
    }
  })
  test('the bias starts as asked for', () => {
    const [, bias] = parametersOf(nn.conv2d(2, 1, { bias: constant(0.5) }), [1, 1, 2, 2])
    expect([...initialValue(bias, 1).data]).toEqual([0.5, 0.5])
  })
})

describe('output sizes', () => {
  test.each<[string, Layer, number[]]>([
    ['valid', nn.conv2d(2, 3), [5, 6]],
    ['same', nn.conv2d(2, 3, { padding: 'same' }), [7, 8]],
    ['same, even kernel', nn.conv2d(2, 2, { padding: 'same' }), [7, 8]],
    ['same, stride 3', nn.conv2d(2, [5, 1], { padding: 'same', stride: 3 }), [3, 3]],
    ['a number', nn.conv2d(2, 3, { padding: 2, stride: 2 }), [5, 5]],
    ['doubled', nn.convTranspose2d(2, 4, { stride: 2, padding: 1 }), [14, 16]],
  ])('%s', (_, model, expected) => expect(build(model, [1, 1, 7, 8]).y.shape).toEqual([1, 2, ...expected]))

  test('a net of them is exported for any batch size', () => {
    const model = nn.sequential(nn.conv2d(4, 3, { padding: 'same', stride: 2 }), nn.convTranspose2d(2, 2), nn.flatten())
    const { graph, dimensions } = freeBatch((batch) => {
      const context = new ModelContext(new Builder(operators), false)
      const x = context.builder.input('x', 'float32', [batch, 1, 8, 8])
      return context.builder.graph('net', { y: model.build(x, context) })
    }, operators)
    expect(graph.outputs.map(dimensions)).toEqual([['batch', 50]])
  })
})

describe('what does not fit', () => {
  const hint = "give examples that shape first: nn.functional('picture', (x) => op.reshape(x, [x.shape[0], 1, 28, 28]))"
  test.each<[string, Layer, number[], string]>([
    [
      'rows of numbers',
      nn.conv2d(3, 3),
      [2, 784],
      `shape: conv2d takes [batch, channels, height, width], got float32[2,784] → ${hint}`,
    ],
    [
      'pictures without channels',
      nn.convTranspose2d(3, 3),
      [2, 28, 28],
      `shape: convTranspose2d takes [batch, channels, height, width], got float32[2,28,28] → ${hint}`,
    ],
    [
      'channels',
      nn.conv2d(4, 3, { groups: 2 }),
      [2, 3, 8, 8],
      'shape: conv2d shares out 3 channels among 2 groups, expected a number of groups that divides them',
    ],
    [
      'a kernel larger than the picture',
      nn.sequential(nn.conv2d(4, 5, { padding: 1 })),
      [1, 1, 2, 2],
      'shape: conv2d1 (Conv): the kernel reaches over 5 along axis 2, the padded input has 4; inputs: input: float32[1,1,2,2], ' +
        'conv2d1.weight: float32[4,1,5,5], conv2d1.bias: float32[4] → use a smaller kernel or dilation, or more padding',
    ],
  ])('%s', async (_, model, shape, told) => expect(await failure(() => build(model, shape))).toBe(told))

  const pair = 'expected a whole number from 1 up, or [height, width]'
  test.each<[string, () => unknown, string]>([
    ['filters', () => nn.conv2d(0, 3), 'usage: filters is 0, expected a whole number from 1 up'],
    ['kernel', () => nn.conv2d(1, 0), `usage: kernel is 0, ${pair}`],
    ['kernel of three', () => nn.conv2d(1, [1, 2, 3] as never), `usage: kernel is [1, 2, 3], ${pair}`],
    ['stride', () => nn.conv2d(1, 3, { stride: 1.5 }), `usage: stride is 1.5, ${pair}`],
    ['dilation', () => nn.convTranspose2d(1, 3, { dilation: [1, 0] }), `usage: dilation is [1, 0], ${pair}`],
    ['groups', () => nn.conv2d(3, 3, { groups: 2 }), 'usage: filters is 3, expected a multiple of groups, which is 2'],
    ['padding', () => nn.conv2d(1, 3, { padding: 'SAME' as never }), `usage: padding is "SAME" → did you mean 'same'?`],
    [
      'negative padding',
      () => nn.conv2d(1, 3, { padding: -1 }),
      'usage: padding is -1, expected a whole number from 0 up, or [height, width]',
    ],
    [
      'same, transposed',
      () => nn.convTranspose2d(1, 3, { padding: 'same' as never }),
      'usage: padding is "same", expected a whole number from 0 up, or [height, width]',
    ],
    [
      'outputPadding',
      () => nn.convTranspose2d(1, 3, { stride: 2, outputPadding: 2 }),
      'usage: outputPadding is 2, expected less than the stride or the dilation',
    ],
    [
      'an option',
      () => nn.conv2d(1, 3, { strides: 2 } as never),
      "usage: conv2d has no option 'strides' → did you mean 'stride'?",
    ],
  ])('%s', async (_, make, told) => expect(await failure(make)).toContain(told))
})
