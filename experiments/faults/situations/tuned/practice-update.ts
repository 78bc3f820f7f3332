/** @file To practise on: update and signal flow. Faults of many strengths put into a dozen sound trainings, which stand among them. */

import type { ClassificationDataset } from '../../../../src/data/dataset.ts'
import { split } from '../../../../src/data/split.ts'
import * as op from '../../../../src/graph/op.ts'
import { init, loss, nn, optim, penalty, schedule } from '../../../../src/index.ts'
import type { Layer } from '../../../../src/nn/model.ts'
import type { Rate } from '../../../../src/optim/rate.ts'
import type { Rule } from '../../../../src/optim/update-rule.ts'
import type { Config } from '../../../../src/train/config.ts'
import {
  clouds,
  curve,
  friedman,
  memory,
  moons,
  someDigits,
  spirals,
  waves,
  withInputs,
  withTargets,
  wordCounts,
} from '../../data.ts'
import { foreignLoop } from '../../foreign.ts'
import { convNet, type DenseNet, mlp, training } from '../../nets.ts'
import { accumulated, accumulatedAdam, accumulatedMomentum, ascent, clipped, resetEvery, rmsprop } from '../../rules.ts'
import type { Situation } from '../../situation.ts'

type Loose = Omit<Situation, 'half'>
type Change = Partial<Config>

const table = (seed: number, rows: number) =>
  withTargets(curve(seed, { rows, features: 6, noise: 1, of: friedman }), (y) => (y - 14.4) / 5)
const tanh: DenseNet = { activation: nn.tanh, init: init.glorot() }

/** Sound trainings: data, net, epochs and batch; rates by rule that suit them. */
const bases = {
  digits: {
    rates: { sgd: 0.1, momentum: 0.02, nesterov: 0.02, adam: 0.003, rmsprop: 0.002 },
    of: (seed: number) => ({ data: someDigits(seed, { rows: 1000 }), model: mlp([50, 10]), epochs: 15, batchSize: 32 }),
  },
  conv: {
    rates: { sgd: 0.05, momentum: 0.01, nesterov: 0.01, adam: 0.003, rmsprop: 0.001 },
    of: (seed: number) => ({
      data: someDigits(seed, { rows: 800, shape: 'image' }),
      model: convNet(),
      epochs: 10,
      batchSize: 32,
    }),
  },
  deep: {
    rates: { sgd: 0.05, momentum: 0.01, nesterov: 0.01, adam: 0.001, rmsprop: 0.0005 },
    of: (seed: number) => ({
      data: someDigits(seed, { rows: 1000 }),
      model: mlp([32, 32, 32, 32, 32, 32, 10]),
      epochs: 15,
      batchSize: 32,
    }),
  },
  regression: {
    rates: { sgd: 0.05, momentum: 0.01, nesterov: 0.01, adam: 0.005, rmsprop: 0.002 },
    of: (seed: number) => ({
      data: table(seed, 700),
      model: mlp([24, 24, 1], tanh),
      loss: loss.squaredError(),
      epochs: 50,
      batchSize: 25,
    }),
  },
  lstm: {
    rates: { sgd: 0.5, momentum: 0.1, nesterov: 0.1, adam: 0.01, rmsprop: 0.005 },
    of: (seed: number) => ({
      data: waves(seed, { rows: 500, length: 10, noise: 0.2 }),
      model: nn.sequential(nn.lstm(16), nn.dense(3)),
      epochs: 20,
      batchSize: 20,
    }),
  },
  gru: {
    rates: { sgd: 0.3, momentum: 0.05, nesterov: 0.05, adam: 0.01, rmsprop: 0.003 },
    of: (seed: number) => ({
      data: memory(seed, { rows: 500, length: 6 }),
      model: nn.sequential(nn.gru(12), nn.dense(2)),
      epochs: 15,
      batchSize: 25,
    }),
  },
  spirals: {
    rates: { sgd: 0.1, momentum: 0.03, nesterov: 0.03, adam: 0.004, rmsprop: 0.002 },
    of: (seed: number) => ({
      data: spirals(seed, { rows: 600 }),
      model: mlp([48, 48, 3]),
      epochs: 60,
      batchSize: 32,
    }),
  },
  whole: {
    rates: { sgd: 0.5, momentum: 0.1, nesterov: 0.1, adam: 0.02, rmsprop: 0.01 },
    of: (seed: number) => ({
      data: moons(seed, { rows: 400, noise: 0.15 }),
      model: mlp([24, 24, 2]),
      epochs: 200,
      batchSize: 320,
    }),
  },
  small: {
    rates: { sgd: 0.01, momentum: 0.001, nesterov: 0.001, adam: 0.001, rmsprop: 0.0005 },
    of: (seed: number) => ({
      data: clouds(seed, { counts: [250, 250, 250, 250], features: 8, apart: 1.2 }),
      model: mlp([24, 4]),
      epochs: 10,
      batchSize: 4,
    }),
  },
  linear: {
    rates: { sgd: 0.1, momentum: 0.02, nesterov: 0.02, adam: 0.01, rmsprop: 0.005 },
    of: (seed: number) => ({ data: someDigits(seed, { rows: 1200 }), model: nn.dense(10), epochs: 25, batchSize: 64 }),
  },
  texts: {
    rates: { sgd: 0.1, momentum: 0.02, nesterov: 0.02, adam: 0.002, rmsprop: 0.001 },
    of: (seed: number) => ({
      data: wordCounts(seed, { rows: 900, words: 200, classes: 3 }),
      model: mlp([24, 3]),
      penalty: penalty.l2(3e-3),
      epochs: 8,
      batchSize: 32,
    }),
  },
  sigmoid: {
    rates: { sgd: 0.5, momentum: 0.1, nesterov: 0.1, adam: 0.005, rmsprop: 0.003 },
    of: (seed: number) => ({
      data: someDigits(seed, { rows: 1000 }),
      model: mlp([40, 10], { activation: nn.sigmoid, init: init.glorot() }),
      epochs: 20,
      batchSize: 32,
    }),
  },
} as const

type Base = keyof typeof bases
type Named = 'sgd' | 'momentum' | 'nesterov' | 'adam' | 'rmsprop'

const builtIn = { sgd: optim.sgd, momentum: optim.momentum, nesterov: optim.nesterov, adam: optim.adam }

function ruleOf(name: Named, learningRate: Rate): Rule {
  if (name === 'rmsprop') return rmsprop(learningRate, { decay: 0.9 })
  return builtIn[name]({ learningRate })
}

const run = (base: Base, change: Change) => (seed: number) => training({ ...bases[base].of(seed), ...change })
const at = (base: Base, rule: Named, times: number | ((rate: number) => Rate), change: Change = {}) => {
  const rate = bases[base].rates[rule]
  const learningRate = typeof times === 'number' ? times * rate : times(rate)
  return run(base, { update: ruleOf(rule, learningRate), ...change })
}

type Fault = NonNullable<Situation['fault']>
const faulty = (
  cause: Fault['cause'],
  accepts: Fault['accepts'],
  list: Readonly<Record<string, Loose['run']>>,
  tolerates: Loose['tolerates'] = [],
): Loose[] =>
  Object.entries(list).map(([name, made]) => ({
    name: `p-${cause}-${name}`,
    about: `Practice: ${cause}.`,
    fault: { cause, ...(accepts && { accepts }) },
    tolerates,
    run: made,
  }))

const healthy = (list: Readonly<Record<string, Loose['run']>>): Loose[] =>
  Object.entries(list).map(([name, made]) => ({ name: `p-ok-${name}`, about: 'Practice: sound.', run: made }))

const epochsOf = (base: Base) => bases[base].of(0).epochs
/** A schedule over the whole run, of the share of it that is done. */
const over = (base: Base, of: (share: number) => number) => (rate: number) => {
  const epochs = epochsOf(base)
  return Object.assign(({ epoch }: { epoch: number }) => rate * of(epoch / epochs), { description: 'a plan' })
}
const cosine = (until: number) => (share: number) => 0.5 * (1 + Math.cos(Math.PI * Math.min(1, share / until)))
const linear = (until: number) => (share: number) => Math.max(0, 1 - share / until)
const perStep = (decay: number) => (rate: number) =>
  Object.assign(({ step }: { step: number }) => rate * decay ** step, { description: `times ${decay} a step` })

/** A hand-written loop that logs. */
const foreign = (more: Partial<Parameters<typeof foreignLoop>[0]>) => (seed: number) => {
  const { training, validation } = split(someDigits(seed, { rows: 700 }), { seed, validation: 0.2 })
  const options = { seed, training, validation, epochs: 10, batchSize: 32, learningRate: 0.1, ...more }
  return { events: foreignLoop({ ...options, ...standardised(training, validation) }) }
}
const standardised = (training: ClassificationDataset, validation: ClassificationDataset) => {
  const scaled = (part: ClassificationDataset) => withInputs(part, (x) => (x - 5) / 6)
  return { training: scaled(training), validation: scaled(validation) }
}
const sound = healthy({
  foreign: foreign({}),
  'foreign-loss': foreign({ logs: 'loss', learningRate: 0.05, batchSize: 8 }),
  'foreign-seldom': foreign({ logs: 'loss', every: 10, learningRate: 0.2 }),
  ...Object.fromEntries(
    (
      [
        ['digits', 'sgd'],
        ['digits', 'momentum'],
        ['digits', 'adam'],
        ['conv', 'sgd'],
        ['conv', 'adam'],
        ['conv', 'nesterov'],
        ['deep', 'momentum'],
        ['deep', 'rmsprop'],
        ['regression', 'sgd'],
        ['regression', 'nesterov'],
        ['regression', 'adam'],
        ['lstm', 'adam'],
        ['lstm', 'momentum'],
        ['gru', 'rmsprop'],
        ['gru', 'momentum'],
        ['spirals', 'adam'],
        ['spirals', 'momentum'],
        ['whole', 'momentum'],
        ['whole', 'adam'],
        ['small', 'sgd'],
        ['small', 'adam'],
        ['linear', 'sgd'],
        ['linear', 'rmsprop'],
        ['texts', 'adam'],
        ['texts', 'sgd'],
        ['sigmoid', 'sgd'],
        ['sigmoid', 'adam'],
      ] as const
    ).map(([base, rule]) => [`${base}-${rule}`, at(base, rule, 1)]),
  ),
  'digits-cosine': at('digits', 'momentum', over('digits', cosine(1))),
  'conv-linear': at('conv', 'adam', over('conv', linear(1))),
  'regression-inverse': at('regression', 'momentum', (from) => schedule.inverse({ from: 2 * from, decay: 0.2 })),
  'spirals-steps': at('spirals', 'adam', (from) => schedule.step({ from, factor: 0.3, everyEpochs: 20 })),
  'lstm-exponential': at('lstm', 'adam', (from) => schedule.exponential({ from: 1.5 * from, decay: 0.1 })),
  'digits-clipped-wide': run('digits', { update: clipped(0.02, 0.5, 0.9) }),
  'gru-clipped-some': run('gru', { update: clipped(0.05, 0.1, 0.9) }),
  'digits-low-third': at('digits', 'momentum', 0.33),
  'conv-high-twice': at('conv', 'adam', 2),
  'digits-batch-2': at('digits', 'sgd', 0.1, { batchSize: 2, epochs: 6 }),
  'regression-batch-1': at('regression', 'sgd', (from) => schedule.inverse({ from: 0.2 * from, decay: 0.2 }), {
    batchSize: 1,
    epochs: 12,
  }),
  'digits-momentum-95': run('digits', { update: optim.momentum({ learningRate: 0.01, momentum: 0.95 }) }),
  'whole-momentum-98': run('whole', { update: optim.momentum({ learningRate: 0.02, momentum: 0.98 }) }),
  'digits-batchnorm': at('digits', 'momentum', 1, { model: normed(0.1) }),
  'digits-batchnorm-8': at('digits', 'momentum', 0.5, { model: normed(0.1), batchSize: 16 }),
  'deep-tanh': at('deep', 'momentum', 1, { model: mlp([32, 32, 32, 10], tanh) }),
})

function normed(momentum: number): Layer {
  return mlp([48, 48, 10], { between: () => nn.batchNorm({ momentum }) })
}

const tooLow = faulty('lr-too-low', [], {
  'digits-sgd-1e8': at('digits', 'sgd', 1e-8),
  'conv-adam-1e6': at('conv', 'adam', 1e-6),
  'digits-momentum-10': at('digits', 'momentum', 1 / 15),
  'conv-nesterov-20': at('conv', 'nesterov', 1 / 20),
  'deep-sgd-20': at('deep', 'sgd', 1 / 20),
  'regression-nesterov-200': at('regression', 'nesterov', 1 / 200),
  'lstm-sgd-20': at('lstm', 'sgd', 1 / 20),
  'gru-adam-50': at('gru', 'adam', 1 / 50),
  'spirals-momentum-30': at('spirals', 'momentum', 1 / 30),
  'small-momentum-30': at('small', 'momentum', 1 / 30),
  'linear-adam-50': at('linear', 'adam', 1 / 50),
  'texts-sgd-30': at('texts', 'sgd', 1 / 30),
  'sigmoid-sgd-30': at('sigmoid', 'sgd', 1 / 30),
  'digits-batch-all': at('digits', 'sgd', 1 / 10, { batchSize: 800, epochs: 60 }),
  'digits-cosine': at('digits', 'momentum', (rate) => over('digits', cosine(1))(rate / 30)),
  batchnorm: at('digits', 'adam', 1 / 100, { model: normed(0.1) }),
  'digits-sgd-30': at('digits', 'sgd', 1 / 30),
  'digits-sgd-300': at('digits', 'sgd', 1 / 300),
  'digits-adam-30': at('digits', 'adam', 1 / 40),
  'digits-rmsprop-3000': at('digits', 'rmsprop', 1 / 3000),
  'conv-momentum-100': at('conv', 'momentum', 1 / 100),
  'conv-adam-30': at('conv', 'adam', 1 / 50),
  'deep-nesterov-100': at('deep', 'nesterov', 1 / 100),
  'deep-adam-300': at('deep', 'adam', 1 / 300),
  'regression-sgd-100': at('regression', 'sgd', 1 / 100),
  'regression-momentum-1000': at('regression', 'momentum', 1 / 1000),
  'regression-adam-100': at('regression', 'adam', 1 / 100),
  'lstm-adam-30': at('lstm', 'adam', 1 / 30),
  'lstm-momentum-30': at('lstm', 'momentum', 1 / 30),
  'gru-sgd-30': at('gru', 'sgd', 1 / 30),
  'spirals-adam-100': at('spirals', 'adam', 1 / 100),
  'spirals-sgd-100': at('spirals', 'sgd', 1 / 100),
  'whole-momentum-30': at('whole', 'momentum', 1 / 30),
  'whole-sgd-100': at('whole', 'sgd', 1 / 100),
  'small-sgd-100': at('small', 'sgd', 1 / 100),
  'linear-sgd-100': at('linear', 'sgd', 1 / 100),
  'texts-rmsprop-100': at('texts', 'rmsprop', 1 / 100),
  'sigmoid-momentum-100': at('sigmoid', 'momentum', 1 / 100),
  'sigmoid-rmsprop-100': at('sigmoid', 'rmsprop', 1 / 100),
})

const short = (base: Base, share: number): Change => ({ epochs: Math.max(1, Math.round(share * epochsOf(base))) })
const longer = faulty('train-longer', ['lr-too-low'], {
  'digits-sgd': at('digits', 'sgd', 0.3, short('digits', 0.2)),
  'digits-adam': at('digits', 'adam', 0.3, short('digits', 0.15)),
  'conv-momentum': at('conv', 'momentum', 1, short('conv', 0.2)),
  'conv-adam': at('conv', 'adam', 0.3, short('conv', 0.2)),
  'deep-momentum': at('deep', 'momentum', 1, short('deep', 0.15)),
  'regression-adam': at('regression', 'adam', 0.3, short('regression', 0.1)),
  'regression-sgd': at('regression', 'sgd', 0.3, short('regression', 0.15)),
  'lstm-adam': at('lstm', 'adam', 0.5, short('lstm', 0.25)),
  'lstm-momentum': at('lstm', 'momentum', 1, short('lstm', 0.25)),
  'spirals-adam': at('spirals', 'adam', 1, short('spirals', 0.2)),
  'spirals-momentum': at('spirals', 'momentum', 0.5, short('spirals', 0.2)),
  'whole-momentum': at('whole', 'momentum', 1, short('whole', 0.15)),
  'linear-sgd': at('linear', 'sgd', 0.3, short('linear', 0.12)),
  'sigmoid-sgd': at('sigmoid', 'sgd', 1, short('sigmoid', 0.15)),
  'texts-adam': at('texts', 'adam', 0.5, short('texts', 0.25)),
})

const schedules = faulty('schedule-too-fast', [], {
  'digits-linear-fifth': at('digits', 'momentum', (rate) => over('digits', linear(0.15))(rate / 3)),
  'conv-exponential': at('conv', 'sgd', (from) => schedule.exponential({ from, decay: 1 })),
  'conv-steps': at('conv', 'nesterov', (from) => schedule.step({ from: from / 2, factor: 0.1, everyEpochs: 1 })),
  'regression-exponential': at('regression', 'adam', (from) => schedule.exponential({ from: from / 2, decay: 0.5 })),
  'gru-exponential': at('gru', 'adam', (from) => schedule.exponential({ from, decay: 1.2 })),
  'gru-cosine': at('gru', 'momentum', over('gru', cosine(0.25))),
  'lstm-linear': at('lstm', 'adam', over('lstm', linear(0.15))),
  'spirals-cosine': at('spirals', 'sgd', over('spirals', cosine(0.12))),
  'spirals-inverse': at('spirals', 'sgd', (from) => schedule.inverse({ from, decay: 3 })),
  'deep-inverse-step': at('deep', 'momentum', (rate) =>
    Object.assign(({ step }: { step: number }) => rate / (1 + step), { description: 'over the steps' }),
  ),
  'texts-exponential': at('texts', 'sgd', (from) => schedule.exponential({ from, decay: 2.5 })),
  'sigmoid-steps': at('sigmoid', 'adam', (from) => schedule.step({ from, factor: 0.2, everyEpochs: 2 })),
  'linear-inverse-step': at('linear', 'sgd', (rate) =>
    Object.assign(({ step }: { step: number }) => rate / (1 + step) ** 1.2, { description: 'over the steps' }),
  ),
  'digits-exponential': at('digits', 'sgd', (from) => schedule.exponential({ from: from / 3, decay: 2 })),
  'digits-inverse': at('digits', 'sgd', (from) => schedule.inverse({ from, decay: 100 })),
  'conv-cosine-tenth': at('conv', 'momentum', over('conv', cosine(0.1))),
  'conv-per-step': at('conv', 'adam', perStep(0.9)),
  'deep-steps': at('deep', 'momentum', (from) => schedule.step({ from, factor: 0.1, everyEpochs: 0.5 })),
  'regression-linear-tenth': at('regression', 'nesterov', over('regression', linear(0.08))),
  'regression-inverse': at('regression', 'sgd', (from) => schedule.inverse({ from, decay: 20 })),
  'lstm-exponential': at('lstm', 'adam', (from) => schedule.exponential({ from, decay: 1.5 })),
  'lstm-per-step': at('lstm', 'momentum', perStep(0.97)),
  'spirals-steps': at('spirals', 'adam', (from) => schedule.step({ from, factor: 0.3, everyEpochs: 2 })),
  'spirals-exponential': at('spirals', 'momentum', (from) => schedule.exponential({ from, decay: 0.5 })),
  'whole-exponential': at('whole', 'momentum', (from) => schedule.exponential({ from, decay: 0.3 })),
  'linear-linear-tenth': at('linear', 'sgd', (rate) => over('linear', linear(0.08))(rate / 4)),
  'sigmoid-cosine-tenth': at('sigmoid', 'momentum', over('sigmoid', cosine(0.1))),
  'small-per-step': at('small', 'sgd', perStep(0.98)),
})

/** Sound until a share of the run, then times higher and higher. */
const lateRise = (base: Base, to: number) => over(base, (share) => (share < 0.6 ? 1 : to ** ((share - 0.6) / 0.4)))
const unsteady = faulty(
  'unstable',
  ['lr-too-high'],
  {
    'digits-batch-1': at('digits', 'sgd', 0.5, { batchSize: 1, epochs: 6 }),
    'digits-batch-2-momentum': at('digits', 'momentum', 1, { batchSize: 2, epochs: 6 }),
    'regression-batch-1': at('regression', 'sgd', 1.5, { batchSize: 1, epochs: 15 }),
    'regression-batch-2-adam': at('regression', 'adam', 6, { batchSize: 2, epochs: 15 }),
    'small-adam-30': at('small', 'adam', 40),
    'spirals-adam-8': at('spirals', 'adam', 6),
    'spirals-adam-batch-4': at('spirals', 'adam', 4, { batchSize: 4, epochs: 25 }),
    'lstm-adam-5': at('lstm', 'adam', 6),
    'gru-rmsprop': at('gru', 'rmsprop', 20),
    'digits-rise': at('digits', 'momentum', lateRise('digits', 60)),
    'conv-rise': at('conv', 'adam', lateRise('conv', 60)),
    'whole-rmsprop': at('whole', 'rmsprop', 6),
    'conv-adam-8': at('conv', 'adam', 7),
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
    'late-adam': at('digits', 'adam', 100, { model: mlp([40, 40, 10], tanh) }),
    'late-momentum': at('digits', 'momentum', 60, { model: mlp([40, 40, 10], tanh) }),
    'late-regression': at('regression', 'adam', 60),
    'late-sigmoid': at('sigmoid', 'adam', 200, {
      model: mlp([40, 40, 10], { activation: nn.sigmoid, init: init.glorot() }),
    }),
    'inputs-digits': raw(30)('digits', { model: mlp([40, 10], tanh), update: optim.momentum({ learningRate: 0.02 }) }),
    'inputs-regression': raw(60)('regression', { update: optim.adam({ learningRate: 0.005 }) }),
  },
  ['lr-too-high', 'inputs-not-normalised', 'vanishing-gradient', 'feature-scale'],
)

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
    'regression-nesterov': run('regression', { update: optim.nesterov({ learningRate: 0.01, momentum: 0.999 }) }),
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
  ...unsteady,
  ...sums,
  ...full,
  ...outputs,
  ...clips,
  ...velocities,
  ...norms,
  ...rises,
  ...out,
]
