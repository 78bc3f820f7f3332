/** @file Faulty situations: learning rate and update. */
import * as op from '../../../../src/graph/op.ts'
import * as init from '../../../../src/nn/init.ts'
import * as nn from '../../../../src/nn/nn.ts'
import { adam } from '../../../../src/optim/adam.ts'
import { momentum } from '../../../../src/optim/momentum.ts'
import { nesterov } from '../../../../src/optim/nesterov.ts'
import type { Schedule } from '../../../../src/optim/rate.ts'
import { exponential } from '../../../../src/optim/schedule.ts'
import { sgd } from '../../../../src/optim/sgd.ts'
import * as data from './data.ts'
import { changed, lenet, mlp, softmax, squared } from './nets.ts'
import * as rules from './rules.ts'
import type { Made } from './situation.ts'

export const update: readonly Made[] = [
  {
    name: 'momentum-rate-thirty-times-too-high',
    about: 'Digits, one hidden layer, momentum .9 at a rate of 1.',
    cause: 'lr-too-high',
    accepted: ['unstable'],
    tolerated: ['saturation'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.digitParts(seed, 1000, 400),
      model: mlp([50, 10], () => nn.tanh()),
      loss: softmax,
      update: momentum({ learningRate: rate * (fixed ? 0.03 : 1) }),
      epochs: 12 * epochs,
      batchSize: 32,
    }),
  },
  {
    name: 'adam-at-a-fifth',
    about: 'Spirals, two hidden layers, Adam at .2 because plain descent liked it.',
    cause: 'lr-too-high',
    accepted: ['unstable'],
    tolerated: ['dead-units'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.spirals(seed, 900),
      model: mlp([40, 40, 3]),
      loss: softmax,
      update: adam({ learningRate: rate * (fixed ? 0.005 : 0.2) }),
      epochs: 30 * epochs,
      batchSize: 30,
    }),
  },
  {
    name: 'own-rmsprop-too-high-on-a-gru',
    about: 'An echo learnt by a GRU with an own RMSProp at .3.',
    cause: 'lr-too-high',
    accepted: ['unstable'],
    tolerated: ['saturation'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.echo(seed, 800, { length: 10, delay: 5 }),
      model: nn.sequential(nn.gru(12), nn.dense(2)),
      loss: softmax,
      update: rules.rmsprop(rate * (fixed ? 0.01 : 0.3)),
      epochs: 15 * epochs,
      batchSize: 20,
    }),
  },
  {
    name: 'convolutions-with-nesterov-too-high',
    about: 'Digits as images, two convolutions, Nesterov .9 at .5.',
    cause: 'lr-too-high',
    accepted: ['unstable'],
    tolerated: ['dead-units'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.digitParts(seed, 800, 300, 'image'),
      model: lenet(6),
      loss: softmax,
      update: nesterov({ learningRate: rate * (fixed ? 0.02 : 0.5) }),
      epochs: 8 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'sgd-rate-a-thousandth',
    about: 'Digits, plain descent at .001 where .2 does well.',
    cause: 'lr-too-low',
    tolerated: ['train-longer'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.digitParts(seed, 1000, 400),
      model: mlp([40, 10], () => nn.tanh()),
      loss: softmax,
      update: sgd({ learningRate: rate * (fixed ? 0.2 : 0.001) }),
      epochs: 12 * epochs,
      batchSize: 50,
    }),
  },
  {
    name: 'adam-rate-for-fine-tuning',
    about: 'A regression from scratch with Adam at 1e-5, a rate for fine-tuning.',
    cause: 'lr-too-low',
    tolerated: ['train-longer'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.teacher(seed, 1000),
      model: mlp([40, 40, 1]),
      loss: squared,
      update: adam({ learningRate: rate * (fixed ? 0.003 : 1e-5) }),
      epochs: 20 * epochs,
      batchSize: 50,
    }),
  },
  {
    name: 'momentum-rate-too-low-on-an-lstm',
    about: 'Sums of two marked numbers, LSTM, momentum at 1e-4.',
    cause: 'lr-too-low',
    tolerated: ['train-longer'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.echo(seed, 800, { length: 8, delay: 3 }),
      standardise: false,
      model: nn.sequential(nn.lstm(12), nn.dense(2)),
      loss: softmax,
      update: momentum({ learningRate: rate * (fixed ? 0.1 : 1e-4) }),
      epochs: 20 * epochs,
      batchSize: 20,
    }),
  },
  {
    name: 'single-examples-with-large-steps',
    about: 'Overlapping classes, batches of one, at a rate of .3: it learns and never settles.',
    cause: 'unstable',
    accepted: ['lr-too-high'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.overlapping(seed, 700),
      model: mlp([20, 3], () => nn.tanh()),
      loss: softmax,
      update: sgd({ learningRate: rate * (fixed ? 0.01 : 0.3) }),
      epochs: 8 * epochs,
      batchSize: 1,
    }),
  },
  {
    name: 'regression-that-jitters',
    about: 'A series with batches of 4 and Adam at .05: the error stays at several times what a lower rate reaches.',
    cause: 'unstable',
    accepted: ['lr-too-high'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.teacher(seed, 800, { noise: 0.05 }),
      model: mlp([30, 1], () => nn.tanh()),
      loss: squared,
      update: adam({ learningRate: rate * (fixed ? 0.003 : 0.05) }),
      epochs: 15 * epochs,
      batchSize: 4,
    }),
  },
  {
    name: 'regression-blows-up',
    about: 'A deep ReLU net on a regression at a rate of 2: NaN within some steps.',
    cause: 'diverged',
    accepted: ['lr-too-high'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.teacher(seed, 600),
      model: mlp([40, 40, 1]),
      loss: squared,
      update: sgd({ learningRate: rate * (fixed ? 0.03 : 2) }),
      epochs: 10 * epochs,
      batchSize: 20,
    }),
  },
  {
    name: 'an-empty-text-normalised',
    about: 'Texts divided by their length in the net; a few texts hold no word, and 0/0 ends the run.',
    cause: 'diverged',
    config: (seed, { fixed, rate, epochs }) => {
      const texts = data.words(seed, 600)
      const random = data.stream(seed, 'empty')
      const empty = Array.from({ length: 600 }, () => random.uniform() < 0.01)
      return {
        // Empty texts in one part alone: in both they would be rows that the parts share.
        data: data.divided(
          data.withInputs(texts, (value, _, row) => (empty[row] && row < 480 ? 0 : value)),
          480,
        ),
        standardise: false,
        model: nn.sequential(
          nn.functional('unitLength', (x) => {
            const length = op.sqrt(op.reduceSum(op.square(x), { axes: [1], keepDims: true }))
            return op.div(x, fixed ? op.add(length, 1e-3) : length)
          }),
          nn.dense(30, { init: init.normal(0.3) }),
          nn.relu(),
          nn.dense(4),
        ),
        loss: softmax,
        update: adam({ learningRate: rate * 0.01 }),
        epochs: 10 * epochs,
        batchSize: 40,
      }
    },
  },
  {
    name: 'up-the-slope',
    about: 'An own rule adds the gradient where it should take it off.',
    cause: 'wrong-sign',
    accepted: ['loss-rises'],
    tolerated: ['diverged'],
    config: (seed, { fixed, epochs, rate }) => ({
      data: data.blobs(seed, 600, [1, 1, 1, 1], 10, 0.8),
      model: mlp([20, 4], () => nn.tanh()),
      loss: softmax,
      update: fixed ? sgd({ learningRate: 0.1 * rate }) : rules.ascent(0.01),
      epochs: 8 * epochs,
      batchSize: 30,
    }),
  },
  {
    name: 'velocity-of-the-wrong-sign',
    about: 'A heavy ball that gathers the gradient instead of its negative, at a small rate.',
    cause: 'loss-rises',
    accepted: ['wrong-sign'],
    tolerated: ['diverged'],
    config: (seed, { fixed, epochs, rate }) => ({
      data: data.teacher(seed, 800),
      model: mlp([30, 1]),
      loss: squared,
      update: fixed ? momentum({ learningRate: 0.01 * rate }) : rules.momentumAscent(1e-4),
      epochs: 10 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'a-likelihood-minimised',
    about: 'The loss is the log-likelihood itself, without its minus.',
    cause: 'wrong-sign',
    accepted: ['loss-rises'],
    tolerated: ['diverged'],
    config: (seed, { fixed, epochs, rate }) => ({
      data: data.digitParts(seed, 800, 300),
      model: mlp([30, 10]),
      loss: fixed ? softmax : changed(softmax, op.neg),
      update: adam({ learningRate: 0.002 * rate }),
      epochs: 8 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'rmsprop-begins-with-a-leap',
    about:
      'RMSProp with a memory of 100,000 steps that starts at 0: the first steps are three hundred times too large.',
    cause: 'first-steps-too-large',
    tolerated: ['dead-units', 'lr-too-high'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.digitParts(seed, 1000, 400),
      model: mlp([60, 60, 10]),
      loss: softmax,
      update: fixed ? adam({ learningRate: 0.003 * rate, beta1: 0 }) : rules.rmsprop(0.003 * rate, 0.99999),
      epochs: 15 * epochs,
      batchSize: 50,
    }),
  },
  {
    name: 'warm-up-the-wrong-way-round',
    about: 'A warm-up whose factor was turned over: the first 10 steps have a hundred times the rate.',
    cause: 'first-steps-too-large',
    tolerated: ['dead-units', 'lr-too-high'],
    config: (seed, { fixed, rate, epochs }) => {
      const upsideDown: Schedule = ({ step }) =>
        rate * 0.05 * (step < 10 ? (fixed ? (step + 1) / 10 : 100 / (step + 1)) : 1)
      return {
        data: data.digitParts(seed, 1000, 400),
        model: mlp([50, 50, 10]),
        loss: softmax,
        update: momentum({ learningRate: upsideDown }),
        epochs: 15 * epochs,
        batchSize: 50,
      }
    },
  },
  {
    name: 'a-ball-too-heavy',
    about: 'Momentum .999 on the full batch: it swings through the valley for the whole run.',
    cause: 'momentum-too-high',
    tolerated: ['unstable', 'lr-too-high'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.teacher(seed, 400, { noise: 0.05 }),
      model: mlp([20, 1], () => nn.tanh()),
      loss: squared,
      update: momentum({ learningRate: rate * 0.03, momentum: fixed ? 0.9 : 0.999 }),
      epochs: 600 * epochs,
      batchSize: 320,
    }),
  },
  {
    name: 'nesterov-nine-nine-five',
    about: 'Nesterov .998 at the rate that fitted .9, on digits in batches.',
    cause: 'momentum-too-high',
    tolerated: ['unstable', 'lr-too-high', 'dead-units'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.digitParts(seed, 1000, 400),
      model: mlp([40, 10], () => nn.tanh()),
      loss: softmax,
      update: nesterov({ learningRate: rate * 0.03, momentum: fixed ? 0.9 : 0.998 }),
      epochs: 20 * epochs,
      batchSize: 50,
    }),
  },
  {
    name: 'decay-within-an-epoch',
    about: 'A rate that falls by e^-4 in every epoch: all is over after one.',
    cause: 'schedule-too-fast',
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.digitParts(seed, 1000, 400),
      model: mlp([40, 10]),
      loss: softmax,
      update: sgd({ learningRate: exponential({ from: 0.1 * rate, decay: fixed ? 0.1 : 4 }) }),
      epochs: 15 * epochs,
      batchSize: 50,
    }),
  },
  {
    name: 'decay-counted-in-steps',
    about: 'A factor of .9 meant for epochs and taken in every step.',
    cause: 'schedule-too-fast',
    config: (seed, { fixed, rate, epochs }) => {
      const perStep: Schedule = ({ step, epoch }) => 0.005 * rate * 0.93 ** (fixed ? Math.floor(epoch) : step)
      return {
        data: data.series(seed, 900, { noise: 0.1 }),
        model: nn.sequential(nn.recurrent(16), nn.dense(1)),
        loss: squared,
        update: adam({ learningRate: perStep }),
        epochs: 15 * epochs,
        batchSize: 30,
      }
    },
  },
  {
    name: 'gradients-clipped-to-nothing',
    about: 'Every entry of the gradient is held within .0001, at a rate for gradients of .1.',
    cause: 'clipping-too-tight',
    tolerated: ['lr-too-low', 'train-longer'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.digitParts(seed, 1000, 400),
      model: mlp([40, 10]),
      loss: softmax,
      update: rules.clippedSgd(0.2 * rate, fixed ? 1 : 1e-4),
      epochs: 12 * epochs,
      batchSize: 50,
    }),
  },
  {
    name: 'recurrent-net-clipped-too-tightly',
    about: 'A recurrent net, with gradients clipped to .0003 against explosions that never come.',
    cause: 'clipping-too-tight',
    tolerated: ['lr-too-low', 'train-longer'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.series(seed, 900, { noise: 0.1 }),
      model: nn.sequential(nn.recurrent(16), nn.dense(1)),
      loss: squared,
      update: rules.clippedMomentum(0.02 * rate, fixed ? 1 : 3e-4),
      epochs: 12 * epochs,
      batchSize: 30,
    }),
  },
  {
    name: 'zero-grad-forgotten',
    about: 'The gradient buffer is never set back: every step moves by the sum of all gradients so far.',
    cause: 'gradient-accumulated',
    tolerated: ['diverged', 'unstable', 'lr-too-high', 'momentum-too-high'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.digitParts(seed, 1000, 400),
      model: mlp([40, 10], () => nn.tanh()),
      loss: softmax,
      update: fixed ? sgd({ learningRate: 0.1 * rate }) : rules.accumulated(0.02 * rate),
      epochs: 12 * epochs,
      batchSize: 50,
    }),
  },
  {
    name: 'zero-grad-once-an-epoch',
    about: 'The gradient buffer is set back at the beginning of each epoch instead of each step.',
    cause: 'gradient-accumulated',
    tolerated: ['diverged', 'unstable', 'lr-too-high', 'momentum-too-high'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.teacher(seed, 1000, { noise: 0.05 }),
      model: mlp([30, 1], () => nn.tanh()),
      loss: squared,
      update: fixed ? sgd({ learningRate: 0.1 * rate }) : rules.accumulated(0.025 * rate, 40),
      epochs: 20 * epochs,
      batchSize: 20,
    }),
  },
  {
    name: 'loss-summed-over-the-batch',
    about: 'The loss of a batch of 100 is its sum, at a rate for its mean.',
    cause: 'loss-reduction',
    tolerated: ['lr-too-high', 'unstable', 'diverged', 'dead-units'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.digitParts(seed, 1000, 400),
      model: mlp([50, 10]),
      loss: fixed ? softmax : changed(softmax, (each) => op.mul(each, 100)),
      update: momentum({ learningRate: 0.05 * rate }),
      epochs: 10 * epochs,
      batchSize: 100,
    }),
  },
  {
    name: 'squared-error-divided-twice',
    about: 'A mean over the batch of what was divided by the batch size already: steps are 50 times too small.',
    cause: 'loss-reduction',
    tolerated: ['lr-too-low', 'train-longer'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.teacher(seed, 800, { outputs: 3 }),
      model: mlp([30, 3], () => nn.tanh()),
      loss: fixed ? squared : changed(squared, (each) => op.div(each, 50)),
      update: sgd({ learningRate: 0.1 * rate }),
      epochs: 15 * epochs,
      batchSize: 50,
    }),
  },
  {
    name: 'stopped-after-two-epochs',
    about: 'Digits at a good rate, for two epochs where thirty do far better.',
    cause: 'train-longer',
    accepted: ['lr-too-low'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.digitParts(seed, 1200, 400),
      model: mlp([60, 60, 10]),
      loss: softmax,
      update: adam({ learningRate: 0.001 * rate }),
      epochs: (fixed ? 30 : 2) * epochs,
      batchSize: 20,
    }),
  },
  {
    name: 'a-curve-half-learnt',
    about: 'A sine of several waves: the net has found the first bends when the epochs are over.',
    cause: 'train-longer',
    accepted: ['lr-too-low'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.sine(seed, 800, { waves: 3, noise: 0.05 }),
      model: mlp([40, 40, 1], () => nn.tanh()),
      loss: squared,
      update: adam({ learningRate: 0.005 * rate }),
      epochs: (fixed ? 120 : 12) * epochs,
      batchSize: 40,
    }),
  },
]
