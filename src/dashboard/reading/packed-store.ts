/**
 * @file Runs packed for a report: what the page needs of a store, in one piece of bytes, and a store that reads it.
 *
 * Form: gzip of [length of the head, uint32 little-endian] [head, JSON] [zeros up to 8] [numbers, float64 then float32]. Series that were logged together
 * share their positions.
 */
import { RappelError } from '../../base/errors.ts'
import { parseJson } from '../../store/json.ts'
import type { Plain, RecordedEvent, Series, StoredEvent, StoredRun } from '../../store/store.ts'
import type { ReadableStore } from './run-reader.ts'
import { thinned } from './thin.ts'

/** Of each series at most so many points are kept, the extremes among them. */
const mostPoints = 3000
/** Of each probe's distributions and pictures: as many as a panel shows. */
const mostMoments = 240

interface PackedSeries {
  readonly name: string
  readonly length: number
  /** Place of its positions among the float64 numbers: steps, epochs, seconds, one behind the other. */
  readonly at: number
  /** Place of its values among the float32 numbers. */
  readonly values: number
}

interface PackedRun {
  readonly run: StoredRun
  readonly events: readonly RecordedEvent[]
  readonly series: readonly PackedSeries[]
}

interface Head {
  readonly version: 1
  /** Milliseconds since 1970 when it was made. */
  readonly now: number
  /** How many numbers of eight bytes there are. */
  readonly doubles: number
  readonly runs: readonly PackedRun[]
}

/**
 * Packs runs.
 *
 * @param toJson writes JSON with the words for NaN and infinities
 * @param now milliseconds since 1970
 * @param findings of runs that nobody diagnosed while they went on, as events
 */
export async function packRuns(
  store: ReadableStore,
  runs: readonly StoredRun[],
  toJson: (value: unknown) => string,
  now: number,
  findings: (run: StoredRun) => Promise<readonly RecordedEvent[]>,
): Promise<Uint8Array<ArrayBuffer>> {
  const [doubles, singles] = [new Numbers(), new Numbers()]
  const packed: PackedRun[] = []
  for (const run of runs) {
    const events = thinnedProbes(await store.events(run.id)).map(rounded)
    const series: PackedSeries[] = []
    for (const name of await store.seriesNames(run.id)) {
      const whole = await store.series(run.id, name)
      if (whole === undefined) continue
      const { step, epoch, seconds, values } = thinned(whole, { axis: 'step', points: mostPoints })
      series.push({
        name,
        length: values.length,
        at: doubles.add([...step, ...epoch, ...seconds]),
        values: singles.add(values),
      })
    }
    packed.push({ run: lean(run), events: [...events, ...(await findings(run))], series })
  }
  const head = new TextEncoder().encode(toJson({ version: 1, now, doubles: doubles.length, runs: packed }))
  const start = Math.ceil((4 + head.length) / 8) * 8
  const bytes = new Uint8Array(start + doubles.length * 8 + singles.length * 4)
  new DataView(bytes.buffer).setUint32(0, head.length, true)
  bytes.set(head, 4)
  bytes.set(new Uint8Array(doubles.as(Float64Array).buffer), start)
  bytes.set(new Uint8Array(singles.as(Float32Array).buffer), start + doubles.length * 8)
  return through(bytes, new CompressionStream('gzip'))
}

/** What was not taken back; of a probe's events at most `mostMoments`, at equal distances, the last among them. */
function thinnedProbes(all: readonly StoredEvent[]): readonly RecordedEvent[] {
  const events = all.flatMap(({ event, superseded }) => (superseded ? [] : [event]))
  const counts = new Map<Plain | undefined, number>()
  for (const { type, probe } of events) if (type === 'probe') counts.set(probe, (counts.get(probe) ?? 0) + 1)
  const left = new Map(counts)
  return events.filter(({ type, probe }) => {
    if (type !== 'probe') return true
    const [count = 0, behind = 0] = [counts.get(probe), (left.get(probe) ?? 0) - 1]
    left.set(probe, behind)
    return behind % Math.ceil(count / mostMoments) === 0
  })
}

/** Distributions and pictures are looked at, not computed with: five digits, and for a picture's pixel eight bits, take a third of the room. */
function rounded(event: RecordedEvent): RecordedEvent {
  if (event.type !== 'probe') return event
  const { distributions, pictures } = event
  return {
    ...event,
    ...(distributions !== undefined && { distributions: fiveDigits(distributions) }),
    ...(pictures !== undefined && { pictures: mapFields(pictures, coarse) }),
  }
}

function fiveDigits(value: Plain): Plain {
  if (typeof value === 'number') return Number(value.toPrecision(5))
  if (Array.isArray(value)) return value.map(fiveDigits)
  return typeof value === 'object' && value !== null ? mapFields(value, fiveDigits) : value
}

const mapFields = (value: Plain, change: (inner: Plain) => Plain): Plain =>
  Object.fromEntries(
    Object.entries(Object(value) as Record<string, Plain>).map(([name, inner]) => [name, change(inner)]),
  )

/** The packed picture of an event with the last two bytes of each float32 zero. */
function coarse(picture: Plain): Plain {
  const { float32, ...rest } = Object(picture) as { readonly float32?: unknown }
  if (typeof float32 !== 'string') return picture
  const bytes = Uint8Array.from(atob(float32), (letter) => letter.charCodeAt(0))
  for (let i = 0; i + 3 < bytes.length; i += 4) bytes[i] = bytes[i + 1] = 0
  let text = ''
  for (let at = 0; at < bytes.length; at += 2 ** 14) text += String.fromCharCode(...bytes.subarray(at, at + 2 ** 14))
  return { ...rest, float32: btoa(text) }
}

/** Without what the events and series say again. */
function lean(run: StoredRun): StoredRun {
  const { verdict, outcome, failure } = Object(run.result ?? {}) as Record<string, never>
  return { ...run, writing: false, result: { verdict, outcome, failure } }
}

/** Lists of numbers behind each other; a list that is there already is not kept again. */
class Numbers {
  readonly #lists: (readonly number[])[] = []
  readonly #places = new Map<string, number>()
  length = 0

  /** @returns its place */
  add(list: readonly number[]): number {
    const key = list.join()
    const known = this.#places.get(key)
    if (known !== undefined) return known
    const place = this.length
    this.#places.set(key, place)
    this.#lists.push(list)
    this.length += list.length
    return place
  }

  as<T extends Float64Array<ArrayBuffer> | Float32Array<ArrayBuffer>>(Type: new (length: number) => T): T {
    const all = new Type(this.length)
    let at = 0
    for (const list of this.#lists) {
      all.set(list, at)
      at += list.length
    }
    return all
  }
}

/**
 * A store that holds packed runs.
 *
 * @throws RappelError 'store' when the bytes are of a later version
 */
export async function packedStore(packed: Uint8Array<ArrayBuffer>): Promise<{ store: ReadableStore; now: number }> {
  const bytes = await through(packed, new DecompressionStream('gzip'))
  const length = new DataView(bytes.buffer).getUint32(0, true)
  const head = parseJson(new TextDecoder().decode(bytes.subarray(4, 4 + length))) as unknown as Head
  if (head.version !== 1)
    throw new RappelError('store', `the report has version ${head.version}, and this page knows version 1`)
  const start = Math.ceil((4 + length) / 8) * 8
  const doubles = new Float64Array(bytes.buffer, start, head.doubles)
  const singles = new Float32Array(bytes.buffer, start + head.doubles * 8)
  const runs = new Map(head.runs.map((own) => [own.run.id, own]))
  const unpacked = ({ name, length: count, at, values }: PackedSeries, from: number): Series => ({
    name,
    steps: doubles.slice(at + from, at + count),
    epochs: doubles.slice(at + count + from, at + 2 * count),
    seconds: doubles.slice(at + 2 * count + from, at + 3 * count),
    values: Float64Array.from(singles.subarray(values + from, values + count)),
  })
  const store: ReadableStore = {
    runs: async () => [...runs.values()].map(({ run }) => run),
    run: async (id) => runs.get(id)?.run,
    events: async (id, from = 0) =>
      (runs.get(id)?.events ?? [])
        .map((event, index): StoredEvent => ({ event, index, superseded: false }))
        .filter(({ index }) => index >= from),
    seriesNames: async (id) => (runs.get(id)?.series ?? []).map(({ name }) => name),
    async series(id, name, from = 0) {
      const found = runs.get(id)?.series.find((own) => own.name === name)
      return found && unpacked(found, Math.min(from, found.length))
    },
  }
  return { store, now: head.now }
}

async function through(
  bytes: Uint8Array<ArrayBuffer>,
  change: CompressionStream | DecompressionStream,
): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(change)
  return new Uint8Array(await new Response(stream).arrayBuffer())
}
