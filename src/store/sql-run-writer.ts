/** @file Writes one run into an SQL database: remembers what is logged, and writes it a transaction at a time. */
import type { Transaction, Updateable } from 'kysely'
import { checkInteger, checkRange, RappelError, show, usageError } from '../base/errors.ts'
import type { Backing } from './backing.ts'
import { toText } from './plain.ts'
import { SeriesBuffer } from './series-buffer.ts'
import { cutSeries, putChunk, seriesBuffers } from './sql-series.ts'
import type {
  At,
  Plain,
  RecordedEvent,
  RecordPosition,
  RunState,
  RunWriter,
  Series,
  StoredCheckpoint,
} from './store.ts'
import type { Tables } from './tables.ts'

/** What a writer begins with: a new run has no events and no series. */
interface Begin {
  readonly id: string
  /** The run's number. */
  readonly run: number
  /** The writer's: each write makes sure that the run is still its own. */
  readonly writer: number
  readonly events?: number
  readonly series?: Map<string, SeriesBuffer>
}

type Change<T> = (db: Transaction<Tables>) => Promise<T>

export class SqlRunWriter implements RunWriter {
  readonly id: string
  /** Called when the run is let go. */
  whenLeft: () => void = () => undefined
  readonly #backing: Backing
  readonly #run: number
  readonly #writer: number
  #series: Map<string, SeriesBuffer>
  /** Events in the store. */
  #stored: number
  /** Those that are not, as text: what is logged does not change when the caller changes it later. */
  #events: string[] = []
  #left = false
  /** What nothing may be logged during, in words. */
  #during: 'taken back' | 'closed' | undefined
  /** The last of what is to be written: one thing after another. */
  #queue: Promise<unknown> = Promise.resolve()

  constructor(backing: Backing, { id, run, writer, events = 0, series = new Map<string, SeriesBuffer>() }: Begin) {
    this.id = id
    this.#backing = backing
    this.#run = run
    this.#writer = writer
    this.#stored = events
    this.#series = series
  }

  log({ step, epoch, seconds }: At, values: Readonly<Record<string, number>>): void {
    this.#checkOpen()
    for (const name of Object.keys(values)) {
      const value = values[name]
      if (typeof value !== 'number') throw usageError(`the value of '${name}' is ${show(value)}, expected a number`)
      this.#buffer(name).push(step, epoch, seconds, value)
    }
  }

  logMany(series: Series): void {
    this.#checkOpen()
    const { steps, epochs, seconds, values } = series
    const lengths = [steps, epochs, seconds, values].map((column) => column.length)
    if (lengths.some((length) => length !== values.length)) {
      throw usageError(`series '${series.name}' has columns of ${lengths.join(', ')} numbers, expected one length`)
    }
    if (values.length > 0) this.#buffer(series.name).pushMany(series)
  }

  event(event: RecordedEvent): void {
    this.#checkOpen()
    this.#events.push(toText(event, `the event ${show(event.type)}`))
  }

  async flush(now: number): Promise<void> {
    await this.#write(now)
  }

  position(): RecordPosition {
    const points = Object.fromEntries([...this.#series].map(([name, buffer]) => [name, buffer.points]))
    return { events: this.#stored + this.#events.length, points }
  }

  async supersede(position: RecordPosition, now: number): Promise<void> {
    this.#checkWithin(position)
    // What is pending goes in as well: points are taken out again, events stay, marked.
    const series = await this.#alone('taken back', now, async (db) => {
      const run = this.#run
      await db
        .updateTable('events')
        .set({ superseded: 1 })
        .where('run', '=', run)
        .where('number', '>=', position.events)
        .execute()
      for (const [name, { points }] of this.#series) {
        const kept = pointsOf(position, name)
        if (kept < points) await cutSeries(db, run, name, kept)
      }
      return seriesBuffers(db, run)
    })
    if (series !== undefined) this.#series = series
  }

  async checkpoints(all: readonly StoredCheckpoint[], now: number): Promise<void> {
    const run = this.#run
    const rows = all.map((checkpoint, number) => ({
      run,
      number,
      checkpoint: toText(checkpoint as unknown as Plain, 'the checkpoint'),
    }))
    await this.#write(now, async (db) => {
      await db.deleteFrom('checkpoints').where('run', '=', run).execute()
      for (const row of rows) await db.insertInto('checkpoints').values(row).execute()
    })
  }

  async close(state: Exclude<RunState, 'running'>, result: Plain | undefined, now: number): Promise<void> {
    const text = result === undefined ? null : toText(result, 'the result')
    await this.#alone('closed', now, (db) => this.#update(db, { state, result: text, writer: null }))
    await this.leave()
  }

  async release(): Promise<void> {
    if (this.#left) return
    await this.leave()
    await this.#backing.write((db) => this.#update(db, { writer: null }))
  }

  /** Writes no more, once what has been begun is done. */
  async leave(): Promise<void> {
    this.#left = true
    this.whenLeft()
    await this.#queue
  }

  #buffer(name: string): SeriesBuffer {
    let buffer = this.#series.get(name)
    if (buffer === undefined) {
      checkName('the name of a series', name)
      buffer = new SeriesBuffer()
      this.#series.set(name, buffer)
    }
    return buffer
  }

  /** All that is pending and a change, in one transaction: when it fails, all of it is still pending. */
  async #write<T>(now: number, change?: Change<T>): Promise<T | undefined> {
    this.#checkOpen()
    checkTime(now)
    const turn = this.#queue.then(async () => {
      const events = this.#events.slice()
      const pending = [...this.#series].map(([name, buffer]) => ({ name, buffer, chunks: buffer.pending() }))
      const result = await this.#backing.write(async (db) => {
        // First of all, so that nobody else writes from here on.
        await this.#update(db, { written_at: now })
        const run = this.#run
        for (const [i, event] of events.entries()) {
          await db
            .insertInto('events')
            .values({ run, number: this.#stored + i, event, superseded: 0 })
            .execute()
        }
        for (const { name, chunks } of pending) for (const chunk of chunks) await putChunk(db, run, name, chunk)
        return change?.(db)
      })
      this.#events.splice(0, events.length)
      this.#stored += events.length
      for (const { buffer, chunks } of pending) buffer.stored(chunks)
      return result
    })
    this.#queue = turn.catch(() => undefined)
    return turn
  }

  /** The same, while nothing may be logged. */
  async #alone<T>(during: 'taken back' | 'closed', now: number, change: Change<T>): Promise<T | undefined> {
    this.#checkOpen()
    const done = this.#write(now, change)
    this.#during = during
    try {
      return await done
    } finally {
      this.#during = undefined
    }
  }

  /** @throws RappelError 'store' when the run is no longer this writer's */
  async #update(db: Transaction<Tables>, change: Updateable<Tables['runs']>): Promise<void> {
    const { numUpdatedRows } = await db
      .updateTable('runs')
      .set(change)
      .where('number', '=', this.#run)
      .where('writer', '=', this.#writer)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 1n) return
    throw new RappelError('store', `run ${show(this.id)} has been deleted, or is written by another process now`)
  }

  /** @throws RappelError 'store' when the position lies behind what there is */
  #checkWithin(position: RecordPosition): void {
    const here = this.position()
    const check = (what: string, wanted: number, has: number) => {
      if (checkInteger(`the position's number of ${what}`, wanted) <= has) return
      throw new RappelError('store', `run ${show(this.id)} has ${has} ${what}, fewer than the position's ${wanted}`)
    }
    check('events', position.events, here.events)
    for (const name of Object.keys(position.points)) {
      check(`points of '${name}'`, pointsOf(position, name), pointsOf(here, name))
    }
  }

  #checkOpen(): void {
    if (this.#left) throw new RappelError('store', `run ${show(this.id)} is written no more`, 'continue it to go on')
    if (this.#during) throw usageError(`run ${show(this.id)} is just being ${this.#during}`, 'await that first')
  }
}

/** A series may be called 'constructor'. */
function pointsOf({ points }: RecordPosition, name: string): number {
  return Object.hasOwn(points, name) ? points[name] : 0
}

/** @throws RappelError 'usage': SQL databases cannot keep every string that JavaScript can */
export function checkName(what: string, name: string): void {
  if (typeof name === 'string' && name !== '' && name.isWellFormed() && !name.includes('\0')) return
  throw usageError(`${what} is ${show(name)}, expected text without half characters and zeros`)
}

/** @param time milliseconds since 1970 */
export function checkTime(time: number): void {
  checkRange('the time', time, {})
}
