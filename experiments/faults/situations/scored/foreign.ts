/** @file Situations of foreign loops: a small training written here by hand, of which only the logged numbers are known. */
import type { LogEvent } from '../../../../src/diagnose/events.ts'
import type { FindingCode } from '../../../../src/diagnose/finding.ts'
import * as data from './data.ts'

export interface Foreign {
  readonly name: string
  readonly about: string
  readonly cause?: FindingCode
  readonly accepted?: readonly FindingCode[]
  readonly tolerated?: readonly FindingCode[]
  readonly events: (seed: number, fixed: boolean) => readonly LogEvent[]
}

interface Loop {
  readonly seed: number
  readonly rows: number
  readonly validationRows: number
  /** Random tanh features between inputs and the output. */
  readonly hidden: number
  readonly noise: number
  readonly batch: number
  readonly epochs: number
  readonly rate: (epoch: number) => number
  /** Steps of which one tells its loss; 0: none does. */
  readonly everySteps: number
  /** Whether each epoch tells training and validation. */
  readonly perEpoch: boolean
  readonly tellsRate?: boolean
}

/** Least squares on random features by plain descent, float64. */
function descend({
  seed,
  rows,
  validationRows,
  hidden,
  noise,
  batch,
  epochs,
  rate,
  everySteps,
  perEpoch,
  tellsRate,
}: Loop) {
  const { inputs, targets } = data.teacher(seed, rows + validationRows, { features: 6, noise })
  const random = data.stream(seed, 'foreign')
  const inner = Array.from({ length: hidden }, () => Array.from({ length: 7 }, () => random.normal() / 2))
  const features = Array.from({ length: rows + validationRows }, (_, row) =>
    inner.map((w) => Math.tanh(w.reduce((sum, v, i) => sum + v * (i < 6 ? inputs.data[6 * row + i] : 1), 0))),
  )
  const weights = new Float64Array(hidden)
  const output = (row: number) => features[row].reduce((sum, v, i) => sum + v * weights[i], 0)
  const error = (row: number) => output(row) - targets.data[row]
  const meanOver = (from: number, to: number) => {
    let sum = 0
    for (let row = from; row < to; row++) sum += error(row) ** 2 / (to - from)
    return sum
  }
  const events: LogEvent[] = []
  const batches = Math.ceil(rows / batch)
  for (let epoch = 0, step = 0; epoch < epochs; epoch++) {
    const order = random.permutation(rows)
    for (let b = 0; b < batches; b++, step++) {
      const now = order.subarray(b * batch, (b + 1) * batch)
      const gradient = new Float64Array(hidden)
      let loss = 0
      for (const row of now) {
        const e = error(row)
        loss += e ** 2 / now.length
        for (let i = 0; i < hidden; i++) gradient[i] += (2 * e * features[row][i]) / now.length
      }
      const at = epoch + b / batches
      for (let i = 0; i < hidden; i++) weights[i] -= rate(at) * gradient[i]
      const values = { loss, ...(tellsRate && { learningRate: rate(at) }) }
      if (everySteps > 0 && step % everySteps === 0) events.push({ type: 'log', step, epoch: at, values })
    }
    if (!perEpoch) continue
    const values = { 'training/loss': meanOver(0, rows), 'validation/loss': meanOver(rows, rows + validationRows) }
    events.push({ type: 'log', step: step - 1, epoch: epoch + 1, values })
  }
  return events
}

const usual = {
  rows: 600,
  validationRows: 200,
  hidden: 40,
  noise: 0.2,
  batch: 20,
  everySteps: 1,
  perEpoch: true,
} as const

export const foreign: readonly Foreign[] = [
  {
    name: 'foreign-sign',
    about: 'A loop by hand that adds the gradient; it tells its loss and nothing else.',
    cause: 'loss-rises',
    accepted: ['wrong-sign'],
    tolerated: ['diverged'],
    events: (seed, fixed) =>
      descend({ ...usual, seed, epochs: 15, rate: () => (fixed ? 0.03 : -0.0004), perEpoch: false }),
  },
  {
    name: 'foreign-overflow',
    about: 'A loop by hand whose rate is above what its curvature allows: the numbers overflow.',
    cause: 'diverged',
    accepted: ['lr-too-high'],
    events: (seed, fixed) => descend({ ...usual, seed, epochs: 12, rate: () => (fixed ? 0.03 : 0.6) }),
  },
  {
    name: 'foreign-slow',
    about: 'A loop by hand at a ten-thousandth of the rate that would do; it tells losses and the rate.',
    cause: 'lr-too-low',
    accepted: ['train-longer'],
    events: (seed, fixed) =>
      descend({ ...usual, seed, epochs: 20, rate: () => (fixed ? 0.03 : 1e-5), tellsRate: true }),
  },
  {
    name: 'foreign-by-heart',
    about: 'Fifty noisy rows and two hundred features: the validation loss rises while training goes to 0.',
    cause: 'overfitting',
    accepted: ['little-data'],
    events: (seed, fixed) =>
      descend({
        ...usual,
        seed,
        rows: fixed ? 2000 : 50,
        hidden: 200,
        noise: 0.8,
        batch: 10,
        epochs: fixed ? 10 : 250,
        rate: () => 0.01,
        everySteps: 0,
      }),
  },
  {
    name: 'foreign-well',
    about: 'The same loop at a good rate that falls: noisy steps, a way down, an end.',
    events: (seed) => descend({ ...usual, seed, epochs: 25, rate: (epoch) => 0.03 * Math.exp(-0.12 * epoch) }),
  },
  {
    name: 'foreign-single-examples',
    about: 'One example a step and only the losses told: they jump by a factor of ten, and all is well.',
    events: (seed) =>
      descend({
        ...usual,
        seed,
        batch: 1,
        noise: 0.5,
        epochs: 6,
        rate: (epoch) => 0.01 / (1 + epoch),
        perEpoch: false,
      }),
  },
  {
    name: 'foreign-epochs-only',
    about: 'Two numbers an epoch, and nothing wrong with them.',
    events: (seed) =>
      descend({ ...usual, seed, epochs: 30, rate: (epoch) => 0.02 * Math.exp(-0.1 * epoch), everySteps: 0 }),
  },
]
