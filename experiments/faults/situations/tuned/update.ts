/** @file Faults of the learning rate and of the update. */

import * as op from '../../../../src/graph/op.ts'
import { init, loss, nn, optim, schedule } from '../../../../src/index.ts'
import type { Loss } from '../../../../src/nn/loss.ts'
import { curve, friedman, memory, moons, someDigits, spirals, waves, withTargets } from '../../data.ts'
import { convNet, mlp, training } from '../../nets.ts'
import {
  accumulated,
  accumulatedAdam,
  ascent,
  ascentWithMomentum,
  clipped,
  rmsprop,
  uncorrectedAdam,
} from '../../rules.ts'
import type { Situation } from '../../situation.ts'

/** Cross-entropy summed over the batch where the mean is meant, as a loss of one's own. */
const summed = (batchSize: number): Loss => {
  const mean = loss.softmaxCrossEntropy()
  return {
    ...mean,
    name: 'myCrossEntropy',
    perExample: (output, target) => op.mul(mean.perExample(output, target), batchSize),
  }
}

const standardTargets = (seed: number, rows: number) =>
  withTargets(curve(seed, { rows, features: 6, noise: 1, of: friedman }), (y) => (y - 14.4) / 5)

export const update: readonly Omit<Situation, 'half'>[] = [
  ...(() => {
    const at = (learningRate: number) => (seed: number) =>
      training({ data: someDigits(seed), model: mlp([64, 10]), update: optim.sgd({ learningRate }), epochs: 10 })
    return [
      {
        name: 'sgd-rate-too-high',
        about: 'Plain gradient descent on digits with a learning rate for another problem.',
        fault: { cause: 'lr-too-high' as const, accepts: ['unstable' as const, 'diverged' as const] },
        tolerates: ['dead-units' as const],
        run: at(2.5),
        mended: at(0.1),
      },
      {
        name: 'sgd-rate-too-low',
        about: 'A learning rate of 1e-4 for plain gradient descent: after ten epochs hardly anything is learnt.',
        fault: { cause: 'lr-too-low' as const },
        run: at(1e-4),
        mended: at(0.1),
      },
    ]
  })(),
  ...(() => {
    const at = (learningRate: number) => (seed: number) =>
      training({
        data: someDigits(seed, { shape: 'image', rows: 900 }),
        model: convNet(),
        update: optim.adam({ learningRate }),
        epochs: 8,
        batchSize: 32,
      })
    return [
      {
        name: 'adam-rate-too-high-conv',
        about: "A convolutional net with Adam at momentum's learning rate, 0.1.",
        fault: { cause: 'lr-too-high' as const, accepts: ['unstable' as const] },
        tolerates: ['dead-units' as const],
        run: at(0.1),
        mended: at(2e-3),
      },
      {
        name: 'adam-rate-too-low-conv',
        about: 'A convolutional net with Adam at 3e-6, a rate for fine-tuning.',
        fault: { cause: 'lr-too-low' as const },
        run: at(3e-6),
        mended: at(2e-3),
      },
    ]
  })(),
  ...(() => {
    const at = (learningRate: number) => (seed: number) =>
      training({
        data: standardTargets(seed, 600),
        model: mlp([32, 1], { activation: nn.tanh, init: init.glorot() }),
        loss: loss.squaredError(),
        update: optim.nesterov({ learningRate }),
        epochs: 40,
        batchSize: 32,
      })
    return [
      {
        name: 'regression-rate-too-high',
        about: 'Regression with a tanh net and Nesterov momentum at five times the rate that it bears.',
        fault: { cause: 'lr-too-high' as const, accepts: ['unstable' as const, 'saturation' as const] },
        tolerates: ['saturation' as const],
        run: at(0.2),
        mended: at(0.02),
      },
      {
        name: 'regression-rate-too-low',
        about: 'Regression whose loss falls along a line from the first step to the last.',
        fault: { cause: 'lr-too-low' as const },
        run: at(3e-5),
        mended: at(0.02),
      },
    ]
  })(),
  {
    name: 'lstm-rate-too-high',
    about: 'An LSTM with Adam at 0.2 jumps about instead of learning.',
    fault: { cause: 'lr-too-high', accepts: ['unstable'] },
    tolerates: ['saturation'],
    run: (seed) =>
      training({
        data: waves(seed, { rows: 400, length: 12, noise: 0.3 }),
        model: nn.sequential(nn.lstm(16), nn.dense(3)),
        update: optim.adam({ learningRate: 0.3 }),
        epochs: 12,
        batchSize: 32,
      }),
    mended: (seed) =>
      training({
        data: waves(seed, { rows: 400, length: 12, noise: 0.3 }),
        model: nn.sequential(nn.lstm(16), nn.dense(3)),
        update: optim.adam({ learningRate: 0.01 }),
        epochs: 12,
        batchSize: 32,
      }),
  },
  ...(() => {
    const at = (learningRate: number) => (seed: number) =>
      training({
        data: someDigits(seed, { rows: 800 }),
        model: mlp([40, 40, 10]),
        update: optim.adam({ learningRate }),
        epochs: 15,
        batchSize: 8,
      })
    return [
      {
        name: 'late-loss-jumps',
        about: 'Adam at a constant rate of 0.02 learns the digits, and throws itself out again and again.',
        fault: { cause: 'unstable' as const, accepts: ['lr-too-high' as const] },
        tolerates: ['dead-units' as const],
        run: at(0.02),
        mended: at(0.002),
      },
    ]
  })(),
  ...(() => {
    const at = (learningRate: number) => (seed: number) =>
      training({
        data: spirals(seed, { rows: 500 }),
        model: mlp([48, 48, 3]),
        update: optim.momentum({ learningRate }),
        epochs: 30,
        batchSize: 16,
      })
    return [
      {
        name: 'momentum-rate-too-high',
        about: 'The spirals with momentum at a rate that plain gradient descent would bear: the loss stays at chance.',
        fault: { cause: 'lr-too-high' as const, accepts: ['unstable' as const] },
        tolerates: ['dead-units' as const],
        run: at(0.4),
        mended: at(0.05),
      },
    ]
  })(),
  ...(() => {
    const at = (learningRate: number) => (seed: number) =>
      training({
        data: curve(seed, { rows: 400, features: 4, noise: 0.1, of: (x) => 3 * x[0] - 2 * x[1] + x[2] * x[3] }),
        model: mlp([50, 1]),
        loss: loss.squaredError(),
        update: optim.sgd({ learningRate }),
        epochs: 20,
        batchSize: 20,
      })
    return [
      {
        name: 'regression-diverges',
        about: 'A regression whose loss goes to infinity within some steps.',
        fault: { cause: 'diverged' as const, accepts: ['lr-too-high' as const] },
        run: at(1.5),
        mended: at(0.02),
      },
    ]
  })(),
  ...(() => {
    const net = (safe: boolean) =>
      nn.sequential(
        nn.dense(32),
        nn.relu(),
        nn.functional('logarithm', (x) => op.log(safe ? op.add(x, 1) : x)),
        nn.dense(3),
      )
    return [
      {
        name: 'logarithm-of-zero',
        about: 'The logarithm of a ReLU: the first unit that is off makes the loss infinite.',
        fault: { cause: 'diverged' as const, accepts: ['initial-loss-high' as const, 'init-too-large' as const] },
        run: (seed: number) => training({ data: spirals(seed, { rows: 500 }), model: net(false), epochs: 10 }),
        mended: (seed: number) => training({ data: spirals(seed, { rows: 500 }), model: net(true), epochs: 10 }),
      },
    ]
  })(),
  {
    name: 'update-with-wrong-sign',
    about: 'An update rule of one’s own adds the gradient.',
    fault: { cause: 'wrong-sign', accepts: ['loss-rises'] },
    run: (seed) =>
      training({ data: someDigits(seed, { rows: 900 }), model: mlp([40, 10]), update: ascent(0.02), epochs: 8 }),
    mended: (seed) =>
      training({
        data: someDigits(seed, { rows: 900 }),
        model: mlp([40, 10]),
        update: optim.sgd({ learningRate: 0.1 }),
        epochs: 8,
      }),
  },
  {
    name: 'velocity-with-wrong-sign',
    about: 'Momentum of one’s own with a plus where a minus should be, on a recurrent net.',
    fault: { cause: 'wrong-sign', accepts: ['loss-rises'] },
    tolerates: ['saturation'],
    run: (seed) =>
      training({
        data: memory(seed, { rows: 400, length: 6 }),
        model: nn.sequential(nn.gru(12), nn.dense(2)),
        update: ascentWithMomentum(0.003),
        epochs: 8,
        batchSize: 25,
      }),
    mended: (seed) =>
      training({
        data: memory(seed, { rows: 400, length: 6 }),
        model: nn.sequential(nn.gru(12), nn.dense(2)),
        update: optim.momentum({ learningRate: 0.05 }),
        epochs: 8,
        batchSize: 25,
      }),
  },
  ...(() => {
    const by = (update: ReturnType<typeof optim.adam>) => (seed: number) =>
      training({
        data: someDigits(seed, { rows: 1000 }),
        model: mlp([60, 60, 60, 10]),
        update,
        epochs: 12,
        batchSize: 32,
      })
    return [
      {
        name: 'adam-without-correction',
        about:
          'Adam of one’s own without bias correction: the first steps are many times too long, and the net does not recover.',
        fault: { cause: 'first-steps-too-large' as const, accepts: ['lr-too-high' as const] },
        tolerates: ['dead-units' as const],
        run: by(uncorrectedAdam(0.02, { beta1: 0, beta2: 0.9999 })),
        mended: by(optim.adam({ learningRate: 0.002 })),
      },
      {
        name: 'rmsprop-cold-start',
        about: 'RMSProp with a long memory that begins at zero: its first step is thirty times as long as the others.',
        fault: { cause: 'first-steps-too-large' as const, accepts: ['lr-too-high' as const] },
        tolerates: ['dead-units' as const],
        run: by(rmsprop(0.01, { decay: 0.9999 })),
        mended: by(optim.adam({ learningRate: 0.002 })),
      },
    ]
  })(),
  ...(() => {
    const at = (momentum: number, learningRate: number) => (seed: number) =>
      training({
        data: someDigits(seed, { rows: 1000 }),
        model: mlp([50, 10]),
        update: optim.momentum({ learningRate, momentum }),
        epochs: 12,
        batchSize: 50,
      })
    return [
      {
        name: 'momentum-0-998',
        about: 'A momentum of 0.998 in a run of 200 steps: the loss swings slowly and comes back again and again.',
        fault: { cause: 'momentum-too-high' as const, accepts: ['unstable' as const] },
        tolerates: ['dead-units' as const],
        run: at(0.998, 0.02),
        mended: at(0.9, 0.05),
      },
    ]
  })(),
  {
    name: 'momentum-0-999-regression',
    about: 'Regression with a momentum of 0.999: long swings through the valley.',
    fault: { cause: 'momentum-too-high', accepts: ['unstable'] },
    run: (seed) =>
      training({
        data: standardTargets(seed, 500),
        model: mlp([24, 1], { activation: nn.tanh, init: init.glorot() }),
        loss: loss.squaredError(),
        update: optim.momentum({ learningRate: 0.004, momentum: 0.999 }),
        epochs: 40,
        batchSize: 25,
      }),
    mended: (seed) =>
      training({
        data: standardTargets(seed, 500),
        model: mlp([24, 1], { activation: nn.tanh, init: init.glorot() }),
        loss: loss.squaredError(),
        update: optim.momentum({ learningRate: 0.02, momentum: 0.9 }),
        epochs: 40,
        batchSize: 25,
      }),
  },
  ...(() => {
    const by = (rate: ReturnType<typeof schedule.step>) => (seed: number) =>
      training({
        data: someDigits(seed, { rows: 1000 }),
        model: mlp([50, 10]),
        update: optim.sgd({ learningRate: rate }),
        epochs: 20,
      })
    return [
      {
        name: 'step-decay-too-fast',
        about: 'The rate falls to a tenth after every epoch, and the run stands still from the second on.',
        fault: { cause: 'schedule-too-fast' as const },
        run: by(schedule.step({ from: 0.02, factor: 0.1, everyEpochs: 1 })),
        mended: by(schedule.step({ from: 0.1, factor: 0.5, everyEpochs: 8 })),
      },
    ]
  })(),
  ...(() => {
    const by = (rate: ReturnType<typeof schedule.step>) => (seed: number) =>
      training({
        data: spirals(seed, { rows: 600 }),
        model: mlp([48, 48, 3]),
        update: optim.adam({ learningRate: rate }),
        epochs: 40,
        batchSize: 32,
      })
    return [
      {
        name: 'exponential-decay-too-fast',
        about:
          'An exponential decay meant for steps was given in epochs: the rate is gone before the spirals are learnt.',
        fault: { cause: 'schedule-too-fast' as const },
        run: by(schedule.exponential({ from: 0.003, decay: 1.2 })),
        mended: by(schedule.exponential({ from: 0.005, decay: 0.05 })),
      },
    ]
  })(),
  ...(() => {
    const by = (limit: number) => (seed: number) =>
      training({
        data: someDigits(seed, { rows: 1000 }),
        model: mlp([50, 10]),
        update: clipped(0.05, limit, 0.9),
        epochs: 12,
      })
    return [
      {
        name: 'clipping-at-1e-5',
        about: 'Gradients are cut to ±1e-5, which nearly all entries exceed: every step is as small as the limit.',
        fault: { cause: 'clipping-too-tight' as const, accepts: ['lr-too-low' as const] },
        run: by(1e-5),
        mended: by(1),
      },
    ]
  })(),
  {
    name: 'clipping-recurrent',
    about: 'A recurrent net whose gradients are cut to ±1e-4 for fear of explosions.',
    fault: { cause: 'clipping-too-tight', accepts: ['lr-too-low'] },
    run: (seed) =>
      training({
        data: waves(seed, { rows: 400, length: 10, noise: 0.2 }),
        model: nn.sequential(nn.lstm(12), nn.dense(3)),
        update: clipped(0.1, 1e-4, 0.9),
        epochs: 12,
        batchSize: 20,
      }),
    mended: (seed) =>
      training({
        data: waves(seed, { rows: 400, length: 10, noise: 0.2 }),
        model: nn.sequential(nn.lstm(12), nn.dense(3)),
        update: clipped(0.1, 1, 0.9),
        epochs: 12,
        batchSize: 20,
      }),
  },
  ...(() => {
    const by = (update: ReturnType<typeof optim.sgd>) => (seed: number) =>
      training({ data: someDigits(seed, { rows: 1000 }), model: mlp([40, 10]), update, epochs: 10, batchSize: 32 })
    return [
      {
        name: 'gradients-not-reset',
        about: 'Gradients are never set back to zero between steps.',
        fault: { cause: 'gradient-accumulated' as const },
        tolerates: ['dead-units' as const],
        run: by(accumulated(0.02)),
        mended: by(optim.sgd({ learningRate: 0.1 })),
      },
    ]
  })(),
  {
    name: 'gradients-not-reset-adam',
    about: 'Adam gets sums of all gradients since the start.',
    fault: { cause: 'gradient-accumulated' },
    tolerates: ['dead-units'],
    run: (seed) =>
      training({
        data: moons(seed, { rows: 500, noise: 0.2 }),
        model: mlp([24, 24, 2]),
        update: accumulatedAdam(0.01),
        epochs: 15,
        batchSize: 25,
      }),
    mended: (seed) =>
      training({
        data: moons(seed, { rows: 500, noise: 0.2 }),
        model: mlp([24, 24, 2]),
        update: optim.adam({ learningRate: 0.01 }),
        epochs: 15,
        batchSize: 25,
      }),
  },
  {
    name: 'loss-summed-over-batch',
    about: 'A loss of one’s own sums over the batch, and the learning rate was for the mean.',
    fault: { cause: 'loss-reduction', accepts: ['lr-too-high'] },
    tolerates: ['dead-units'],
    run: (seed) =>
      training({
        data: someDigits(seed, { rows: 1000 }),
        model: mlp([50, 10]),
        loss: summed(64),
        update: optim.momentum({ learningRate: 0.05 }),
        epochs: 10,
        batchSize: 64,
      }),
    mended: (seed) =>
      training({
        data: someDigits(seed, { rows: 1000 }),
        model: mlp([50, 10]),
        update: optim.momentum({ learningRate: 0.05 }),
        epochs: 10,
        batchSize: 64,
      }),
  },
  ...(() => {
    const after = (epochs: number) => (seed: number) =>
      training({
        data: someDigits(seed),
        model: mlp([50, 10]),
        update: optim.momentum({ learningRate: 0.01 }),
        epochs,
        batchSize: 100,
      })
    return [
      {
        name: 'two-epochs-only',
        about: 'Two epochs at a sound rate: the loss was falling fast when the run ended.',
        fault: { cause: 'train-longer' as const, accepts: ['lr-too-low' as const] },
        run: after(2),
        mended: after(20),
      },
    ]
  })(),
]
