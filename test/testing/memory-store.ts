/** @file A store in memory, as plain as can be, that can be told to do one thing wrong: the contract suite must tell. */
import { RappelError } from '../../src/base/errors.ts'
import type {
  NewRun,
  RecordedEvent,
  RunWriter,
  Series,
  Store,
  StoredCheckpoint,
  StoredEvent,
  StoredRun,
} from '../../src/store/store.ts'

/** Each is a way in which a store may be wrong, and what the suite has to say then is in store-contract.test.ts. */
export const faults = [
  'NaN becomes null',
  'NaN loses its bits',
  'negative zero becomes zero',
  'events go through JSON',
  'facts go through JSON',
  'no result is a null',
  'what is not flushed is seen',
  'what is given is not copied',
  'events are not copied',
  'typed arrays are taken',
  'runs are in the order of making',
  'an id may be used twice',
  'events are counted from 1',
  'events are always given from the first',
  'series are always given from the first',
  'a series begins one late',
  'names know no case',
  'names are not sorted',
  'an empty series gets a name',
  'columns may have several lengths',
  'names may be empty',
  'a point at the end of each 4096 is lost',
  'the order of points is turned when continued',
  'two may write',
  'a writer is known to its own store alone',
  'what is written may be deleted',
  'a closed run stays taken',
  'a released run stays taken',
  'a closed store keeps its runs',
  'a released run is flushed',
  'a released run has ended',
  'all runs are being written',
  'a writer never ends',
  'a flush is in two parts',
  'a flush forgets what comes meanwhile',
  'an empty flush is none',
  'times are whole seconds',
  'any time is taken',
  'a continued run keeps its result',
  'a continued run counts events anew',
  'the position leaves out what is not flushed',
  'superseded events are removed',
  'superseded events are not marked',
  'superseded points stay',
  'superseding spares what is not flushed',
  'superseding leaves empty series',
  'any position is taken',
  'checkpoints are added',
  'checkpoints do not flush',
  'checkpoints do not come whole',
  'a deleted run leaves its events',
  'deleting takes all runs',
  'a run that is not there is made',
  'a folder is lost',
] as const
export type Fault = (typeof faults)[number]

/** What several stores at one place share. */
export interface MemoryPlace {
  readonly runs: Map<string, Kept>
}

interface Kept {
  run: StoredRun
  events: StoredEvent[]
  series: Map<string, Series>
  checkpoints: readonly StoredCheckpoint[]
  writer: MemoryWriter | undefined
}

const refuse = (what: string) => new RappelError('store', what)
const axes = ['steps', 'epochs', 'seconds', 'values'] as const

/** Points after each other. Only whole arrays are copied: numbers taken out one by one may lose the bits of a NaN. */
function joined(name: string, pieces: readonly Series[]): Series {
  const columns = axes.map((axis) => {
    const column = new Float64Array(pieces.reduce((sum, { values }) => sum + values.length, 0))
    let at = 0
    for (const piece of pieces) {
      column.set(piece[axis], at)
      at += piece[axis].length
    }
    return [axis, column] as const
  })
  return { name, ...(Object.fromEntries(columns) as Omit<Series, 'name'>) }
}

function part(series: Series, from: number, to?: number): Series {
  const columns = axes.map((axis) => [axis, series[axis].slice(from, to)] as const)
  return { name: series.name, ...(Object.fromEntries(columns) as Omit<Series, 'name'>) }
}

class MemoryWriter implements RunWriter {
  readonly id: string
  readonly owner: MemoryStore
  readonly #fault: (fault: Fault) => boolean
  readonly #kept: Kept
  #events: RecordedEvent[] = []
  #pieces: Series[] = []
  #ended = false

  constructor(owner: MemoryStore, id: string, kept: Kept, fault: (fault: Fault) => boolean) {
    this.owner = owner
    this.id = id
    this.#kept = kept
    this.#fault = fault
  }

  log(at: { step: number; epoch: number; seconds: number }, values: Readonly<Record<string, number>>) {
    const column = (value: number) => Float64Array.of(value)
    const [steps, epochs, seconds] = [column(at.step), column(at.epoch), column(at.seconds)]
    for (const [name, value] of Object.entries(values)) {
      this.logMany({ name, steps, epochs, seconds, values: column(value) })
    }
  }

  logMany(series: Series): void {
    this.#check()
    const { name, values } = series
    const uneven = axes.some((axis) => series[axis].length !== values.length)
    const empty = name === '' && !this.#fault('names may be empty')
    if (uneven && !this.#fault('columns may have several lengths')) throw new RappelError('usage', 'uneven')
    if (!name.isWellFormed() || name.includes('\0') || empty) throw new RappelError('usage', 'a name')
    if (values.length === 0 && !this.#fault('an empty series gets a name')) return
    this.#pieces.push(this.#fault('what is given is not copied') ? series : part(series, 0))
  }

  /** What is kept of a point's value. */
  #changed(values: Float64Array): Float64Array {
    if (this.#fault('NaN becomes null')) return values.map((value) => (Number.isNaN(value) ? 0 : value))
    if (this.#fault('NaN loses its bits')) return values.map((value) => (Number.isNaN(value) ? Number.NaN : value))
    return this.#fault('negative zero becomes zero') ? values.map((value) => value + 0) : values
  }

  event(event: RecordedEvent): void {
    this.#check()
    checkPlain(event, this.#fault('typed arrays are taken'))
    this.#events.push(this.#fault('events are not copied') ? event : structuredClone(event))
  }

  async flush(now: number): Promise<void> {
    this.#check()
    if (!Number.isFinite(now) && !this.#fault('any time is taken')) throw new RappelError('usage', 'a time')
    const nothing = this.#events.length === 0 && this.#pieces.length === 0
    if (nothing && this.#fault('an empty flush is none')) return
    const writtenAt = this.#fault('times are whole seconds') ? Math.floor(now / 1000) * 1000 : now
    this.#kept.run = { ...this.#kept.run, writtenAt }
    if (this.#fault('a flush is in two parts')) {
      this.move(350)
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    this.move()
    if (this.#fault('a flush forgets what comes meanwhile')) {
      await new Promise((resolve) => setTimeout(resolve, 0))
      this.#events = []
      this.#pieces = []
    }
  }

  move(pieces = this.#pieces.length): void {
    const { events, series } = this.#kept
    for (const event of this.#events.splice(0)) {
      const kept = this.#fault('events go through JSON') ? (JSON.parse(JSON.stringify(event)) as RecordedEvent) : event
      const index = events.length + (this.#fault('events are counted from 1') ? 1 : 0)
      events.push({ index, event: kept, superseded: false })
    }
    for (const [given, parts] of Map.groupBy(this.#pieces.splice(0, pieces), ({ name }) => name)) {
      const name = this.#fault('names know no case') ? given.toLowerCase() : given
      const before = series.get(name)
      const all = joined(name, before ? [before, ...parts] : parts)
      const whole = { ...all, values: this.#changed(all.values) }
      const lost = this.#fault('a point at the end of each 4096 is lost') && whole.values.length > 4095
      series.set(name, lost ? joined(name, [part(whole, 0, 4095), part(whole, 4096)]) : whole)
    }
  }

  position() {
    const late = !this.#fault('the position leaves out what is not flushed')
    const counts = new Map([...this.#kept.series].map(([name, { values }]) => [name, values.length] as const))
    const count = ({ name, values }: Series) => counts.set(name, (counts.get(name) ?? 0) + values.length)
    if (late) this.#pieces.forEach(count)
    return { events: this.#kept.events.length + (late ? this.#events.length : 0), points: Object.fromEntries(counts) }
  }

  async supersede(position: { events: number; points: Readonly<Record<string, number>> }, now: number): Promise<void> {
    this.#check()
    const here = this.position()
    const wanted = new Map(Object.entries(position.points))
    const has = new Map(Object.entries(here.points))
    const behind = position.events > here.events || [...wanted].some(([name, count]) => count > (has.get(name) ?? 0))
    if (behind && !this.#fault('any position is taken')) throw refuse('behind')
    const late = this.#fault('superseding spares what is not flushed')
    if (!late) await this.flush(now)
    const { events, series } = this.#kept
    if (this.#fault('superseded events are removed')) events.length = position.events
    else if (!this.#fault('superseded events are not marked')) {
      this.#kept.events = events.map((event) => ({
        ...event,
        superseded: event.superseded || event.index >= position.events,
      }))
    }
    for (const [name, points] of series) {
      const count = wanted.get(name) ?? 0
      if (this.#fault('superseded points stay')) continue
      if (count > 0 || this.#fault('superseding leaves empty series')) series.set(name, part(points, 0, count))
      else series.delete(name)
    }
    if (late) await this.flush(now)
  }

  async checkpoints(all: readonly StoredCheckpoint[], now: number): Promise<void> {
    this.#check()
    if (!this.#fault('checkpoints do not flush')) await this.flush(now)
    const kept = this.#fault('checkpoints do not come whole')
      ? all.map((each) => ({ ...each, epoch: each.epoch || 0 }))
      : all
    this.#kept.checkpoints = structuredClone(
      this.#fault('checkpoints are added') ? [...this.#kept.checkpoints, ...kept] : kept,
    )
  }

  async close(state: Exclude<StoredRun['state'], 'running'>, result: StoredRun['result'], now: number): Promise<void> {
    this.#check()
    checkPlain(result, false)
    await this.flush(now)
    const kept = result === undefined && this.#fault('no result is a null') ? null : result
    this.#kept.run = { ...this.#kept.run, state, ...(kept !== undefined && { result: structuredClone(kept) }) }
    if (!this.#fault('a closed run stays taken')) this.#kept.writer = undefined
    this.#ended = true
  }

  async release(): Promise<void> {
    if (this.#ended) return
    if (this.#fault('a released run is flushed')) await this.flush(this.#kept.run.writtenAt)
    if (this.#fault('a released run has ended')) this.#kept.run = { ...this.#kept.run, state: 'failed' }
    if (!this.#fault('a released run stays taken')) this.#kept.writer = undefined
    this.#ended = true
  }

  #check(): void {
    if (this.#ended && !this.#fault('a writer never ends')) throw refuse('ended')
  }
}

function checkPlain(value: unknown, lenient: boolean, around: readonly unknown[] = []): void {
  if (lenient && ArrayBuffer.isView(value)) return
  if (typeof value !== 'object' || value === null) {
    if (['string', 'number', 'boolean', 'undefined'].includes(typeof value) || value === null) return
    throw new RappelError('usage', 'not plain')
  }
  const plain = Array.isArray(value) ? !value.includes(undefined) : Object.getPrototypeOf(value) === Object.prototype
  if (!plain || around.includes(value)) throw new RappelError('usage', 'not plain')
  for (const inner of Object.values(value)) checkPlain(inner, lenient, [...around, value])
}

export class MemoryStore implements Store {
  readonly #place: MemoryPlace
  readonly #fault: (fault: Fault) => boolean
  readonly #open = new Set<MemoryWriter>()

  constructor(place: MemoryPlace, fault?: Fault) {
    this.#place = place
    this.#fault = (asked) => asked === fault
  }

  async createRun(run: NewRun): Promise<RunWriter> {
    checkPlain(run.facts, false)
    if (this.#place.runs.has(run.id) && !this.#fault('an id may be used twice')) throw refuse('there')
    const facts = this.#fault('facts go through JSON')
      ? (JSON.parse(JSON.stringify(run.facts)) as NewRun['facts'])
      : structuredClone(run.facts)
    const { folder, ...rest } = run
    const place = folder === undefined || this.#fault('a folder is lost') ? {} : { folder }
    const stored = { ...rest, ...place, facts, state: 'running', writing: true, writtenAt: run.startedAt } as const
    const old = this.#fault('a deleted run leaves its events') ? leftovers.get(this.#place) : undefined
    const kept: Kept = { run: stored, events: old ?? [], series: new Map(), checkpoints: [], writer: undefined }
    this.#place.runs.set(run.id, kept)
    return this.#writer(run.id, kept)
  }

  #writer(id: string, kept: Kept): MemoryWriter {
    const writer = new MemoryWriter(this, id, kept, this.#fault)
    kept.writer = writer
    this.#open.add(writer)
    return writer
  }

  #taken({ writer }: Kept): boolean {
    if (writer === undefined || this.#fault('two may write')) return false
    return writer.owner === this || !this.#fault('a writer is known to its own store alone')
  }

  async continueRun(id: string): Promise<RunWriter> {
    const kept = this.#place.runs.get(id)
    if (kept === undefined) {
      if (this.#fault('a run that is not there is made'))
        return this.createRun({ id, kind: '', name: '', startedAt: 0, facts: {} })
      throw refuse('none')
    }
    if (this.#taken(kept)) throw refuse('taken')
    const { result, ...run } = kept.run
    kept.run = { ...run, state: 'running', ...(this.#fault('a continued run keeps its result') && { result }) }
    if (this.#fault('the order of points is turned when continued'))
      for (const { values } of kept.series.values()) values.reverse()
    if (this.#fault('a continued run counts events anew')) kept.events = []
    return this.#writer(id, kept)
  }

  async runs(): Promise<readonly StoredRun[]> {
    const runs = [...this.#place.runs.values()].map((kept) => this.#told(kept))
    return this.#fault('runs are in the order of making') ? runs : runs.sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  #told(kept: Kept): StoredRun {
    return { ...kept.run, writing: kept.writer !== undefined || this.#fault('all runs are being written') }
  }

  async run(id: string): Promise<StoredRun | undefined> {
    const kept = this.#place.runs.get(id)
    return kept && this.#told(kept)
  }

  async deleteRun(id: string): Promise<void> {
    const kept = this.#place.runs.get(id)
    if (kept === undefined) throw refuse('none')
    if (this.#taken(kept) && !this.#fault('what is written may be deleted')) throw refuse('taken')
    leftovers.set(this.#place, kept.events)
    if (this.#fault('deleting takes all runs')) this.#place.runs.clear()
    this.#place.runs.delete(id)
  }

  /** A run as it is to be read. */
  #read(id: string): Kept | undefined {
    const kept = this.#place.runs.get(id)
    if (this.#fault('what is not flushed is seen')) kept?.writer?.move()
    return kept
  }

  async events(id: string, from = 0): Promise<readonly StoredEvent[]> {
    const events = this.#read(id)?.events ?? []
    return events.slice(this.#fault('events are always given from the first') ? 0 : from)
  }

  async seriesNames(id: string): Promise<readonly string[]> {
    const names = [...(this.#read(id)?.series.keys() ?? [])]
    return this.#fault('names are not sorted') ? names : names.sort()
  }

  async series(id: string, given: string, from = 0): Promise<Series | undefined> {
    const name = this.#fault('names know no case') ? given.toLowerCase() : given
    const all = this.#read(id)?.series.get(name)
    if (all === undefined) return undefined
    const late = this.#fault('a series begins one late') ? 1 : 0
    return { ...part(all, this.#fault('series are always given from the first') ? 0 : from + late), name: given }
  }

  async storedCheckpoints(id: string): Promise<readonly StoredCheckpoint[]> {
    return this.#place.runs.get(id)?.checkpoints ?? []
  }

  async close(): Promise<void> {
    if (!this.#fault('a closed store keeps its runs')) for (const writer of this.#open) await writer.release()
  }
}

/** Events of the run that was deleted last. */
const leftovers = new WeakMap<MemoryPlace, StoredEvent[]>()
