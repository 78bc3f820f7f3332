/** @file The first layer's weights as images: every layout, pixel by pixel. */
import { describe, expect, test } from 'vitest'
import { sizeOf, tensor } from '../../../src/base/tensor.ts'
import { dataset } from '../../../src/data/dataset.ts'
import { conv2d } from '../../../src/nn/convolution.ts'
import { embedding } from '../../../src/nn/embedding.ts'
import { dense, flatten, sequential } from '../../../src/nn/layers.ts'
import { squaredError } from '../../../src/nn/loss.ts'
import type { Layer } from '../../../src/nn/model.ts'
import { sgd } from '../../../src/optim/sgd.ts'
import { makePlan } from '../../../src/train/plan.ts'
import { pictures } from '../../../src/train/probes/index.ts'
import { fixed } from '../steps.ts'
import { probe } from './nets.ts'

async function drawn(model: Layer, shape: readonly number[], { sameUnit = false, most = 64 } = {}) {
  const inputs = tensor('float32', [2, ...shape])
  const data = dataset({ inputs, targets: tensor('float32', [2, 1]), sameUnit })
  const update = sgd({ learningRate: 1e-9 })
  const plan = makePlan({ model, loss: squaredError(), update, training: data, epochs: 1, batchSize: 2, seed: 0 })
  const { probed } = await probe(plan, [pictures({ most })])
  return probed.map((event) => event.pictures)
}

const counted = (shape: readonly number[]) => fixed(Array.from({ length: sizeOf(shape) }, (_, i) => i))

describe('a dense layer', () => {
  // The weight of feature f and unit u is 2f + u.
  const model = (features: number) => sequential(flatten(), dense(2, { init: counted([features, 2]) }), dense(1))

  test.each([
    [[2, 3], false],
    [[1, 2, 3], false],
    [[2, 3, 1], false],
  ])('inputs %j: two grey pictures of 2 × 3', async (shape, sameUnit) => {
    const [first, last] = await drawn(model(6), shape, { sameUnit })
    const values = Float32Array.of(0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11)
    expect(first).toEqual({ 'dense1.weight': { shape: [2, 2, 3], values } })
    expect(last).toEqual(first)
  })

  test('a square number of values of one unit; of others nothing is known', async () => {
    const values = Float32Array.of(0, 2, 4, 6, 1, 3, 5, 7)
    expect((await drawn(model(4), [4], { sameUnit: true }))[0]).toEqual({
      'dense1.weight': { shape: [2, 2, 2], values },
    })
    expect(await drawn(model(4), [4])).toEqual([])
    expect(await drawn(model(6), [6], { sameUnit: true })).toEqual([])
  })

  test('colours before and behind', async () => {
    // Feature c·2 + column, or column·3 + c: the picture is [1, 2, 3], colours last.
    const [before] = await drawn(model(6), [3, 1, 2], { most: 1 })
    expect(before).toEqual({ 'dense1.weight': { shape: [1, 1, 2, 3], values: Float32Array.of(0, 4, 8, 2, 6, 10) } })
    const [behind] = await drawn(model(6), [1, 2, 3], { most: 1 })
    expect(behind?.['dense1.weight'].shape).toEqual([1, 2, 3]) // one channel before, and 2 × 3
    const [wide] = await drawn(model(12), [2, 2, 3], { most: 1 })
    expect(wide?.['dense1.weight']).toEqual({
      shape: [1, 2, 2, 3],
      values: Float32Array.of(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22),
    })
  })
})

describe('a convolution', () => {
  const model = (filters: number, channels: number) =>
    sequential(conv2d(filters, 2, { init: counted([filters, channels, 2, 2]) }), flatten(), dense(1))

  test('one channel: a picture a filter; two: one for each channel of each', async () => {
    const numbers = (n: number) => Float32Array.from({ length: n }, (_, i) => i)
    expect((await drawn(model(3, 1), [1, 4, 4]))[0]?.['conv2d1.weight']).toEqual({
      shape: [3, 2, 2],
      values: numbers(12),
    })
    expect((await drawn(model(3, 2), [2, 4, 4]))[0]?.['conv2d1.weight']).toEqual({
      shape: [6, 2, 2],
      values: numbers(24),
    })
    expect((await drawn(model(3, 2), [2, 4, 4], { most: 4 }))[0]?.['conv2d1.weight']).toEqual({
      shape: [4, 2, 2],
      values: numbers(16),
    })
  })

  test('three channels: one picture in colour a filter', async () => {
    const [first] = await drawn(model(1, 3), [3, 4, 4])
    const values = Float32Array.of(0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11)
    expect(first?.['conv2d1.weight']).toEqual({ shape: [1, 2, 2, 3], values })
  })
})

test('an embedding has no pictures', async () => {
  expect(await drawn(sequential(embedding(4, 4), flatten(), dense(1)), [4])).toEqual([])
})
