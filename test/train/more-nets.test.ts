/** @file Training with the wider kit, from data to measurement: what a layer or loss alone does not show. */
import { describe, expect, test } from 'vitest'
import { tensor } from '../../src/base/tensor.ts'
import { dataset } from '../../src/data/dataset.ts'
import { binaryCrossEntropy, type Loss, softCrossEntropy, softmaxCrossEntropy } from '../../src/nn/loss.ts'
import { dense, embedding, flatten, gru, sequential } from '../../src/nn/nn.ts'
import { l2, perLayer } from '../../src/nn/penalty.ts'
import { sgd } from '../../src/optim/sgd.ts'
import { gradientName, trainingGraph } from '../../src/train/graphs.ts'
import { runTraining } from '../../src/train/loop.ts'
import { makePlan } from '../../src/train/plan.ts'
import { failure } from '../data/failure.ts'
import { run } from '../nn/twin.ts'
import { engine } from './steps.ts'

const common = { update: sgd({ learningRate: 0.5 }), epochs: 2, batchSize: 4, seed: 1 }

describe('a number that is no row of the embedding', () => {
  // 12 is the last of 16 rows of data: it is met within an epoch, in the middle of a call that takes several steps.
  const words = Array.from({ length: 16 }, (_, i) => [i % 5, i === 12 ? 5 : 0])
  const training = dataset({ inputs: words, targets: words.map(([word]) => Number(word > 2)), classes: ['a', 'b'] })

  test.each(['wasm', 'nodes'] as const)('%s: stops the run and says which rows there are', async (form) => {
    const model = sequential(embedding(5, 3), gru(2), dense(2))
    const plan = makePlan({ ...common, model, loss: softmaxCrossEntropy(), training })
    expect(await failure(() => runTraining(plan, engine, { form }))).toMatch(
      /^data: an index is out of range \(\S*gather\w*\), expected whole numbers from 0 to 4 → an embedding's size must/,
    )
  })
})

describe('losses with the data that they take', () => {
  const inputs = Array.from({ length: 16 }, (_, i) => [Math.sin(i), Math.cos(3 * i)])

  test('two classes and one score: accuracy is measured, the loss falls from about ln 2', async () => {
    const training = dataset({ inputs, targets: inputs.map(([x]) => Number(x > 0)), classes: ['a', 'b'] })
    const plan = makePlan({ ...common, epochs: 60, model: dense(1), loss: binaryCrossEntropy(), training })
    const { epochs } = await runTraining(plan, engine)
    expect(epochs.at(-1)?.training?.accuracy).toBe(1)
    expect(epochs.at(-1)?.training?.loss).toBeLessThan(0.35)
  })
  test.each<[string, Loss, number]>([
    ['several questions at once', binaryCrossEntropy(), 3],
    ['distributions', softCrossEntropy(), 3],
  ])('%s: no accuracy, and a loss', async (_, loss, units) => {
    const targets = tensor(
      'float32',
      [16, 3],
      inputs.flatMap(([x]) => (x > 0 ? [1, 0, 0] : [0, 0.5, 0.5])),
    )
    const training = dataset({ inputs, targets, task: 'regression' })
    const { epochs } = await runTraining(makePlan({ ...common, model: dense(units), loss, training }), engine)
    const measured = epochs.at(-1)?.training
    expect(measured?.accuracy).toBeUndefined()
    expect(measured?.loss).toBeGreaterThan(0)
  })
  // Data sets hold one class for each row so far; the graphs are ready for one at each position.
  test('a class at each position: the mean over positions, in loss and gradient', async () => {
    const net = {
      model: sequential(dense(2, { bias: false })),
      loss: softmaxCrossEntropy(),
      featureShape: [2, 1],
      targetShape: [2],
    }
    const { graph } = trainingGraph(net, 1)
    const found = await run(graph, { input: [1, 2], target: [0, 1], 'dense1.weight': [0, 0] })
    expect(found.loss[0]).toBeCloseTo(Math.LN2, 6)
    // Of equal scores the first counts: right at the first position only.
    expect(found.correct).toEqual([0.5])
    // ½·(1·(½ − 1) + 2·½) and ½·(1·½ + 2·(½ − 1)).
    expect(found[gradientName('dense1.weight')]).toEqual([0.25, -0.25])
  })
})

test('a penalty on one layer moves that layer alone', async () => {
  const net = {
    model: sequential(flatten(), dense(2, { bias: false }), dense(2, { bias: false })),
    loss: softmaxCrossEntropy(),
    penalty: perLayer({ dense2: l2(0.5) }),
    featureShape: [2],
    targetShape: [],
  }
  const { graph } = trainingGraph(net, 1)
  const weights = { 'dense1.weight': [1, 2, 3, 4], 'dense2.weight': [2, 4, 6, 8] }
  // With inputs of 0 all scores are 0 whatever the weights: only the penalty has a slope.
  const found = await run(graph, { input: [0, 0], target: [0], ...weights })
  expect(found[gradientName('dense1.weight')]).toEqual([0, 0, 0, 0])
  expect(found[gradientName('dense2.weight')]).toEqual([1, 2, 3, 4])
})
