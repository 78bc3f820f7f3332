/** @file How the event streams of the library lie in files: gzipped JSON lines, rounded, without what no rule reads. */
import { gunzipSync, gzipSync } from 'node:zlib'
import type { RunEvent } from '../../src/diagnose/events.ts'
import type { ProbeEvent } from '../../src/train/events.ts'

/** Digits of a number that is a measurement. */
const digits = 5
/** Digits of a distribution's numbers, of which there are most. */
const distributionDigits = 4
/** Probes that are left out: seconds differ from machine to machine, pictures are large. */
const leftOut: readonly string[] = ['time', 'pictures']
/** The smallest and largest number of a tensor need fewer. */
const rangeDigits = 3
/** Numbers of one probe that a file holds about at most, and events of it that it holds at least and at most. */
const mostNumbers = 4000
const [fewestEvents, mostEvents] = [24, 120]

/** NaN and infinities, which JSON has no word for. */
const words: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
}

/** The file's bytes. The same events give the same bytes. */
export function toFile(events: readonly RunEvent[]): Uint8Array {
  const lines = thinned(events).map((event) => JSON.stringify(shortened(event), replacer(digits)))
  return gzipSync(`${lines.join('\n')}\n`, { level: 9 })
}

/** The events in a file. */
export function fromFile(bytes: Uint8Array): readonly RunEvent[] {
  const lines = gunzipSync(bytes).toString('utf8').trimEnd().split('\n')
  return lines.map(
    (line) =>
      JSON.parse(line, (_, value: unknown) =>
        typeof value === 'string' && Object.hasOwn(words, value) ? words[value] : value,
      ) as RunEvent,
  )
}

/** Events as a foreign loop would tell them that knows its losses alone. */
export function lossOnly(events: readonly RunEvent[]): readonly RunEvent[] {
  return events.flatMap((event): readonly RunEvent[] => {
    switch (event.type) {
      case 'steps':
        return event.losses.map((loss, i) => ({ type: 'log', step: event.first + i, values: { loss } }))
      case 'epoch':
        if (event.validation === undefined) return []
        return [
          {
            type: 'log',
            step: Math.max(event.step - 1, 0),
            epoch: event.epoch,
            values: { 'validation/loss': event.validation.loss },
          },
        ]
      case 'log': {
        const kept = Object.entries(event.values).filter(([name]) => name === 'loss' || name === 'validation/loss')
        return kept.length === 0 ? [] : [{ ...event, values: Object.fromEntries(kept) }]
      }
      case 'end':
        return [event]
      default:
        return []
    }
  })
}

/** As a history would: what is old is kept at every second place, again and again, until few enough are left. */
function thinned(events: readonly RunEvent[]): readonly RunEvent[] {
  const of = Map.groupBy(
    events.filter((event) => event.type === 'probe'),
    ({ probe }) => probe,
  )
  const dropped = new Set<RunEvent>()
  for (const [probe, all] of of) {
    const most = Math.min(mostEvents, Math.max(fewestEvents, mostNumbers / numbersIn(all[0])))
    const kept = leftOut.includes(probe) ? [] : few(all, most)
    const stay = new Set<RunEvent>(kept)
    for (const event of all) if (!stay.has(event)) dropped.add(event)
  }
  return events.filter((event) => !dropped.has(event) && event.type !== 'checkpoint')
}

function numbersIn({ values, distributions = {} }: ProbeEvent): number {
  const ofDistributions = Object.values(distributions).map(({ quantiles }) => quantiles.length + 6)
  return ofDistributions.reduce((sum, count) => sum + count, Object.keys(values).length)
}

function few<T>(all: readonly T[], most: number): readonly T[] {
  let kept = all
  while (kept.length > most) {
    const { length } = kept
    kept = kept.filter((_, i) => i % 2 === 0 || i > length / 2)
  }
  return kept
}

function shortened(event: RunEvent): object {
  if (event.type === 'epoch') return { ...event, seconds: undefined }
  if (event.type !== 'probe') return event
  const { distributions, pictures: _, ...rest } = event
  return { ...rest, ...(distributions && { distributions: withoutHistograms(distributions) }) }
}

function withoutHistograms(distributions: NonNullable<ProbeEvent['distributions']>): object {
  const short = replacer(distributionDigits)
  return Object.fromEntries(
    Object.entries(distributions).map(([name, distribution]) => {
      const plain = { ...distribution, histogram: { edges: [], counts: [] } }
      return [name, JSON.parse(JSON.stringify(plain, short)) as object]
    }),
  )
}

function replacer(precision: number) {
  return (key: string, value: unknown): unknown => {
    if (typeof value !== 'number') return ArrayBuffer.isView(value) ? Array.from(value as Float64Array) : value
    if (!Number.isFinite(value)) return String(value)
    if (Number.isInteger(value)) return value
    return Number(value.toPrecision(/^(min|max):/.test(key) ? rangeDigits : precision))
  }
}
