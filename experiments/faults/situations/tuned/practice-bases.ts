/** @file To practise on: a dozen sound trainings, into which faults are put. */

import type { ClassificationDataset } from '../../../../src/data/dataset.ts'
import { split } from '../../../../src/data/split.ts'
import { init, loss, nn, optim, penalty } from '../../../../src/index.ts'
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
import { rmsprop } from '../../rules.ts'
import type { Situation } from '../../situation.ts'

export type Loose = Omit<Situation, 'half'>
export type Change = Partial<Config>

export const table = (seed: number, rows: number) =>
  withTargets(curve(seed, { rows, features: 6, noise: 1, of: friedman }), (y) => (y - 14.4) / 5)
export const tanh: DenseNet = { activation: nn.tanh, init: init.glorot() }

/** Sound trainings: data, net, epochs and batch; rates by rule that suit them. */
export const bases = {
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

export type Base = keyof typeof bases
type Named = 'sgd' | 'momentum' | 'nesterov' | 'adam' | 'rmsprop'

const builtIn = { sgd: optim.sgd, momentum: optim.momentum, nesterov: optim.nesterov, adam: optim.adam }

function ruleOf(name: Named, learningRate: Rate): Rule {
  if (name === 'rmsprop') return rmsprop(learningRate, { decay: 0.9 })
  return builtIn[name]({ learningRate })
}

export const run = (base: Base, change: Change) => (seed: number) => training({ ...bases[base].of(seed), ...change })
export const at = (base: Base, rule: Named, times: number | ((rate: number) => Rate), change: Change = {}) => {
  const rate = bases[base].rates[rule]
  const learningRate = typeof times === 'number' ? times * rate : times(rate)
  return run(base, { update: ruleOf(rule, learningRate), ...change })
}

type Fault = NonNullable<Situation['fault']>
export const faulty = (
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

export const healthy = (list: Readonly<Record<string, Loose['run']>>): Loose[] =>
  Object.entries(list).map(([name, made]) => ({ name: `p-ok-${name}`, about: 'Practice: sound.', run: made }))

export const epochsOf = (base: Base) => bases[base].of(0).epochs
/** A schedule over the whole run, of the share of it that is done. */
export const over = (base: Base, of: (share: number) => number) => (rate: number) => {
  const epochs = epochsOf(base)
  return Object.assign(({ epoch }: { epoch: number }) => rate * of(epoch / epochs), { description: 'a plan' })
}
export const cosine = (until: number) => (share: number) => 0.5 * (1 + Math.cos(Math.PI * Math.min(1, share / until)))
export const linear = (until: number) => (share: number) => Math.max(0, 1 - share / until)
export const perStep = (decay: number) => (rate: number) =>
  Object.assign(({ step }: { step: number }) => rate * decay ** step, { description: `times ${decay} a step` })

/** A hand-written loop that logs. */
export const foreign = (more: Partial<Parameters<typeof foreignLoop>[0]>) => (seed: number) => {
  const { training, validation } = split(someDigits(seed, { rows: 700 }), { seed, validation: 0.2 })
  const options = { seed, training, validation, epochs: 10, batchSize: 32, learningRate: 0.1, ...more }
  return { events: foreignLoop({ ...options, ...standardised(training, validation) }) }
}
const standardised = (training: ClassificationDataset, validation: ClassificationDataset) => {
  const scaled = (part: ClassificationDataset) => withInputs(part, (x) => (x - 5) / 6)
  return { training: scaled(training), validation: scaled(validation) }
}
export function normed(momentum: number): Layer {
  return mlp([48, 48, 10], { between: () => nn.batchNorm({ momentum }) })
}
