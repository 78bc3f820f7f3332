/** @file Trainings with which nothing is wrong, though they look odd: noisy, late, briefly rising, stopped early, at the end of what can be learnt. */
import { RandomStream } from '../../../../src/base/random.ts'
import { init, loss, nn, optim, penalty, schedule } from '../../../../src/index.ts'
import {
  clouds,
  curve,
  digitsOf,
  memory,
  moons,
  noisyLabels,
  parts,
  someDigits,
  withTargets,
  wordCounts,
} from '../../data.ts'
import { convNet, mlp, training } from '../../nets.ts'
import type { Situation } from '../../situation.ts'

/** From nearly nothing up to a rate in some epochs, then constant. */
const warmUp = (to: number, epochs: number) =>
  Object.assign(({ epoch }: { epoch: number }) => to * Math.min(1, 0.02 + epoch / epochs), {
    description: `up to ${to} in ${epochs} epochs`,
  })

/** Cosine from a rate to nearly zero, again and again. */
const cosine = (from: number, epochs: number) =>
  Object.assign(
    ({ epoch }: { epoch: number }) => from * (0.02 + 0.49 * (1 + Math.cos((Math.PI * (epoch % epochs)) / epochs))),
    {
      description: `cosine from ${from} every ${epochs} epochs`,
    },
  )

export const odd: readonly Omit<Situation, 'half'>[] = [
  {
    name: 'one-example-a-step',
    about: 'Batches of one example at a low rate that falls: single losses jump, their mean falls.',
    run: () =>
      training({
        data: digitsOf([0, 1, 4, 7]),
        model: mlp([24, 4]),
        update: optim.sgd({ learningRate: schedule.inverse({ from: 0.01, decay: 0.5 }) }),
        epochs: 6,
        batchSize: 1,
      }),
  },
  {
    name: 'four-examples-a-step',
    about: 'Batches of four with momentum on overlapping classes: noisy, and as good as it gets.',
    run: (seed) =>
      training({
        data: clouds(seed, { counts: [300, 300, 300], features: 5, apart: 1 }),
        model: mlp([16, 3]),
        update: optim.momentum({ learningRate: schedule.inverse({ from: 0.005, decay: 0.3 }) }),
        epochs: 10,
        batchSize: 4,
      }),
  },
  {
    name: 'whole-data-a-step',
    about: 'Every step is on all examples: the loss has no noise at all.',
    run: (seed) =>
      training({
        data: moons(seed, { rows: 400, noise: 0.2 }),
        model: mlp([24, 2]),
        update: optim.momentum({ learningRate: 0.2 }),
        epochs: 150,
        batchSize: 320,
      }),
  },
  {
    name: 'texts-as-counts',
    about: 'Texts as counts of words: sparse inputs of which most are zero in every row.',
    run: (seed) =>
      training({
        data: wordCounts(seed, { rows: 1000, words: 300, classes: 4 }),
        model: mlp([16, 4]),
        penalty: penalty.l2(1e-3),
        update: optim.adam({ learningRate: 0.003 }),
        epochs: 10,
        batchSize: 25,
      }),
  },
  {
    name: 'late-start',
    about:
      'A GRU has to remember over sixteen steps: for many epochs the loss stays that of guessing, then it goes to zero.',
    run: (seed) =>
      training({
        data: memory(seed, { rows: 500, length: 16 }),
        model: nn.sequential(nn.gru(12), nn.dense(2)),
        update: optim.adam({ learningRate: 0.003 }),
        epochs: 40,
        batchSize: 25,
      }),
  },
  {
    name: 'three-sigmoid-layers',
    about: 'Three layers of sigmoids: some epochs at chance before digits are told apart.',
    run: (seed) =>
      training({
        data: someDigits(seed, { rows: 1200 }),
        model: mlp([40, 40, 40, 10], { activation: nn.sigmoid, init: init.glorot() }),
        update: optim.momentum({ learningRate: 0.1 }),
        epochs: 30,
        batchSize: 32,
      }),
  },
  {
    name: 'restarts',
    about: 'A cosine schedule with restarts: the loss rises a little at each, and falls lower.',
    run: (seed) =>
      training({
        data: someDigits(seed, { rows: 1200 }),
        model: mlp([50, 10]),
        update: optim.momentum({ learningRate: cosine(0.1, 6) }),
        epochs: 18,
        batchSize: 32,
      }),
  },
  {
    name: 'warm-up',
    about: 'The rate rises over three epochs before it is constant.',
    run: (seed) =>
      training({
        data: someDigits(seed, { shape: 'image', rows: 1200 }),
        model: convNet(),
        update: optim.adam({ learningRate: warmUp(0.004, 3) }),
        epochs: 18,
        batchSize: 32,
      }),
  },
  {
    name: 'stopped-early',
    about:
      'Early stopping ends the run when validation has not improved for four epochs, and the best weights are kept.',
    run: (seed) =>
      training({
        data: noisyLabels(clouds(seed, { counts: [250, 250, 250], features: 8, apart: 0.9 }), 0.03, seed),
        model: mlp([24, 3]),
        update: optim.adam({ learningRate: 0.003 }),
        epochs: 60,
        batchSize: 25,
        earlyStopping: { patience: 4 },
      }),
  },
  {
    name: 'early-stopping-unused',
    about: 'Early stopping stands by and never has to act.',
    run: (seed) =>
      training({
        data: someDigits(seed),
        model: mlp([50, 10]),
        penalty: penalty.l2(1e-3),
        epochs: 12,
        earlyStopping: { patience: 8 },
      }),
  },
  {
    name: 'slight-overfitting',
    about: 'Validation rises by some per cent at the end, which is true and harmless.',
    run: (seed) =>
      training({
        data: clouds(seed, { counts: [300, 300, 300], features: 6, apart: 0.9 }),
        model: mlp([48, 3]),
        update: optim.adam({ learningRate: 0.003 }),
        epochs: 35,
        batchSize: 25,
      }),
  },
  {
    name: 'classes-of-unlike-size',
    about: 'Classes with shares of 50, 30, 15 and 5 per cent, well apart.',
    run: (seed) =>
      training({
        data: clouds(seed, { counts: [500, 300, 150, 50], features: 8, apart: 1.2 }),
        model: mlp([24, 4]),
        update: optim.momentum({ learningRate: 0.02 }),
        epochs: 12,
        batchSize: 25,
      }),
  },
  {
    name: 'small-net-easy-task',
    about: 'Four hidden units, which are enough for two clouds.',
    run: (seed) =>
      training({
        data: clouds(seed, { counts: [300, 300], features: 4, apart: 2 }),
        model: mlp([4, 2], { activation: nn.tanh, init: init.glorot() }),
        update: optim.momentum({ learningRate: 0.05 }),
        epochs: 15,
        batchSize: 25,
      }),
  },
  {
    name: 'logistic-regression',
    about: 'A net of one layer on clouds that planes separate as well as can be.',
    run: (seed) =>
      training({
        data: clouds(seed, { counts: [300, 300, 300], features: 6, apart: 1 }),
        model: nn.dense(3),
        update: optim.sgd({ learningRate: 0.2 }),
        epochs: 20,
        batchSize: 25,
      }),
  },
  {
    name: 'zero-last-layer',
    about: 'The last layer alone starts at zero, which is sound: the first loss is exactly that of guessing.',
    run: (seed) =>
      training({
        data: someDigits(seed, { rows: 1200 }),
        model: mlp([50, 10], { lastInit: init.zeros() }),
        update: optim.momentum({ learningRate: 0.05 }),
        epochs: 12,
        batchSize: 32,
      }),
  },
  {
    name: 'zero-gates-residual',
    about: 'Residual blocks whose last layers start at zero, so that the deep net begins as a shallow one.',
    run: (seed) =>
      training({
        data: someDigits(seed, { rows: 1000 }),
        model: nn.sequential(
          nn.dense(32),
          ...Array.from({ length: 4 }, () =>
            nn.residual(nn.dense(32), nn.relu(), nn.dense(32, { init: init.zeros() })),
          ),
          nn.relu(),
          nn.dense(10),
        ),
        update: optim.momentum({ learningRate: 0.02 }),
        epochs: 12,
        batchSize: 32,
      }),
  },
  {
    name: 'targets-of-deviation-three',
    about: 'Regression on targets of mean 4 and deviation 3, left as they are.',
    run: (seed) =>
      training({
        data: curve(seed, { rows: 700, features: 4, noise: 0.3, of: (x) => 4 + 4 * x[0] - 3 * x[1] + 3 * x[2] * x[3] }),
        model: mlp([32, 1]),
        loss: loss.squaredError(),
        update: optim.adam({ learningRate: 0.01 }),
        epochs: 30,
        batchSize: 25,
      }),
  },
  {
    name: 'converged-long-ago',
    about: 'The run goes on for two thirds of its time after there is nothing more to gain.',
    run: (seed) =>
      training({
        data: clouds(seed, { counts: [200, 200, 200], features: 10, apart: 2 }),
        model: mlp([16, 3]),
        update: optim.momentum({ learningRate: 0.05 }),
        epochs: 60,
        batchSize: 32,
      }),
  },
  {
    name: 'bayes-limit',
    about: 'Two clouds that overlap: one answer of four stays wrong for any net, and nothing can be done about it.',
    run: (seed) =>
      training({
        data: clouds(seed, { counts: [800, 800], features: 2, apart: 0.6 }),
        model: mlp([8, 2]),
        update: optim.adam({ learningRate: 0.005 }),
        epochs: 12,
        batchSize: 32,
      }),
  },
  {
    name: 'noise-is-most-of-it',
    about: 'A regression in which three quarters of the variance is noise, learnt down to it.',
    run: (seed) =>
      training({
        data: withTargets(
          curve(seed, { rows: 1500, features: 3, noise: 0.9, of: (x) => 0.9 * (x[0] - x[1] + 0.5 * x[2]) }),
          (y) => y,
        ),
        model: mlp([8, 1], { activation: nn.tanh, init: init.glorot() }),
        loss: loss.squaredError(),
        update: optim.momentum({ learningRate: 0.005 }),
        epochs: 12,
        batchSize: 32,
      }),
  },
  {
    name: 'tiny-table',
    about: 'A hundred and fifty rows that are easily told apart.',
    run: (seed) =>
      training({
        data: clouds(seed, { counts: [50, 50, 50], features: 4, apart: 2.5 }),
        model: mlp([8, 3]),
        update: optim.adam({ learningRate: 0.01 }),
        epochs: 30,
        batchSize: 10,
      }),
  },
  {
    name: 'high-momentum-that-fits',
    about: 'A momentum of 0.98 at a rate that is low enough for it, in a run that is long enough.',
    run: (seed) =>
      training({
        data: someDigits(seed, { rows: 1200 }),
        model: mlp([50, 10]),
        update: optim.momentum({ learningRate: 0.003, momentum: 0.98 }),
        epochs: 25,
        batchSize: 25,
      }),
  },
  {
    name: 'few-flipped-answers',
    about: 'Two answers of a hundred are wrong, and the net is too small to learn them by heart.',
    run: (seed) =>
      training({
        data: noisyLabels(moons(seed, { rows: 1000, noise: 0.1 }), 0.02, seed),
        model: mlp([12, 2]),
        update: optim.momentum({ learningRate: 0.05 }),
        epochs: 20,
        batchSize: 20,
      }),
  },
  {
    name: 'regression-many-outputs',
    about: 'Three numbers are predicted at once from five.',
    run: (seed) =>
      training({
        data: curve(seed, {
          rows: 700,
          features: 5,
          noise: 0.1,
          of: (x) => [Math.sin(2 * x[0]), x[1] * x[2] + x[3], x[4] - x[0]],
        }),
        model: mlp([32, 32, 3]),
        loss: loss.squaredError(),
        update: optim.adam({ learningRate: 0.004 }),
        epochs: 25,
        batchSize: 25,
      }),
  },
  {
    name: 'brief-rise',
    about: 'A rate just below what the net bears at first: the loss rises for some steps, then falls for good.',
    run: (seed) =>
      training({
        data: someDigits(seed, { rows: 1200 }),
        model: mlp([50, 10]),
        update: optim.momentum({ learningRate: schedule.step({ from: 0.12, factor: 0.5, everyEpochs: 4 }) }),
        epochs: 15,
        batchSize: 64,
      }),
  },
  {
    name: 'constant-pixels',
    about: 'Pictures of which a quarter of the pixels are the same everywhere, and one more is noise.',
    run: (seed) => {
      const random = new RandomStream(seed, 'pixels')
      const data = someDigits(seed, { rows: 1000 })
      const both = parts(data, seed)
      const blank = <D extends typeof data>(part: D): D => ({
        ...part,
        inputs: {
          ...part.inputs,
          data: part.inputs.data.map((x, i) => (i % 64 < 8 ? 0 : i % 64 === 60 ? 16 * random.uniform() : x)),
        },
      })
      return training({
        data: { training: blank(both.training), validation: blank(both.validation) },
        model: mlp([50, 10]),
        epochs: 12,
        batchSize: 32,
      })
    },
  },
]
