/** @file First values by hand, and what layers say of themselves. */
import { expect, test } from 'vitest'
import { constant, type Initialiser, identity, sparse } from '../../../src/nn/init.ts'
import { squaredError } from '../../../src/nn/loss.ts'
import type { Layer } from '../../../src/nn/model.ts'
import * as nn from '../../../src/nn/nn.ts'
import { sgd } from '../../../src/optim/sgd.ts'
import { netFacts } from '../../../src/train/facts/net-facts.ts'
import { trainingGraph } from '../../../src/train/graphs.ts'
import { initialState } from '../../../src/train/state.ts'

const { dense, flatten, functional, relu, sequential, tanh } = nn

function factsOf(model: Layer, featureShape: readonly number[], targetShape: readonly number[] = [3], step = 0) {
  const net = { model, loss: squaredError(), featureShape, targetShape }
  const state = initialState(trainingGraph(net, 2), sgd({ learningRate: 1 }), 7, 1)
  state.step = step
  if (step > 0) state.sets[0].x.region.data.fill(9)
  return netFacts(net, state, 7)
}

/** Given values. */
const given = (...values: readonly number[]): Initialiser => ({ name: 'given', draw: () => Float32Array.from(values) })
const initialOf = (init: Initialiser, model = dense(3, { init })) =>
  factsOf(sequential(model), [2]).parameters[0].initial

test('layers in the order of building, those inside others after them, a shared name told apart', () => {
  const act = functional('twice', (x, context) =>
    context.apply(relu({ name: 'r' }), context.apply(relu({ name: 'r' }), x)),
  )
  const model = sequential(flatten(), sequential(dense(3), tanh()), act)
  expect(factsOf(model, [2, 2]).layers).toEqual([
    { name: 'flatten1', kind: 'flatten', shape: [4] },
    { name: 'sequential1', kind: 'sequential', shape: [3] },
    { name: 'sequential1.dense1', kind: 'dense', shape: [3], options: { units: 3, init: 'he', bias: true } },
    { name: 'sequential1.tanh1', kind: 'tanh', shape: [3] },
    { name: 'twice1', kind: 'twice', shape: [3] },
    { name: 'twice1.r', kind: 'relu', shape: [3] },
    { name: 'twice1.r#2', kind: 'relu', shape: [3] },
  ])
})

test('what layers were made with', () => {
  const model = sequential(
    nn.conv2d(4, 3, { padding: 'same', bias: false }),
    nn.batchNorm({ momentum: 0.25 }),
    nn.leakyRelu({ slope: 0.125 }),
    nn.maxPool(2),
    flatten(),
    nn.dropout(0.25),
    dense(3),
  )
  expect(factsOf(model, [1, 4, 4]).layers.map(({ options }) => options)).toEqual([
    { filters: 4, kernel: '3×3', stride: '1×1', padding: 'same', dilation: '1×1', groups: 1, init: 'he', bias: false },
    { momentum: 0.25, epsilon: 1e-5, dialect: 'pytorch' },
    { slope: 0.125 },
    { size: '2×2', stride: '2×2', padding: '0×0' },
    undefined,
    { rate: 0.25 },
    { units: 3, init: 'he', bias: true },
  ])
})

test('fans of weights, and the layer of each parameter', () => {
  const { parameters } = factsOf(sequential(nn.embedding(9, 5), flatten(), dense(7), nn.layerNorm(), dense(3)), [4])
  expect(parameters.map(({ name, fanIn, fanOut, layer }) => [name, fanIn, fanOut, layer])).toEqual([
    ['embedding1.weight', undefined, undefined, 'embedding1'],
    ['dense1.weight', 20, 7, 'dense1'],
    ['dense1.bias', undefined, undefined, 'dense1'],
    ['layerNorm1.scale', undefined, undefined, 'layerNorm1'],
    ['layerNorm1.shift', undefined, undefined, 'layerNorm1'],
    ['dense2.weight', 7, 3, 'dense2'],
    ['dense2.bias', undefined, undefined, 'dense2'],
  ])
  expect(factsOf(dense(3), [2]).parameters.map(({ name, layer }) => [name, layer])).toEqual([
    ['weight', 'dense'],
    ['bias', 'dense'],
  ])
})

test('moments of the first values', () => {
  // Mean 3, squares about it 4 + 1 + 0 + 0 + 1 + 4.
  expect(initialOf(given(1, 2, 3, 3, 4, 5))).toMatchObject({ mean: 3, deviation: Math.sqrt(10 / 6), min: 1, max: 5 })
  const tenth = Math.fround(0.1)
  expect(initialOf(constant(0.1))).toEqual({
    mean: tenth,
    deviation: 0,
    min: tenth,
    max: tenth,
    units: 3,
    distinctUnits: 1,
  })
})

test('units whose weights are those of another, number for number', () => {
  expect(initialOf(given(1, 1, 2, 3, 3, 4))).toMatchObject({ units: 3, distinctUnits: 2 })
  expect(initialOf(given(1, 1, 1, 3, 4, 5))).toMatchObject({ units: 3, distinctUnits: 3 })
  expect(initialOf(given(0, -0, 0, -0, 0, 0))).toMatchObject({ units: 3, distinctUnits: 1 })
  expect(initialOf(identity())).toMatchObject({ distinctUnits: 3 })
  // A dense layer of one unit has none to compare.
  expect(factsOf(dense(1), [2], [1]).parameters[0].initial).not.toHaveProperty('units')
})

test('units of convolutions lie along the filters, with groups in each group', () => {
  const unit = (...filters: readonly number[][]) => given(...filters.flat())
  const conv = nn.conv2d(3, [1, 2], { init: unit([1, 2], [1, 2], [2, 1]) })
  expect(factsOf(sequential(conv, flatten()), [1, 1, 2]).parameters[0].initial).toMatchObject({
    units: 3,
    distinctUnits: 2,
  })
  // [channels 2, filters a group 2, 1, 1]: four units of one weight each.
  const transposed = nn.convTranspose2d(4, 1, { groups: 2, init: given(1, 2, 3, 1) })
  expect(factsOf(sequential(transposed, flatten()), [2, 1, 1], [4]).parameters[0].initial).toMatchObject({
    units: 4,
    distinctUnits: 3,
  })
})

test('many units, nearly alike: each is told from the others', () => {
  const init = sparse({ count: 1 })
  const { initial } = factsOf(sequential(dense(500, { init })), [300], [500]).parameters[0]
  expect(initial).toMatchObject({ units: 500, distinctUnits: 500 })
})

test('a run that goes on tells how it began', () => {
  const model = sequential(dense(4), tanh(), dense(3))
  expect(factsOf(model, [2], [3], 5)).toEqual(factsOf(model, [2], [3], 0))
})
