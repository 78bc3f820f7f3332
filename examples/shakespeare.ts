// An LSTM that predicts the next character of a text: `npm run rappel -- train --config examples/shakespeare.ts`. The text lies in
// data/tinyshakespeare.txt.gz; RAPPEL_DATA names another folder than data.
import { defineConfig, loss, nn, optim } from 'rappel'
import { text } from 'rappel/data'

const file = `${process.env.RAPPEL_DATA ?? 'data'}/tinyshakespeare.txt.gz`

export default defineConfig({
  data: {
    training: text(file, { length: 32, stride: 8, range: [0, 0.9] }),
    validation: text(file, { length: 32, stride: 8, range: [0.9, 1] }),
  },
  // 65 different characters stand in the text.
  model: nn.sequential(nn.embedding(65, 32), nn.lstm(128), nn.dense(65)),
  loss: loss.softmaxCrossEntropy(),
  update: optim.adam({ learningRate: 0.002 }),
  epochs: 4,
  batchSize: 64,
})
