/** @file Faults of first values and of how the signal flows. */
import * as op from '../../../../src/graph/op.ts'
import { init, loss, nn, optim } from '../../../../src/index.ts'
import { clouds, curve, friedman, memory, someDigits, spirals, withTargets } from '../../data.ts'
import type { DenseNet } from '../../nets.ts'
import { convNet, lambda, mlp, training } from '../../nets.ts'
import type { Situation } from '../../situation.ts'

const digitsNet =
  (widths: readonly number[], options: DenseNet = {}, learningRate = 0.05, epochs = 10) =>
  (seed: number) =>
    training({
      data: someDigits(seed, { rows: 900 }),
      model: mlp([...widths, 10], options),
      update: optim.momentum({ learningRate }),
      epochs,
      batchSize: 32,
    })

const deep = (count: number, width = 32) => new Array<number>(count).fill(width)

const friedmanData = (seed: number) =>
  withTargets(curve(seed, { rows: 500, features: 6, noise: 1, of: friedman }), (y) => (y - 14.4) / 5)

export const signal: readonly Omit<Situation, 'half'>[] = [
  {
    name: 'all-weights-zero',
    about: 'All weights of a ReLU net start at zero.',
    fault: { cause: 'zero-init', accepts: ['symmetric-units'] },
    tolerates: ['dead-units', 'vanishing-gradient', 'frozen-layer'],
    run: digitsNet([40], { init: init.zeros() }),
    mended: digitsNet([40]),
  },
  {
    name: 'zero-weights-tanh-regression',
    about: 'A tanh net for regression whose hidden weights start at zero: only the last bias learns.',
    fault: { cause: 'zero-init', accepts: ['symmetric-units'] },
    tolerates: ['vanishing-gradient', 'frozen-layer'],
    run: (seed) =>
      training({
        data: friedmanData(seed),
        model: mlp([24, 24, 1], { activation: nn.tanh, init: init.zeros() }),
        loss: loss.squaredError(),
        update: optim.adam({ learningRate: 0.005 }),
        epochs: 30,
        batchSize: 25,
      }),
    mended: (seed) =>
      training({
        data: friedmanData(seed),
        model: mlp([24, 24, 1], { activation: nn.tanh, init: init.glorot() }),
        loss: loss.squaredError(),
        update: optim.adam({ learningRate: 0.005 }),
        epochs: 30,
        batchSize: 25,
      }),
  },
  {
    name: 'constant-weights',
    about: 'Every weight starts at 0.05: the units of a layer are one and the same for ever.',
    fault: { cause: 'symmetric-units' },
    run: digitsNet([32], { init: init.constant(0.05), activation: nn.tanh }),
    mended: digitsNet([32], { init: init.glorot(), activation: nn.tanh }),
  },
  {
    name: 'constant-kernels',
    about: 'The filters of a convolution all start at the same constant.',
    fault: { cause: 'symmetric-units' },
    run: (seed) =>
      training({
        data: someDigits(seed, { shape: 'image', rows: 700 }),
        model: convNet({ init: init.constant(0.02) }),
        update: optim.adam({ learningRate: 0.003 }),
        epochs: 8,
        batchSize: 32,
      }),
    mended: (seed) =>
      training({
        data: someDigits(seed, { shape: 'image', rows: 700 }),
        model: convNet(),
        update: optim.adam({ learningRate: 0.003 }),
        epochs: 8,
        batchSize: 32,
      }),
  },
  {
    name: 'standard-normal-weights',
    about: 'A ReLU net whose weights are drawn from the standard normal distribution, whatever the width.',
    fault: { cause: 'init-too-large', accepts: ['initial-loss-high'] },
    tolerates: ['exploding-gradient', 'dead-units'],
    run: digitsNet([64, 64], { init: init.normal(1) }, 0.01),
    mended: digitsNet([64, 64]),
  },
  {
    name: 'large-weights-conv',
    about: 'Kernels drawn five times as large as He’s: scores in the hundreds before the first step.',
    fault: { cause: 'init-too-large', accepts: ['initial-loss-high'] },
    tolerates: ['exploding-gradient', 'dead-units'],
    run: (seed) =>
      training({
        data: someDigits(seed, { shape: 'image', rows: 700 }),
        model: convNet({ init: init.normal(0.7) }),
        update: optim.adam({ learningRate: 0.003 }),
        epochs: 8,
        batchSize: 32,
      }),
    mended: (seed) =>
      training({
        data: someDigits(seed, { shape: 'image', rows: 700 }),
        model: convNet(),
        update: optim.adam({ learningRate: 0.003 }),
        epochs: 8,
        batchSize: 32,
      }),
  },
  {
    name: 'tiny-weights-deep',
    about: 'Five ReLU layers with weights of deviation 0.001: nothing of the inputs arrives at the scores.',
    fault: { cause: 'init-too-small', accepts: ['vanishing-gradient'] },
    run: digitsNet(deep(5, 48), { init: init.normal(0.001) }),
    mended: digitsNet(deep(5, 48)),
  },
  {
    name: 'small-weights-tanh',
    about: 'Six tanh layers with weights of deviation 0.01, as for a net of one layer.',
    fault: { cause: 'init-too-small', accepts: ['vanishing-gradient'] },
    run: digitsNet(deep(6), { init: init.normal(0.01), activation: nn.tanh }, 0.02),
    mended: digitsNet(deep(6), { init: init.glorot(), activation: nn.tanh }, 0.02),
  },
  {
    name: 'loud-last-layer',
    about: 'The last layer alone starts at a deviation of 4: the first loss is far above that of guessing.',
    fault: { cause: 'initial-loss-high', accepts: ['init-too-large'] },
    tolerates: ['dead-units', 'exploding-gradient'],
    run: digitsNet([48], { lastInit: init.normal(4) }, 0.02),
    mended: digitsNet([48], {}, 0.02),
  },
  {
    name: 'last-bias-wrong',
    about:
      'The last biases of a classifier start at a draw of deviation 15, from which Adam needs many epochs to come back.',
    fault: { cause: 'initial-loss-high', accepts: ['init-too-large'] },
    run: (seed) => wrongBias(seed, init.normal(15)),
    mended: (seed) => wrongBias(seed, init.zeros()),
  },
  {
    name: 'deep-sigmoid',
    about: 'Eight sigmoid layers with Glorot’s weights: the gradient loses a factor of four at every layer.',
    fault: { cause: 'vanishing-gradient' },
    run: digitsNet(deep(8), { activation: nn.sigmoid, init: init.glorot() }, 0.05),
    mended: digitsNet(deep(8), {}, 0.02),
  },
  {
    name: 'recurrent-forgets',
    about: 'A simple recurrent net with small recurrent weights is to remember over twenty steps.',
    fault: { cause: 'vanishing-gradient', accepts: ['init-too-small'] },
    run: (seed) =>
      training({
        data: memory(seed, { rows: 400, length: 20 }),
        model: nn.sequential(nn.recurrent(16, { recurrentInit: init.orthogonal({ gain: 0.3 }) }), nn.dense(2)),
        update: optim.adam({ learningRate: 0.003 }),
        epochs: 15,
        batchSize: 25,
      }),
    mended: (seed) =>
      training({
        data: memory(seed, { rows: 400, length: 20 }),
        model: nn.sequential(nn.gru(16), nn.dense(2)),
        update: optim.adam({ learningRate: 0.01 }),
        epochs: 15,
        batchSize: 25,
      }),
  },
  {
    name: 'deep-relu-explodes',
    about: 'Twelve ReLU layers with weights twice as large as He’s: the gradient grows at every layer.',
    fault: { cause: 'exploding-gradient', accepts: ['init-too-large', 'initial-loss-high', 'diverged'] },
    tolerates: ['dead-units', 'lr-too-high'],
    run: digitsNet(deep(12), { init: init.normal(0.5), lastInit: init.he() }, 0.002),
    mended: digitsNet(deep(12), {}, 0.002),
  },
  {
    name: 'recurrent-explodes',
    about:
      'A recurrent net without squashing whose recurrent weights make the state four times as large at each of eight steps.',
    fault: { cause: 'exploding-gradient', accepts: ['init-too-large', 'initial-loss-high', 'diverged', 'lr-too-high'] },
    tolerates: ['dead-units'],
    run: (seed) => reluRecurrent(seed, 4),
    mended: (seed) => reluRecurrent(seed, 1),
  },
  {
    name: 'biases-far-below-zero',
    about: 'Hidden biases start at −6: nearly all ReLUs are off for every example and stay so.',
    fault: { cause: 'dead-units' },
    tolerates: ['vanishing-gradient', 'underfitting', 'frozen-layer'],
    run: digitsNet([48, 48], { bias: init.constant(-6) }),
    mended: digitsNet([48, 48]),
  },
  {
    name: 'dead-conv',
    about: 'Convolutions with biases at −8 behind which nothing comes to life.',
    fault: { cause: 'dead-units' },
    tolerates: ['vanishing-gradient', 'underfitting', 'frozen-layer'],
    run: (seed) => deadConv(seed, -8),
    mended: (seed) => deadConv(seed, 0),
  },
  {
    name: 'sigmoid-saturated-by-weights',
    about: 'A sigmoid net whose weights have deviation 2: units sit at 0 or 1 and pass nothing on.',
    fault: { cause: 'saturation', accepts: ['init-too-large'] },
    tolerates: ['vanishing-gradient'],
    run: digitsNet([32, 32], { activation: nn.sigmoid, init: init.normal(2.5), lastInit: init.glorot() }, 0.05),
    mended: digitsNet([32, 32], { activation: nn.sigmoid, init: init.glorot({ distribution: 'normal' }) }, 0.3),
  },
  {
    name: 'tanh-saturated-by-biases',
    about: 'Hidden biases drawn with deviation 12 hold the tanh units at their ends.',
    fault: { cause: 'saturation', accepts: ['init-too-large'] },
    tolerates: ['vanishing-gradient'],
    run: digitsNet([40], { activation: nn.tanh, init: init.glorot(), bias: init.normal(12) }),
    mended: digitsNet([40], { activation: nn.tanh, init: init.glorot() }),
  },
  {
    name: 'step-functions-inside',
    about:
      'Hidden units are made 0 or 1 by a comparison, through which no gradient passes: the first layer never moves.',
    fault: { cause: 'frozen-layer' },
    tolerates: ['vanishing-gradient'],
    run: (seed) =>
      training({
        data: spirals(seed, { rows: 500 }),
        model: nn.sequential(
          nn.dense(24),
          lambda('threshold', (x) => op.cast(op.greater(x, 0), x.dtype)),
          nn.dense(24),
          nn.relu(),
          nn.dense(3),
        ),
        update: optim.adam({ learningRate: 0.01 }),
        epochs: 25,
        batchSize: 25,
      }),
    mended: (seed) =>
      training({
        data: spirals(seed, { rows: 500 }),
        model: mlp([24, 24, 3]),
        update: optim.adam({ learningRate: 0.01 }),
        epochs: 25,
        batchSize: 25,
      }),
  },
  {
    name: 'batch-norm-never-follows',
    about:
      'Batch normalisation with a momentum of 0: the running statistics stay at their start, and validation is measured with them.',
    fault: { cause: 'batchnorm-statistics' },
    run: (seed) => normalised(seed, nn.batchNorm({ momentum: 0 }), 32),
    mended: (seed) => normalised(seed, nn.batchNorm(), 32),
  },
  {
    name: 'batch-norm-follows-slowly',
    about: 'A momentum of 0.001 in a run of 200 steps: training goes well, the measured net is another.',
    fault: { cause: 'batchnorm-statistics' },
    run: (seed) => normalised(seed, nn.batchNorm({ momentum: 0.001 }), 32),
    mended: (seed) => normalised(seed, nn.batchNorm(), 32),
  },
  {
    name: 'batch-norm-of-two',
    about: 'Batch normalisation with batches of two examples.',
    fault: { cause: 'batchnorm-statistics', accepts: ['unstable'] },
    run: (seed) => moonsNormalised(seed, 2),
    mended: (seed) => moonsNormalised(seed, 32),
  },
]

function reluRecurrent(seed: number, gain: number) {
  const units = 16
  return training({
    data: memory(seed, { rows: 300, length: 8 }),
    model: nn.functional('reluRecurrent', (x, context) => {
      const [batch, length] = x.shape
      const fans = { fanIn: units, fanOut: units }
      const described = { init: init.identity({ gain }), fans, penalised: true, unitAxis: 1 }
      const inputs = context.apply(nn.dense(units, { init: init.glorot(), name: 'input' }), x)
      const weight = context.parameter('recurrentWeight', [units, units], described)
      const at = (t: number) => op.reshape(op.slice(inputs, [t], [t + 1], [1]), [batch, units])
      let state = op.relu(at(0))
      for (let t = 1; t < length; t++) state = op.relu(op.add(op.matMul(state, weight), at(t)))
      return context.apply(nn.dense(2, { init: init.glorot() }), state)
    }),
    update: optim.momentum({ learningRate: 0.003 }),
    epochs: 12,
    batchSize: 25,
  })
}

function wrongBias(seed: number, lastBias: ReturnType<typeof init.zeros>) {
  return training({
    data: someDigits(seed, { rows: 900 }),
    model: mlp([48, 10], { lastBias }),
    update: optim.adam({ learningRate: 0.002 }),
    epochs: 10,
    batchSize: 32,
  })
}

function deadConv(seed: number, bias: number) {
  return training({
    data: someDigits(seed, { shape: 'image', rows: 700 }),
    model: nn.sequential(
      nn.conv2d(8, 3, { padding: 'same', bias: init.constant(bias) }),
      nn.relu(),
      nn.maxPool(2),
      nn.flatten(),
      nn.dense(32),
      nn.relu(),
      nn.dense(10),
    ),
    update: optim.momentum({ learningRate: 0.02 }),
    epochs: 8,
    batchSize: 32,
  })
}

function normalised(seed: number, layer: ReturnType<typeof nn.batchNorm>, batchSize: number) {
  return training({
    data: someDigits(seed, { rows: 800 }),
    model: mlp([48, 48, 10], { between: () => layer }),
    update: optim.momentum({ learningRate: 0.05 }),
    epochs: 10,
    batchSize,
  })
}

function moonsNormalised(seed: number, batchSize: number) {
  return training({
    data: clouds(seed, { counts: [150, 150, 150, 150], features: 8, apart: 1.2 }),
    model: mlp([32, 32, 4], { between: () => nn.batchNorm() }),
    update: optim.adam({ learningRate: 0.005 }),
    epochs: 10,
    batchSize,
  })
}
