/** @file Faults of the model and of what it is to minimise. */
import { constraint, init, loss, nn, optim, penalty } from '../../../../src/index.ts'
import type { Layer } from '../../../../src/nn/model.ts'
import type { Penalty } from '../../../../src/nn/penalty.ts'
import type { Config } from '../../../../src/train/config.ts'
import { clouds, curve, friedman, moons, some, someDigits, spirals, waves, withTargets } from '../../data.ts'
import { convNet, mlp, softmaxLayer, training } from '../../nets.ts'
import { decayed, decayedSgd } from '../../rules.ts'
import type { Run, Situation } from '../../situation.ts'

const ofDigits =
  (model: Layer, more: Partial<Config> = {}) =>
  (seed: number): Run =>
    training({ data: someDigits(seed, { rows: 1000 }), model, epochs: 12, batchSize: 32, ...more })

const ofSpirals =
  (model: Layer, more: Partial<Config> = {}) =>
  (seed: number): Run =>
    training({
      data: spirals(seed, { rows: 600 }),
      model,
      update: optim.adam({ learningRate: 0.01 }),
      epochs: 30,
      batchSize: 25,
      ...more,
    })

const decay = (strength: number): { penalty: Penalty } => ({ penalty: penalty.l2(strength) })

/** Thirty columns of which two matter; half of the rows are for validation. */
const wide = (seed: number, rows: number): Run =>
  training({
    data: curve(seed, { rows, features: 30, noise: 0.5, of: (x) => 2 * x[0] + x[1] }),
    model: mlp([64, 1]),
    loss: loss.squaredError(),
    update: optim.adam({ learningRate: 0.003 }),
    epochs: rows > 500 ? 20 : 150,
    batchSize: 20,
    validation: 0.5,
  })

export const objective: readonly Omit<Situation, 'half'>[] = [
  {
    name: 'softmax-twice',
    about: 'The net ends in a softmax, and the loss takes the softmax of what comes.',
    fault: { cause: 'double-softmax' },
    tolerates: ['lr-too-low', 'underfitting', 'vanishing-gradient'],
    run: ofDigits(nn.sequential(mlp([50, 10]), softmaxLayer())),
    mended: ofDigits(mlp([50, 10])),
  },
  {
    name: 'sigmoid-in-front-of-binary',
    about: 'A sigmoid in front of a binary cross-entropy that takes scores.',
    fault: { cause: 'double-softmax' },
    tolerates: ['lr-too-low', 'underfitting', 'vanishing-gradient'],
    run: (seed) =>
      training({
        data: moons(seed, { rows: 500, noise: 0.2 }),
        model: nn.sequential(mlp([24, 1]), nn.sigmoid()),
        loss: loss.binaryCrossEntropy(),
        update: optim.adam({ learningRate: 0.01 }),
        epochs: 25,
        batchSize: 25,
      }),
    mended: (seed) =>
      training({
        data: moons(seed, { rows: 500, noise: 0.2 }),
        model: mlp([24, 1]),
        loss: loss.binaryCrossEntropy(),
        update: optim.adam({ learningRate: 0.01 }),
        epochs: 25,
        batchSize: 25,
      }),
  },
  {
    name: 'activations-forgotten',
    about: 'Three dense layers with nothing between them, on spirals.',
    fault: { cause: 'no-nonlinearity', accepts: ['underfitting'] },
    run: ofSpirals(nn.sequential(nn.dense(32), nn.dense(32), nn.dense(3))),
    mended: ofSpirals(mlp([32, 32, 3])),
  },
  {
    name: 'activation-forgotten-regression',
    about: 'A dense net for regression whose only activation was lost in an edit.',
    fault: { cause: 'no-nonlinearity', accepts: ['underfitting'] },
    run: (seed) => bent(seed, nn.sequential(nn.dense(32), nn.dense(1))),
    mended: (seed) => bent(seed, mlp([32, 1])),
  },
  {
    name: 'far-more-weights-than-rows',
    about: 'Fifty rows of thirty columns and two thousand weights: the training part is learnt by heart.',
    fault: { cause: 'overfitting', accepts: ['little-data'] },
    run: (seed) => wide(seed, 100),
    mended: (seed) => wide(seed, 2000),
  },
  {
    name: 'overlapping-clouds-by-heart',
    about: 'A large net learns overlapping classes by heart over many epochs; its validation loss trebles.',
    fault: { cause: 'overfitting', accepts: ['little-data'] },
    run: (seed) => overlapping(seed, { model: mlp([128, 128, 3]), epochs: 60 }),
    mended: (seed) => overlapping(seed, { model: mlp([8, 3]), epochs: 10 }),
  },
  {
    name: 'waves-by-heart',
    about: 'A large LSTM on two hundred noisy sequences, for far too long.',
    fault: { cause: 'overfitting', accepts: ['little-data'] },
    run: (seed) => noisyWaves(seed, 40, 32),
    mended: (seed) => noisyWaves(seed, 8, 8),
  },
  {
    name: 'two-hidden-units',
    about: 'Two hidden units for ten classes.',
    fault: { cause: 'underfitting' },
    run: ofDigits(mlp([2, 10], { activation: nn.tanh, init: init.glorot() }), { epochs: 30 }),
    mended: ofDigits(mlp([50, 10]), { epochs: 30 }),
  },
  {
    name: 'line-through-spirals',
    about: 'Logistic regression on spirals.',
    fault: { cause: 'underfitting', accepts: ['no-nonlinearity'] },
    run: ofSpirals(nn.dense(3)),
    mended: ofSpirals(mlp([32, 32, 3])),
  },
  {
    name: 'l2-of-1',
    about: 'An L2 penalty of strength 1 where 1e-4 was meant.',
    fault: { cause: 'regularisation-too-strong', accepts: ['underfitting'] },
    run: ofDigits(mlp([50, 10]), decay(1)),
    mended: ofDigits(mlp([50, 10]), decay(1e-4)),
  },
  {
    name: 'l1-too-strong',
    about: 'An L1 penalty so strong that most weights go to zero and the scores with them.',
    fault: { cause: 'regularisation-too-strong', accepts: ['underfitting'] },
    run: (seed) => pictures(seed, { penalty: penalty.l1(0.02) }),
    mended: (seed) => pictures(seed, {}),
  },
  {
    name: 'tight-max-norm',
    about: 'Max-norm at 0.1: no unit can grow large enough to say anything.',
    fault: { cause: 'regularisation-too-strong', accepts: ['underfitting'] },
    run: ofDigits(mlp([50, 10]), { constraint: constraint.maxNorm(0.15) }),
    mended: ofDigits(mlp([50, 10]), { constraint: constraint.maxNorm(3) }),
  },
  {
    name: 'adam-decay-without-rate',
    about:
      'Weight decay of 0.01 beside Adam is not multiplied by the learning rate: weights lose a hundredth in every step.',
    fault: { cause: 'decay-scale', accepts: ['regularisation-too-strong'] },
    tolerates: ['underfitting'],
    run: ofDigits(mlp([50, 10]), { update: decayed(0.001, 0.03, { scaled: false }) }),
    mended: ofDigits(mlp([50, 10]), { update: decayed(0.001, 0.03) }),
  },
  {
    name: 'sgd-decay-without-rate',
    about: 'A rule of one’s own takes a tenth off all weights in every step.',
    fault: { cause: 'decay-scale', accepts: ['regularisation-too-strong'] },
    tolerates: ['underfitting'],
    run: ofDigits(mlp([50, 10]), { update: decayedSgd(0.05, 0.1, { scaled: false }) }),
    mended: ofDigits(mlp([50, 10]), { update: decayedSgd(0.05, 0.1) }),
  },
  {
    name: 'dropout-of-nine-in-ten',
    about: 'Dropout of 0.9 behind each of two narrow layers: keep and drop were mixed up.',
    fault: { cause: 'dropout-too-strong', accepts: ['underfitting'] },
    run: ofDigits(mlp([40, 40, 10], { after: () => nn.dropout(0.9) }), { update: optim.adam({ learningRate: 0.002 }) }),
    mended: ofDigits(mlp([40, 40, 10], { after: () => nn.dropout(0.1) }), {
      update: optim.adam({ learningRate: 0.002 }),
    }),
  },
  {
    name: 'dropout-in-small-regression',
    about: 'Dropout of 0.8 in a small net for regression without noise.',
    fault: { cause: 'dropout-too-strong', accepts: ['underfitting'] },
    run: (seed) => bent(seed, mlp([24, 24, 1], { after: () => nn.dropout(0.8) })),
    mended: (seed) => bent(seed, mlp([24, 24, 1])),
  },
]

function bent(seed: number, model: Layer): Run {
  return training({
    data: withTargets(curve(seed, { rows: 500, features: 6, noise: 0.5, of: friedman }), (y) => (y - 14.4) / 5),
    model,
    loss: loss.squaredError(),
    update: optim.adam({ learningRate: 0.005 }),
    epochs: 40,
    batchSize: 25,
  })
}

function overlapping(seed: number, more: Pick<Config, 'model' | 'epochs'>): Run {
  return training({
    data: some(clouds(seed, { counts: [200, 200, 200], features: 6, apart: 0.5 }), 300, seed),
    update: optim.adam({ learningRate: 0.003 }),
    batchSize: 20,
    ...more,
  })
}

function noisyWaves(seed: number, epochs: number, units: number): Run {
  return training({
    data: waves(seed, { rows: 250, length: 10, noise: 1.2 }),
    model: nn.sequential(nn.lstm(units), nn.dense(3)),
    update: optim.adam({ learningRate: 0.01 }),
    epochs,
    batchSize: 20,
  })
}

function pictures(seed: number, more: Partial<Config>): Run {
  return training({
    data: someDigits(seed, { shape: 'image', rows: 700 }),
    model: convNet(),
    update: optim.adam({ learningRate: 0.003 }),
    epochs: 10,
    batchSize: 32,
    ...more,
  })
}
