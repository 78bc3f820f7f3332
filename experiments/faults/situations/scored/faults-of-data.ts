/** @file Faulty situations: data. */
import { subset } from '../../../../src/data/dataset.ts'
import * as loss from '../../../../src/nn/loss.ts'
import * as nn from '../../../../src/nn/nn.ts'
import { adam } from '../../../../src/optim/adam.ts'
import { momentum } from '../../../../src/optim/momentum.ts'
import { nesterov } from '../../../../src/optim/nesterov.ts'
import { sgd } from '../../../../src/optim/sgd.ts'
import { makePlan } from '../../../../src/train/plan.ts'
import * as data from './data.ts'
import { lenet, mlp, softmax, squared } from './nets.ts'
import type { Made } from './situation.ts'

/** Both parts changed alike. */
function both<P extends data.Parts>(parts: P, change: (part: P['training']) => P['training']): data.Parts {
  return { training: change(parts.training), validation: change(parts.validation) }
}

export const faultsOfData: readonly Made[] = [
  {
    name: 'grey-values-to-255',
    about: 'Digits with grey values from 0 to 255 as they are, into tanh units.',
    cause: 'inputs-not-normalised',
    tolerated: ['saturation', 'lr-too-high'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: both(data.digitParts(seed, 800, 300), (part) => data.withInputs(part, (value) => 16 * value)),
      standardise: fixed,
      model: mlp([40, 10], () => nn.tanh()),
      loss: softmax,
      update: momentum({ learningRate: 0.02 * rate }),
      epochs: 12 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'years-as-they-are',
    about: 'A regression on five columns around 2000 that vary by some tens: nothing is near 0.',
    cause: 'inputs-not-normalised',
    tolerated: ['diverged', 'lr-too-high', 'initial-loss-high', 'dead-units'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.withInputs(data.teacher(seed, 900, { features: 5 }), (value) => 2000 + 20 * value),
      standardise: fixed,
      model: mlp([30, 1]),
      loss: squared,
      update: adam({ learningRate: 0.003 * rate }),
      epochs: 20 * epochs,
      batchSize: 30,
    }),
  },
  {
    name: 'income-beside-shares',
    about: 'A table of customers as it is: income in tens of thousands beside a share of hundredths.',
    cause: 'feature-scale',
    accepted: ['inputs-not-normalised'],
    tolerated: ['diverged', 'lr-too-high', 'initial-loss-high', 'dead-units'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.customers(seed, 1000),
      standardise: fixed,
      model: mlp([24, 2]),
      loss: softmax,
      update: adam({ learningRate: 0.003 * rate }),
      epochs: 20 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'one-column-in-thousands',
    about: 'Ten columns near 1 and one of them times 4000.',
    cause: 'feature-scale',
    accepted: ['inputs-not-normalised'],
    tolerated: ['saturation', 'lr-too-high', 'diverged', 'initial-loss-high'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.withInputs(data.teacher(seed, 1000), (value, feature) => (feature === 3 ? 4000 * value : value)),
      standardise: fixed,
      model: mlp([30, 1], () => nn.tanh()),
      loss: squared,
      update: sgd({ learningRate: 0.05 * rate }),
      epochs: 20 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'columns-that-were-not-read',
    about: 'A table whose three most telling columns came out as 0 in every row: their header was misspelt.',
    cause: 'constant-feature',
    tolerated: ['no-signal', 'overfitting'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.withInputs(data.customers(seed, 1000), (value, feature) =>
        !fixed && [0, 1, 4].includes(feature) ? 0 : value,
      ),
      model: mlp([24, 2]),
      loss: softmax,
      update: adam({ learningRate: 0.003 * rate }),
      epochs: 15 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'images-all-black',
    about: 'The images were scaled to whole numbers between 0 and 1 and rounded down: all are 0.',
    cause: 'constant-feature',
    accepted: ['no-signal'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: both(data.digitParts(seed, 700, 300, 'image'), (part) =>
        data.withInputs(part, (value) => (fixed ? value / 17 : Math.floor(value / 17))),
      ),
      model: lenet(6),
      loss: softmax,
      update: adam({ learningRate: 0.003 * rate }),
      epochs: 8 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'gaps-in-the-table',
    about: 'A table with gaps that were read as NaN, in one row of fifty.',
    cause: 'nan-in-inputs',
    plan: (seed, { fixed, rate, epochs }) => {
      const [random, which] = [data.stream(seed, 'gaps'), data.stream(seed, 'which')]
      const whole = data.blobs(seed, 800, [1, 1, 1], 8, 0.9)
      const gap = Array.from({ length: 800 }, () => (random.uniform() < 0.02 ? which.integer(8) : -1))
      const gaps = data.withInputs(whole, (value, feature, row) =>
        gap[row] === feature ? (fixed ? 0 : Number.NaN) : value,
      )
      return makePlan({
        ...data.divided(gaps, 600),
        model: mlp([24, 3]),
        loss: softmax,
        update: momentum({ learningRate: 0.02 * rate }),
        epochs: 10 * epochs,
        batchSize: 30,
        seed,
      })
    },
  },
  {
    name: 'contrast-of-a-blank-image',
    about:
      'An augmentation that divides each image by its own contrast after random erasing: now and then nothing is left, and 0/0 goes in.',
    cause: 'nan-in-inputs',
    accepted: ['diverged'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.digitParts(seed, 800, 300),
      augment: {
        name: 'contrast',
        on: () => (values, at, draw) => {
          if (draw.uniform() > 0.002) return
          for (let i = 0; i < 64; i++) values[at + i] = fixed ? 0 : Number.NaN
        },
      },
      model: mlp([40, 10]),
      loss: softmax,
      update: sgd({ learningRate: 0.1 * rate }),
      epochs: 10 * epochs,
      batchSize: 40,
    }),
  },
  {
    name: 'prices-in-full',
    about: 'A regression on prices of about 20,000 with a deviation of 4,000, as they are.',
    cause: 'targets-not-scaled',
    tolerated: ['diverged', 'lr-too-high', 'lr-too-low', 'train-longer', 'initial-loss-high', 'underfitting'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.withTargets(data.teacher(seed, 900), (target) => (fixed ? target : 20000 + 4000 * target)),
      model: mlp([40, 1]),
      loss: squared,
      update: adam({ learningRate: 0.005 * rate }),
      epochs: 25 * epochs,
      batchSize: 30,
    }),
  },
  {
    name: 'volts-where-millivolts-vary',
    about:
      'A series of readings in units in which they vary by thousandths; an absolute error and steps for numbers near 1.',
    cause: 'targets-not-scaled',
    tolerated: ['lr-too-high', 'unstable', 'initial-loss-high'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.withTargets(data.series(seed, 900, { noise: 0.1 }), (target) => (fixed ? target : target / 1000)),
      model: nn.sequential(nn.flatten(), nn.dense(24), nn.tanh(), nn.dense(1)),
      loss: loss.absoluteError(),
      update: adam({ learningRate: 0.003 * rate }),
      epochs: 20 * epochs,
      batchSize: 30,
    }),
  },
  {
    name: 'labels-of-other-rows',
    about: 'The labels of the training part were sorted apart from their images.',
    cause: 'labels-wrong',
    accepted: ['no-signal'],
    tolerated: ['overfitting'],
    config: (seed, { fixed, rate, epochs }) => {
      const parts = data.digitParts(seed, 800, 300)
      return {
        data: fixed ? parts : { ...parts, training: data.shuffledLabels(parts.training, seed) },
        model: mlp([100, 10]),
        loss: softmax,
        update: adam({ learningRate: 0.005 * rate }),
        epochs: 30 * epochs,
        batchSize: 40,
      }
    },
  },
  {
    name: 'off-by-one-row',
    about: 'Every text has the label of the text before it, in both parts.',
    cause: 'labels-wrong',
    accepted: ['no-signal'],
    tolerated: ['overfitting'],
    config: (seed, { fixed, rate, epochs }) => {
      const texts = data.words(seed, 900, { share: 0.4 })
      const old = texts.targets.data
      return {
        data: fixed ? texts : data.withLabels(texts, (_, row) => old[(row + 899) % 900]),
        model: mlp([40, 4]),
        loss: softmax,
        update: momentum({ learningRate: 0.01 * rate }),
        epochs: 20 * epochs,
        batchSize: 40,
      }
    },
  },
  {
    name: 'classes-counted-from-one',
    about: 'The validation part’s file counts its classes from 1, the last becoming 0: every label is one too high.',
    cause: 'labels-wrong',
    accepted: ['train-validation-mismatch', 'validation-preprocessing'],
    config: (seed, { fixed, rate, epochs }) => {
      const parts = data.digitParts(seed, 900, 300)
      return {
        data: fixed ? parts : { ...parts, validation: data.withLabels(parts.validation, (label) => (label + 1) % 10) },
        model: mlp([50, 10]),
        loss: softmax,
        update: sgd({ learningRate: 0.1 * rate }),
        epochs: 12 * epochs,
        batchSize: 40,
      }
    },
  },
  {
    name: 'four-labels-in-ten-by-chance',
    about: 'Digits whose labels come from careless people: 40% are drawn from all classes.',
    cause: 'label-noise',
    accepted: ['labels-wrong'],
    tolerated: ['overfitting'],
    config: (seed, { fixed, rate, epochs }) => {
      const parts = data.digitParts(seed, 1000, 400)
      return {
        data: fixed ? parts : both(parts, (part) => data.noisyLabels(part as typeof parts.training, 0.4, seed)),
        model: mlp([60, 10]),
        loss: softmax,
        update: momentum({ learningRate: 0.02 * rate }),
        epochs: 25 * epochs,
        batchSize: 40,
      }
    },
  },
  {
    name: 'two-people-two-opinions',
    about: 'Clouds far apart; a third of the labels of the training part is another class.',
    cause: 'label-noise',
    accepted: ['labels-wrong'],
    tolerated: ['overfitting'],
    config: (seed, { fixed, rate, epochs }) => {
      const parts = data.divided(data.blobs(seed, 1100, [1, 1, 1, 1, 1], 12, 1.5), 800)
      return {
        data: fixed ? parts : { ...parts, training: data.noisyLabels(parts.training, 0.4, seed) },
        model: mlp([40, 40, 5]),
        loss: softmax,
        update: adam({ learningRate: 0.003 * rate }),
        epochs: 30 * epochs,
        batchSize: 32,
      }
    },
  },
  {
    name: 'nothing-in-the-table',
    about: 'Twelve columns of numbers that have nothing to do with the two classes.',
    cause: 'no-signal',
    accepted: ['labels-wrong'],
    tolerated: ['overfitting'],
    config: (seed, { fixed, rate, epochs }) => {
      const random = data.stream(seed, 'coin')
      const table = data.blobs(seed, 900, [1, 1], 12, 0.7)
      return {
        data: fixed ? table : data.withLabels(table, () => random.integer(2)),
        model: mlp([32, 2]),
        loss: softmax,
        update: adam({ learningRate: 0.003 * rate }),
        epochs: 20 * epochs,
        batchSize: 30,
      }
    },
  },
  {
    name: 'targets-that-are-noise',
    about: 'A series of pure noise whose next value is asked for.',
    cause: 'no-signal',
    accepted: ['labels-wrong'],
    tolerated: ['overfitting'],
    config: (seed, { fixed, rate, epochs }) => {
      const random = data.stream(seed, 'noise')
      const series = data.series(seed, 900, { noise: 0.2 })
      return {
        data: fixed ? series : data.withTargets(series, () => random.normal()),
        model: nn.sequential(nn.recurrent(16), nn.dense(1)),
        loss: squared,
        update: adam({ learningRate: 0.003 * rate }),
        epochs: 20 * epochs,
        batchSize: 30,
      }
    },
  },
  {
    name: 'three-in-a-hundred',
    about: 'A class of 3%, which the net never answers; accuracy looks like .97.',
    cause: 'class-imbalance',
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.blobs(seed, 1500, fixed ? [1, 1] : [97, 3], 8, 0.35),
      model: mlp([16, 2]),
      loss: softmax,
      update: sgd({ learningRate: 0.05 * rate }),
      epochs: 15 * epochs,
      batchSize: 50,
    }),
  },
  {
    name: 'almost-all-zeros',
    about: 'Six clouds, of which one has nineteen of twenty rows.',
    cause: 'class-imbalance',
    tolerated: ['little-data'],
    config: (seed, { fixed, rate, epochs }) => {
      const random = data.stream(seed, 'thinned')
      const whole = data.blobs(seed, 6000, [1, 1, 1, 1, 1, 1], 10, 0.5)
      const kept = Array.from(whole.targets.data.keys()).filter((row) =>
        fixed ? random.uniform() < 0.2 : whole.targets.data[row] === 2 || random.uniform() < 0.012,
      )
      return {
        data: subset(whole, kept),
        model: mlp([30, 6]),
        loss: softmax,
        update: momentum({ learningRate: 0.01 * rate }),
        epochs: 15 * epochs,
        batchSize: 32,
      }
    },
  },
  {
    name: 'forty-digits',
    about: 'Forty digits to learn ten classes from.',
    cause: 'little-data',
    accepted: ['overfitting'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.digitParts(seed, fixed ? 1200 : 40, 400),
      model: mlp([60, 10]),
      loss: softmax,
      update: momentum({ learningRate: 0.02 * rate }),
      epochs: (fixed ? 10 : 60) * epochs,
      batchSize: 10,
    }),
  },
  {
    name: 'more-columns-than-rows',
    about: 'Fifty rows of sixty columns, of which a handful matter.',
    cause: 'little-data',
    accepted: ['overfitting'],
    config: (seed, { fixed, rate, epochs }) => ({
      data: data.divided(data.teacher(seed, fixed ? 3300 : 350, { features: 60, hidden: 3 }), fixed ? 3000 : 50),
      model: mlp([40, 1], () => nn.tanh()),
      loss: squared,
      update: adam({ learningRate: 0.003 * rate }),
      epochs: (fixed ? 20 : 60) * epochs,
      batchSize: 10,
    }),
  },
  {
    name: 'digits-in-order-of-class',
    about: 'A source of one’s own that hands out its file from the beginning, sorted by class.',
    cause: 'not-shuffled',
    tolerated: ['unstable', 'lr-too-high'],
    config: (seed, { fixed, rate, epochs }) => {
      const parts = data.digitParts(seed, 900, 300)
      return {
        data: fixed ? parts : { ...parts, training: data.inFileOrder(parts.training) },
        model: mlp([50, 10], () => nn.tanh()),
        loss: softmax,
        update: momentum({ learningRate: 0.06 * rate }),
        epochs: 12 * epochs,
        batchSize: 10,
      }
    },
  },
  {
    name: 'clouds-one-after-the-other',
    about: 'Four clouds, one after the other in every epoch, plain descent.',
    cause: 'not-shuffled',
    tolerated: ['unstable', 'lr-too-high'],
    config: (seed, { fixed, rate, epochs }) => {
      const parts = data.divided(data.blobs(seed, 1000, [1, 1, 1, 1], 6, 0.6), 800)
      return {
        data: fixed ? parts : { ...parts, training: data.inFileOrder(parts.training) },
        model: mlp([24, 4], () => nn.tanh()),
        loss: softmax,
        update: sgd({ learningRate: 0.2 * rate }),
        epochs: 15 * epochs,
        batchSize: 10,
      }
    },
  },
  {
    name: 'tested-on-what-was-learnt',
    about: 'The validation part is the training part: 150 digits, and the measured accuracy says 1.',
    cause: 'train-validation-leak',
    tolerated: ['little-data', 'overfitting'],
    config: (seed, { fixed, rate, epochs }) => {
      const parts = data.digitParts(seed, 150, 300)
      return {
        data: fixed ? parts : { ...parts, validation: parts.training },
        model: mlp([50, 10]),
        loss: softmax,
        update: adam({ learningRate: 0.005 * rate }),
        epochs: 20 * epochs,
        batchSize: 20,
      }
    },
  },
  {
    name: 'oversampled-before-the-split',
    about: 'Rows were doubled to have more of them and only then divided: most of the validation rows were learnt.',
    cause: 'train-validation-leak',
    tolerated: ['overfitting'],
    config: (seed, { fixed, rate, epochs }) => {
      const whole = data.overlapping(seed, 400)
      const twice = Array.from({ length: 800 }, (_, i) => i % 400)
      return {
        data: fixed ? whole : subset(whole, twice),
        model: mlp([60, 60, 3]),
        loss: softmax,
        update: adam({ learningRate: 0.003 * rate }),
        epochs: 60 * epochs,
        batchSize: 32,
      }
    },
  },
  {
    name: 'validation-left-raw',
    about: 'The training part was standardised by hand and the validation part forgotten.',
    cause: 'validation-preprocessing',
    accepted: ['train-validation-mismatch'],
    config: (seed, { fixed, rate, epochs }) => {
      const whole = data.withInputs(data.blobs(seed, 1000, [1, 1, 1], 8, 0.9), (value, feature) => value + 3 * feature)
      const parts = data.divided(whole, 750)
      const sums = new Float64Array(8)
      const squares = new Float64Array(8)
      parts.training.inputs.data.forEach((value, i) => {
        sums[i % 8] += value / 750
        squares[i % 8] += value ** 2 / 750
      })
      const standard = (value: number, feature: number) =>
        (value - sums[feature]) / Math.sqrt(squares[feature] - sums[feature] ** 2)
      return {
        data: {
          training: data.withInputs(parts.training, standard),
          validation: fixed ? data.withInputs(parts.validation, standard) : parts.validation,
        },
        standardise: false,
        model: mlp([24, 3]),
        loss: softmax,
        update: nesterov({ learningRate: 0.02 * rate }),
        epochs: 12 * epochs,
        batchSize: 30,
      }
    },
  },
  {
    name: 'white-on-black-on-white',
    about: 'The validation images are scanned the other way round: ink is 0 and paper 16.',
    cause: 'validation-preprocessing',
    accepted: ['train-validation-mismatch'],
    config: (seed, { fixed, rate, epochs }) => {
      const parts = data.digitParts(seed, 800, 300, 'image')
      return {
        data: fixed ? parts : { ...parts, validation: data.withInputs(parts.validation, (value) => 16 - value) },
        model: lenet(6),
        loss: softmax,
        update: adam({ learningRate: 0.003 * rate }),
        epochs: 8 * epochs,
        batchSize: 40,
      }
    },
  },
  {
    name: 'another-year',
    about: 'The validation rows are of another year, in which half the columns have moved by two deviations.',
    cause: 'train-validation-mismatch',
    accepted: ['validation-preprocessing'],
    config: (seed, { fixed, rate, epochs }) => {
      const parts = data.divided(data.teacher(seed, 1200), 900)
      const moved = data.withInputs(parts.validation, (value, feature) => (feature < 5 ? value + 2 : value))
      return {
        data: fixed ? parts : { ...parts, validation: moved },
        model: mlp([40, 1]),
        loss: squared,
        update: adam({ learningRate: 0.003 * rate }),
        epochs: 20 * epochs,
        batchSize: 30,
      }
    },
  },
  {
    name: 'classes-never-seen',
    about:
      'The rows were divided as they lay, sorted by class: the validation part holds the classes that training lacks.',
    cause: 'train-validation-mismatch',
    tolerated: ['labels-wrong', 'class-imbalance', 'validation-preprocessing'],
    config: (seed, { fixed, rate, epochs }) => {
      const parts = data.digitParts(seed, 900, 300)
      const rows = Array.from({ length: 900 }, (_, i) => i)
      const sorted = [...rows].sort((a, b) => parts.training.targets.data[a] - parts.training.targets.data[b])
      return {
        data: fixed ? parts : data.divided(subset(parts.training, sorted), 640),
        model: mlp([50, 10]),
        loss: softmax,
        update: momentum({ learningRate: 0.02 * rate }),
        epochs: 12 * epochs,
        batchSize: 40,
      }
    },
  },
]
