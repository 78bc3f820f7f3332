/** @file The exported model: in plain onnxruntime-node it answers raw inputs as the training side answers standardised ones. */
import { fromBinary } from '@bufbuild/protobuf'
import { InferenceSession, Tensor as RuntimeTensor } from 'onnxruntime-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tensor } from '../../src/base/tensor.ts'
import { type ClassificationDataset, dataset, subset } from '../../src/data/dataset.ts'
import { digits } from '../../src/data/digits.ts'
import { fitStandardisation } from '../../src/data/standardise.ts'
import { evaluate } from '../../src/engine/engine.ts'
import * as op from '../../src/graph/op.ts'
import { ModelProtoSchema } from '../../src/graph/proto/onnx_pb.ts'
import { dense, dropout, flatten, functional, relu, sequential } from '../../src/nn/layers.ts'
import { binaryCrossEntropy, softmaxCrossEntropy, squaredError } from '../../src/nn/loss.ts'
import type { Layer } from '../../src/nn/model.ts'
import { embedding, gru, lstm, maxout, residual } from '../../src/nn/nn.ts'
import { sgd } from '../../src/optim/sgd.ts'
import { forwardGraph } from '../../src/train/graphs.ts'
import { runTraining, type TrainingResult } from '../../src/train/loop.ts'
import { modelFile } from '../../src/train/model-file.ts'
import { makePlan, type TrainingPlan } from '../../src/train/plan.ts'
import { failure } from '../data/failure.ts'
import { digitsPlan, waves } from './nets.ts'
import { engine } from './steps.ts'

/** What a stranger does with the file, with the public interface alone. */
async function runFile(session: InferenceSession, inputs: Float32Array, shape: readonly number[]) {
  const outputs = await session.run({ input: new RuntimeTensor('float32', inputs, shape) })
  return Object.fromEntries(Object.entries(outputs).map(([name, { data, dims }]) => [name, { data, dims }]))
}

const metadataOf = (bytes: Uint8Array) =>
  Object.fromEntries(fromBinary(ModelProtoSchema, bytes).metadataProps.map(({ key, value }) => [key, value]))

describe('digits, dropout in the net, standardised', () => {
  const plan: TrainingPlan = digitsPlan(1, { epochs: 2, dropout: 0.2 })
  const raw = digits()
  let result: TrainingResult
  let bytes: Uint8Array
  let session: InferenceSession

  beforeAll(async () => {
    result = await runTraining(plan, engine)
    const { standardisation } = plan
    bytes = modelFile(plan.net, result.parameters, { standardisation, data: raw, metadata: { seed: '1' } })
    session = await InferenceSession.create(bytes)
  })
  afterAll(() => session.release())

  // The training side measures many rows at once. Its net run on one row alone takes another kernel (a vector by a matrix that is not
  // packed) and rounds otherwise; the file, whose weights are constants, gives these bits for every batch size.
  test.each([1, 3, 17])(
    'in batches of %i: the bits that the training side measures with, for every digit',
    async (batch) => {
      const input = plan.standardisation?.apply(raw).inputs
      if (input === undefined) throw new Error('the plan has no standardisation')
      const { output } = await evaluate(engine, forwardGraph(plan.net, 1797).graph, { ...result.parameters, input })
      const expected = output.data as Float32Array
      for (let row = 0; row + batch <= 1797; row += batch) {
        const found = await runFile(session, raw.inputs.data.slice(row * 64, (row + batch) * 64), [batch, 64])
        expect(found.output.dims).toEqual([batch, 10])
        expect(found.output.data).toEqual(expected.slice(row * 10, (row + batch) * 10))
      }
    },
  )

  test('probabilities: the softmax of the scores', async () => {
    const { output, probabilities } = await runFile(session, raw.inputs.data.slice(0, 17 * 64), [17, 64])
    expect(probabilities.dims).toEqual([17, 10])
    for (let row = 0; row < 17; row++) {
      const of = [...(output.data as Float32Array).subarray(row * 10, row * 10 + 10)].map(Math.exp)
      const sum = of.reduce((total, value) => total + value, 0)
      for (let i = 0; i < 10; i++)
        expect(Math.abs((probabilities.data as Float32Array)[row * 10 + i] - of[i] / sum)).toBeLessThan(1e-6)
    }
  })

  test('over all validation examples: the accuracy that the training side measured', async () => {
    if (plan.validation?.task !== 'classification') throw new Error('no validation data')
    // Standardised inputs back to raw ones would round: the file without standardisation takes them as they are.
    const plain = await InferenceSession.create(modelFile(plan.net, result.parameters))
    const { inputs, targets } = plan.validation as ClassificationDataset
    const { output } = await runFile(plain, inputs.data, inputs.shape)
    await plain.release()
    const scores = output.data as Float32Array
    const right = targets.data.filter((target, row) => {
      const of = scores.subarray(row * 10, row * 10 + 10)
      return of.indexOf(Math.max(...of)) === target
    }).length
    expect(right / targets.data.length).toBe(result.epochs[2].validation?.accuracy)
  })

  test('inputs and outputs as the runtime reads them: the batch is open', () => {
    expect(session.inputMetadata).toEqual([{ name: 'input', isTensor: true, type: 'float32', shape: ['batch', 64] }])
    expect(session.outputMetadata).toEqual([
      { name: 'output', isTensor: true, type: 'float32', shape: ['batch', 10] },
      { name: 'probabilities', isTensor: true, type: 'float32', shape: ['batch', 10] },
    ])
  })

  test('names of the classes, and what the caller adds', () => {
    expect(metadataOf(bytes)).toEqual({ classes: '["0","1","2","3","4","5","6","7","8","9"]', seed: '1' })
  })

  test('parameters stand under their own names, with their values', () => {
    const { graph } = fromBinary(ModelProtoSchema, bytes)
    const held = new Map(graph?.initializer.map(({ name, rawData }) => [name, rawData]))
    for (const [name, { data }] of Object.entries(result.parameters))
      expect(Buffer.from(held.get(name) ?? []).equals(Buffer.from(data.buffer, data.byteOffset, data.byteLength))).toBe(
        true,
      )
    expect([held.has('input.mean'), held.has('input.scale')]).toEqual([true, true])
    expect(graph?.node.some(({ opType }) => opType === 'Dropout')).toBe(false)
  })

  test('the same parameters give the same bytes', () => {
    const { standardisation } = plan
    const again = modelFile(plan.net, result.parameters, { standardisation, data: raw, metadata: { seed: '1' } })
    expect(Buffer.from(again).equals(Buffer.from(bytes))).toBe(true)
  })
})

describe('other nets', () => {
  test('images are flattened inside, whatever the batch', async () => {
    const images = digits({ shape: 'image' })
    const standardisation = fitStandardisation(images)
    const plan = makePlan({
      model: sequential(flatten(), dense(12), relu(), dense(10)),
      loss: softmaxCrossEntropy(),
      update: sgd({ learningRate: 0.1 }),
      training: standardisation.apply(images),
      epochs: 1,
      batchSize: 200,
      seed: 1,
    })
    const { parameters } = await runTraining(plan, engine)
    const session = await InferenceSession.create(modelFile(plan.net, parameters, { standardisation }))
    expect(session.inputMetadata[0]).toMatchObject({ shape: ['batch', 1, 8, 8] })
    const { inputs: input } = standardisation.apply(images)
    const { output } = await evaluate(engine, forwardGraph(plan.net, 1797).graph, { ...parameters, input })
    for (const batch of [1, 3, 17]) {
      const { inputs } = subset(
        images,
        Array.from({ length: batch }, (_, i) => i),
      )
      const found = await runFile(session, inputs.data, inputs.shape)
      expect(found.output).toEqual({ data: (output.data as Float32Array).slice(0, batch * 10), dims: [batch, 10] })
    }
    await session.release()
  })

  test('regression: no probabilities, no classes', async () => {
    const data = waves(20, 3, 2)
    const plan = makePlan({
      model: sequential(dense(4), relu(), dense(2)),
      loss: squaredError(),
      update: sgd({ learningRate: 0.01 }),
      training: data,
      epochs: 1,
      batchSize: 10,
      seed: 1,
    })
    const { parameters } = await runTraining(plan, engine)
    const bytes = modelFile(plan.net, parameters, { data })
    expect(metadataOf(bytes)).toEqual({})
    const session = await InferenceSession.create(bytes)
    const found = await runFile(session, data.inputs.data, [20, 3])
    const { output } = await evaluate(engine, forwardGraph(plan.net, 20).graph, { ...parameters, input: data.inputs })
    expect(found).toEqual({ output: { data: output.data, dims: [20, 2] } })
    await session.release()
  })
})

describe('sequences and blocks, two classes by one score', () => {
  // The first of each row's four words says the class.
  const words = Array.from({ length: 60 }, (_, i) => [i % 5, (i * 3) % 5, (i >> 2) % 5, 4])
  const data = dataset({
    name: 'words',
    inputs: words,
    targets: words.map(([word]) => Number(word > 2)),
    classes: ['low', 'high'],
  })
  const plan = makePlan({
    model: sequential(
      embedding(5, 6),
      lstm(7, { returns: 'all' }),
      gru(8),
      residual(maxout(8)),
      residual(dense(4), relu(), { shortcut: dense(4) }),
      dense(1),
    ),
    loss: binaryCrossEntropy(),
    update: sgd({ learningRate: 0.5 }),
    training: data,
    epochs: 30,
    batchSize: 20,
    seed: 1,
  })

  test('any batch size; probabilities of both classes; what the training side gives', async () => {
    const { parameters, epochs } = await runTraining(plan, engine)
    expect(epochs.at(-1)?.training?.accuracy).toBe(1)
    const session = await InferenceSession.create(modelFile(plan.net, parameters, { data }))
    expect(session.outputMetadata).toEqual([
      { name: 'output', isTensor: true, type: 'float32', shape: ['batch', 1] },
      { name: 'probabilities', isTensor: true, type: 'float32', shape: ['batch', 2] },
    ])
    const { output: expected } = await evaluate(engine, forwardGraph(plan.net, 60).graph, {
      ...parameters,
      input: data.inputs,
    })
    for (const batch of [1, 7, 60]) {
      const found = await runFile(session, data.inputs.data.slice(0, batch * 4), [batch, 4])
      expect([found.output.dims, found.probabilities.dims]).toEqual([
        [batch, 1],
        [batch, 2],
      ])
      const scores = found.output.data as Float32Array
      scores.forEach((score, row) => {
        // Weights that are constants are packed by the runtime, and products rounded otherwise.
        expect(Math.abs(score - (expected.data as Float32Array)[row])).toBeLessThan(1e-5)
        const yes = 1 / (1 + Math.exp(-score))
        const [p0, p1] = (found.probabilities.data as Float32Array).subarray(2 * row, 2 * row + 2)
        expect(Math.max(Math.abs(p1 - yes), Math.abs(p0 - (1 - yes)))).toBeLessThan(1e-6)
      })
    }
    await session.release()
  })
})

describe('what cannot be exported', () => {
  const training = dataset({ inputs: [[1, 2]], targets: [0], classes: ['a', 'b'] })
  const parameters = { 'dense1.weight': tensor('float32', [2, 2]), 'dense1.bias': tensor('float32', [2]) }
  const planOf = (...layers: readonly Layer[]) =>
    makePlan({
      model: sequential(...layers),
      loss: softmaxCrossEntropy(),
      update: sgd({ learningRate: 0.1 }),
      training,
      epochs: 1,
      batchSize: 1,
      seed: 1,
    })

  test('a layer whose constants depend on the batch', async () => {
    const perRow = functional('perRow', (x) =>
      op.mul(x, x.builder.constant(tensor('float32', [x.shape[0], 1], new Float32Array(x.shape[0]).fill(2)))),
    )
    expect(await failure(() => modelFile(planOf(perRow, dense(2)).net, parameters))).toBe(
      'model: Mul (perRow1.mul) holds the batch size, so the model would work for one size only → write the layer so that its constants do not depend on the batch size',
    )
  })
  test('a parameter without a value', async () => {
    const { 'dense1.weight': weight } = parameters
    expect(await failure(() => modelFile(planOf(dense(2)).net, { 'dense1.weight': weight }))).toBe(
      "model: 'dense1.bias' has no value, expected float32[2] → give the values of parameters and buffers",
    )
  })
  test('a parameter of another shape', async () => {
    const wrong = { ...parameters, 'dense1.bias': tensor('float32', [3]) }
    expect(await failure(() => modelFile(planOf(dense(2)).net, wrong))).toBe(
      "model: 'dense1.bias' is float32[3], expected float32[2] → the values belong to another net",
    )
  })
  test('dropout is no obstacle', () => {
    expect(modelFile(planOf(dropout(0.5), dense(2)).net, parameters).length).toBeGreaterThan(0)
  })
})
