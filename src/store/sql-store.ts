/** @file The store on an SQL database. What differs between databases stands behind `Backing`. */
import type { Selectable, Transaction } from 'kysely'
import { checkInteger, RappelError, show } from '../base/errors.ts'
import type { Backing } from './backing.ts'
import { decodeChunk, emptyColumns } from './chunks.ts'
import { fromText, toText } from './plain.ts'
import { checkName, checkTime, SqlRunWriter } from './sql-run-writer.ts'
import { seriesBuffers } from './sql-series.ts'
import type { NewRun, RunWriter, Series, Store, StoredCheckpoint, StoredEvent, StoredRun } from './store.ts'
import type { Tables } from './tables.ts'

export class SqlStore implements Store {
  readonly #backing: Backing
  /** This store's number among the writers: it gets one when it first writes. */
  #number: Promise<number> | undefined
  readonly #open = new Set<SqlRunWriter>()
  #closed = false

  constructor(backing: Backing) {
    this.#backing = backing
  }

  async createRun(run: NewRun): Promise<RunWriter> {
    checkName('the id of a run', run.id)
    checkTime(run.startedAt)
    const facts = toText(run.facts, 'facts')
    const { id, kind, name, folder = null, startedAt } = run
    const times = { started_at: startedAt, written_at: startedAt }
    const made = await this.#write(async (db, writer) => {
      const row = await db
        .insertInto('runs')
        .values({ id, kind, name, folder, facts, state: 'running', result: null, writer, ...times })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .returning('number')
        .executeTakeFirst()
      if (row === undefined) throw new RappelError('store', `there is a run ${show(id)} already`, 'choose another id')
      return new SqlRunWriter(this.#backing, { id, run: row.number, writer })
    })
    return this.#opened(made)
  }

  async continueRun(id: string): Promise<RunWriter> {
    const continued = await this.#write(async (db, writer) => {
      const run = (await claim(db, id, writer, this.#backing)).number
      await db.updateTable('runs').set({ state: 'running', result: null }).where('number', '=', run).execute()
      const events = await db
        .selectFrom('events')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('run', '=', run)
        .executeTakeFirstOrThrow()
      const series = await seriesBuffers(db, run)
      return new SqlRunWriter(this.#backing, { id, run, writer, events: Number(events.count), series })
    })
    return this.#opened(continued)
  }

  async runs(brief = false): Promise<readonly StoredRun[]> {
    const rows = await this.#read((db) => {
      const all = db.selectFrom('runs').orderBy('id')
      if (!brief) return all.selectAll().execute()
      const light = ['number', 'id', 'kind', 'name', 'started_at', 'folder', 'state', 'written_at', 'writer'] as const
      return all
        .select(light)
        .select(({ val }) => [val('{}').as('facts'), val<string | null>(null).as('result')])
        .execute()
    })
    return rows.map((row) => this.#storedRun(row))
  }

  async run(id: string): Promise<StoredRun | undefined> {
    const row = await this.#read((db) => db.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirst())
    return row && this.#storedRun(row)
  }

  async deleteRun(id: string): Promise<void> {
    await this.#write(async (db, writer) => {
      const { number } = await claim(db, id, writer, this.#backing)
      await db.deleteFrom('runs').where('number', '=', number).execute()
    })
  }

  async events(id: string, from = 0, brief?: string): Promise<readonly StoredEvent[]> {
    // The type stands first in what is written here; where it does not, the whole is given.
    const begin = `{"type":${JSON.stringify(brief)},`
    const rows = await this.#read((db) =>
      db
        .selectFrom('events')
        .innerJoin('runs', 'runs.number', 'events.run')
        .select(({ eb, fn, val }) => {
          const isBrief = eb(fn<string>('substr', ['events.event', val(1), val(begin.length)]), '=', begin)
          const short = eb
            .case()
            .when(isBrief)
            .then(`${begin.slice(0, -1)}}`)
            .else(eb.ref('events.event'))
            .end()
          return [
            'events.number',
            (brief === undefined ? eb.ref('events.event') : short).as('event'),
            'events.superseded',
          ]
        })
        .where('runs.id', '=', id)
        .where('events.number', '>=', checkInteger('from', from))
        .orderBy('events.number')
        .execute(),
    )
    return rows.map(({ number, event, superseded }) => ({
      index: number,
      event: fromText(event) as StoredEvent['event'],
      superseded: superseded !== 0,
    }))
  }

  async seriesNames(id: string): Promise<readonly string[]> {
    const rows = await this.#read((db) =>
      db
        .selectFrom('chunks')
        .innerJoin('runs', 'runs.number', 'chunks.run')
        .select('chunks.name')
        .where('runs.id', '=', id)
        .where('chunks.first', '=', 0)
        .orderBy('chunks.name')
        .execute(),
    )
    return rows.map(({ name }) => name)
  }

  async series(id: string, name: string, from = 0): Promise<Series | undefined> {
    checkInteger('from', from)
    // One query, so that it sees one state of a series that is being written. The first chunk tells that there is one at all.
    const rows = await this.#read((db) =>
      db
        .selectFrom('chunks')
        .innerJoin('runs', 'runs.number', 'chunks.run')
        .select(({ eb, ref }) => {
          const wanted = eb(eb('chunks.first', '+', ref('chunks.points')), '>', from)
          const data = eb.case().when(wanted).then(ref('chunks.data')).else(null).end()
          return ['chunks.first', 'chunks.points', data.as('data')]
        })
        .where('runs.id', '=', id)
        .where('chunks.name', '=', name)
        .where(({ eb, or, ref }) =>
          or([eb('chunks.first', '=', 0), eb(eb('chunks.first', '+', ref('chunks.points')), '>', from)]),
        )
        .orderBy('chunks.first')
        .execute(),
    )
    const end = rows.at(-1)
    if (end === undefined) return undefined
    const columns = emptyColumns(Math.max(0, end.first + end.points - from))
    for (const { first, data } of rows) if (data !== null) decodeChunk(data, columns, first - from)
    return { name, ...columns }
  }

  async storedCheckpoints(id: string): Promise<readonly StoredCheckpoint[]> {
    const rows = await this.#read((db) =>
      db
        .selectFrom('checkpoints')
        .innerJoin('runs', 'runs.number', 'checkpoints.run')
        .select('checkpoints.checkpoint')
        .where('runs.id', '=', id)
        .orderBy('checkpoints.number')
        .execute(),
    )
    return rows.map(({ checkpoint }) => fromText(checkpoint) as unknown as StoredCheckpoint)
  }

  /** Nothing is written here, so that it works with the disk full: a run whose writer's lock is free has no writer. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const writer of this.#open) await writer.leave()
    this.#backing.locks.release()
    await this.#backing.close()
  }

  #read: Backing['read'] = (work) => {
    if (this.#closed) throw closed()
    return this.#backing.read(work)
  }

  /** One transaction of work that needs the number of a writer. */
  async #write<T>(work: (db: Transaction<Tables>, writer: number) => Promise<T>): Promise<T> {
    if (this.#closed) throw closed()
    this.#number ??= this.#backing.write((db) => register(db, this.#backing))
    const writer = await this.#number.catch((error: unknown) => {
      this.#number = undefined // Not once and for all: there may be room later.
      throw error
    })
    return this.#backing.write((db) => work(db, writer))
  }

  #opened(writer: SqlRunWriter): SqlRunWriter {
    this.#open.add(writer)
    writer.whenLeft = () => this.#open.delete(writer)
    return writer
  }

  #storedRun(row: Selectable<Tables['runs']>): StoredRun {
    return {
      id: row.id,
      kind: row.kind,
      name: row.name,
      startedAt: row.started_at,
      ...(row.folder !== null && { folder: row.folder }),
      facts: fromText(row.facts) as StoredRun['facts'],
      state: row.state,
      writing: row.writer !== null && this.#backing.locks.held(row.writer),
      writtenAt: row.written_at,
      ...(row.result !== null && { result: fromText(row.result) }),
    }
  }
}

function closed(): RappelError {
  return new RappelError('store', 'the store is closed', 'open it again')
}

/** A new number among the writers, its lock held before anybody can see it. What dead ones left is cleared away. */
async function register(db: Transaction<Tables>, { locks }: Backing): Promise<number> {
  for (;;) {
    const { number } = await db.insertInto('writers').defaultValues().returning('number').executeTakeFirstOrThrow()
    if (!locks.hold(number)) continue
    for (const other of await db.selectFrom('writers').select('number').execute()) {
      if (other.number === number || locks.held(other.number)) continue
      await db.deleteFrom('writers').where('number', '=', other.number).execute()
      locks.forget(other.number)
    }
    return number
  }
}

/** Makes the run this writer's, unless a living one has it. @throws RappelError 'store' when there is none, or it has a writer */
async function claim(db: Transaction<Tables>, id: string, writer: number, { locks }: Backing) {
  const run = await db.selectFrom('runs').select(['number', 'writer']).where('id', '=', id).executeTakeFirst()
  if (run === undefined)
    throw new RappelError('store', `there is no run ${show(id)}`, 'rappel runs lists those there are')
  if (run.writer !== null && locks.held(run.writer)) {
    throw new RappelError('store', `run ${show(id)} is being written`, 'wait until it has ended, or stop it')
  }
  await db.updateTable('runs').set({ writer }).where('number', '=', run.number).execute()
  return run
}
