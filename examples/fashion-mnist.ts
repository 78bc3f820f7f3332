// A small convolutional net on Fashion-MNIST: `npm run rappel -- train --config examples/fashion-mnist.ts`. The four idx files lie in
// data/fashion-mnist; RAPPEL_DATA names another folder than data.
import { augment, defineConfig, loss, nn, optim, penalty, schedule } from 'rappel'
import { fashionMnist } from 'rappel/data'

const folder = `${process.env.RAPPEL_DATA ?? 'data'}/fashion-mnist`

export default defineConfig({
  data: { training: fashionMnist(folder), validation: fashionMnist(folder, { part: 'test' }) },
  augment: augment.flip(),
  model: nn.sequential(
    nn.conv2d(16, 5, { padding: 'same' }),
    nn.relu(),
    nn.maxPool(2),
    nn.conv2d(32, 5, { padding: 'same' }),
    nn.relu(),
    nn.maxPool(2),
    nn.flatten(),
    nn.dropout(0.3),
    nn.dense(128),
    nn.relu(),
    nn.dense(10),
  ),
  loss: loss.softmaxCrossEntropy(),
  penalty: penalty.l2(1e-4),
  update: optim.nesterov({
    learningRate: schedule.step({ from: 0.02, factor: 0.5, everyEpochs: 3 }),
    momentum: 0.9,
  }),
  epochs: 12,
  batchSize: 64,
})
