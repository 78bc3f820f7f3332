/** @file Faults of the data. */
import { RandomStream } from '../../../../src/base/random.ts'
import type { Dataset } from '../../../../src/data/dataset.ts'
import { rowSource, subset } from '../../../../src/data/dataset.ts'
import type { ClassificationRows } from '../../../../src/data/row-source.ts'
import { fitStandardisation } from '../../../../src/data/standardise.ts'
import { init, loss, nn, optim } from '../../../../src/index.ts'
import type { Config } from '../../../../src/train/config.ts'
import { makePlan } from '../../../../src/train/plan.ts'
import {
  clouds,
  curve,
  friedman,
  memory,
  noisyLabels,
  parts,
  some,
  someDigits,
  waves,
  withInputs,
  withLabels,
  withTargets,
} from '../../data.ts'
import { convNet, mlp, training } from '../../nets.ts'
import type { Run, Situation } from '../../situation.ts'

const small = (data: Config['data'], more: Partial<Config> = {}): Run =>
  training({ data, model: mlp([40, 10]), epochs: 12, batchSize: 32, ...more })

/** A table of six columns that matter, for regression with targets of deviation 1. */
const table = (seed: number, rows = 500) =>
  withTargets(curve(seed, { rows, features: 6, noise: 1, of: friedman }), (y) => (y - 14.4) / 5)

const regression = (data: Config['data'], more: Partial<Config> = {}): Run =>
  training({
    data,
    model: mlp([32, 1]),
    loss: loss.squaredError(),
    update: optim.momentum({ learningRate: 0.01 }),
    epochs: 30,
    batchSize: 25,
    ...more,
  })

/** The training part in the order of its classes, from a reader that reads on through its file whatever rows it is asked for. */
function inFileOrder(seed: number, sorted: boolean): Run {
  const { training: part, validation } = parts(someDigits(seed), seed)
  const standardisation = fitStandardisation(part)
  const rows = Array.from(part.targets.data.keys())
  if (sorted) rows.sort((a, b) => part.targets.data[a] - part.targets.data[b])
  const source = rowSource(subset(standardisation.apply(part), rows)) as ClassificationRows
  const inOrder = Uint32Array.from(rows.keys())
  const streaming: ClassificationRows = {
    ...source,
    name: 'digits from a stream',
    read: (asked, start, ...rest) => source.read(sorted ? inOrder : asked, start, ...rest),
  }
  return {
    plan: makePlan({
      training: streaming,
      validation: standardisation.apply(validation),
      model: mlp([40, 10], { activation: nn.tanh, init: init.glorot() }),
      loss: loss.softmaxCrossEntropy(),
      update: optim.momentum({ learningRate: 0.1 }),
      epochs: 12,
      batchSize: 32,
      seed,
    }),
  }
}

/** Digits from a reader that does not look at what it reads. @param value stands in a few places */
function damaged(seed: number, value: number): Run {
  const { training: part, validation } = parts(someDigits(seed, { rows: 700 }), seed)
  const standardisation = fitStandardisation(part)
  const random = new RandomStream(seed, 'damage')
  const whole = standardisation.apply(part)
  const inputs = Float32Array.from(whole.inputs.data, (x) => (random.uniform() < 0.001 ? value * x : x))
  return {
    plan: makePlan({
      training: { ...whole, inputs: { ...whole.inputs, data: inputs } },
      validation: standardisation.apply(validation),
      model: mlp([40, 10]),
      loss: loss.softmaxCrossEntropy(),
      update: optim.momentum({ learningRate: 0.05 }),
      epochs: 8,
      batchSize: 32,
      seed,
    }),
  }
}

const turned = <D extends Dataset>(data: D): D => {
  const inputs = data.inputs.data.map((_, i) => {
    const [row, pixel] = [Math.floor(i / 64), i % 64]
    return data.inputs.data[row * 64 + 8 * (7 - (pixel % 8)) + Math.floor(pixel / 8)]
  })
  return { ...data, inputs: { ...data.inputs, data: inputs } }
}

/** Some rows of the training part stand in the validation part too. */
function leaked(seed: number, share: number): Run {
  const { training: part, validation } = parts(noisyLabels(someDigits(seed, { rows: 900 }), 0.15, seed), seed)
  const count = Math.floor(share * validation.targets.data.length)
  const own = validation.targets.data.length - count
  const all = subset(
    {
      ...part,
      inputs: {
        ...part.inputs,
        shape: [part.inputs.shape[0] + own, 64],
        data: Float32Array.of(...part.inputs.data, ...validation.inputs.data.subarray(0, own * 64)),
      },
      targets: {
        ...part.targets,
        shape: [part.inputs.shape[0] + own],
        data: Int32Array.of(...part.targets.data, ...validation.targets.data.subarray(0, own)),
      },
    },
    [
      ...Array.from({ length: own }, (_, i) => part.inputs.shape[0] + i),
      ...Array.from({ length: count }, (_, i) => 2 * i),
    ],
  )
  return small({ training: part, validation: all }, { epochs: 15 })
}

export const data: readonly Omit<Situation, 'half'>[] = [
  {
    name: 'raw-pixels',
    about: 'Pictures with grey values from 0 to 255, not standardised, at the rate for standardised ones.',
    fault: { cause: 'inputs-not-normalised' },
    tolerates: ['dead-units'],
    run: (seed) =>
      small(
        withInputs(someDigits(seed, { rows: 900 }), (x) => Math.round(x * 15.9)),
        { standardise: false },
      ),
    mended: (seed) => small(withInputs(someDigits(seed, { rows: 900 }), (x) => Math.round(x * 15.9))),
  },
  {
    name: 'inputs-far-from-zero',
    about: 'A table of temperatures in Kelvin: all columns near 300 with small differences, not standardised.',
    fault: { cause: 'inputs-not-normalised' },
    tolerates: ['dead-units', 'saturation'],
    run: (seed) =>
      regression(
        withInputs(table(seed), (x) => 300 + 8 * x),
        { standardise: false, model: mlp([32, 1], { activation: nn.tanh, init: init.glorot() }) },
      ),
    mended: (seed) =>
      regression(
        withInputs(table(seed), (x) => 300 + 8 * x),
        { model: mlp([32, 1], { activation: nn.tanh, init: init.glorot() }) },
      ),
  },
  {
    name: 'one-feature-in-other-unit',
    about: 'One column is in millimetres where the others are in metres, and nothing is standardised.',
    fault: { cause: 'feature-scale', accepts: ['inputs-not-normalised'] },
    tolerates: ['dead-units'],
    run: (seed) =>
      regression(
        withInputs(table(seed), (x, feature) => (feature === 5 ? 1000 * x : x)),
        { standardise: false, update: optim.adam({ learningRate: 0.003 }) },
      ),
    mended: (seed) =>
      regression(
        withInputs(table(seed), (x, feature) => (feature === 5 ? 1000 * x : x)),
        { update: optim.adam({ learningRate: 0.003 }) },
      ),
  },
  {
    name: 'columns-of-many-scales',
    about: 'Twelve columns from thousandths to hundreds, classified by a tanh net without standardisation.',
    fault: { cause: 'feature-scale', accepts: ['inputs-not-normalised'] },
    tolerates: ['saturation', 'dead-units'],
    run: (seed) => manyScales(seed, false),
    mended: (seed) => manyScales(seed, true),
  },
  {
    name: 'columns-lost',
    about: 'A join failed: four of six columns are the same number in every row.',
    fault: { cause: 'constant-feature' },
    tolerates: ['no-signal', 'overfitting', 'underfitting'],
    run: (seed) => regression(withInputs(table(seed), (x, feature) => (feature < 4 ? 0 : x))),
    mended: (seed) => regression(table(seed)),
  },
  {
    name: 'missing-values-as-nan',
    about: 'A reader passes on missing values as NaN.',
    fault: { cause: 'nan-in-inputs' },
    run: (seed) => damaged(seed, Number.NaN),
    mended: (seed) => damaged(seed, 1),
  },
  {
    name: 'prices-as-targets',
    about: 'House prices around 200,000 are predicted as they are.',
    fault: { cause: 'targets-not-scaled', accepts: ['initial-loss-high'] },
    tolerates: ['lr-too-low', 'lr-too-high', 'diverged'],
    run: (seed) =>
      regression(
        withTargets(table(seed), (y) => 200_000 + 60_000 * y),
        { update: optim.adam({ learningRate: 0.01 }) },
      ),
    mended: (seed) => regression(table(seed), { update: optim.adam({ learningRate: 0.01 }) }),
  },
  {
    name: 'targets-in-the-hundreds',
    about:
      'Targets with a deviation of 300 at a rate for targets of deviation 1: the loss is beyond all bounds within a few steps.',
    fault: { cause: 'targets-not-scaled', accepts: ['initial-loss-high'] },
    tolerates: ['lr-too-high', 'diverged', 'dead-units', 'exploding-gradient'],
    run: (seed) =>
      regression(
        withTargets(table(seed), (y) => 500 + 300 * y),
        { update: optim.momentum({ learningRate: 0.02 }) },
      ),
    mended: (seed) => regression(table(seed), { update: optim.momentum({ learningRate: 0.02 }) }),
  },
  {
    name: 'labels-in-other-order',
    about: 'Labels were sorted apart from their pictures.',
    fault: { cause: 'labels-wrong', accepts: ['no-signal'] },
    tolerates: ['overfitting', 'underfitting'],
    run: (seed) => small(shuffledLabels(seed), { epochs: 15 }),
    mended: (seed) => small(someDigits(seed, { rows: 900 }), { epochs: 15 }),
  },
  {
    name: 'labels-shifted-in-training',
    about: 'The training labels begin at 1, the validation labels at 0: what is learnt is wrong by one.',
    fault: { cause: 'labels-wrong', accepts: ['train-validation-mismatch'] },
    tolerates: ['overfitting'],
    run: (seed) =>
      small(
        parts(someDigits(seed, { rows: 900 }), seed, {
          training: (part) => withLabels(part, (label) => (label + 1) % 10),
        }),
      ),
    mended: (seed) => small(parts(someDigits(seed, { rows: 900 }), seed)),
  },
  {
    name: 'noisy-labels-40',
    about: 'Four labels of ten are wrong, in training alone; a large net learns them by heart.',
    fault: { cause: 'label-noise', accepts: ['overfitting'] },
    run: (seed) => noisyDigits(seed, 0.4),
    mended: (seed) => noisyDigits(seed, 0),
  },
  {
    name: 'noisy-labels-30-conv',
    about: 'Three labels of ten are wrong in both parts; a convolutional net with Adam.',
    fault: { cause: 'label-noise', accepts: ['overfitting'] },
    run: (seed) => noisyPictures(seed, 0.3),
    mended: (seed) => noisyPictures(seed, 0),
  },
  {
    name: 'pure-chance',
    about: 'Inputs that have nothing to do with the classes.',
    fault: { cause: 'no-signal', accepts: ['labels-wrong'] },
    tolerates: ['overfitting'],
    run: (seed) =>
      training({
        data: clouds(seed, { counts: [300, 300, 300], features: 1, apart: 0, idle: 12 }),
        model: mlp([32, 3]),
        update: optim.adam({ learningRate: 0.003 }),
        epochs: 15,
        batchSize: 25,
      }),
    mended: (seed) =>
      training({
        data: clouds(seed, { counts: [300, 300, 300], features: 13, apart: 0.8 }),
        model: mlp([32, 3]),
        update: optim.adam({ learningRate: 0.003 }),
        epochs: 15,
        batchSize: 25,
      }),
  },
  {
    name: 'chance-as-numbers',
    about: 'A regression on numbers drawn by themselves.',
    fault: { cause: 'no-signal', accepts: ['labels-wrong'] },
    tolerates: ['overfitting'],
    run: (seed) => regression(curve(seed, { rows: 500, features: 6, noise: 1, of: () => 0 }), { epochs: 20 }),
    mended: (seed) => regression(table(seed), { epochs: 20 }),
  },
  {
    name: 'rare-class',
    about: 'One example of fifty is of the class that matters, and the net learns to say no.',
    fault: { cause: 'class-imbalance' },
    run: (seed) => rare(seed, [1176, 24]),
    mended: (seed) => rare(seed, [600, 600]),
  },
  {
    name: 'sixty-digits',
    about: 'Sixty pictures for ten classes: learnt by heart at once, right in seven of ten others.',
    fault: { cause: 'little-data', accepts: ['overfitting'] },
    run: (seed) => few(seed, 60),
    mended: (seed) => few(seed, 1400),
  },
  {
    name: 'few-sequences',
    about: 'An LSTM on thirty noisy sequences.',
    fault: { cause: 'little-data', accepts: ['overfitting'] },
    run: (seed) => fewWaves(seed, 30),
    mended: (seed) => fewWaves(seed, 800),
  },
  {
    name: 'read-in-file-order',
    about: 'A reader streams its file, which is sorted by class, and leaves the asked order alone.',
    fault: { cause: 'not-shuffled', accepts: ['unstable'] },
    tolerates: ['overfitting'],
    run: (seed) => inFileOrder(seed, true),
    mended: (seed) => inFileOrder(seed, false),
  },
  {
    name: 'validation-from-training',
    about: 'Half of the validation rows stand in the training part too, with their wrong labels.',
    fault: { cause: 'train-validation-leak' },
    tolerates: ['label-noise', 'overfitting'],
    run: (seed) => leaked(seed, 0.6),
    mended: (seed) => leaked(seed, 0),
  },
  {
    name: 'validation-not-scaled',
    about: 'Pictures are divided by 16 in training, and forgotten to be so in validation.',
    fault: { cause: 'validation-preprocessing' },
    tolerates: ['train-validation-mismatch', 'overfitting'],
    run: (seed) =>
      small(parts(someDigits(seed, { rows: 900 }), seed, { training: (part) => withInputs(part, (x) => x / 16) })),
    mended: (seed) => small(parts(someDigits(seed, { rows: 900 }), seed)),
  },
  {
    name: 'validation-inverted',
    about: 'Validation pictures are black on white, training pictures white on black.',
    fault: { cause: 'validation-preprocessing', accepts: ['train-validation-mismatch'] },
    tolerates: ['overfitting'],
    run: (seed) =>
      small(parts(someDigits(seed, { rows: 900 }), seed, { validation: (part) => withInputs(part, (x) => 16 - x) })),
    mended: (seed) => small(parts(someDigits(seed, { rows: 900 }), seed)),
  },
  {
    name: 'validation-turned',
    about: 'Validation pictures come from a scanner that turns them by a quarter.',
    fault: { cause: 'train-validation-mismatch', accepts: ['validation-preprocessing'] },
    tolerates: ['overfitting'],
    run: (seed) => small(parts(someDigits(seed, { rows: 900 }), seed, { validation: turned })),
    mended: (seed) => small(parts(someDigits(seed, { rows: 900 }), seed)),
  },
  {
    name: 'validation-of-another-year',
    about: 'The validation rows of a table were taken under other conditions: two columns have moved.',
    fault: { cause: 'train-validation-mismatch', accepts: ['validation-preprocessing'] },
    tolerates: ['overfitting'],
    run: (seed) =>
      regression(
        parts(table(seed), seed, {
          validation: (part) => withInputs(part, (x, feature) => (feature === 3 || feature === 0 ? x + 1.5 : x)),
        }),
      ),
    mended: (seed) => regression(parts(table(seed), seed)),
  },
  {
    name: 'sequences-of-noise',
    about: 'The value that is to be remembered was cut off from all sequences by a slip of one index.',
    fault: { cause: 'no-signal', accepts: ['labels-wrong'] },
    tolerates: ['overfitting'],
    run: (seed) => cutSequences(seed, true),
    mended: (seed) => cutSequences(seed, false),
  },
]

function cutSequences(seed: number, isCut: boolean): Run {
  const whole = memory(seed, { rows: 500, length: 8 })
  const random = new RandomStream(seed, 'cut')
  return training({
    data: isCut ? withInputs(whole, (x, t) => (t === 0 ? 0.3 * random.normal() : x)) : whole,
    model: nn.sequential(nn.gru(12), nn.dense(2)),
    update: optim.adam({ learningRate: 0.01 }),
    epochs: 12,
    batchSize: 25,
  })
}

function manyScales(seed: number, standardise: boolean): Run {
  const scales = [0.001, 0.01, 0.1, 1, 3, 10, 30, 100, 0.003, 0.03, 0.3, 300]
  return training({
    data: withInputs(
      clouds(seed, { counts: [250, 250, 250], features: 12, apart: 0.7 }),
      (x, feature) => x * scales[feature],
    ),
    model: mlp([32, 3], { activation: nn.tanh, init: init.glorot() }),
    standardise,
    epochs: 15,
    batchSize: 25,
  })
}

function shuffledLabels(seed: number) {
  const whole = someDigits(seed, { rows: 900 })
  const order = new RandomStream(seed, 'other order').permutation(900)
  return withLabels(whole, (_, row) => whole.targets.data[order[row]])
}

function noisyDigits(seed: number, share: number): Run {
  return training({
    data: parts(someDigits(seed, { rows: 1200 }), seed, { training: (part) => noisyLabels(part, share, seed) }),
    model: mlp([200, 10]),
    update: optim.momentum({ learningRate: 0.05 }),
    epochs: 20,
    batchSize: 32,
  })
}

function noisyPictures(seed: number, share: number): Run {
  return training({
    data: noisyLabels(someDigits(seed, { rows: 900, shape: 'image' }), share, seed),
    model: convNet({ filters: [12, 24], hidden: 64 }),
    update: optim.adam({ learningRate: 0.003 }),
    epochs: 20,
    batchSize: 32,
  })
}

function rare(seed: number, counts: readonly number[]): Run {
  return training({
    data: clouds(seed, { counts, features: 6, apart: 0.5 }),
    model: mlp([16, 2]),
    update: optim.momentum({ learningRate: 0.02 }),
    epochs: 12,
    batchSize: 32,
  })
}

function few(seed: number, rows: number): Run {
  const { training: part, validation } = parts(someDigits(seed), seed)
  return training({
    data: { training: some(part, rows, seed), validation },
    model: mlp([50, 10]),
    update: optim.momentum({ learningRate: 0.03 }),
    epochs: rows < 100 ? 60 : 12,
    batchSize: Math.min(rows, 20),
  })
}

function fewWaves(seed: number, rows: number): Run {
  const { training: part, validation } = parts(waves(seed, { rows: 1000, length: 12, noise: 0.8 }), seed)
  return training({
    data: { training: some(part, rows, seed), validation },
    model: nn.sequential(nn.lstm(24), nn.dense(3)),
    update: optim.adam({ learningRate: 0.01 }),
    epochs: rows < 100 ? 50 : 10,
    batchSize: Math.min(rows, 20),
  })
}
