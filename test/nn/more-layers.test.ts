/** @file Recurrent layers, embeddings, maxout, residual blocks: values and gradients as PyTorch gives them, names, first values, messages. */
import { describe, expect, test } from 'vitest'
import { numbers } from '../../src/base/tensor.ts'
import { operators } from '../../src/graph/ops/index.ts'
import { freeBatch } from '../../src/graph/symbolic.ts'
import { constant } from '../../src/nn/init.ts'
import { initialValue, type Layer } from '../../src/nn/model.ts'
import * as nn from '../../src/nn/nn.ts'
import { failure } from '../data/failure.ts'
import { moreLayerCases } from './fixtures.ts'
import { apart, build, layerInFloat64, run } from './twin.ts'

describe('PyTorch’s float64 values and gradients', () => {
  const unrolled = { recurrent: nn.recurrent, lstm: nn.lstm, gru: nn.gru }
  const models: Record<string, Layer> = Object.fromEntries(
    Object.entries(unrolled).flatMap(([name, layer]): [string, Layer][] => [
      [`${name}, last`, layer(2)],
      [`${name}, all`, layer(2, { returns: 'all' })],
      [`${name}, no bias`, layer(3, { bias: false })],
      [`${name}, one step`, layer(2)],
    ]),
  )
  Object.assign(models, {
    'dense on a sequence': nn.dense(2),
    embedding: nn.embedding(5, 3),
    'embedding, one each': nn.embedding(5, 3),
    maxout: nn.maxout(2, { pieces: 3 }),
    residual: nn.residual(nn.dense(4), nn.tanh(), nn.dense(3)),
    'residual, shortcut': nn.residual(nn.dense(2), nn.tanh(), { shortcut: nn.dense(2) }),
    'embedding, lstm, gru, dense': nn.sequential(
      nn.embedding(5, 3),
      nn.lstm(2, { returns: 'all' }),
      nn.gru(3),
      nn.dense(2),
    ),
  })
  test('every case has its model', () => expect(Object.keys(models)).toEqual(Object.keys(moreLayerCases)))

  test.each(Object.entries(models))('%s', async (name, model) => {
    const { input, cotangent, output, inputGradient, parameters } = moreLayerCases[name]
    const values = Object.fromEntries(Object.entries(parameters).map(([key, { value }]) => [key, value]))
    const found = await layerInFloat64(model, input, cotangent, values)
    expect(apart(found.output, output.values)).toBeLessThan(1e-13)
    if (inputGradient !== undefined) expect(apart(found['gradient/input'], inputGradient.values)).toBeLessThan(1e-13)
    expect(Object.keys(found)).toHaveLength(2 + Object.keys(parameters).length)
    for (const [key, { gradient }] of Object.entries(parameters))
      expect(apart(found[`gradient/${key}`], gradient.values)).toBeLessThan(1e-13)
  })

  test('the comparison sees gates in another order, and the reset gate before the product', async () => {
    const { input, cotangent, output, parameters } = moreLayerCases['gru, last']
    const swap = ([r1, r2, z1, z2, ...n]: readonly number[]) => [z1, z2, r1, r2, ...n]
    const values = Object.fromEntries(Object.entries(parameters).map(([key, { value }]) => [key, value]))
    const { bias, recurrentBias } = values
    const swapped = { ...values, bias: { ...bias, values: swap(bias.values) } }
    expect(apart((await layerInFloat64(nn.gru(2), input, cotangent, swapped)).output, output.values)).toBeGreaterThan(
      1e-3,
    )
    // The recurrent bias outside of the reset gate's product is a bias like the others.
    const moved = {
      ...values,
      bias: { ...bias, values: bias.values.map((b, i) => (i < 4 ? b : b + recurrentBias.values[i - 4])) },
      recurrentBias: { ...recurrentBias, values: [0, 0] },
    }
    expect(apart((await layerInFloat64(nn.gru(2), input, cotangent, moved)).output, output.values)).toBeGreaterThan(
      1e-3,
    )
  })
})

const parametersOf = (model: Layer, shape: readonly number[]) => build(model, shape).context.parameters
const shapesOf = (model: Layer, shape: readonly number[]) =>
  parametersOf(model, shape).map(({ name, value }) => `${name} ${value.shape.join('×')}`)

describe('parameters', () => {
  test.each<[string, Layer, readonly number[], string[]]>([
    ['recurrent', nn.recurrent(5), [2, 4, 3], ['inputWeight 3×5', 'recurrentWeight 5×5', 'bias 5']],
    ['lstm', nn.lstm(5), [2, 4, 3], ['inputWeight 3×20', 'recurrentWeight 5×20', 'bias 20']],
    ['gru', nn.gru(5), [2, 4, 3], ['inputWeight 3×15', 'recurrentWeight 5×15', 'bias 15', 'recurrentBias 5']],
    ['gru without biases', nn.gru(5, { bias: false }), [2, 4, 3], ['inputWeight 3×15', 'recurrentWeight 5×15']],
    ['embedding', nn.embedding(7, 3), [2, 4], ['weight 7×3']],
    ['maxout', nn.maxout(5), [2, 3], ['weight 3×10', 'bias 10']],
  ])('%s', (_, model, shape, expected) => expect(shapesOf(model, shape)).toEqual(expected))

  test('names in a net', () => {
    const model = nn.sequential(
      nn.embedding(7, 3),
      nn.lstm(4, { returns: 'all' }),
      nn.lstm(4, { name: 'upper' }),
      nn.residual(nn.maxout(2), { shortcut: nn.dense(2) }),
      nn.residual(nn.dense(2), { name: 'block' }),
    )
    const weights = parametersOf(model, [2, 5]).filter(({ name }) => /weight$/i.test(name))
    expect(weights.map(({ name }) => name)).toEqual([
      'embedding1.weight',
      'lstm1.inputWeight',
      'lstm1.recurrentWeight',
      'upper.inputWeight',
      'upper.recurrentWeight',
      'residual1.maxout1.weight',
      'residual1.shortcut.weight',
      'block.dense1.weight',
    ])
  })
  test('weights are penalised, biases are not', () => {
    const penalised = parametersOf(nn.gru(2), [2, 4, 3]).filter((parameter) => parameter.penalised)
    expect(penalised.map(({ name }) => name)).toEqual(['inputWeight', 'recurrentWeight'])
  })
})

describe('first values', () => {
  const valuesOf = (model: Layer) =>
    Object.fromEntries(parametersOf(model, [2, 4, 3]).map((p) => [p.name, numbers(initialValue(p, 1))]))

  test('the forget gate, the second, is open: 1; or as asked for, on top of the initialiser', () => {
    expect(valuesOf(nn.lstm(2)).bias).toEqual([0, 0, 1, 1, 0, 0, 0, 0])
    expect(valuesOf(nn.lstm(2, { bias: constant(0.5), forgetBias: 2 })).bias).toEqual([
      0.5, 0.5, 2.5, 2.5, 0.5, 0.5, 0.5, 0.5,
    ])
    expect(valuesOf(nn.gru(2)).bias).toEqual([0, 0, 0, 0, 0, 0])
  })
  test('each gate’s recurrent matrix is orthogonal by itself', () => {
    const units = 4
    const { recurrentWeight: weight } = valuesOf(nn.gru(units))
    for (let gate = 0; gate < 3; gate++)
      for (let a = 0; a < units; a++)
        for (let b = 0; b < units; b++) {
          const row = (r: number) => weight.slice(r * 3 * units + gate * units, r * 3 * units + (gate + 1) * units)
          const product = row(a).reduce((sum, value, k) => sum + value * row(b)[k], 0)
          expect(product).toBeCloseTo(a === b ? 1 : 0, 6)
        }
  })
  test('each gate’s input matrix is Glorot’s by itself: bounds ±√(6 / (features + units))', () => {
    const weight = valuesOf(nn.lstm(100)).inputWeight
    const most = Math.max(...weight.map(Math.abs))
    const bound = Math.sqrt(6 / 103)
    expect([most <= Math.fround(bound), most > 0.98 * bound]).toEqual([true, true])
  })
})

describe('no constant holds the batch size', () => {
  const words = nn.sequential(nn.embedding(5, 3), nn.lstm(2, { returns: 'all' }), nn.dense(2))
  test.each<[string, Layer, readonly number[]]>([
    ['recurrent', nn.recurrent(2, { returns: 'all' }), [4, 3]],
    ['lstm', nn.lstm(2), [4, 3]],
    ['gru', nn.gru(2, { returns: 'all' }), [4, 3]],
    ['words', words, [4]],
    ['maxout', nn.maxout(3), [4]],
    ['residual', nn.residual(nn.dense(4)), [4]],
  ])('%s', (_, model, features) => {
    const graphOf = (batch: number) => {
      const { context, y } = build(model, [batch, ...features], false)
      return context.builder.graph('net', { y })
    }
    const { graph, dimensions } = freeBatch(graphOf, operators)
    expect(dimensions(graph.outputs[0])[0]).toBe('batch')
  })
  test('nodes of one step: Gemm, Split, five gates, and four to combine them', () => {
    const nodes = (length: number) => {
      const { context, y } = build(nn.lstm(2), [3, length, 2])
      return context.builder.graph('net', { y }).nodes.length
    }
    expect(nodes(9) - nodes(8)).toBe(11)
  })
})

describe('embedding: numbers that are no row', () => {
  const read = (...values: number[]) => {
    const { context, y } = build(nn.embedding(3, 2), [values.length])
    return run(context.builder.graph('net', { y }), { input: values, weight: [1, 2, 3, 4, 5, 6] })
  }
  test('the first and the last are read', async () => expect((await read(0, 2)).y).toEqual([1, 2, 5, 6]))
  test.each([3, -1, -3, 0.5, 1e12, Number.NaN, -1e30])('%d stops the run', async (value) => {
    await expect(read(0, value)).rejects.toMatchObject({
      code: 'data',
      message: 'an index is out of range (y), expected whole numbers from 0 to 2',
    })
  })
})

describe('what does not fit', () => {
  const hint =
    'numbers of words become features by nn.embedding(size, dimensions); a sequence of single numbers is data of shape [rows, length, 1]; a recurrent layer in front of it needs { returns: "all" }'
  test.each<[string, Layer, readonly number[], string]>([
    ['lstm on rows', nn.lstm(2), [2, 3], `shape: lstm takes [batch, length, features], got float32[2,3] → ${hint}`],
    [
      'gru on images',
      nn.gru(2),
      [2, 3, 4, 5],
      'shape: gru takes [batch, length, features], got float32[2,3,4,5] → reshape the data to [rows, length, features]',
    ],
    [
      'maxout on images',
      nn.maxout(2),
      [2, 3, 4],
      'shape: maxout takes [batch, features], got float32[2,3,4] → put nn.flatten() in front of it',
    ],
    [
      'residual of another width',
      nn.residual(nn.dense(5)),
      [2, 3],
      'shape: the layers of residual give float32[2,5] and the input is float32[2,3], which cannot be added → let the last layer keep the shape of the input, or give { shortcut: … } a layer that changes the input likewise',
    ],
    [
      'residual that would broadcast',
      nn.residual(nn.dense(1), { shortcut: nn.dense(3) }),
      [2, 3],
      'shape: the layers of residual give float32[2,1] and the shortcut gives float32[2,3], which cannot be added → let the last layer and the shortcut give the same shape',
    ],
  ])('%s', async (_, model, shape, told) => expect(await failure(() => build(model, shape))).toBe(told))

  test.each<[string, () => unknown, string]>([
    ['lstm(0)', () => nn.lstm(0), 'usage: units is 0, expected a whole number from 1 up'],
    ['maxout of one piece', () => nn.maxout(2, { pieces: 1 }), 'usage: pieces is 1, expected a whole number from 2 up'],
    ['embedding(0)', () => nn.embedding(0, 2), 'usage: size is 0, expected a whole number from 1 up'],
    [
      'embedding of more rows than float32 counts',
      () => nn.embedding(2 ** 24 + 1, 2),
      'usage: size is 16777217, expected at most 16777216: float32 inputs tell no more rows apart',
    ],
  ])('%s', async (_, make, told) => expect(await failure(make)).toBe(told))
})
