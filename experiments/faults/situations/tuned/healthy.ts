/** @file Trainings with which nothing is wrong, as most of them are. */
import { augment, constraint, init, loss, nn, optim, penalty, schedule } from '../../../../src/index.ts'
import { curve, friedman, memory, moons, someDigits, spirals, waves, withTargets } from '../../data.ts'
import { convNet, mlp, training } from '../../nets.ts'
import { adagrad, clipped, decayed, rmsprop } from '../../rules.ts'
import type { Situation } from '../../situation.ts'

/** Friedman's function with targets of deviation about 1. */
const table = (seed: number, rows = 600) =>
  withTargets(curve(seed, { rows, features: 6, noise: 1, of: friedman }), (y) => (y - 14.4) / 5)

export const healthy: readonly Omit<Situation, 'half'>[] = [
  {
    name: 'plain-digits',
    about: 'A dense net on digits with momentum, as in every introduction.',
    run: (seed) => training({ data: someDigits(seed), model: mlp([50, 10]), epochs: 15 }),
  },
  {
    name: 'digits-sgd',
    about: 'Plain gradient descent at a sound rate, until little is left to gain.',
    run: (seed) =>
      training({ data: someDigits(seed), model: mlp([64, 10]), update: optim.sgd({ learningRate: 0.2 }), epochs: 15 }),
  },
  {
    name: 'digits-nesterov-steps',
    about: "Nesterov's momentum, the rate halved every five epochs, L2 of 1e-4.",
    run: (seed) =>
      training({
        data: someDigits(seed),
        model: mlp([100, 10]),
        penalty: penalty.l2(1e-4),
        update: optim.nesterov({ learningRate: schedule.step({ from: 0.1, factor: 0.5, everyEpochs: 5 }) }),
        epochs: 20,
        batchSize: 100,
      }),
  },
  {
    name: 'conv-adam',
    about: 'A convolutional net with Adam.',
    run: (seed) =>
      training({
        data: someDigits(seed, { shape: 'image' }),
        model: convNet(),
        update: optim.adam({ learningRate: 0.003 }),
        epochs: 12,
        batchSize: 32,
      }),
  },
  {
    name: 'conv-batch-norm-augmented',
    about: 'A convolutional net with batch normalisation on pictures that are shifted at random.',
    run: (seed) =>
      training({
        data: someDigits(seed, { shape: 'image' }),
        model: convNet({ between: () => nn.batchNorm() }),
        augment: augment.shift(1),
        update: optim.momentum({ learningRate: schedule.exponential({ from: 0.1, decay: 0.12 }) }),
        epochs: 25,
        batchSize: 50,
      }),
  },
  {
    name: 'lstm-waves',
    about: 'An LSTM tells waves of three frequencies apart.',
    run: (seed) =>
      training({
        data: waves(seed, { rows: 500, length: 12, noise: 0.3 }),
        model: nn.sequential(nn.lstm(16), nn.dense(3)),
        update: optim.adam({ learningRate: 0.01 }),
        epochs: 12,
        batchSize: 25,
      }),
  },
  {
    name: 'gru-remembers',
    about: 'A GRU has to remember over twelve steps: nothing happens for some epochs, then all at once.',
    run: (seed) =>
      training({
        data: memory(seed, { rows: 500, length: 12 }),
        model: nn.sequential(nn.gru(12), nn.dense(2)),
        update: optim.adam({ learningRate: 0.005 }),
        epochs: 20,
        batchSize: 25,
      }),
  },
  {
    name: 'deep-tanh',
    about: 'Five tanh layers with Glorot’s weights.',
    run: (seed) =>
      training({
        data: someDigits(seed, { rows: 1200 }),
        model: mlp([40, 40, 40, 40, 10], { activation: nn.tanh, init: init.glorot() }),
        update: optim.momentum({ learningRate: 0.02 }),
        epochs: 15,
        batchSize: 32,
      }),
  },
  {
    name: 'deep-residual',
    about: 'Six residual blocks, the last layer of each from small weights.',
    run: (seed) =>
      training({
        data: someDigits(seed, { rows: 1200 }),
        model: nn.sequential(
          nn.dense(40),
          ...Array.from({ length: 6 }, () =>
            nn.residual(nn.relu(), nn.dense(40), nn.relu(), nn.dense(40, { init: init.normal(0.02) })),
          ),
          nn.relu(),
          nn.dense(10),
        ),
        update: optim.adam({ learningRate: 0.002 }),
        epochs: 12,
        batchSize: 32,
      }),
  },
  {
    name: 'sigmoid-one-layer',
    about: 'One hidden layer of sigmoids, which begins slowly.',
    run: (seed) =>
      training({
        data: someDigits(seed, { rows: 1200 }),
        model: mlp([50, 10], { activation: nn.sigmoid, init: init.glorot() }),
        update: optim.momentum({ learningRate: 0.1 }),
        epochs: 20,
        batchSize: 32,
      }),
  },
  {
    name: 'spirals-adam',
    about: 'Spirals with Adam: a long slope before the arms are told apart.',
    run: (seed) =>
      training({
        data: spirals(seed, { rows: 600 }),
        model: mlp([48, 48, 3]),
        update: optim.adam({ learningRate: 0.005 }),
        epochs: 50,
        batchSize: 32,
      }),
  },
  {
    name: 'friedman-regression',
    about: 'Regression on Friedman’s function to the level of its noise.',
    run: (seed) =>
      training({
        data: table(seed, 800),
        model: mlp([24, 1]),
        loss: loss.squaredError(),
        update: optim.adam({ learningRate: schedule.exponential({ from: 0.01, decay: 0.1 }) }),
        epochs: 30,
        batchSize: 25,
      }),
  },
  {
    name: 'huber-regression',
    about: 'Regression with Huber’s loss and outliers of one row in fifty.',
    run: (seed) =>
      training({
        data: withTargets(table(seed, 800), (y, row) => (row % 50 === 0 ? y + 8 : y)),
        model: mlp([24, 1], { activation: nn.tanh, init: init.glorot() }),
        loss: loss.huber(),
        update: optim.momentum({ learningRate: 0.02 }),
        epochs: 40,
        batchSize: 25,
      }),
  },
  {
    name: 'binary-moons',
    about: 'Two moons with one score and binary cross-entropy.',
    run: (seed) =>
      training({
        data: moons(seed, { rows: 600, noise: 0.15 }),
        model: mlp([24, 24, 1]),
        loss: loss.binaryCrossEntropy(),
        update: optim.adam({ learningRate: 0.005 }),
        epochs: 30,
        batchSize: 25,
      }),
  },
  {
    name: 'hinge-digits',
    about: 'The structured SVM’s loss on digits, with L2.',
    run: (seed) =>
      training({
        data: someDigits(seed, { rows: 1200 }),
        model: mlp([50, 10]),
        loss: loss.structuredSvm(),
        penalty: penalty.l2(1e-3),
        update: optim.momentum({ learningRate: 0.01 }),
        epochs: 15,
        batchSize: 50,
      }),
  },
  {
    name: 'smoothed-labels',
    about: 'Label smoothing of 0.1: the loss ends far above zero, as it must.',
    run: (seed) =>
      training({
        data: someDigits(seed),
        model: mlp([64, 10]),
        loss: loss.softmaxCrossEntropy({ smoothing: 0.1 }),
        update: optim.momentum({ learningRate: 0.05 }),
        epochs: 15,
        batchSize: 50,
      }),
  },
  {
    name: 'dropout-half',
    about: 'Dropout of one half in a wide net: training is measured worse than validation.',
    run: (seed) =>
      training({
        data: someDigits(seed),
        model: mlp([200, 10], { after: () => nn.dropout(0.5) }),
        update: optim.momentum({ learningRate: 0.05 }),
        epochs: 20,
        batchSize: 50,
      }),
  },
  {
    name: 'max-norm-digits',
    about: 'A max-norm of 3 with dropout of 0.2.',
    run: (seed) =>
      training({
        data: someDigits(seed),
        model: mlp([100, 10], { after: () => nn.dropout(0.2) }),
        constraint: constraint.maxNorm(3),
        update: optim.momentum({ learningRate: 0.05 }),
        epochs: 15,
        batchSize: 50,
      }),
  },
  {
    name: 'own-rmsprop',
    about: 'RMSProp of one’s own with a decay of 0.9, as in the notes.',
    run: (seed) =>
      training({
        data: someDigits(seed, { rows: 1200 }),
        model: mlp([50, 10]),
        update: rmsprop(0.002, { decay: 0.9 }),
        epochs: 22,
        batchSize: 32,
      }),
  },
  {
    name: 'own-adagrad',
    about: 'Adagrad of one’s own, whose steps grow shorter by themselves.',
    run: (seed) =>
      training({
        data: someDigits(seed, { rows: 1200 }),
        model: mlp([50, 10]),
        update: adagrad(0.05),
        epochs: 15,
        batchSize: 32,
      }),
  },
  {
    name: 'own-decoupled-decay',
    about: 'Adam with decoupled weight decay, multiplied by the learning rate as it should be.',
    run: (seed) =>
      training({
        data: someDigits(seed, { rows: 1200 }),
        model: mlp([50, 10]),
        update: decayed(0.003, 0.01),
        epochs: 15,
        batchSize: 32,
      }),
  },
  {
    name: 'clipping-that-seldom-cuts',
    about: 'An LSTM whose gradients are cut at ±1, which few reach.',
    run: (seed) =>
      training({
        data: waves(seed, { rows: 500, length: 10, noise: 0.3 }),
        model: nn.sequential(nn.lstm(16), nn.dense(3)),
        update: clipped(schedule.exponential({ from: 0.1, decay: 0.1 }), 1, 0.9),
        epochs: 25,
        batchSize: 25,
      }),
  },
]
