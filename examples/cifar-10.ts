// A convolutional net on CIFAR-10: `npm run rappel -- train --config examples/cifar-10.ts`. The binary batches lie in data/cifar-10; RAPPEL_DATA
// names another folder than data. It takes what is there of data_batch_1 to 5, and validates on the test images.
import { readdirSync } from 'node:fs'
import { augment, defineConfig, loss, nn, optim, penalty, schedule } from 'rappel'
import { cifar10 } from 'rappel/data'

const folder = `${process.env.RAPPEL_DATA ?? 'data'}/cifar-10`
const files = (prefix: string) =>
  readdirSync(folder)
    .filter((name) => name.startsWith(prefix) && name.includes('.bin'))
    .map((name) => `${folder}/${name}`)

const block = (filters: number) => [
  nn.conv2d(filters, 3, { padding: 'same', bias: false }),
  nn.batchNorm(),
  nn.relu(),
  nn.maxPool(2),
]

export default defineConfig({
  data: { training: cifar10(files('data_batch_')), validation: cifar10(files('test_batch')) },
  augment: [augment.shift(3), augment.flip()],
  model: nn.sequential(...block(32), ...block(64), ...block(128), nn.flatten(), nn.dropout(0.3), nn.dense(10)),
  loss: loss.softmaxCrossEntropy(),
  penalty: penalty.l2(5e-4),
  update: optim.nesterov({
    learningRate: schedule.step({ from: 0.03, factor: 0.3, everyEpochs: 10 }),
    momentum: 0.9,
  }),
  epochs: 40,
  batchSize: 64,
})
