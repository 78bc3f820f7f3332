/** @file Nets, data and plans for tests of training. */
import { RandomStream } from '../../src/base/random.ts'
import { tensor } from '../../src/base/tensor.ts'
import { type ClassificationDataset, dataset, type RegressionDataset } from '../../src/data/dataset.ts'
import { digits } from '../../src/data/digits.ts'
import { split } from '../../src/data/split.ts'
import { fitStandardisation } from '../../src/data/standardise.ts'
import { dense, dropout, relu, sequential } from '../../src/nn/layers.ts'
import { softmaxCrossEntropy } from '../../src/nn/loss.ts'
import type { Layer } from '../../src/nn/model.ts'
import { l2 } from '../../src/nn/penalty.ts'
import { nesterov } from '../../src/optim/nesterov.ts'
import { step } from '../../src/optim/schedule.ts'
import { makePlan, type PlanParts, type TrainingPlan } from '../../src/train/plan.ts'

/** Normal inputs, and classes that depend on the largest of the first ones. */
export function blobs(rows: number, features: number, classes: number, seed = 1): ClassificationDataset {
  const stream = new RandomStream(seed, 'blobs')
  const inputs = Float32Array.from({ length: rows * features }, () => stream.normal())
  const targets = Int32Array.from({ length: rows }, (_, row) => {
    const first = inputs.subarray(row * features, row * features + classes)
    return first.indexOf(Math.max(...first))
  })
  return dataset({
    name: 'blobs',
    inputs: tensor('float32', [rows, features], inputs),
    targets: tensor('int32', [rows], targets),
    task: 'classification',
    classes: Array.from({ length: classes }, (_, i) => `class ${i}`),
  })
}

/** Normal inputs, and targets that are sums of their sines. */
export function waves(rows: number, features: number, outputs: number): RegressionDataset {
  const stream = new RandomStream(1, 'waves')
  const inputs = Float32Array.from({ length: rows * features }, () => stream.normal())
  const targets = Float32Array.from({ length: rows * outputs }, (_, i) => {
    const row = inputs.subarray(Math.floor(i / outputs) * features, (Math.floor(i / outputs) + 1) * features)
    return row.reduce((sum, x) => sum + Math.sin((1 + (i % outputs)) * x), 0)
  })
  return dataset({
    name: 'waves',
    inputs: tensor('float32', [rows, features], inputs),
    targets: tensor('float32', [rows, outputs], targets),
    task: 'regression',
  })
}

/** What `rappel demo` trains: digits by 64-100-10 with Nesterov. */
export function digitsPlan(seed: number, parts: Partial<PlanParts> & { readonly dropout?: number } = {}): TrainingPlan {
  const { dropout: rate = 0, ...rest } = parts
  const data = split(digits(), { seed })
  const standardisation = fitStandardisation(data.training)
  const hidden: Layer[] = rate > 0 ? [dense(100), relu(), dropout(rate)] : [dense(100), relu()]
  return makePlan({
    model: sequential(...hidden, dense(10)),
    loss: softmaxCrossEntropy(),
    penalty: l2(1e-4),
    update: nesterov({ learningRate: step({ from: 0.1, factor: 0.5, everyEpochs: 5 }), momentum: 0.9 }),
    training: standardisation.apply(data.training),
    validation: standardisation.apply(data.validation),
    standardisation,
    epochs: 20,
    batchSize: 100,
    seed,
    ...rest,
  })
}
