/** @file Healthy situations: a careful person would change nothing. */
import * as augment from '../../../../src/data/augment.ts'
import * as constraint from '../../../../src/nn/constraint.ts'
import * as init from '../../../../src/nn/init.ts'
import * as loss from '../../../../src/nn/loss.ts'
import * as nn from '../../../../src/nn/nn.ts'
import * as penalty from '../../../../src/nn/penalty.ts'
import { adam } from '../../../../src/optim/adam.ts'
import { momentum } from '../../../../src/optim/momentum.ts'
import { nesterov } from '../../../../src/optim/nesterov.ts'
import type { Schedule } from '../../../../src/optim/rate.ts'
import { exponential, inverse, step } from '../../../../src/optim/schedule.ts'
import { sgd } from '../../../../src/optim/sgd.ts'
import * as data from './data.ts'
import { mlp, softmax, squared } from './nets.ts'
import * as rules from './rules.ts'
import type { Made } from './situation.ts'

/** Up from nothing, then down along half a cosine. @param steps of the whole run */
const warmUpAndCosine =
  (highest: number, warmUp: number, steps: number): Schedule =>
  ({ step }) =>
    step < warmUp
      ? (highest * (step + 1)) / warmUp
      : (highest / 2) * (1 + Math.cos(Math.PI * Math.min(1, (step - warmUp) / (steps - warmUp))))

export const healthy: readonly Made[] = [
  {
    name: 'digits-single-examples',
    about: 'Digits, batches of one: the loss of a step says little, the run is well.',
    config: (seed, { rate, epochs }) => ({
      data: data.digitParts(seed, 700, 300),
      model: mlp([40, 10]),
      loss: softmax,
      update: sgd({ learningRate: step({ from: 0.025 * rate, factor: 0.5, everyEpochs: 2 }) }),
      epochs: 8 * epochs,
      batchSize: 1,
    }),
  },
  {
    name: 'batches-of-four-and-overlap',
    about: 'Classes that overlap, batches of four: no step looks better than the last, and nobody could do better.',
    config: (seed, { rate, epochs }) => ({
      data: data.overlapping(seed, 1000),
      model: mlp([16, 3], () => nn.tanh()),
      loss: softmax,
      update: momentum({ learningRate: inverse({ from: 0.003 * rate, decay: 0.3 }) }),
      epochs: 12 * epochs,
      batchSize: 4,
    }),
  },
  {
    name: 'texts-as-counts',
    about: 'Sparse counts of words, a linear model with a penalty.',
    config: (seed, { rate, epochs }) => ({
      data: data.words(seed, 1500, { share: 0.4 }),
      standardise: false,
      model: nn.dense(4),
      loss: softmax,
      penalty: penalty.l2(1e-3),
      update: adam({ learningRate: 0.02 * rate }),
      epochs: 20 * epochs,
      batchSize: 50,
    }),
  },
  {
    name: 'an-echo-that-is-found-late',
    about: 'A recurrent net sees nothing for some epochs, and then the bit five steps back.',
    config: (seed, { rate, epochs }) => ({
      data: data.echo(seed, 1200, { length: 14, delay: 9 }),
      model: nn.sequential(nn.gru(16), nn.dense(2)),
      loss: softmax,
      update: adam({ learningRate: 0.005 * rate }),
      epochs: 20 * epochs,
      batchSize: 24,
    }),
  },
  {
    name: 'a-parity-that-takes-its-time',
    about: 'Parity of four bits among eight: a plateau at chance, then all at once.',
    config: (seed, { rate, epochs }) => ({
      data: data.parity(seed, 1500, 4, 8),
      model: mlp([40, 2], () => nn.tanh()),
      loss: softmax,
      update: momentum({ learningRate: 0.05 * rate }),
      epochs: 30 * epochs,
      batchSize: 30,
    }),
  },
  {
    name: 'cyclic-rate',
    about:
      'Overlapping clouds and a rate that goes up and down three times and ends low: the loss rises a little with it and comes back.',
    config: (seed, { rate, epochs }) => {
      const total = 30 * 18 * epochs
      const cyclic: Schedule = ({ step }) => {
        const phase = ((step % (total / 3)) / (total / 3)) * 2
        return rate * 0.15 * (0.01 + 0.99 * Math.max(0, phase < 1 ? phase : 2 - phase))
      }
      return {
        data: data.blobs(seed, 1200, [1, 1, 1], 8, 0.55),
        model: mlp([12, 3], () => nn.tanh()),
        loss: softmax,
        penalty: penalty.l2(1e-3),
        update: momentum({ learningRate: cyclic, momentum: 0.8 }),
        epochs: 18 * epochs,
        batchSize: 32,
      }
    },
  },
  {
    name: 'warm-up-and-cosine-with-layer-norm',
    about: 'Residual blocks with layer normalisation, AdamW of one’s own, warm-up and half a cosine.',
    config: (seed, { rate, epochs }) => {
      const block = () => nn.residual(nn.layerNorm(), nn.dense(32), nn.relu(), nn.dense(32))
      return {
        data: data.digitParts(seed, 1000, 400),
        model: nn.sequential(nn.dense(32), block(), block(), nn.layerNorm(), nn.dense(10)),
        loss: softmax,
        update: rules.adamW(warmUpAndCosine(0.02 * rate, 50, 375 * epochs), 0.01, true),
        epochs: 15 * epochs,
        batchSize: 40,
      }
    },
  },
  {
    name: 'stopped-in-time',
    about: 'Noisy rows, early stopping with the best epoch kept: the validation loss has just begun to rise.',
    config: (seed, { rate, epochs }) => ({
      data: data.blobs(seed, 1200, [1, 1, 1, 1], 10, 0.6),
      model: mlp([24, 4]),
      loss: softmax,
      update: adam({ learningRate: 0.003 * rate }),
      epochs: 60 * epochs,
      batchSize: 32,
      earlyStopping: { patience: 4 },
    }),
  },
  {
    name: 'mild-overfitting',
    about:
      'Overlapping clouds a little beyond the best epoch: the validation loss has risen by a few per cent, the accuracy has not fallen.',
    config: (seed, { rate, epochs }) => ({
      data: data.blobs(seed, 1400, [1, 1, 1, 1], 10, 0.6),
      model: mlp([24, 4]),
      loss: softmax,
      update: adam({ learningRate: 0.003 * rate }),
      epochs: 32 * epochs,
      batchSize: 32,
    }),
  },
  {
    name: 'one-to-four',
    about: 'Two classes in proportions of one to four, told apart well.',
    config: (seed, { rate, epochs }) => ({
      data: data.blobs(seed, 1200, [4, 1], 8, 0.6),
      model: mlp([16, 2]),
      loss: softmax,
      update: nesterov({ learningRate: exponential({ from: 0.02 * rate, decay: 0.15 }) }),
      epochs: 15 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'customers-as-far-as-they-can-be-known',
    about: 'A table whose labels are a fifth chance: the loss stops at what can be known.',
    config: (seed, { rate, epochs }) => ({
      data: data.customers(seed, 2500),
      model: mlp([16, 2]),
      loss: softmax,
      penalty: penalty.l2(1e-3),
      update: sgd({ learningRate: 0.1 * rate }),
      epochs: 20 * epochs,
      batchSize: 50,
    }),
  },
  {
    name: 'last-layer-from-zero',
    about: 'The last layer begins at 0, so that all classes begin equal, as many do on purpose.',
    config: (seed, { rate, epochs }) => ({
      data: data.digitParts(seed, 1000, 400),
      model: mlp([60, 10], () => nn.relu(), { last: init.zeros() }),
      loss: softmax,
      update: momentum({ learningRate: 0.03 * rate }),
      epochs: 15 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'residual-branches-from-zero',
    about: 'Residual blocks whose last layer begins at 0: each block begins as nothing.',
    config: (seed, { rate, epochs }) => {
      const block = () => nn.residual(nn.dense(24), nn.relu(), nn.dense(24, { init: init.zeros() }))
      return {
        data: data.teacher(seed, 1500),
        model: nn.sequential(nn.dense(24), block(), block(), nn.dense(1)),
        loss: squared,
        update: adam({ learningRate: exponential({ from: 0.03 * rate, decay: 0.15 }) }),
        epochs: 20 * epochs,
        batchSize: 40,
      }
    },
  },
  {
    name: 'a-long-run-that-has-arrived',
    about: 'A small net on a regression until nothing moves any more.',
    config: (seed, { rate, epochs }) => ({
      data: data.sine(seed, 600, { waves: 1, noise: 0.1 }),
      model: mlp([16, 1], () => nn.tanh()),
      loss: squared,
      update: adam({ learningRate: exponential({ from: 0.08 * rate, decay: 0.035 }) }),
      epochs: 120 * epochs,
      batchSize: 60,
    }),
  },
  {
    name: 'full-batch-convex',
    about: 'Logistic regression on all rows at once: a smooth way down.',
    config: (seed, { rate, epochs }) => ({
      data: data.blobs(seed, 800, [1, 1, 1], 6, 0.8),
      model: nn.dense(3),
      loss: softmax,
      penalty: penalty.l2(1e-3),
      update: nesterov({ learningRate: 0.2 * rate }),
      epochs: 150 * epochs,
      batchSize: 640,
    }),
  },
  {
    name: 'images-shifted-and-dropped',
    about: 'A convolutional net with shifts by a pixel and dropout: training looks worse than validation.',
    config: (seed, { rate, epochs }) => ({
      data: data.digitParts(seed, 900, 400, 'image'),
      augment: augment.shift(1),
      model: nn.sequential(
        nn.conv2d(16, 3, { padding: 'same' }),
        nn.relu(),
        nn.maxPool(2),
        nn.conv2d(32, 3, { padding: 'same' }),
        nn.relu(),
        nn.maxPool(2),
        nn.flatten(),
        nn.dropout(0.2),
        nn.dense(10),
      ),
      loss: softmax,
      update: adam({ learningRate: exponential({ from: 0.012 * rate, decay: 0.06 }) }),
      epochs: 36 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'half-of-a-wide-layer-dropped',
    about: 'Dropout of a half behind 200 units, with max-norm 3, as in its paper.',
    config: (seed, { rate, epochs }) => ({
      data: data.digitParts(seed, 1200, 400),
      model: nn.sequential(nn.dense(200), nn.relu(), nn.dropout(0.5), nn.dense(10)),
      loss: softmax,
      constraint: constraint.maxNorm(3),
      update: momentum({ learningRate: 0.03 * rate }),
      epochs: 20 * epochs,
      batchSize: 50,
    }),
  },
  {
    name: 'convolutions-with-batch-norm',
    about: 'Two convolutions with batch normalisation, no biases, momentum in steps.',
    config: (seed, { rate, epochs }) => ({
      data: data.digitParts(seed, 1000, 400, 'image'),
      model: nn.sequential(
        nn.conv2d(8, 3, { padding: 'same' }),
        nn.batchNorm(),
        nn.relu(),
        nn.maxPool(2),
        nn.conv2d(16, 3, { padding: 'same' }),
        nn.batchNorm(),
        nn.relu(),
        nn.maxPool(2),
        nn.flatten(),
        nn.dense(10),
      ),
      loss: softmax,
      update: momentum({ learningRate: step({ from: 0.06 * rate, factor: 0.3, everyEpochs: 4 }) }),
      epochs: 10 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'smoothed-labels',
    about: 'Smoothed labels: the loss ends far above 0, at their entropy.',
    config: (seed, { rate, epochs }) => ({
      data: data.digitParts(seed, 1200, 400),
      model: mlp([60, 10], () => nn.gelu()),
      loss: loss.softmaxCrossEntropy({ smoothing: 0.1 }),
      penalty: penalty.l2(1e-4),
      update: nesterov({ learningRate: 0.06 * rate }),
      epochs: 25 * epochs,
      batchSize: 50,
    }),
  },
  {
    name: 'hinges',
    about: 'Digits with the structured SVM loss, which begins at nine and ends with most margins kept.',
    config: (seed, { rate, epochs }) => ({
      data: data.digitParts(seed, 1200, 400),
      model: mlp([50, 10]),
      loss: loss.structuredSvm(),
      penalty: penalty.l2(1e-3),
      update: sgd({ learningRate: exponential({ from: 0.2 * rate, decay: 0.1 }) }),
      epochs: 20 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'outliers-and-huber',
    about: 'A regression with a few targets far off, and the loss that is made for them.',
    config: (seed, { rate, epochs }) => {
      const random = data.stream(seed, 'outliers')
      return {
        data: data.withTargets(data.teacher(seed, 1500), (target) =>
          random.uniform() < 0.02 ? target + 6 * random.normal() : target,
        ),
        model: mlp([24, 1], () => nn.tanh()),
        loss: loss.huber(),
        update: adam({ learningRate: exponential({ from: 0.025 * rate, decay: 0.15 }) }),
        epochs: 25 * epochs,
        batchSize: 40,
      }
    },
  },
  {
    name: 'a-series-to-its-noise',
    about: 'The next value of a noisy series, by an LSTM, as well as the noise allows.',
    config: (seed, { rate, epochs }) => ({
      data: data.series(seed, 1500),
      model: nn.sequential(nn.lstm(12), nn.dense(1)),
      loss: squared,
      update: adam({ learningRate: exponential({ from: 0.01 * rate, decay: 0.15 }) }),
      epochs: 15 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'adding-marked-numbers',
    about: 'The adding problem over eight steps, a GRU.',
    config: (seed, { rate, epochs }) => ({
      data: data.adding(seed, 1500, 8),
      model: nn.sequential(nn.gru(20), nn.dense(1)),
      loss: squared,
      update: adam({ learningRate: exponential({ from: 0.01 * rate, decay: 0.08 }) }),
      epochs: 30 * epochs,
      batchSize: 30,
    }),
  },
  {
    name: 'one-label-in-twenty-by-chance',
    about: 'One label in twenty is chance, and the net is small enough not to mind.',
    config: (seed, { rate, epochs }) => ({
      data: data.noisyLabels(data.blobs(seed, 1500, [1, 1, 1, 1], 8, 0.9), 0.05, seed),
      model: mlp([12, 4]),
      loss: softmax,
      update: momentum({ learningRate: inverse({ from: 0.03 * rate, decay: 0.2 }) }),
      epochs: 15 * epochs,
      batchSize: 50,
    }),
  },
  {
    name: 'a-large-batch-at-its-rate',
    about: 'Batches of 500 at a rate scaled up for them.',
    config: (seed, { rate, epochs }) => ({
      data: data.digitParts(seed, 1000, 400),
      model: mlp([50, 10]),
      loss: softmax,
      update: momentum({ learningRate: 0.15 * rate }),
      epochs: 60 * epochs,
      batchSize: 500,
    }),
  },
  {
    name: 'large-net-enough-rows',
    about: 'A hundred thousand weights for a thousand digits: enough, since they are easy.',
    config: (seed, { rate, epochs }) => ({
      data: data.digitParts(seed, 1300, 400),
      model: mlp([250, 250, 10]),
      loss: softmax,
      penalty: penalty.l2(1e-4),
      update: sgd({ learningRate: exponential({ from: 0.3 * rate, decay: 0.1 }) }),
      epochs: 15 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'deep-tanh-from-glorot',
    about: 'Five tanh layers, begun as they should be.',
    config: (seed, { rate, epochs }) => ({
      data: data.blobs(seed, 1200, [1, 1, 1, 1], 10, 0.9),
      model: mlp([24, 24, 24, 24, 4], () => nn.tanh(), { inner: init.glorot(), last: init.glorot() }),
      loss: softmax,
      penalty: penalty.l2(1e-3),
      update: momentum({ learningRate: exponential({ from: 0.02 * rate, decay: 0.15 }) }),
      epochs: 15 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'sigmoid-hidden-layer',
    about: 'The sigmoids of old textbooks, one layer of them.',
    config: (seed, { rate, epochs }) => ({
      data: data.digitParts(seed, 1200, 400),
      model: mlp([40, 10], () => nn.sigmoid(), { inner: init.glorot() }),
      loss: softmax,
      update: momentum({ learningRate: 0.1 * rate }),
      epochs: 25 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'adagrad-of-ones-own',
    about: 'Adagrad on sparse counts: its steps shrink by themselves.',
    config: (seed, { rate, epochs }) => ({
      data: data.words(seed, 1500, { share: 0.5, vocabulary: 120 }),
      standardise: false,
      model: mlp([16, 4]),
      loss: softmax,
      update: rules.adagrad(0.05 * rate),
      epochs: 12 * epochs,
      batchSize: 30,
      earlyStopping: { patience: 3 },
    }),
  },
  {
    name: 'gradients-clipped-loosely',
    about: 'Clipping at 1, which hardly ever acts, on a recurrent net.',
    config: (seed, { rate, epochs }) => ({
      data: data.series(seed, 1200, { noise: 0.2 }),
      model: nn.sequential(nn.recurrent(16), nn.dense(1)),
      loss: squared,
      update: rules.clippedMomentum(exponential({ from: 0.02 * rate, decay: 0.12 }), 1),
      epochs: 20 * epochs,
      batchSize: 30,
    }),
  },
  {
    name: 'a-net-that-begins-good',
    about: 'Fine-tuning: weights from another training, which know the clouds already, at a small rate.',
    config: (seed, { rate, epochs }) => fineTuned(seed, rate, epochs),
  },
  {
    name: 'pairs-of-pixels-that-never-change',
    about: 'Images of which half the pixels are the same in all, and the rest of low rank.',
    config: (seed, { rate, epochs }) => {
      const parts = data.digitParts(seed, 1000, 400)
      const masked = (part: typeof parts.training) =>
        data.withInputs(part, (value, feature) => (feature % 8 < 2 || feature % 8 > 6 || feature < 8 ? 0 : value))
      return {
        data: { training: masked(parts.training), validation: masked(parts.validation) },
        model: mlp([50, 10]),
        loss: softmax,
        penalty: penalty.l2(1e-4),
        update: nesterov({ learningRate: step({ from: 0.1 * rate, factor: 0.5, everyEpochs: 4 }) }),
        epochs: 16 * epochs,
        batchSize: 40,
      }
    },
  },
]

/**
 * Clouds around known centres c of deviation 1. Scores c·x − |c|²/2 are the best there are (Bayes' rule for normal densities); the first
 * weights are these with some noise.
 */
function fineTuned(seed: number, rate: number, epochs: number) {
  const centres = data.centres(seed, 4, 10, 0.7)
  const random = data.stream(seed, 'tuned before')
  const near = (name: string, value: (i: number) => number): init.Initialiser => ({
    name,
    draw: (shape) =>
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => value(i) + 0.03 * random.normal()),
  })
  return {
    data: data.blobs(seed, 1500, [1, 1, 1, 1], 10, 0.7),
    standardise: false,
    model: nn.dense(4, {
      init: near('tuned weights', (i) => centres[i % 4][Math.floor(i / 4)]),
      bias: near('tuned biases', (i) => -centres[i].reduce((sum, c) => sum + c * c, 0) / 2),
    }),
    loss: softmax,
    update: sgd({ learningRate: 0.01 * rate }),
    epochs: 10 * epochs,
    batchSize: 30,
  }
}
