/** @file Faulty situations: model and objective. */
import * as op from '../../../../src/graph/op.ts'
import * as constraint from '../../../../src/nn/constraint.ts'
import * as loss from '../../../../src/nn/loss.ts'
import * as nn from '../../../../src/nn/nn.ts'
import * as penalty from '../../../../src/nn/penalty.ts'
import { adam } from '../../../../src/optim/adam.ts'
import { momentum } from '../../../../src/optim/momentum.ts'
import { sgd } from '../../../../src/optim/sgd.ts'
import * as data from './data.ts'
import { lenet, mlp, softmax, squared, withSlopeOf } from './nets.ts'
import * as rules from './rules.ts'
import type { Made } from './situation.ts'

export const objective: readonly Made[] = [
  {
    name: 'softmax-in-the-net-too',
    about: 'A softmax layer at the end of a convolutional net whose loss has one as well.',
    cause: 'double-softmax',
    tolerated: ['lr-too-low', 'train-longer'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.digitParts(seed, 700, 300, 'image'),
      model: fixed
        ? lenet(6)
        : nn.sequential(
            lenet(6),
            nn.functional('softmax', (x) => op.softmax(x)),
          ),
      loss: softmax,
      update: sgd({ learningRate: 0.1 * rate }),
      epochs: 8 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'sigmoid-before-binary-entropy',
    about: 'A sigmoid at the end of a net for two classes whose loss takes scores.',
    cause: 'double-softmax',
    tolerated: ['lr-too-low', 'train-longer', 'underfitting'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.echo(seed, 800, { length: 8, delay: 3 }),
      model: nn.sequential(nn.gru(10), nn.dense(1), ...(fixed ? [] : [nn.sigmoid()])),
      loss: loss.binaryCrossEntropy(),
      update: adam({ learningRate: 0.01 * rate }),
      epochs: 15 * epochs,
      batchSize: 20,
    }),
  },
  {
    name: 'activations-forgotten',
    about: 'Four dense layers on spirals and nothing between them.',
    cause: 'no-nonlinearity',
    tolerated: ['underfitting'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.spirals(seed, 900),
      model: fixed ? mlp([32, 32, 32, 3]) : nn.sequential(nn.dense(32), nn.dense(32), nn.dense(32), nn.dense(3)),
      loss: softmax,
      update: adam({ learningRate: 0.005 * rate }),
      epochs: 25 * epochs,
      batchSize: 30,
    }),
  },
  {
    name: 'only-dropout-between',
    about: 'A regression on products of columns: two dense layers with nothing but dropout between them.',
    cause: 'no-nonlinearity',
    tolerated: ['underfitting'],
    config: (seed, { fixed, rate, epochs }) => {
      const base = data.teacher(seed, 1000, { features: 4 })
      const { inputs } = base
      return {
        data: data.withTargets(
          base,
          (_, row) => inputs.data[4 * row] * inputs.data[4 * row + 1] - inputs.data[4 * row + 2] ** 2 + 1,
        ),
        model: nn.sequential(nn.dense(40), ...(fixed ? [nn.relu()] : []), nn.dropout(0.05), nn.dense(1)),
        loss: squared,
        update: momentum({ learningRate: 0.01 * rate }),
        epochs: 25 * epochs,
        batchSize: 30,
      }
    },
  },
  {
    name: 'half-of-the-slope-of-tanh',
    about: 'An own tanh whose backward part gives y² where 1 − y² is meant.',
    cause: 'wrong-gradient',
    tolerated: ['diverged', 'unstable'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.teacher(seed, 900),
      model: mlp([30, 30, 1], () =>
        fixed ? nn.tanh() : withSlopeOf('ownTanh', op.tanh, (x) => op.sub(x, op.tanh(x))),
      ),
      loss: squared,
      update: sgd({ learningRate: 0.05 * rate }),
      epochs: 15 * epochs,
      batchSize: 30,
    }),
  },
  {
    name: 'mask-of-relu-turned-round',
    about: 'An own ReLU whose backward part lets the gradient through where the unit is off.',
    cause: 'wrong-gradient',
    tolerated: ['diverged', 'unstable', 'loss-rises'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.spirals(seed, 900),
      model: mlp([30, 30, 3], () =>
        fixed ? nn.relu() : withSlopeOf('ownRelu', op.relu, (x) => op.neg(op.relu(op.neg(x)))),
      ),
      loss: softmax,
      update: sgd({ learningRate: 0.1 * rate }),
      epochs: 30 * epochs,
      batchSize: 30,
    }),
  },
  {
    name: 'learnt-by-heart',
    about: 'A wide net for two hundred rows of overlapping classes, trained far beyond its best.',
    cause: 'overfitting',
    accepted: ['little-data'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.divided(data.overlapping(seed, 700), 250),
      model: fixed ? mlp([8, 3], () => nn.tanh()) : mlp([200, 200, 3]),
      ...(fixed && { penalty: penalty.l2(0.003) }),
      loss: softmax,
      update: adam({ learningRate: (fixed ? 0.01 : 0.002) * rate }),
      epochs: (fixed ? 15 : 40) * epochs,
      batchSize: 25,
    }),
  },
  {
    name: 'through-every-point',
    about: 'A regression with much noise and 150 rows, and a net that goes through every one of them.',
    cause: 'overfitting',
    accepted: ['little-data'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.divided(data.teacher(seed, 550, { noise: 0.7, features: 12 }), 150),
      model: fixed ? mlp([6, 1], () => nn.tanh()) : mlp([150, 150, 1]),
      ...(fixed && { penalty: penalty.l2(0.02) }),
      loss: squared,
      update: momentum({ learningRate: 0.01 * rate }),
      epochs: (fixed ? 25 : 80) * epochs,
      batchSize: 15,
    }),
  },
  {
    name: 'two-units-for-ten-classes',
    about: 'Digits through two hidden units.',
    cause: 'underfitting',
    tolerated: ['train-longer'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.digitParts(seed, 1000, 400),
      model: mlp([fixed ? 50 : 2, 10], () => nn.tanh()),
      loss: softmax,
      update: adam({ learningRate: 0.01 * rate }),
      epochs: 25 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'a-line-for-rings',
    about: 'Logistic regression on three rings around each other.',
    cause: 'underfitting',
    accepted: ['no-nonlinearity'],
    tolerated: ['no-signal'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.rings(seed, 900, { count: 3 }),
      model: fixed ? mlp([24, 3]) : nn.dense(3),
      loss: softmax,
      update: adam({ learningRate: 0.01 * rate }),
      epochs: 20 * epochs,
      batchSize: 30,
    }),
  },
  {
    name: 'one-number-of-memory',
    about: 'The next value of a series, by a recurrent net of one unit.',
    cause: 'underfitting',
    tolerated: ['train-longer'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.series(seed, 900, { noise: 0.05 }),
      model: nn.sequential(nn.recurrent(fixed ? 16 : 1), nn.dense(1)),
      loss: squared,
      update: adam({ learningRate: 0.01 * rate }),
      epochs: 20 * epochs,
      batchSize: 30,
    }),
  },
  {
    name: 'penalty-of-one',
    about: 'L2 at 1 on digits.',
    cause: 'regularisation-too-strong',
    tolerated: ['underfitting'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.digitParts(seed, 800, 300),
      model: mlp([50, 10]),
      loss: softmax,
      penalty: penalty.l2(fixed ? 1e-4 : 1),
      update: momentum({ learningRate: 0.02 * rate }),
      epochs: 12 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'absolute-values-at-a-twentieth',
    about: 'L1 at .05 on a regression: nearly all weights become 0.',
    cause: 'regularisation-too-strong',
    tolerated: ['underfitting'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.teacher(seed, 900),
      model: mlp([30, 1], () => nn.tanh()),
      loss: squared,
      penalty: penalty.l1(fixed ? 1e-5 : 0.05),
      update: adam({ learningRate: 0.005 * rate }),
      epochs: 25 * epochs,
      batchSize: 30,
    }),
  },
  {
    name: 'weights-on-a-short-lead',
    about: 'Max-norm at .15, where weights need some units.',
    cause: 'regularisation-too-strong',
    tolerated: ['underfitting'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.digitParts(seed, 800, 300),
      model: mlp([50, 10]),
      loss: softmax,
      constraint: constraint.maxNorm(fixed ? 3 : 0.15),
      update: sgd({ learningRate: 0.1 * rate }),
      epochs: 15 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'decay-not-times-the-rate',
    about: 'An own AdamW that takes 5% off the weights in every step, where 5% times the rate is meant.',
    cause: 'decay-scale',
    accepted: ['regularisation-too-strong'],
    tolerated: ['underfitting'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.digitParts(seed, 800, 300),
      model: mlp([50, 10]),
      loss: softmax,
      update: rules.adamW(0.002 * rate, 0.05, fixed),
      epochs: 15 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'decay-inside-the-velocity',
    about: 'Momentum whose decay of .02 goes into the velocity without the rate of .01.',
    cause: 'decay-scale',
    accepted: ['regularisation-too-strong'],
    tolerated: ['underfitting'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.spirals(seed, 900),
      model: mlp([40, 40, 3]),
      loss: softmax,
      update: rules.momentumWithDecay(0.02 * rate, fixed ? 1e-3 : 0.02, fixed),
      epochs: 40 * epochs,
      batchSize: 30,
    }),
  },
  {
    name: 'nine-in-ten-dropped',
    about: 'Dropout of .9 behind both hidden layers of 30 units.',
    cause: 'dropout-too-strong',
    accepted: ['regularisation-too-strong'],
    tolerated: ['underfitting'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.digitParts(seed, 800, 300),
      model: nn.sequential(
        nn.dense(30),
        nn.relu(),
        nn.dropout(fixed ? 0.1 : 0.9),
        nn.dense(30),
        nn.relu(),
        nn.dropout(fixed ? 0.1 : 0.9),
        nn.dense(10),
      ),
      loss: softmax,
      update: adam({ learningRate: 0.003 * rate }),
      epochs: 15 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'inputs-dropped',
    about: 'Dropout of .85 on the ten columns of a regression.',
    cause: 'dropout-too-strong',
    accepted: ['regularisation-too-strong'],
    tolerated: ['underfitting'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.teacher(seed, 900),
      model: nn.sequential(nn.dropout(fixed ? 0 : 0.85), nn.dense(40), nn.relu(), nn.dense(1)),
      loss: squared,
      update: momentum({ learningRate: 0.002 * rate }),
      epochs: 25 * epochs,
      batchSize: 30,
    }),
  },
]
