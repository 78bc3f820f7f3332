/** @file Loops written by hand, of which nothing is known but what they log; and what a gradient check said of one. */
import { type ClassificationDataset, subset } from '../../../../src/data/dataset.ts'
import { fitStandardisation } from '../../../../src/data/standardise.ts'
import type { CheckEvent } from '../../../../src/diagnose/events.ts'
import { digitsOf, moons, parts, someDigits, spirals } from '../../data.ts'
import { type ForeignOptions, foreignLoop } from '../../foreign.ts'
import type { Run, Situation } from '../../situation.ts'

function byHand(
  seed: number,
  data: ClassificationDataset,
  options: Partial<ForeignOptions> = {},
  { sorted = false, check }: { sorted?: boolean; check?: CheckEvent } = {},
): Run {
  const both = parts(data, seed)
  const standardisation = fitStandardisation(both.training)
  const { targets } = both.training
  const rows = Array.from(targets.data.keys())
  if (sorted) rows.sort((a, b) => targets.data[a] - targets.data[b])
  const events = foreignLoop({
    training: subset(standardisation.apply(both.training), rows),
    validation: standardisation.apply(both.validation),
    seed,
    epochs: 12,
    batchSize: 20,
    learningRate: 0.1,
    ...options,
  })
  return { events: check === undefined ? events : [check, ...events] }
}

const gradientCheck = (verdict: 'pass' | 'fail', worst: readonly number[]): CheckEvent => ({
  type: 'check',
  verdict,
  words: verdict === 'fail' ? 'Analytic and numeric gradients differ.' : 'Analytic and numeric gradients agree.',
  points: [
    {
      data: {
        tensors: ['first', 'firstBias', 'second', 'secondBias'].map((name, i) => ({
          name,
          verdict: worst[i] > 1e-2 ? 'fail' : 'pass',
          worst: worst[i],
        })),
      },
    },
  ],
})

/** Small batches at a high rate, which shuffled digits bear. */
const quick = { learningRate: 0.3, batchSize: 10, epochs: 6 }
const slow = { learningRate: 0.5, epochs: 60, hidden: 48 }

export const foreign: readonly Omit<Situation, 'half'>[] = [
  {
    name: 'by-hand-sorted',
    about: 'A loop by hand goes through its digits in the order of their classes.',
    fault: { cause: 'not-shuffled', accepts: ['unstable'] },
    run: (seed) => byHand(seed, someDigits(seed, { rows: 800 }), { ...quick, shuffle: false }, { sorted: true }),
    mended: (seed) => byHand(seed, someDigits(seed, { rows: 800 }), quick),
  },
  {
    name: 'by-hand-index-turned',
    about: 'An index is turned round in backpropagation by hand; the gradient check fails at the first layer.',
    fault: { cause: 'wrong-gradient' },
    tolerates: ['lr-too-high', 'unstable'],
    run: (seed) =>
      byHand(
        seed,
        someDigits(seed, { rows: 600 }),
        { slip: 'transposed-error' },
        { check: gradientCheck('fail', [1, 1, 3e-9, 1e-9]) },
      ),
    mended: (seed) => byHand(seed, someDigits(seed, { rows: 600 })),
  },
  {
    name: 'by-hand-slope-left-out',
    about:
      'Backpropagation by hand without the slope of the ReLU, on spirals; the gradient check fails at the first layer.',
    fault: { cause: 'wrong-gradient' },
    tolerates: ['lr-too-high', 'unstable', 'underfitting'],
    run: (seed) =>
      byHand(
        seed,
        spirals(seed, { rows: 500 }),
        { ...slow, slip: 'no-slope' },
        { check: gradientCheck('fail', [0.6, 0.5, 1e-9, 2e-9]) },
      ),
    mended: (seed) => byHand(seed, spirals(seed, { rows: 500 }), slow),
  },
  {
    name: 'by-hand-ascent',
    about: 'A loop by hand adds the gradient; it logs its loss and nothing else.',
    fault: { cause: 'loss-rises', accepts: ['wrong-sign', 'diverged'] },
    run: (seed) =>
      byHand(seed, someDigits(seed, { rows: 500 }), { slip: 'ascent', learningRate: 0.005, logs: 'loss', epochs: 8 }),
    mended: (seed) => byHand(seed, someDigits(seed, { rows: 500 }), { logs: 'loss', epochs: 8 }),
  },
  {
    name: 'by-hand-digits',
    about: 'A loop by hand on digits, right in all; its gradient check passed.',
    run: (seed) =>
      byHand(seed, someDigits(seed, { rows: 700 }), {}, { check: gradientCheck('pass', [2e-9, 1e-9, 3e-9, 2e-9]) }),
  },
  {
    name: 'by-hand-losses-only',
    about: 'A loop by hand on three digits that logs every fifth loss.',
    run: (seed) =>
      byHand(seed, digitsOf([3, 5, 8]), { logs: 'loss', every: 5, batchSize: 10, learningRate: 0.05, epochs: 15 }),
  },
  {
    name: 'by-hand-noisy',
    about: 'Batches of four examples by hand, with a rate that falls: the losses jump as such batches do.',
    run: (seed) =>
      byHand(seed, moons(seed, { rows: 400, noise: 0.25 }), {
        batchSize: 4,
        learningRate: (epoch) => 0.2 / (1 + 0.3 * epoch),
        epochs: 15,
        hidden: 16,
      }),
  },
]
