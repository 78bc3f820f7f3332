/** @file Plans: what is told when the parts do not fit. */
import { describe, expect, test } from 'vitest'
import { dataset } from '../../src/data/dataset.ts'
import { digits } from '../../src/data/digits.ts'
import * as op from '../../src/graph/op.ts'
import { dense, flatten, functional, relu, sequential } from '../../src/nn/layers.ts'
import { binaryCrossEntropy, softmaxCrossEntropy, squaredError, structuredSvm } from '../../src/nn/loss.ts'
import { l2, perLayer } from '../../src/nn/penalty.ts'
import { sgd } from '../../src/optim/sgd.ts'
import { makePlan, type PlanParts } from '../../src/train/plan.ts'
import { failure } from '../data/failure.ts'
import { blobs, waves } from './nets.ts'

const parts: PlanParts = {
  model: sequential(dense(3)),
  loss: softmaxCrossEntropy(),
  update: sgd({ learningRate: 0.1 }),
  training: blobs(20, 6, 3),
  epochs: 1,
  batchSize: 10,
  seed: 0,
}
const told = (changes: Partial<PlanParts>) => failure(() => makePlan({ ...parts, ...changes }))

describe('numbers', () => {
  test.each<[Partial<PlanParts>, string]>([
    [{ epochs: 0 }, 'usage: epochs is 0, expected a whole number from 1 up'],
    [{ epochs: 1.5 }, 'usage: epochs is 1.5, expected a whole number from 1 up'],
    [{ batchSize: 0 }, 'usage: batchSize is 0, expected a whole number from 1 up'],
    [{ seed: -1 }, 'usage: seed is -1, expected a whole number from 0 up'],
    [{ threads: 0 }, 'usage: threads is 0, expected a whole number from 1 up'],
    [{ epochs: undefined }, 'usage: epochs is undefined, expected a whole number from 1 up'],
  ])('%o', async (changes, message) => expect(await told(changes)).toBe(message))
})

describe('net and data', () => {
  test('as many scores as classes', async () => {
    expect(await told({ model: sequential(dense(4)) })).toBe(
      'shape: the net gives float32[2,4] for 2 examples, and the data have 3 classes, expected float32[2,3] → let the last layer be nn.dense(3)',
    )
    expect(await told({ model: sequential(dense(2)), loss: structuredSvm() })).toBe(
      'shape: the net gives float32[2,2] for 2 examples, and the data have 3 classes, expected float32[2,3] → let the last layer be nn.dense(3)',
    )
  })
  test('as many outputs as targets', async () => {
    expect(await told({ training: waves(20, 6, 3), loss: squaredError(), model: sequential(dense(1)) })).toBe(
      'shape: the net gives float32[2,1] and the targets are float32[2,3] → let the last layer have 3 units',
    )
  })
  test('a loss of the other task', async () => {
    expect(await told({ loss: squaredError() })).toBe(
      'data: the loss squaredError is for regression, the data blobs are for classification → use loss.softmaxCrossEntropy()',
    )
    expect(await told({ training: waves(20, 6, 3) })).toBe(
      'data: the loss softmaxCrossEntropy is for classification, the data waves are for regression → use loss.squaredError()',
    )
  })
  test('no parameters', async () => {
    expect(await told({ model: sequential(relu()) })).toBe(
      'usage: the model has no parameters, so there is nothing to train → add a layer such as nn.dense(10)',
    )
  })
  test('images into a dense net, and flattened', async () => {
    const images = { training: digits({ shape: 'image' }) }
    expect(await told({ ...images, model: sequential(dense(10)) })).toBe(
      'shape: dense takes [batch, features] or [batch, length, features], got float32[2,1,8,8] → put nn.flatten() in front of it',
    )
    const { net } = makePlan({ ...parts, ...images, model: sequential(flatten(), dense(10)) })
    expect([net.featureShape, net.targetShape]).toEqual([[1, 8, 8], []])
  })
})

describe('two classes and one score', () => {
  const binary: Partial<PlanParts> = {
    training: blobs(20, 6, 2),
    loss: binaryCrossEntropy(),
    model: sequential(dense(1)),
  }
  test('the loss is the one for class numbers', () => {
    const { net } = makePlan({ ...parts, ...binary })
    expect([net.loss.name, net.loss.task]).toEqual(['binaryCrossEntropy', 'classification'])
  })
  test('data with numbers keep the loss as it is', () => {
    const { net } = makePlan({ ...parts, training: waves(20, 6, 3), loss: binaryCrossEntropy() })
    expect(net.loss.task).toBe('regression')
  })
  test('two scores, and three classes', async () => {
    expect(await told({ ...binary, model: sequential(dense(2)) })).toBe(
      'shape: the net gives float32[2,2] for 2 examples, and the data have 2 classes, expected float32[2,1] → let the last layer be nn.dense(1)',
    )
    expect(await told({ ...binary, training: parts.training })).toBe(
      'data: binaryCrossEntropy tells two classes apart, the data have 3 → use loss.softmaxCrossEntropy()',
    )
  })
})

test('a penalty on a layer that does not exist is refused before training', async () => {
  expect(await told({ penalty: perLayer({ dense2: l2(1) }) })).toBe(
    "usage: perLayer: no layer or parameter is named 'dense2' → did you mean 'dense1'?",
  )
})

describe('training and validation data', () => {
  const hint = 'let both come from the same data: split() makes such parts'
  const ours = 'for classification with inputs [6] and the 3 classes "class 0", "class 1", "class 2"'

  test('other features', async () => {
    expect(await told({ validation: blobs(20, 5, 3) })).toBe(
      `data: the validation data are for classification with inputs [5] and the 3 classes "class 0", "class 1", "class 2", the training data are ${ours} → ${hint}`,
    )
  })
  test('other classes, also where there are as many', async () => {
    const { inputs } = blobs(20, 6, 3)
    const targets = Array.from({ length: 20 }, (_, i) => i % 3)
    const renamed = dataset({ inputs, targets, classes: ['a', 'b', 'c'] })
    expect(await told({ validation: renamed })).toBe(
      `data: the validation data are for classification with inputs [6] and the 3 classes "a", "b", "c", the training data are ${ours} → ${hint}`,
    )
  })
  test('another task, other targets', async () => {
    expect(await told({ validation: waves(20, 6, 3) })).toBe(
      `data: the validation data are for regression with inputs [6] and targets [3], the training data are ${ours} → ${hint}`,
    )
    const regression = { training: waves(20, 6, 3), loss: squaredError(), validation: waves(20, 6, 2) }
    expect(await told(regression)).toBe(
      `data: the validation data are for regression with inputs [6] and targets [2], the training data are for regression with inputs [6] and targets [3] → ${hint}`,
    )
  })
})

test('what is left out gets its default', () => {
  const plan = makePlan({ ...parts, batchSize: 1000 })
  expect([plan.batchSize, plan.hyper, plan.name, plan.validation]).toEqual([20, {}, 'blobs', undefined])
})

test('a model that could not be exported is refused before it is trained', () => {
  const bound = functional('bound', (x, context) =>
    context.apply(dense(3), op.add(x, op.full(x.builder, { dtype: 'float32', shape: x.shape }, 0.1))),
  )
  expect(() => makePlan({ ...parts, model: bound })).toThrow(
    'holds the batch size, so the model would work for one size only',
  )
})
