// LeNet on MNIST: `npm run rappel -- train --config examples/mnist-lenet.ts`. The four idx files lie in data/mnist; RAPPEL_DATA names another
// folder than data.
import { augment, defineConfig, loss, nn, optim, penalty, schedule } from 'rappel'
import { mnist } from 'rappel/data'

const folder = `${process.env.RAPPEL_DATA ?? 'data'}/mnist`

export default defineConfig({
  data: { training: mnist(folder), validation: mnist(folder, { part: 'test' }) },
  augment: augment.shift(2),
  model: nn.sequential(
    nn.conv2d(20, 5),
    nn.maxPool(2),
    nn.conv2d(50, 5),
    nn.maxPool(2),
    nn.flatten(),
    nn.dense(500),
    nn.relu(),
    nn.dense(10),
  ),
  loss: loss.softmaxCrossEntropy(),
  penalty: penalty.l2(5e-4),
  update: optim.nesterov({
    learningRate: schedule.step({ from: 0.01, factor: 0.5, everyEpochs: 2 }),
    momentum: 0.9,
  }),
  epochs: 10,
  batchSize: 64,
})
