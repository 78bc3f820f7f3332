/** @file The project of `rappel demo`: handwritten digits, one hidden layer. */
import { digits } from '../data/digits.ts'
import { dense, relu, sequential } from '../nn/layers.ts'
import { softmaxCrossEntropy } from '../nn/loss.ts'
import { l2 } from '../nn/penalty.ts'
import { nesterov } from '../optim/nesterov.ts'
import { step } from '../optim/schedule.ts'
import * as space from '../search/space.ts'
import { defineConfig } from '../train/config.ts'

export const demoConfig = () =>
  defineConfig({
    data: digits(),
    hyper: {
      hidden: space.choice([50, 100, 200], { default: 100 }),
      learningRate: space.logUniform(1e-6, 10, { default: 0.1 }),
      l2: space.logUniform(1e-7, 1, { default: 1e-4 }),
    },
    model: (h) => sequential(dense(h.hidden), relu(), dense(10)),
    loss: softmaxCrossEntropy(),
    penalty: (h) => l2(h.l2),
    update: (h) =>
      nesterov({ learningRate: step({ from: h.learningRate, factor: 0.5, everyEpochs: 5 }), momentum: 0.9 }),
    epochs: 20,
    batchSize: 100,
  })
