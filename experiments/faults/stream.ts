/** @file How the event streams of the library lie in files: JSON lines, rounded, without what no rule reads, packed by Brotli. */
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'
import type { RunEvent } from '../../src/diagnose/events.ts'
import type { ProbeEvent } from '../../src/train/events.ts'

/** Digits of a number that is a measurement; of one of very many: each tensor's, each layer's; and of ranges and quantiles. */
const [digits, fewDigits, rangeDigits] = [5, 4, 3]
/** Probes that are left out: seconds differ from machine to machine, pictures are large. */
const leftOut: readonly string[] = ['time', 'pictures']
/** Numbers of one probe that a file holds about at most, and events of it that it holds at least and at most. */
const mostNumbers = 1600
const [fewestEvents, mostEvents] = [12, 120]

/** NaN and infinities, which JSON has no word for. */
const words: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
}

/** The file's bytes. The same events give the same bytes. */
export function toFile(events: readonly RunEvent[]): Uint8Array {
  const lines = thinned(events).map((event) => JSON.stringify(shortened(event), replacer))
  // A third smaller than gzip, whose window is less than a file.
  return brotliCompressSync(`${lines.join('\n')}\n`, { params: { [constants.BROTLI_PARAM_LGWIN]: 24 } })
}

/** The events in a file. */
export function fromFile(bytes: Uint8Array): readonly RunEvent[] {
  const lines = brotliDecompressSync(bytes).toString('utf8').trimEnd().split('\n')
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
  return Object.fromEntries(
    Object.entries(distributions).map(([name, { quantiles, ...distribution }]) => {
      const plain = { ...distribution, quantiles: quantiles.map(rounded(rangeDigits)), histogram: noHistogram }
      return [name, plain]
    }),
  )
}

const noHistogram = { edges: [], counts: [] }

const rounded = (precision: number) => (value: number) =>
  Number.isFinite(value) && !Number.isInteger(value) ? Number(value.toPrecision(precision)) : value

/** Of a tensor's numbers the name stands behind a slash: 'norm:weight/dense1.weight'. */
function digitsOf(key: string): number {
  if (/^(min|max)(:|$)/.test(key)) return rangeDigits
  return /^(norm|update|cosine)\b.*\/|^(mean|deviation)$/.test(key) ? fewDigits : digits
}

function replacer(key: string, value: unknown): unknown {
  if (typeof value !== 'number') return ArrayBuffer.isView(value) ? Array.from(value as Float64Array) : value
  return Number.isFinite(value) ? rounded(digitsOf(key))(value) : String(value)
}
