/** @file What a training tells, as a record: numbers that come again become series, everything else events. */
import type { At, RunWriter } from '../store/store.ts'
import type { EpochEvent, Measurement, StepsEvent, TrainingEvent } from './events.ts'
import { toRecorded } from './record-events.ts'

/** What a record is written to. */
export type RecordSink = Pick<RunWriter, 'log' | 'logMany' | 'event'>

/**
 * Writes the events of one run. Series: `loss` of every step's batch; `training/loss`, `training/accuracy`, `validation/loss`,
 * `validation/accuracy`, `penalty` and `learningRate` after every epoch; a probe's values under their own names, or behind the probe's
 * where the loop has a series of that name (`objective/penalty`). All else is recorded as an event: see `toRecorded`.
 */
export class TrainingRecord {
  readonly #sink: RecordSink
  /** How much of an epoch one step is. */
  #batch: { readonly size: number; readonly rows: number } | undefined

  constructor(sink: RecordSink) {
    this.#sink = sink
  }

  /** @param seconds since the run began, for what does not say it itself */
  write(event: TrainingEvent, seconds = Number.NaN): void {
    if (event.type === 'steps') return this.#steps(event, seconds)
    if (event.type === 'epoch') return this.#epoch(event, seconds)
    if (event.type === 'start') this.#batch = { size: event.batchSize, rows: event.data.training }
    if (event.type !== 'probe') return this.#sink.event(toRecorded(event))
    const { step, epoch, values, distributions, pictures } = event
    this.#sink.log({ step, epoch, seconds }, apart(event.probe, values))
    if (distributions === undefined && pictures === undefined) return
    const { values: _, ...rest } = toRecorded(event)
    this.#sink.event(rest as typeof rest & { type: 'probe' })
  }

  #steps({ first, epoch, losses }: StepsEvent, seconds: number): void {
    const series = {
      name: 'loss',
      steps: Float64Array.from(losses, (_, i) => first + i),
      epochs: this.#epochs(epoch, losses.length),
      seconds: new Float64Array(losses.length).fill(seconds),
      values: Float64Array.from(losses),
    }
    this.#sink.logMany(series)
  }

  /** Where each step of a group stands. A group lies within one epoch; the sum is the loop's, so that the bits are too. */
  #epochs(first: number, count: number): Float64Array {
    const epochs = new Float64Array(count).fill(Number.NaN)
    epochs[0] = first
    if (this.#batch === undefined) return epochs
    const { size, rows } = this.#batch
    const whole = Math.floor(first)
    const before = Math.round(((first - whole) * rows) / size)
    return epochs.map((_, i) => whole + ((before + i) * size) / rows)
  }

  #epoch({ training, validation, ...event }: EpochEvent, seconds: number): void {
    const at: At = { step: event.step, epoch: event.epoch, seconds: event.seconds ?? seconds }
    this.#sink.log(at, {
      ...measured('training', training),
      ...measured('validation', validation),
      penalty: event.penalty,
      ...(event.learningRate !== undefined && { learningRate: event.learningRate }),
    })
  }
}

const ownSeries = [
  'loss',
  'training/loss',
  'training/accuracy',
  'validation/loss',
  'validation/accuracy',
  'penalty',
  'learningRate',
]

/** The names of a probe's series. Two sources in one series could not be told apart. */
export function apart(probe: string, values: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  if (!ownSeries.some((name) => name in values)) return values
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [ownSeries.includes(name) ? `${probe}/${name}` : name, value]),
  )
}

function measured(part: string, measurement: Measurement | undefined): Record<string, number> {
  if (measurement === undefined) return {}
  const { loss, accuracy } = measurement
  return { [`${part}/loss`]: loss, ...(accuracy !== undefined && { [`${part}/accuracy`]: accuracy }) }
}
