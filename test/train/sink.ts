/** @file A record in memory: what was written, as tests compare it. */
import type { At, RecordedEvent, Series } from '../../src/store/store.ts'
import type { RecordSink } from '../../src/train/record.ts'

/** [step, epoch, seconds, value] */
type PointRow = [number, number, number, number]

export class MemorySink implements RecordSink {
  readonly events: RecordedEvent[] = []
  readonly series: Record<string, PointRow[]> = {}

  log({ step, epoch, seconds }: At, values: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(values)) this.#of(name).push([step, epoch, seconds, value])
  }

  logMany({ name, steps, epochs, seconds, values }: Series): void {
    for (let i = 0; i < values.length; i++) this.#of(name).push([steps[i], epochs[i], seconds[i], values[i]])
  }

  event(event: RecordedEvent): void {
    this.events.push(event)
  }

  #of(name: string): PointRow[] {
    this.series[name] ??= []
    return this.series[name]
  }
}
