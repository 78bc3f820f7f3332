/** @file To practise on: update and signal flow. Faults of many strengths put into a dozen sound trainings, which stand among them. */

import * as op from '../../../../src/graph/op.ts'
import { init, nn, optim, schedule } from '../../../../src/index.ts'
import type { Layer } from '../../../../src/nn/model.ts'
import { withInputs, withTargets } from '../../data.ts'
import { convNet, mlp, training } from '../../nets.ts'
import { accumulated, accumulatedAdam, accumulatedMomentum, ascent, clipped, resetEvery } from '../../rules.ts'
import {
  at,
  type Base,
  bases,
  type Change,
  faulty,
  foreign,
  healthy,
  type Loose,
  normed,
  over,
  run,
  table,
  tanh,
} from './practice-bases.ts'
import { longer, schedules, sound, tooLow } from './practice-rates.ts'

/** Rates several times as high as the best, which these nets bear. */
const borne = healthy({
  'digits-batch-1': at('digits', 'sgd', 0.5, { batchSize: 1, epochs: 6 }),
  'small-adam-30': at('small', 'adam', 40),
  'spirals-adam-8': at('spirals', 'adam', 6),
  'spirals-adam-batch-4': at('spirals', 'adam', 4, { batchSize: 4, epochs: 25 }),
  'gru-rmsprop-20': at('gru', 'rmsprop', 20),
  'conv-adam-8': at('conv', 'adam', 7),
})

/** Sound until a share of the run, then times higher and higher. */
const lateRise = (base: Base, to: number) => over(base, (share) => (share < 0.6 ? 1 : to ** ((share - 0.6) / 0.4)))
const unsteady = faulty(
  'unstable',
  ['lr-too-high'],
  {
    'digits-batch-2-momentum': at('digits', 'momentum', 1, { batchSize: 2, epochs: 6 }),
    'regression-batch-1': at('regression', 'sgd', 1.5, { batchSize: 1, epochs: 15 }),
    'regression-batch-2-adam': at('regression', 'adam', 6, { batchSize: 2, epochs: 15 }),
    'digits-rise': at('digits', 'momentum', lateRise('digits', 60)),
    'conv-rise': at('conv', 'adam', lateRise('conv', 60)),
    'whole-rmsprop': at('whole', 'rmsprop', 6),
    'deep-rmsprop': at('deep', 'rmsprop', 12),
  },
  ['dead-units', 'saturation'],
)

const sums = faulty(
  'gradient-accumulated',
  [],
  {
    digits: run('digits', { update: accumulated(0.005) }),
    'digits-low': run('digits', { update: accumulated(0.0005) }),
    'digits-epoch': run('digits', { update: resetEvery(0.03, 25) }),
    'digits-adam': run('digits', { update: accumulatedAdam(0.003) }),
    'digits-momentum': run('digits', { update: accumulatedMomentum(0.002) }),
    conv: run('conv', { update: accumulated(0.01) }),
    'conv-adam': run('conv', { update: accumulatedAdam(0.002) }),
    'conv-epoch': run('conv', { update: resetEvery(0.05, 20) }),
    regression: run('regression', { update: accumulated(0.01) }),
    'regression-adam': run('regression', { update: accumulatedAdam(0.005) }),
    'regression-epoch': run('regression', { update: resetEvery(0.03, 23) }),
    lstm: run('lstm', { update: accumulated(0.05) }),
    'lstm-adam': run('lstm', { update: accumulatedAdam(0.01) }),
    spirals: run('spirals', { update: accumulated(0.02) }),
    'spirals-momentum': run('spirals', { update: accumulatedMomentum(0.005) }),
    whole: run('whole', { update: accumulated(0.05) }),
    small: run('small', { update: accumulated(0.001) }),
    linear: run('linear', { update: accumulated(0.01) }),
    texts: run('texts', { update: accumulated(0.01) }),
  },
  ['dead-units', 'saturation'],
)

const raw =
  (scale: number, shift = 0) =>
  (base: Base, change: Change) =>
  (seed: number) =>
    training({
      ...bases[base].of(seed),
      data: withInputs(bases[base].of(seed).data, (x) => scale * x + shift),
      standardise: false,
      ...change,
    } as Parameters<typeof training>[0])

const sigmoids = (bias: ReturnType<typeof init.zeros>) =>
  mlp([32, 32, 10], { activation: nn.sigmoid, init: init.glorot(), bias })
const full = faulty(
  'saturation',
  ['init-too-large'],
  {
    'biases-6': at('digits', 'momentum', 1, { model: mlp([40, 10], { ...tanh, bias: init.normal(6) }) }),
    'biases-constant': at('digits', 'momentum', 2, { model: sigmoids(init.constant(8)) }),
    'biases-negative': at('digits', 'adam', 1, { model: sigmoids(init.constant(-8)) }),
    'gain-tanh': at('digits', 'momentum', 0.5, {
      model: mlp([40, 40, 10], { activation: nn.tanh, init: init.normal(1.2), lastInit: init.glorot() }),
    }),
    'gain-sigmoid-adam': at('digits', 'adam', 1, {
      model: mlp([32, 32, 10], { activation: nn.sigmoid, init: init.normal(2), lastInit: init.glorot() }),
    }),
    'gain-regression': at('regression', 'nesterov', 1, {
      model: mlp([24, 24, 1], { activation: nn.tanh, init: init.normal(3), lastInit: init.glorot() }),
    }),
    'gain-scaled-layer': at('digits', 'momentum', 1, {
      model: mlp([40, 40, 10], { ...tanh, between: () => nn.functional('gain', (x) => op.mul(x, 15)) }),
    }),
    'gates-lstm-bias': at('lstm', 'adam', 0.5, {
      model: nn.sequential(nn.lstm(16, { bias: init.normal(12) }), nn.dense(3)),
    }),
    'gates-gru-bias': at('gru', 'momentum', 1, {
      model: nn.sequential(nn.gru(12, { bias: init.constant(-12) }), nn.dense(2)),
    }),
    'gates-gru-weights': at('lstm', 'adam', 0.3, {
      model: nn.sequential(nn.gru(12, { recurrentInit: init.normal(5), init: init.normal(5) }), nn.dense(3)),
    }),
    'spirals-biases': at('spirals', 'momentum', 1, { model: mlp([32, 32, 3], { ...tanh, bias: init.normal(4) }) }),
    'regression-biases': at('regression', 'sgd', 0.5, { model: mlp([24, 1], { ...tanh, bias: init.normal(5) }) }),
    'clouds-sigmoid': at('small', 'sgd', 1, {
      model: mlp([24, 24, 24, 4], { activation: nn.sigmoid, init: init.normal(2), lastInit: init.glorot() }),
    }),
    'moons-tanh-bias': at('whole', 'momentum', 0.5, { model: mlp([16, 2], { ...tanh, bias: init.constant(5) }) }),
    'deep-tanh-gain': at('deep', 'sgd', 0.5, {
      model: mlp([32, 32, 32, 32, 10], { activation: nn.tanh, init: init.normal(0.7), lastInit: init.glorot() }),
    }),
    'gates-lstm': at('lstm', 'adam', 0.5, {
      model: nn.sequential(nn.lstm(16, { init: init.normal(6), recurrentInit: init.normal(4) }), nn.dense(3)),
    }),
    'recurrent-tanh': at('gru', 'adam', 0.5, {
      model: nn.sequential(nn.recurrent(16, { recurrentInit: init.normal(3) }), nn.dense(2)),
    }),
    'inputs-digits': raw(30)('digits', { model: mlp([40, 10], tanh), update: optim.momentum({ learningRate: 0.02 }) }),
    'inputs-regression': raw(60)('regression', { update: optim.adam({ learningRate: 0.005 }) }),
  },
  ['lr-too-high', 'inputs-not-normalised', 'vanishing-gradient', 'feature-scale'],
)

const late = faulty('saturation', ['lr-too-high'], {
  'late-adam': at('digits', 'adam', 100, { model: mlp([40, 40, 10], tanh) }),
  'late-momentum': at('digits', 'momentum', 60, { model: mlp([40, 40, 10], tanh) }),
  'late-regression': at('regression', 'adam', 60),
  'late-sigmoid': at('sigmoid', 'adam', 200, {
    model: mlp([40, 40, 10], { activation: nn.sigmoid, init: init.glorot() }),
  }),
})

const outputs = faulty(
  'saturation',
  ['targets-not-scaled', 'underfitting'],
  {
    'output-sigmoid': at('regression', 'momentum', 3, { model: nn.sequential(mlp([24, 1], tanh), nn.sigmoid()) }),
    'output-tanh': at('regression', 'adam', 2, {
      data: withTargets(table(0, 700), (y) => 3 * y + 4),
      model: nn.sequential(mlp([24, 1], tanh), nn.tanh()),
    }),
  },
  ['lr-too-high'],
)

const clips = faulty('clipping-too-tight', ['lr-too-low'], {
  'digits-3': run('digits', { update: clipped(0.1, 1e-3) }),
  'digits-4-high': run('digits', { update: clipped(0.5, 1e-4) }),
  'digits-3-momentum': run('digits', { update: clipped(0.02, 3e-4, 0.9) }),
  'conv-3': run('conv', { update: clipped(0.05, 1e-3) }),
  'conv-3-momentum': run('conv', { update: clipped(0.01, 3e-4, 0.9) }),
  'regression-2': run('regression', { update: clipped(0.05, 1e-3) }),
  'regression-3-momentum': run('regression', { update: clipped(0.01, 1e-4, 0.9) }),
  'lstm-2': run('lstm', { update: clipped(0.5, 5e-4) }),
  'spirals-3': run('spirals', { update: clipped(0.1, 5e-4) }),
  'deep-4': run('deep', { update: clipped(0.01, 1e-4, 0.9) }),
  'schedule-momentum': run('conv', {
    update: clipped(schedule.step({ from: 0.02, factor: 0.5, everyEpochs: 4 }), 5e-5, 0.9),
  }),
  'schedule-regression': run('regression', {
    update: clipped(schedule.inverse({ from: 0.05, decay: 0.05 }), 1e-4, 0.5),
  }),
  'digits-4': run('digits', { update: clipped(0.1, 1e-4) }),
  'digits-5-momentum': run('digits', { update: clipped(0.02, 1e-5, 0.9) }),
  'digits-4-momentum': run('digits', { update: clipped(0.02, 5e-5, 0.9) }),
  'conv-4': run('conv', { update: clipped(0.05, 1e-4) }),
  'conv-4-momentum': run('conv', { update: clipped(0.01, 2e-5, 0.9) }),
  'regression-3': run('regression', { update: clipped(0.05, 1e-4) }),
  'regression-4-momentum': run('regression', { update: clipped(0.01, 1e-5, 0.9) }),
  'lstm-3': run('lstm', { update: clipped(0.5, 1e-4) }),
  'lstm-4': run('lstm', { update: clipped(0.1, 3e-5, 0.9) }),
  'spirals-4': run('spirals', { update: clipped(0.1, 1e-4) }),
  'whole-4': run('whole', { update: clipped(0.5, 1e-4) }),
  'whole-5-momentum': run('whole', { update: clipped(0.1, 3e-5, 0.9) }),
  'small-4': run('small', { update: clipped(0.01, 3e-4) }),
  'linear-4': run('linear', { update: clipped(0.1, 1e-4) }),
  schedule: run('digits', { update: clipped(schedule.exponential({ from: 0.1, decay: 0.05 }), 1e-4) }),
})

const heavy = (base: Base, momentum: number, learningRate: number) =>
  run(base, { update: optim.momentum({ learningRate, momentum }) })
const velocities = faulty(
  'momentum-too-high',
  ['unstable'],
  {
    'digits-99': heavy('digits', 0.99, 0.03),
    'digits-995': heavy('digits', 0.995, 0.01),
    'digits-9995': heavy('digits', 0.9995, 0.005),
    'conv-998': heavy('conv', 0.998, 0.005),
    'deep-99': heavy('deep', 0.99, 0.02),
    'regression-998': heavy('regression', 0.998, 0.003),
    'lstm-995': heavy('lstm', 0.995, 0.05),
    'spirals-998': heavy('spirals', 0.998, 0.01),
    'whole-99': heavy('whole', 0.995, 0.1),
    'linear-999': heavy('linear', 0.999, 0.02),
    'sigmoid-998': heavy('sigmoid', 0.998, 0.05),
  },
  ['dead-units', 'saturation'],
)

const norms = faulty(
  'batchnorm-statistics',
  [],
  {
    'momentum-0': at('digits', 'momentum', 1, { model: normed(0) }),
    'momentum-003': at('digits', 'adam', 1, { model: normed(0.0003) }),
    'momentum-1': at('digits', 'momentum', 1, { model: normed(1), batchSize: 4, epochs: 5 }),
    'conv-momentum-0': at('conv', 'adam', 1, { model: convNet({ between: () => nn.batchNorm({ momentum: 0.001 }) }) }),
    'batch-2': at('digits', 'momentum', 0.3, { model: normed(0.1), batchSize: 2, epochs: 5 }),
    'batch-3-spirals': at('spirals', 'adam', 0.5, {
      model: mlp([48, 48, 3], { between: () => nn.batchNorm() }),
      batchSize: 3,
      epochs: 15,
    }),
    'batch-2-regression': at('regression', 'adam', 0.5, {
      model: mlp([24, 24, 1], { ...tanh, between: () => nn.batchNorm() }),
      batchSize: 2,
      epochs: 10,
    }),
    'raw-inputs': raw(5, 40)('digits', {
      model: nn.sequential(nn.batchNorm({ momentum: 0.001 }), nn.dense(48), nn.relu(), nn.dense(10)),
      update: optim.momentum({ learningRate: 0.02 }),
    }),
  },
  ['inputs-not-normalised', 'feature-scale'],
)

/** Softmax and cross-entropy by hand, without care for large and small numbers. */
const byHand = (gain: number): Layer =>
  nn.sequential(
    nn.dense(32),
    nn.relu(),
    nn.dense(10),
    nn.functional('ownSoftmax', (x) => {
      const powers = op.exp(op.mul(x, gain))
      return op.log(op.div(powers, op.reduceSum(powers, { axes: [1], keepDims: true })))
    }),
  )

const rises = faulty('loss-rises', ['wrong-sign', 'diverged'], {
  'digits-ascent': run('digits', { update: ascent(0.002) }),
  'regression-ascent': run('regression', { update: ascent(0.0005) }),
  'spirals-ascent': run('spirals', { update: ascent(0.01) }),
  'foreign-ascent': foreign({ slip: 'ascent', learningRate: 0.01 }),
  'foreign-ascent-slow': foreign({ slip: 'ascent', learningRate: 0.0005 }),
  'foreign-ascent-loss': foreign({ slip: 'ascent', learningRate: 0.002, logs: 'loss' }),
  'foreign-ascent-seldom': foreign({ slip: 'ascent', learningRate: 0.001, logs: 'loss', every: 10 }),
  'foreign-ascent-small-batch': foreign({
    slip: 'ascent',
    learningRate: 0.0003,
    logs: 'loss',
    batchSize: 4,
    epochs: 4,
  }),
  'lstm-ascent': run('lstm', { update: ascent(0.02) }),
})
const out = faulty('diverged', ['lr-too-high', 'exploding-gradient'], {
  'regression-sgd': at('regression', 'sgd', 100),
  'regression-relu': at('regression', 'momentum', 60, { model: mlp([32, 1]) }),
  'deep-sgd': at('deep', 'sgd', 60),
  'linear-regression': at('regression', 'sgd', 20, { model: nn.dense(1) }),
  'own-softmax': at('digits', 'momentum', 3, { model: byHand(8) }),
  'own-softmax-late': at('digits', 'momentum', 1, { model: byHand(3) }),
  log: at('spirals', 'momentum', 1, {
    model: nn.sequential(
      nn.dense(32),
      nn.relu(),
      nn.functional('logarithm', (x) => op.log(op.add(x, 1e-30))),
      nn.dense(3),
    ),
  }),
  sqrt: at('digits', 'momentum', 1, {
    model: nn.sequential(
      nn.dense(32),
      nn.functional('root', (x) => op.sqrt(x)),
      nn.dense(10),
    ),
  }),
})

export const practiceUpdate: readonly Loose[] = [
  ...sound,
  ...tooLow,
  ...longer,
  ...schedules,
  ...borne,
  ...unsteady,
  ...sums,
  ...full,
  ...late,
  ...outputs,
  ...clips,
  ...velocities,
  ...norms,
  ...rises,
  ...out,
]
