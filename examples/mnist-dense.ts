// A net of two layers on MNIST: `npm run rappel -- train --config examples/mnist-dense.ts`. The four idx files lie in data/mnist; RAPPEL_DATA
// names another folder than data.
import { defineConfig, loss, nn, optim, penalty, schedule } from 'rappel'
import { mnist } from 'rappel/data'

const folder = `${process.env.RAPPEL_DATA ?? 'data'}/mnist`

export default defineConfig({
  data: {
    training: mnist(folder, { shape: 'flat' }),
    validation: mnist(folder, { shape: 'flat', part: 'test' }),
  },
  model: nn.sequential(nn.dense(500), nn.relu(), nn.dropout(0.25), nn.dense(10)),
  loss: loss.softmaxCrossEntropy(),
  penalty: penalty.l2(1e-4),
  update: optim.nesterov({
    learningRate: schedule.step({ from: 0.03, factor: 0.5, everyEpochs: 4 }),
    momentum: 0.9,
  }),
  epochs: 20,
  batchSize: 100,
})
