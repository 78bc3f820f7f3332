/** @file What a net's graph says of it: known by construction. */
import { describe, expect, test } from 'vitest'
import * as op from '../../../src/graph/op.ts'
import type { Value } from '../../../src/graph/types.ts'
import { zeros } from '../../../src/nn/init.ts'
import { squaredError } from '../../../src/nn/loss.ts'
import type { Layer, LayerContext } from '../../../src/nn/model.ts'
import * as nn from '../../../src/nn/nn.ts'
import { graphFacts } from '../../../src/train/facts/graph-facts.ts'
import { buildNet } from '../../../src/train/graphs.ts'

const { dense, relu, sequential, functional, residual } = nn

function factsOf(model: Layer, featureShape: readonly number[] = [4], training = false) {
  const net = { model, loss: squaredError(), featureShape, targetShape: [2] }
  const { builder, context, output } = buildNet(net, 2, training)
  const { weights, ...facts } = graphFacts({ output, input: builder.inputs[0], parameters: context.parameters })
  return { ...facts, weights: [...weights] }
}

/** A weight of one's own, without a layer around it. */
const own = (context: LayerContext, name: string, shape: readonly number[]): Value =>
  context.parameter(name, shape, { init: zeros(), fans: { fanIn: shape[0], fanOut: shape[1] }, penalised: true })

describe('nothing but linear operators between two weights', () => {
  const pair = [['dense1.weight', 'dense2.weight']]
  test.each<[string, Layer]>([
    ['nothing', sequential(dense(3), dense(2))],
    [
      'shapes',
      sequential(
        dense(6),
        functional('shape', (x) => op.reshape(x, [2, 2, 3])),
        nn.flatten(),
        dense(2),
      ),
    ],
    ['batch normalisation', sequential(dense(3), nn.batchNorm(), dense(2))],
    ['dropout', sequential(dense(3), nn.dropout(0.5), dense(2))],
    [
      'a constant factor',
      sequential(
        dense(3),
        functional('half', (x) => op.mul(x, 0.5)),
        dense(2),
      ),
    ],
    [
      'a factor that is learnt',
      sequential(
        dense(3),
        functional('own', (x, c) => op.mul(x, own(c, 'w', [3]))),
        dense(2),
      ),
    ],
    [
      'a mean',
      sequential(
        dense(6),
        functional('mean', (x) => op.reduceMean(op.reshape(x, [2, 2, 3]), { axes: [1] })),
        dense(2),
      ),
    ],
    ['an identity around it', sequential(dense(3), residual(functional('minus', (x) => op.neg(x))), dense(2))],
  ])('%s', (_, model) => {
    for (const training of [false, true]) {
      const { linear, nonlinear } = factsOf(model, [4], training)
      expect({ linear, nonlinear }).toEqual({ linear: pair, nonlinear: [] })
    }
  })

  test('convolutions and pooling by means', () => {
    const model = sequential(nn.conv2d(3, 3), nn.averagePool(2), nn.conv2d(2, 1), nn.globalAveragePool(), dense(2))
    expect(factsOf(model, [1, 8, 8]).linear).toEqual([
      ['conv2d1.weight', 'conv2d2.weight'],
      ['conv2d2.weight', 'dense1.weight'],
    ])
  })

  test('a residual sum whose branches are linear', () => {
    const model = sequential(dense(3), relu(), residual(dense(3)), dense(2))
    expect(factsOf(model).linear).toEqual([['residual1.dense1.weight', 'dense2.weight']])
    const all = sequential(dense(3), residual(dense(3), { shortcut: dense(3) }), dense(2))
    expect(factsOf(all).linear).toEqual([
      ['dense1.weight', 'residual1.dense1.weight'],
      ['dense1.weight', 'residual1.shortcut.weight'],
      ['residual1.shortcut.weight', 'dense2.weight'],
      ['residual1.dense1.weight', 'dense2.weight'],
    ])
  })

  test('two products side by side, put together', () => {
    const two = functional('two', (x, c) => op.concat([c.apply(dense(2), x), c.apply(dense(3), x)], 1))
    expect(factsOf(sequential(two, dense(2))).linear).toEqual([
      ['two1.dense1.weight', 'dense1.weight'],
      ['two1.dense2.weight', 'dense1.weight'],
    ])
  })

  test('a recurrence without an activation', () => {
    const plain = functional('plain', (x, context) => {
      const [input, step] = [own(context, 'input', [2, 3]), own(context, 'step', [3, 3])]
      const [first, second] = op.split(op.reshape(x, [2, 4]), [2, 2], 1)
      return op.gemm(op.matMul(first, input), step, op.matMul(second, input))
    })
    expect(factsOf(sequential(plain, dense(2)), [2, 2]).linear).toEqual([
      ['plain1.input', 'plain1.step'],
      ['plain1.step', 'dense1.weight'],
      ['plain1.input', 'dense1.weight'],
    ])
  })

  test('weights that are made of others: the largest stands for them', () => {
    const scaled = functional('scaled', (x, c) => op.matMul(x, op.mul(own(c, 'v', [4, 3]), own(c, 'g', [3]))))
    const { linear, weights } = factsOf(sequential(scaled, dense(2)))
    expect(linear).toEqual([['scaled1.v', 'dense1.weight']])
    expect(weights).toEqual(['scaled1.v', 'dense1.weight'])
  })
})

describe('something that is not linear between all weights', () => {
  test.each<[string, Layer, readonly string[]]>([
    ['relu', sequential(dense(3), relu(), dense(2)), ['Relu']],
    ['in order, once', sequential(dense(3), relu(), dense(3), nn.tanh(), dense(3), relu(), dense(2)), ['Relu', 'Tanh']],
    ['greatest pieces', sequential(nn.maxout(3), dense(2)), ['ReduceMax']],
    ['layer normalisation', sequential(dense(3), nn.layerNorm(), dense(2)), ['LayerNormalization']],
    [
      'a square',
      sequential(
        dense(3),
        functional('square', (x) => op.mul(x, x)),
        dense(2),
      ),
      ['Mul'],
    ],
    [
      'relu as a choice',
      sequential(
        dense(3),
        functional('own', (x) => op.where(op.greater(x, 0), x, 0)),
        dense(2),
      ),
      ['Greater', 'Where'],
    ],
    ['a residual sum with a branch that is not', sequential(residual(dense(4), relu(), dense(4)), dense(2)), ['Relu']],
    [
      'a shortcut with a weight',
      sequential(residual(dense(3), relu(), dense(3), { shortcut: dense(3) }), dense(2)),
      ['Relu'],
    ],
  ])('%s', (_, model, nonlinear) => {
    expect(factsOf(model)).toMatchObject({ linear: [], nonlinear })
  })

  test('recurrent layers', () => {
    for (const layer of [nn.recurrent, nn.lstm, nn.gru])
      expect(factsOf(sequential(layer(3), dense(2)), [5, 4]).linear).toEqual([])
  })

  test('attention: a product of two signals is none with a weight', () => {
    const attention = functional('attention', (x, c) => {
      const [q, k, v] = ['q', 'k', 'v'].map((name) => c.apply(nn.dense(3, { name }), x))
      return op.matMul(op.softmax(op.matMul(q, op.transpose(k, [0, 2, 1]))), v)
    })
    const { linear, nonlinear } = factsOf(sequential(attention, nn.flatten(), dense(2)), [5, 4])
    expect(linear).toEqual([])
    expect(nonlinear).toEqual(['MatMul', 'Softmax'])
  })

  test('a convolution with groups is half of a separable one', () => {
    const model = sequential(nn.conv2d(4, 3, { groups: 4 }), nn.conv2d(8, 1), nn.flatten())
    expect(factsOf(model, [4, 5, 5]).linear).toEqual([])
  })

  test('looking up a row', () => {
    const model = sequential(nn.embedding(9, 4), nn.flatten(), dense(3), dense(2))
    expect(factsOf(model, [5])).toMatchObject({
      linear: [['dense1.weight', 'dense2.weight']],
      weights: ['dense1.weight', 'dense2.weight'],
    })
  })
})

describe('the operator that gives the scores', () => {
  const end = (build: (x: Value) => Value) => factsOf(sequential(dense(2), functional('end', build))).output
  test('behind changes of shape', () => {
    expect(end((x) => x)).toBe('Gemm')
    expect(factsOf(dense(2, { bias: false })).output).toBe('MatMul')
    expect(end((x) => op.reshape(op.transpose(op.softmax(x), [1, 0]), [2, 2]))).toBe('Softmax')
    expect(end(op.sigmoid)).toBe('Sigmoid')
    expect(factsOf(functional('none', (x) => x)).output).toBe('')
  })

  test('a softmax that is written out', () => {
    expect(end((x) => op.div(op.exp(x), op.reduceSum(op.exp(x), { axes: [1], keepDims: true })))).toBe('Softmax')
    const above = (x: Value) => op.exp(op.sub(x, op.reduceMax(x, { axes: [1], keepDims: true })))
    expect(end((x) => op.div(above(x), op.reduceSum(above(x), { axes: [1], keepDims: true })))).toBe('Softmax')
    expect(end((x) => op.div(op.exp(x), op.reduceSum(x, { axes: [1], keepDims: true })))).toBe('Div')
  })
})

describe('parameters on which the scores do not depend', () => {
  test('none, of what is used', () => {
    expect(factsOf(sequential(dense(3), nn.batchNorm(), nn.tanh(), nn.dense(2))).unused).toEqual([])
    expect(factsOf(sequential(nn.embedding(5, 3), nn.lstm(3), dense(2)), [4]).unused).toEqual([])
  })

  test('left lying, or behind a step without a slope', () => {
    const idle = functional('idle', (x, c) => {
      own(c, 'spare', [2, 2])
      return op.mul(x, op.sign(own(c, 'signs', [3])))
    })
    expect(factsOf(sequential(dense(3), idle, dense(2))).unused).toEqual(['idle1.spare', 'idle1.signs'])
  })
})
