/** @file TensorBoard's events as a record. */
import type { TensorboardEvent, TensorboardHistogram } from '../store/tensorboard.ts'
import { type Distribution, quantileLevels } from './events.ts'
import type { RecordSink } from './record.ts'
import { eventVersions } from './record-events.ts'

/** Writes the events of one run: scalars become series, histograms distributions. Epochs are not known. */
export class TensorboardRecord {
  readonly #sink: RecordSink
  readonly #startedAt: number

  /** @param startedAt seconds since 1970 */
  constructor(sink: RecordSink, startedAt: number) {
    this.#sink = sink
    this.#startedAt = startedAt
  }

  /** @returns how many values were written */
  take({ wallTime, step, scalars, histograms }: TensorboardEvent): number {
    const [values, distributions] = [Object.entries(scalars), Object.entries(histograms)]
    if (values.length > 0) this.#sink.log({ step, epoch: Number.NaN, seconds: wallTime - this.#startedAt }, scalars)
    if (distributions.length > 0)
      this.#sink.event({
        type: 'probe',
        version: eventVersions.probe,
        probe: 'tensorboard',
        step,
        epoch: Number.NaN,
        distributions: Object.fromEntries(distributions.map(([name, given]) => [name, { ...distributionOf(given) }])),
      })
    return values.length + distributions.length
  }
}

/** A histogram in our form. Within a bucket the numbers are taken as evenly spread. */
export function distributionOf({ edges, counts, moments }: TensorboardHistogram): Distribution {
  const count = counts.reduce((sum, part) => sum + part, 0)
  const middles = counts.map((_, i) => (edges[i] + edges[i + 1]) / 2)
  const weighted = (of: (x: number) => number) => middles.reduce((sum, x, i) => sum + counts[i] * of(x), 0)
  const sums = moments ?? { count, sum: weighted((x) => x), sumOfSquares: weighted((x) => x * x) }
  const mean = sums.sum / sums.count
  return {
    count: sums.count,
    nonFinite: 0,
    mean,
    deviation: Math.sqrt(Math.max(0, sums.sumOfSquares / sums.count - mean * mean)),
    min: edges[0] ?? Number.NaN,
    max: edges[edges.length - 1] ?? Number.NaN,
    quantiles: quantileLevels.map((level) => quantile(edges, counts, level * count)),
    histogram: { edges, counts },
  }
}

/** The number below which so many lie. */
function quantile(edges: readonly number[], counts: readonly number[], below: number): number {
  let before = 0
  for (const [i, count] of counts.entries()) {
    if (before + count >= below && count > 0) {
      const share = Math.max(0, below - before) / count
      return edges[i] + share * (edges[i + 1] - edges[i])
    }
    before += count
  }
  return edges[edges.length - 1] ?? Number.NaN
}
