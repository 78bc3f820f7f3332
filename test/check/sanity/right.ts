/** @file Set-ups in which all is well: the sanity checks are silent. */
import * as augment from '../../../src/data/augment.ts'
import { dataset, rowSource } from '../../../src/data/dataset.ts'
import { maxNorm } from '../../../src/nn/constraint.ts'
import * as init from '../../../src/nn/init.ts'
import * as loss from '../../../src/nn/loss.ts'
import * as nn from '../../../src/nn/nn.ts'
import * as penalty from '../../../src/nn/penalty.ts'
import { sgd } from '../../../src/optim/sgd.ts'
import type { Config } from '../../../src/train/config.ts'
import * as data from './data.ts'

type Setup = Pick<Config, 'data' | 'model' | 'loss'> & Partial<Config>

const { sequential, dense, relu } = nn
const softmax = loss.softmaxCrossEntropy()
const small = sequential(dense(30), relu(), dense(10))

export const common = { update: sgd({ learningRate: 0.1 }), epochs: 1, batchSize: 50 }

export const right: Readonly<Record<string, () => Setup>> = {
  'digits, one hidden layer, l2': () => ({
    data: data.someDigits(),
    model: small,
    loss: softmax,
    penalty: penalty.l2(1e-4),
  }),
  'digits, softmax regression': () => ({ data: data.someDigits(), model: dense(10), loss: softmax }),
  'digits, convolution, batch normalisation, pooling': () => ({
    data: data.someDigits('image'),
    model: sequential(nn.conv2d(6, 3), nn.batchNorm(), relu(), nn.maxPool(2), nn.flatten(), dense(10)),
    loss: softmax,
  }),
  'digits, smoothing, dropout, batch normalisation, l1': () => ({
    data: data.someDigits(),
    model: sequential(dense(40), nn.batchNorm(), relu(), nn.dropout(0.5), dense(10)),
    loss: loss.softmaxCrossEntropy({ smoothing: 0.1 }),
    penalty: penalty.l1(1e-5),
  }),
  'digits, support vector machine': () => ({ data: data.someDigits(), model: small, loss: loss.structuredSvm() }),
  'digits, support vector machine with a margin of 3': () => ({
    data: data.someDigits(),
    model: small,
    loss: loss.structuredSvm({ margin: 3 }),
  }),
  'digits, six layers of tanh': () => ({
    data: data.someDigits(),
    model: sequential(
      ...Array.from({ length: 5 }, () => [dense(30, { init: init.glorot() }), nn.tanh()]).flat(),
      dense(10, { init: init.glorot() }),
    ),
    loss: softmax,
  }),
  'digits between 0 and 1, not standardised': () => ({
    data: data.withInputs(data.someDigits(), (value) => value / 16),
    model: small,
    loss: softmax,
    standardise: false,
  }),
  'digits, standardised by feature': () => ({
    data: data.someDigits(),
    model: small,
    loss: softmax,
    standardise: 'feature',
  }),
  'digits, augmented images': () => ({
    data: data.someDigits('image'),
    model: sequential(nn.conv2d(6, 3), relu(), nn.flatten(), dense(10)),
    loss: softmax,
    augment: augment.shift(1),
  }),
  'digits, read row by row': () => ({ data: rowSource(data.someDigits()), model: small, loss: softmax }),
  'digits, max-norm and dropout': () => ({
    data: data.someDigits(),
    model: sequential(nn.dropout(0.2), dense(50), relu(), nn.dropout(0.5), dense(10)),
    loss: softmax,
    constraint: maxNorm(3),
  }),
  'digits, residual blocks with group normalisation': () => ({
    data: data.someDigits('image'),
    model: sequential(
      nn.conv2d(8, 3),
      nn.residual(nn.groupNorm(2), relu(), nn.conv2d(8, 3, { padding: 'same' })),
      relu(),
      nn.globalAveragePool(),
      dense(10),
    ),
    loss: softmax,
  }),
  'digits, last layer begins at 0': () => ({
    data: data.someDigits(),
    model: sequential(dense(30), relu(), dense(10, { init: init.zeros() })),
    loss: softmax,
  }),
  'digits, maxout and layer normalisation': () => ({
    data: data.someDigits(),
    model: sequential(nn.maxout(20), nn.layerNorm(), dense(10)),
    loss: softmax,
    penalty: penalty.elasticNet(1e-5, 1e-4),
  }),
  'two clouds, one score, binary cross-entropy': () => ({
    data: data.blobs([120, 120], 4),
    model: sequential(dense(8), relu(), dense(1)),
    loss: loss.binaryCrossEntropy(),
  }),
  'two clouds that overlap, logistic regression': () => ({
    data: data.blobs([150, 150], 2, 0.7),
    model: dense(2),
    loss: softmax,
  }),
  'three clouds, one of them rare': () => ({
    data: data.blobs([200, 100, 20], 4),
    model: sequential(dense(16), relu(), dense(3)),
    loss: softmax,
    penalty: penalty.l2(1e-3),
  }),
  'sixty rows': () => ({
    data: data.blobs([30, 30], 3),
    model: sequential(dense(16), relu(), dense(2)),
    loss: softmax,
  }),
  'quarters of a plane': () => ({
    data: data.quarters(),
    model: sequential(dense(32), relu(), dense(32), relu(), dense(2)),
    loss: softmax,
  }),
  'several questions at once': () => ({
    data: data.questions(),
    model: sequential(dense(32), relu(), dense(3)),
    loss: loss.binaryCrossEntropy(),
  }),
  'distributions as targets': () => ({
    data: data.distributions(),
    model: sequential(dense(32), relu(), dense(3)),
    loss: loss.softCrossEntropy(),
  }),
  'a plane, linear regression': () => ({ data: data.plane(), model: dense(1), loss: loss.squaredError() }),
  'bent functions, squared error': () => ({
    data: data.bent(),
    model: sequential(dense(32), nn.tanh(), dense(3)),
    loss: loss.squaredError(),
    penalty: penalty.l2(1e-3),
  }),
  'bent functions, absolute error': () => ({
    data: data.bent(),
    model: sequential(dense(32), relu(), dense(3)),
    loss: loss.absoluteError(),
  }),
  'bent functions, Huber': () => ({
    data: data.bent(),
    model: sequential(dense(32), nn.gelu(), dense(3)),
    loss: loss.huber({ delta: 0.5 }),
  }),
  'sequences, LSTM': () => ({ data: data.sequences(), model: sequential(nn.lstm(16), dense(2)), loss: softmax }),
  'sequences, GRU, one score': () => ({
    data: data.sequences(),
    model: sequential(nn.gru(12), nn.layerNorm(), dense(1)),
    loss: loss.binaryCrossEntropy(),
  }),
  'words, embedding': () => ({
    data: data.words(),
    model: sequential(nn.embedding(8, 6), nn.flatten(), dense(24), relu(), dense(3)),
    loss: softmax,
  }),
  'a text that repeats itself': () => {
    const letters = 'abracadabra alakazam '.repeat(20)
    const alphabet = [...new Set(letters)].sort()
    const numbers = Array.from(letters, (letter) => alphabet.indexOf(letter))
    const rows = Array.from({ length: 300 }, (_, k) => k)
    return {
      data: dataset({
        inputs: rows.map((k) => numbers.slice(k, k + 5)),
        targets: rows.map((k) => numbers[k + 5]),
        task: 'classification',
        classes: alphabet.map((letter) => `'${letter}'`),
        categorical: true,
      }),
      model: sequential(nn.embedding(alphabet.length, 6), nn.recurrent(16), dense(alphabet.length)),
      loss: softmax,
    }
  },
  'both parts given': () => {
    const whole = data.blobs([150, 150], 4)
    const part = (from: number, to: number) =>
      dataset({
        inputs: Array.from({ length: to - from }, (_, i) =>
          Array.from(whole.inputs.data.subarray((from + i) * 4, (from + i + 1) * 4)),
        ),
        targets: Array.from(whole.targets.data.subarray(from, to)),
        classes: whole.classes,
      })
    return {
      data: { training: part(0, 200), validation: part(200, 300) },
      model: sequential(dense(16), relu(), dense(2)),
      loss: softmax,
    }
  },
}
