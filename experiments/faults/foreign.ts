/** @file A training loop as people write it by hand, which only logs: one hidden layer, softmax, plain gradient descent in float64. */
import { RandomStream } from '../../src/base/random.ts'
import type { ClassificationDataset } from '../../src/data/dataset.ts'
import type { LogEvent } from '../../src/diagnose/events.ts'

export interface ForeignOptions {
  readonly training: ClassificationDataset
  readonly validation: ClassificationDataset
  readonly seed: number
  readonly epochs: number
  readonly batchSize: number
  readonly learningRate: number | ((epoch: number) => number)
  readonly hidden?: number
  /** Rows in a new order in every epoch; default true. */
  readonly shuffle?: boolean
  /** What is wrong with the gradient of the hidden layer: nothing, the ReLU's slope left out, or the sign of the bias' turned. */
  readonly slip?: 'none' | 'no-slope' | 'transposed-error' | 'ascent'
  /** What is logged beside the loss; default all. */
  readonly logs?: 'loss' | 'all'
  /** A loss is logged once in so many steps; default 1. */
  readonly every?: number
  /** Deviation of the first weights, in those of He. */
  readonly gain?: number
}

/** What the loop logs. */
export function foreignLoop(options: ForeignOptions): readonly LogEvent[] {
  const { training, validation, seed, epochs, batchSize, shuffle = true, logs = 'all', every = 1 } = options
  const net = new HandWritten(options)
  const rows = training.targets.data.length
  const batches = Math.ceil(rows / batchSize)
  const events: LogEvent[] = []
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = shuffle
      ? new RandomStream(seed, `foreign ${epoch}`).permutation(rows)
      : Uint32Array.from({ length: rows }, (_, i) => i)
    const { learningRate } = options
    const rate = typeof learningRate === 'number' ? learningRate : learningRate(epoch)
    for (let b = 0; b < batches; b++) {
      const step = epoch * batches + b
      const loss = net.step(order.subarray(b * batchSize, (b + 1) * batchSize), rate)
      if (step % every === 0) events.push({ type: 'log', step, epoch: epoch + b / batches, values: { loss } })
    }
    const step = (epoch + 1) * batches - 1
    const [trained, held] = [net.measure(training), net.measure(validation)]
    const values = {
      'validation/loss': held.loss,
      ...(logs === 'all' && {
        'validation/accuracy': held.accuracy,
        'training/accuracy': trained.accuracy,
        learningRate: rate,
      }),
    }
    events.push({ type: 'log', step, epoch: epoch + 1, values })
  }
  return events
}

class HandWritten {
  readonly #options: ForeignOptions
  readonly #hidden: number
  readonly #inputs: number
  readonly #classes: number
  readonly #first: Float64Array
  readonly #firstBias: Float64Array
  readonly #second: Float64Array
  readonly #secondBias: Float64Array

  constructor(options: ForeignOptions) {
    this.#options = options
    const { training, hidden = 32, seed, gain = 1 } = options
    this.#hidden = hidden
    this.#inputs = training.inputs.data.length / training.targets.data.length
    this.#classes = training.classes.length
    const random = new RandomStream(seed, 'foreign weights')
    const draw = (fanIn: number, fanOut: number) =>
      Float64Array.from({ length: fanIn * fanOut }, () => gain * Math.sqrt(2 / fanIn) * random.normal())
    this.#first = draw(this.#inputs, hidden)
    this.#firstBias = new Float64Array(hidden)
    this.#second = draw(hidden, this.#classes)
    this.#secondBias = new Float64Array(this.#classes)
  }

  measure(data: ClassificationDataset): { readonly loss: number; readonly accuracy: number } {
    const { length } = data.targets.data
    let [loss, right] = [0, 0]
    for (let row = 0; row < length; row++) {
      const { probabilities } = this.#forward(data, row)
      const label = data.targets.data[row]
      loss -= Math.log(Math.max(probabilities[label], 1e-300))
      if (probabilities.every((p, k) => k === label || p < probabilities[label])) right += 1
    }
    return { loss: loss / length, accuracy: right / length }
  }

  /** One update. @returns the batch's loss before it */
  step(rows: Uint32Array, rate: number): number {
    const { training, slip = 'none' } = this.#options
    const [first, firstBias, second, secondBias] = [this.#first, this.#firstBias, this.#second, this.#secondBias].map(
      ({ length }) => new Float64Array(length),
    )
    let loss = 0
    for (const row of rows) {
      const { hidden, probabilities } = this.#forward(training, row)
      const label = training.targets.data[row]
      loss -= Math.log(Math.max(probabilities[label], 1e-300))
      const error = probabilities.map((p, k) => p - (k === label ? 1 : 0))
      for (let h = 0; h < this.#hidden; h++) {
        let back = 0
        for (let k = 0; k < this.#classes; k++) {
          second[h * this.#classes + k] += hidden[h] * error[k]
          back += this.#second[h * this.#classes + k] * error[slip === 'transposed-error' ? this.#classes - 1 - k : k]
        }
        if (hidden[h] <= 0 && slip !== 'no-slope') continue
        firstBias[h] += back
        for (let i = 0; i < this.#inputs; i++)
          first[i * this.#hidden + h] += training.inputs.data[row * this.#inputs + i] * back
      }
      error.forEach((e, k) => {
        secondBias[k] += e
      })
    }
    const factor = ((slip === 'ascent' ? 1 : -1) * rate) / rows.length
    const update = (weights: Float64Array, gradient: Float64Array) => {
      for (let i = 0; i < weights.length; i++) weights[i] += factor * gradient[i]
    }
    update(this.#first, first)
    update(this.#firstBias, firstBias)
    update(this.#second, second)
    update(this.#secondBias, secondBias)
    return loss / rows.length
  }

  #forward({ inputs }: ClassificationDataset, row: number): { hidden: Float64Array; probabilities: Float64Array } {
    const hidden = Float64Array.from(this.#firstBias)
    for (let i = 0; i < this.#inputs; i++) {
      const x = inputs.data[row * this.#inputs + i]
      if (x !== 0) for (let h = 0; h < this.#hidden; h++) hidden[h] += x * this.#first[i * this.#hidden + h]
    }
    for (let h = 0; h < this.#hidden; h++) hidden[h] = hidden[h] < 0 ? 0 : hidden[h]
    const scores = Float64Array.from(this.#secondBias)
    for (let h = 0; h < this.#hidden; h++)
      if (hidden[h] !== 0)
        for (let k = 0; k < this.#classes; k++) scores[k] += hidden[h] * this.#second[h * this.#classes + k]
    const most = scores.reduce((a, b) => Math.max(a, b))
    const powers = scores.map((score) => Math.exp(score - most))
    const sum = powers.reduce((a, b) => a + b)
    return { hidden, probabilities: powers.map((power) => power / sum) }
  }
}
