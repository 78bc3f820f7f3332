/** @file Trainings drawn at random from what people usually do: nets, data, rules, batch sizes, schedules. */
import { RandomStream } from '../../src/base/random.ts'
import type { Dataset } from '../../src/data/dataset.ts'
import { init, loss, nn, optim, penalty, schedule } from '../../src/index.ts'
import type { Layer } from '../../src/nn/model.ts'
import type { Rate } from '../../src/optim/rate.ts'
import type { Rule } from '../../src/optim/update-rule.ts'
import type { Config } from '../../src/train/config.ts'
import { clouds, curve, friedman, memory, moons, someDigits, spirals, waves, withTargets, wordCounts } from './data.ts'
import { convNet, mlp } from './nets.ts'
import { adagrad, rmsprop } from './rules.ts'

export class Dice {
  readonly #stream: RandomStream
  constructor(seed: number, name: string) {
    this.#stream = new RandomStream(seed, name)
  }
  one<T>(...of: readonly T[]): T {
    return of[this.#stream.integer(of.length)]
  }
  /** Even on a logarithmic scale. */
  log(from: number, to: number): number {
    return from * (to / from) ** this.#stream.uniform()
  }
  whole(from: number, to: number): number {
    return Math.round(this.log(from, to))
  }
  chance(probability: number): boolean {
    return this.#stream.uniform() < probability
  }
}

/** How the hidden part of a dense net is made; faults change it. */
export interface Hidden {
  readonly widths: readonly number[]
  readonly activation: () => Layer
  readonly init: ReturnType<typeof init.he>
  readonly between?: () => Layer
  readonly after?: () => Layer
}

/** What a training is made of, so that one part can be changed. */
export interface Drawn {
  readonly family: string
  readonly data: Dataset
  readonly outputs: number
  readonly hidden?: Hidden
  readonly model: Layer
  readonly loss: Config['loss']
  readonly rule: string
  readonly rate: number
  readonly shape: string
  readonly epochs: number
  readonly batchSize: number
  readonly penalty?: Config['penalty']
  readonly standardise?: Config['standardise']
}

const families = ['digits', 'pictures', 'clouds', 'spirals', 'moons', 'friedman', 'waves', 'memory', 'texts'] as const

function dataOf(family: (typeof families)[number], seed: number, dice: Dice): { data: Dataset; outputs: number } {
  switch (family) {
    case 'digits':
      return { data: someDigits(seed, { rows: dice.whole(700, 1797) }), outputs: 10 }
    case 'pictures':
      return { data: someDigits(seed, { rows: dice.whole(700, 1500), shape: 'image' }), outputs: 10 }
    case 'clouds': {
      const classes = dice.whole(2, 6)
      const counts = Array.from({ length: classes }, () => dice.whole(150, 300))
      return { data: clouds(seed, { counts, features: dice.whole(3, 20), apart: dice.log(0.9, 2) }), outputs: classes }
    }
    case 'spirals':
      return { data: spirals(seed, { rows: dice.whole(500, 1000) }), outputs: 3 }
    case 'moons':
      return { data: moons(seed, { rows: dice.whole(500, 1000), noise: dice.log(0.1, 0.3) }), outputs: 2 }
    case 'friedman':
      return {
        data: withTargets(
          curve(seed, { rows: dice.whole(500, 1200), features: 6, noise: 1, of: friedman }),
          (y) => (y - 14.4) / 5,
        ),
        outputs: 1,
      }
    case 'waves':
      return {
        data: waves(seed, { rows: dice.whole(400, 800), length: dice.whole(8, 14), noise: dice.log(0.2, 0.5) }),
        outputs: 3,
      }
    case 'memory':
      return { data: memory(seed, { rows: dice.whole(400, 700), length: dice.whole(4, 10) }), outputs: 2 }
    case 'texts':
      return {
        data: wordCounts(seed, { rows: dice.whole(700, 1200), words: dice.whole(100, 300), classes: 3 }),
        outputs: 3,
      }
  }
}

/** Rates that suit each rule, for standardised data. */
const rates: Readonly<Record<string, readonly [number, number]>> = {
  sgd: [0.05, 0.2],
  momentum: [0.01, 0.04],
  nesterov: [0.01, 0.04],
  adam: [0.002, 0.006],
  rmsprop: [0.001, 0.003],
  adagrad: [0.02, 0.06],
}

/** A training that its author would think sound; `isHealthy` of random.ts asks whether it is. */
export function drawTraining(seed: number): Drawn {
  const dice = new Dice(seed, 'training')
  const family = dice.one(...families)
  const { data, outputs } = dataOf(family, seed, dice)
  const isSequence = family === 'waves' || family === 'memory'
  const rule = isSequence ? dice.one('adam', 'rmsprop', 'momentum') : dice.one(...Object.keys(rates))
  const batchSize = dice.whole(8, 64)
  const rows = data.inputs.shape[0] * 0.8
  const steps = dice.whole(500, 1500)
  const isPicture = family === 'pictures'
  const hidden = isSequence || isPicture ? undefined : drawHidden(dice)
  const recurrent = () => {
    const units = dice.whole(10, 24)
    return nn.sequential(dice.one(nn.lstm(units), nn.gru(units)), nn.dense(outputs))
  }
  return {
    family,
    data,
    outputs,
    ...(hidden && { hidden }),
    model: hidden ? denseNet(hidden, outputs) : isPicture ? convNet({ classes: outputs }) : recurrent(),
    loss: family === 'friedman' ? loss.squaredError() : loss.softmaxCrossEntropy(),
    rule,
    rate: dice.log(...rates[rule]),
    shape: dice.one('constant', 'constant', 'step', 'exponential', 'cosine', 'warm-up'),
    epochs: Math.max(4, Math.round((steps * batchSize) / rows)),
    batchSize,
    ...(dice.chance(0.3) && { penalty: penalty.l2(dice.log(1e-5, 1e-3)) }),
  }
}

function drawHidden(dice: Dice): Hidden {
  const depth = dice.one(1, 1, 2, 2, 3, 4)
  const width = dice.whole(16, 80)
  const [activation, drawn] = dice.one(
    [() => nn.relu(), init.he()] as const,
    [() => nn.relu(), init.he({ distribution: 'uniform' })] as const,
    [() => nn.tanh(), init.glorot()] as const,
    [() => nn.leakyRelu(), init.he()] as const,
    [() => nn.elu(), init.leCun()] as const,
    [() => nn.gelu(), init.he()] as const,
  )
  return {
    widths: new Array<number>(depth).fill(width),
    activation,
    init: drawn,
    ...(dice.chance(0.2) && { between: () => nn.batchNorm() }),
    ...(width >= 40 && dice.chance(0.25) && { after: () => nn.dropout(0.2) }),
  }
}

export const denseNet = ({ widths, ...options }: Hidden, outputs: number): Layer => mlp([...widths, outputs], options)

/** The rate over the run. */
export function rateOf({ shape, rate, epochs }: Pick<Drawn, 'shape' | 'rate' | 'epochs'>): Rate {
  switch (shape) {
    case 'step':
      return schedule.step({ from: 1.5 * rate, factor: 0.5, everyEpochs: epochs / 3 })
    case 'exponential':
      return schedule.exponential({ from: 1.5 * rate, decay: 2 / epochs })
    case 'cosine':
      return ({ epoch }) => 1.5 * rate * (0.01 + 0.495 * (1 + Math.cos((Math.PI * epoch) / epochs)))
    case 'warm-up':
      return ({ epoch }) => rate * Math.min(1, 0.05 + (10 * epoch) / epochs)
    default:
      return rate
  }
}

function ruleOf(name: string, learningRate: Rate): Rule {
  switch (name) {
    case 'sgd':
      return optim.sgd({ learningRate })
    case 'momentum':
      return optim.momentum({ learningRate })
    case 'nesterov':
      return optim.nesterov({ learningRate })
    case 'rmsprop':
      return rmsprop(learningRate, { decay: 0.9 })
    case 'adagrad':
      return adagrad(learningRate)
    default:
      return optim.adam({ learningRate })
  }
}

export function configOf(drawn: Drawn, more: Partial<Config> = {}): Config {
  const { data, model, loss: minimised, rule, epochs, batchSize, penalty: added, standardise } = drawn
  return {
    data,
    model,
    loss: minimised,
    update: ruleOf(rule, rateOf(drawn)),
    epochs,
    batchSize,
    ...(added && { penalty: added }),
    ...(standardise !== undefined && { standardise }),
    ...more,
  }
}
