/** @file The nets on which watching is measured: an MLP and a LeNet on noise of MNIST's shape. */
import { RandomStream } from '../src/base/random.ts'
import { tensor } from '../src/base/tensor.ts'
import { type Dataset, dataset } from '../src/data/dataset.ts'
import { conv2d } from '../src/nn/convolution.ts'
import { dense, flatten, relu, sequential } from '../src/nn/layers.ts'
import { softmaxCrossEntropy } from '../src/nn/loss.ts'
import type { Layer } from '../src/nn/model.ts'
import { maxPool } from '../src/nn/pooling.ts'
import { momentum } from '../src/optim/momentum.ts'
import { makePlan, type TrainingPlan } from '../src/train/plan.ts'
import type { Probe } from '../src/train/probes/probe.ts'

export interface Net {
  readonly name: string
  readonly featureShape: readonly number[]
  readonly batchSize: number
  readonly model: () => Layer
}

export const nets: readonly Net[] = [
  {
    name: 'mlp',
    featureShape: [784],
    batchSize: 128,
    model: () => sequential(dense(512), relu(), dense(256), relu(), dense(10)),
  },
  {
    name: 'lenet',
    featureShape: [1, 28, 28],
    batchSize: 64,
    model: () =>
      sequential(
        sequential(conv2d(20, 5), maxPool(2), conv2d(50, 5), maxPool(2)),
        sequential(flatten(), dense(500), relu(), dense(10)),
      ),
  },
]

/** Two epochs, so that compiling and warming up are done in the first. */
export function planOf({ batchSize, model }: Net, training: Dataset, probes: readonly Probe[]): TrainingPlan {
  return makePlan({
    model: model(),
    loss: softmaxCrossEntropy(),
    update: momentum({ learningRate: 0.01, momentum: 0.9 }),
    training,
    epochs: 2,
    batchSize,
    seed: 1,
    probes,
  })
}

/** Grey pictures of noise, and classes at random: the time does not depend on what is learnt. */
export function pictures(rows: number, featureShape: readonly number[]): Dataset {
  const stream = new RandomStream(1, 'pictures')
  const inputs = Float32Array.from({ length: rows * 784 }, () => stream.uniform())
  return dataset({
    name: 'noise',
    inputs: tensor('float32', [rows, ...featureShape], inputs),
    targets: tensor(
      'int32',
      [rows],
      Int32Array.from({ length: rows }, () => stream.uint32() % 10),
    ),
    task: 'classification',
    classes: Array.from({ length: 10 }, (_, i) => String(i)),
  })
}
