/** @file Trainings with which nothing is wrong. */
import { loss, nn, optim } from '../../../../src/index.ts'
import { someDigits } from '../../data.ts'
import type { Situation } from '../../situation.ts'

export const healthy: readonly Omit<Situation, 'half'>[] = [
  {
    name: 'plain-digits',
    about: 'A dense net on digits with momentum, as in every introduction.',
    run: (seed) => ({
      config: {
        data: someDigits(seed),
        model: nn.sequential(nn.dense(50), nn.relu(), nn.dense(10)),
        loss: loss.softmaxCrossEntropy(),
        update: optim.momentum({ learningRate: 0.05 }),
        epochs: 15,
        batchSize: 50,
      },
    }),
  },
]
