/** @file Faulty situations: initialisation and signal flow. */
import * as op from '../../../../src/graph/op.ts'
import * as init from '../../../../src/nn/init.ts'
import * as nn from '../../../../src/nn/nn.ts'
import { adam } from '../../../../src/optim/adam.ts'
import { momentum } from '../../../../src/optim/momentum.ts'
import { nesterov } from '../../../../src/optim/nesterov.ts'
import { sgd } from '../../../../src/optim/sgd.ts'
import * as data from './data.ts'
import { detached, lenet, mlp, softmax, squared, times } from './nets.ts'
import type { Made } from './situation.ts'

const deep = (depth: number, units: number, outputs: number) => [...new Array<number>(depth).fill(units), outputs]

export const signal: readonly Made[] = [
  {
    name: 'all-weights-zero',
    about: 'Every weight of a net with two hidden layers of ReLUs begins at 0.',
    cause: 'zero-init',
    accepted: ['symmetric-units'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.digitParts(seed, 800, 300),
      model: mlp([40, 40, 10], () => nn.relu(), fixed ? {} : { inner: init.zeros(), last: init.zeros() }),
      loss: softmax,
      update: momentum({ learningRate: 0.03 * rate }),
      epochs: 10 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'filters-from-zero',
    about: 'A convolutional net whose kernels and last weights begin at 0, with Adam.',
    cause: 'zero-init',
    accepted: ['symmetric-units'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.digitParts(seed, 700, 300, 'image'),
      model: lenet(6, fixed ? init.he() : init.zeros(), () => nn.tanh()),
      loss: softmax,
      update: adam({ learningRate: 0.005 * rate }),
      epochs: 8 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'the-same-weight-everywhere',
    about: 'A regression net whose hidden weights all begin at .1: its 30 units are one.',
    cause: 'symmetric-units',
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.teacher(seed, 900, { noise: 0.05 }),
      model: mlp([30, 1], () => nn.tanh(), fixed ? {} : { inner: init.constant(0.1), last: init.constant(0.1) }),
      loss: squared,
      update: momentum({ learningRate: 0.02 * rate }),
      epochs: 20 * epochs,
      batchSize: 30,
    }),
  },
  {
    name: 'filters-of-ones',
    about: 'All filters of both convolutions begin as the same mean over their window.',
    cause: 'symmetric-units',
    config: (seed, { fixed, rate, epochs }) => {
      const mean: init.Initialiser = {
        name: 'mean',
        draw: (shape, { fanIn }) => new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1 / fanIn),
      }
      const weights = fixed ? {} : { init: mean }
      return {
        data: data.digitParts(seed, 700, 300, 'image'),
        model: nn.sequential(
          nn.conv2d(8, 3, { padding: 'same', ...weights }),
          nn.relu(),
          nn.maxPool(2),
          nn.conv2d(12, 3, { padding: 'same', ...weights }),
          nn.relu(),
          nn.globalAveragePool(),
          nn.dense(10, weights),
        ),
        loss: softmax,
        update: nesterov({ learningRate: 0.05 * rate }),
        epochs: 15 * epochs,
        batchSize: 40,
      }
    },
  },
  {
    name: 'tanh-net-from-a-unit-normal',
    about: 'Weights of a tanh net drawn with deviation 1, whatever the fan-in: all units begin saturated.',
    cause: 'init-too-large',
    accepted: ['saturation', 'initial-loss-high'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.digitParts(seed, 800, 300),
      model: mlp(
        deep(3, 60, 10),
        () => nn.tanh(),
        fixed ? { inner: init.glorot() } : { inner: init.normal(1), last: init.normal(1) },
      ),
      loss: softmax,
      update: sgd({ learningRate: 0.05 * rate }),
      epochs: 12 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'six-times-he',
    about:
      'A ReLU net on a regression, its weights six times those of He: outputs of some hundreds for targets near 1.',
    cause: 'init-too-large',
    accepted: ['initial-loss-high', 'exploding-gradient'],
    tolerated: ['diverged', 'lr-too-high'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.teacher(seed, 800),
      model: mlp(
        deep(2, 40, 1),
        () => nn.relu(),
        fixed ? {} : { inner: times(6, init.he()), last: times(6, init.he()) },
      ),
      loss: squared,
      update: adam({ learningRate: 0.003 * rate }),
      epochs: 20 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'tanh-net-from-a-hundredth',
    about: 'Six tanh layers drawn with deviation .01: the signal is gone after two of them.',
    cause: 'init-too-small',
    accepted: ['vanishing-gradient'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.digitParts(seed, 800, 300),
      model: mlp(
        deep(5, 50, 10),
        () => nn.tanh(),
        fixed ? { inner: init.glorot() } : { inner: init.normal(0.01), last: init.normal(0.01) },
      ),
      loss: softmax,
      update: sgd({ learningRate: 0.1 * rate }),
      epochs: 15 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'small-numbers-in-a-deep-relu-net',
    about: 'Six ReLU layers on clouds, weights uniform within ±.03.',
    cause: 'init-too-small',
    accepted: ['vanishing-gradient'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.blobs(seed, 800, [1, 1, 1, 1], 12, 0.9),
      model: mlp(deep(5, 40, 4), () => nn.relu(), fixed ? {} : { inner: init.uniform(0.03), last: init.uniform(0.03) }),
      loss: softmax,
      update: momentum({ learningRate: 0.01 * rate }),
      epochs: 15 * epochs,
      batchSize: 32,
    }),
  },
  {
    name: 'loud-last-layer',
    about: 'The last layer alone begins with weights of deviation 6: scores of some tens before anything is learnt.',
    cause: 'initial-loss-high',
    accepted: ['init-too-large'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.digitParts(seed, 800, 300),
      model: mlp([50, 10], () => nn.tanh(), fixed ? {} : { last: init.normal(6) }),
      loss: softmax,
      update: sgd({ learningRate: 0.05 * rate }),
      epochs: 12 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'bias-of-another-task',
    about: 'The output biases are left over from a task with other class shares: between −50 and 50.',
    cause: 'initial-loss-high',
    accepted: ['init-too-large'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.digitParts(seed, 800, 300),
      model: nn.sequential(nn.dense(40), nn.relu(), nn.dense(10, fixed ? {} : { bias: init.uniform(50) })),
      loss: softmax,
      update: sgd({ learningRate: 0.03 * rate }),
      epochs: 12 * epochs,
      batchSize: 50,
    }),
  },
  {
    name: 'sigmoids-in-six-layers',
    about: 'Six layers of sigmoids, Glorot, plain descent.',
    cause: 'vanishing-gradient',
    tolerated: ['init-too-small'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.digitParts(seed, 800, 300),
      model: fixed ? mlp(deep(6, 40, 10)) : mlp(deep(6, 40, 10), () => nn.sigmoid(), { inner: init.glorot() }),
      loss: softmax,
      update: sgd({ learningRate: (fixed ? 0.05 : 0.3) * rate }),
      epochs: 15 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'narrow-sigmoids-on-clouds',
    about: 'Five layers of sigmoids on clouds that a shallow net tells apart, with momentum.',
    cause: 'vanishing-gradient',
    tolerated: ['init-too-small'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.blobs(seed, 900, [1, 1, 1, 1, 1], 8, 1),
      model: mlp(deep(fixed ? 1 : 5, 16, 5), () => nn.sigmoid(), { inner: init.leCun() }),
      loss: softmax,
      update: momentum({ learningRate: 0.05 * rate }),
      epochs: 20 * epochs,
      batchSize: 30,
    }),
  },
  {
    name: 'eight-layers-each-a-little-louder',
    about: 'Eight ReLU layers with five times He’s variance: gradients grow a thousandfold on the way down.',
    cause: 'exploding-gradient',
    accepted: ['init-too-large'],
    tolerated: ['initial-loss-high', 'diverged', 'lr-too-high'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.digitParts(seed, 800, 300),
      model: mlp(deep(7, 40, 10), () => nn.relu(), fixed ? {} : { inner: times(Math.sqrt(5), init.he()) }),
      loss: softmax,
      update: sgd({ learningRate: 0.01 * rate }),
      epochs: 12 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'residual-blocks-that-double',
    about: 'Six residual blocks without normalisation, each branch as strong as its input and stronger.',
    cause: 'exploding-gradient',
    accepted: ['init-too-large'],
    tolerated: ['initial-loss-high', 'diverged', 'lr-too-high'],
    config: (seed, { fixed, rate, epochs }) => {
      const block = () => {
        const weights = { init: times(fixed ? 0.2 : 1.3, init.he()) }
        return nn.residual(nn.dense(24, weights), nn.relu(), nn.dense(24, weights))
      }
      return {
        data: data.blobs(seed, 600, [1, 1, 1, 1], 10, 0.8),
        model: nn.sequential(nn.dense(24), ...Array.from({ length: 6 }, block), nn.dense(4)),
        loss: softmax,
        update: sgd({ learningRate: (fixed ? 0.01 : 0.001) * rate }),
        epochs: 10 * epochs,
        batchSize: 40,
      }
    },
  },
  {
    name: 'biases-below-all-inputs',
    about: 'Hidden biases begin at −6: hardly a ReLU is on for any input.',
    cause: 'dead-units',
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.digitParts(seed, 800, 300),
      model: mlp([50, 50, 10], () => nn.relu(), fixed ? {} : { bias: init.constant(-6) }),
      loss: softmax,
      update: momentum({ learningRate: 0.02 * rate }),
      epochs: 12 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'filters-that-see-only-paper',
    about: 'Convolutions with biases of −4, as a threshold for ink that was chosen for raw grey values.',
    cause: 'dead-units',
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.digitParts(seed, 700, 300, 'image'),
      model: nn.sequential(
        nn.conv2d(10, 3, { bias: init.constant(fixed ? 0 : -5) }),
        nn.relu(),
        nn.conv2d(10, 3, { bias: init.constant(fixed ? 0 : -5) }),
        nn.relu(),
        nn.flatten(),
        nn.dense(10),
      ),
      loss: softmax,
      update: sgd({ learningRate: 0.03 * rate }),
      epochs: 10 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'a-gain-before-the-sigmoid',
    about: 'Sigmoids with a gain of 40 in front of them, meant to make them steep.',
    cause: 'saturation',
    accepted: ['init-too-large'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.rings(seed, 900, { count: 3 }),
      model: mlp([30, 3], () => nn.functional('steep', (x) => op.sigmoid(op.mul(x, fixed ? 2 : 40))), {
        inner: init.leCun(),
      }),
      loss: softmax,
      update: momentum({ learningRate: 0.1 * rate }),
      epochs: 40 * epochs,
      batchSize: 30,
    }),
  },
  {
    name: 'hidden-biases-far-out',
    about:
      'Hidden biases of a tanh net drawn with deviation 30: nearly all units sit at an end of their range whatever the input.',
    cause: 'saturation',
    accepted: ['init-too-large'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.teacher(seed, 900),
      model: mlp([30, 30, 1], () => nn.tanh(), fixed ? {} : { bias: init.normal(30) }),
      loss: squared,
      update: momentum({ learningRate: 0.02 * rate }),
      epochs: 20 * epochs,
      batchSize: 30,
    }),
  },
  {
    name: 'outputs-that-cannot-reach',
    about: 'A sigmoid at the end of a regression whose targets reach from −3 to 3.',
    cause: 'saturation',
    accepted: ['targets-not-scaled', 'underfitting'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.teacher(seed, 900),
      model: nn.sequential(nn.dense(30), nn.tanh(), nn.dense(1), ...(fixed ? [] : [nn.sigmoid()])),
      loss: squared,
      update: adam({ learningRate: 0.01 * rate }),
      epochs: 25 * epochs,
      batchSize: 30,
    }),
  },
  {
    name: 'a-forgotten-stop-gradient',
    about: 'A stop of the gradient, left from an experiment, stands after the first layers: they never move.',
    cause: 'frozen-layer',
    tolerated: ['vanishing-gradient', 'wrong-gradient'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.spirals(seed, 900),
      model: nn.sequential(
        nn.dense(12),
        nn.relu(),
        ...(fixed ? [] : [nn.functional('features', detached)]),
        nn.dense(12),
        nn.relu(),
        nn.dense(3),
      ),
      loss: softmax,
      update: adam({ learningRate: 0.01 * rate }),
      epochs: 30 * epochs,
      batchSize: 30,
    }),
  },
  {
    name: 'a-result-thrown-away',
    about: 'A block computes its layers and then gives back its input.',
    cause: 'frozen-layer',
    tolerated: ['no-nonlinearity', 'underfitting'],
    config: (seed, { fixed, rate, epochs }) => {
      const block = nn.functional('block', (x, context) => {
        const hidden = context.apply(nn.relu(), context.apply(nn.dense(24), x))
        const y = context.apply(nn.dense(2), hidden)
        return fixed ? y : op.add(x, op.mul(y, 0))
      })
      return {
        data: data.rings(seed, 800, { count: 3 }),
        model: nn.sequential(block, nn.dense(4), nn.relu(), nn.dense(3)),
        loss: softmax,
        update: adam({ learningRate: 0.01 * rate }),
        epochs: 20 * epochs,
        batchSize: 40,
      }
    },
  },
  {
    name: 'running-statistics-that-stand-still',
    about:
      'Batch normalisation with a momentum of .0005, another framework’s sense of the word: the running values never get there.',
    cause: 'batchnorm-statistics',
    // They are not, though the first layer makes that harmless.
    tolerated: ['inputs-not-normalised'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.digitParts(seed, 800, 300, 'image'),
      standardise: false,
      model: nn.sequential(
        nn.batchNorm({ momentum: fixed ? 0.1 : 0.0005 }),
        nn.conv2d(8, 3),
        nn.batchNorm({ momentum: fixed ? 0.1 : 0.0005 }),
        nn.relu(),
        nn.maxPool(2),
        nn.flatten(),
        nn.dense(10),
      ),
      loss: softmax,
      update: momentum({ learningRate: 0.02 * rate }),
      epochs: 10 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'running-statistics-of-the-last-batch',
    about: 'Batch normalisation that keeps only the last batch’s values (momentum 1), with batches of 4.',
    cause: 'batchnorm-statistics',
    tolerated: ['unstable'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.digitParts(seed, 800, 300),
      model: nn.sequential(
        nn.dense(40),
        nn.batchNorm({ momentum: fixed ? 0.02 : 1 }),
        nn.relu(),
        nn.dense(40),
        nn.batchNorm({ momentum: fixed ? 0.02 : 1 }),
        nn.relu(),
        nn.dense(10),
      ),
      loss: softmax,
      update: sgd({ learningRate: 0.02 * rate }),
      epochs: 10 * epochs,
      batchSize: 4,
    }),
  },
]
