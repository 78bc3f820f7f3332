/**
 * @file The store in a file: SQLite, as it is built into Node.
 *
 * The file is in WAL mode: readers see the last whole transaction and never wait, one transaction is written at a time. Each is on the
 * disk when `flush` is done (`synchronous = full`): the index of checkpoints must not forget a file for which an older one was removed.
 * Nothing waits inside SQLite, because that would stop the training, and, where two stores of one process write, for ever: a busy
 * database is tried again.
 */
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { Kysely, SqliteDialect } from 'kysely'
import { RappelError } from '../base/errors.ts'
import type { Backing } from './backing.ts'
import { makeFolder } from './files.ts'
import { kyselyDatabase, sqlite } from './node-sqlite.ts'
import { SqlStore } from './sql-store.ts'
import { isBusy, storeError } from './sqlite-error.ts'
import { memoryLocks, sqliteLocks } from './sqlite-locks.ts'
import { checkPresent, migrate, versionOf } from './sqlite-schema.ts'
import type { Store } from './store.ts'
import type { Tables } from './tables.ts'

export interface SqliteOptions {
  /** Only to look: nothing is made, and writing is refused. Default false. */
  readonly readOnly?: boolean
  /** Bytes to which the file may grow; beyond, it is as if the disk were full. Default: no limit. */
  readonly maxBytes?: number
}

const inMemory = ':memory:'
/** Milliseconds that opening waits for another process. */
const openingPatience = 10_000
/** Milliseconds between tries on a busy database: growing, 10 s in all. */
const pauses = [1, 2, 5, 10, 20, ...Array.from({ length: 199 }, () => 50)]

/**
 * Opens a store, or makes a new one and the folders around it.
 *
 * @param path of the file; ':memory:' for one that ends with the process. Beside it lie `-wal` and `-shm` while it is open, and a small
 *   lock file for each process that writes. It must lie on a disk of this machine: WAL does not work over a network
 * @throws RappelError 'store' when it cannot be opened, is no store, is damaged, or was made by a newer version
 */
export function sqliteStore(path: string, options: SqliteOptions = {}): Store {
  try {
    const database = path === inMemory ? open(path, options) : openFile(path, options)
    const locks = path === inMemory ? memoryLocks() : sqliteLocks(path)
    return new SqlStore(sqliteBacking(path, database, locks))
  } catch (error) {
    if (error instanceof RappelError) throw error
    const system = (error as { errcode?: unknown }).errcode === undefined
    if (!system) throw storeError(path, error)
    const message = `${path} cannot be opened: ${(error as Error).message}`
    throw new RappelError('store', message, 'name a file in a folder that can be written', { cause: error })
  }
}

function openFile(path: string, options: SqliteOptions): DatabaseSync {
  if (options.readOnly && !existsSync(path)) throw new RappelError('store', `there is no store ${path}`)
  if (!options.readOnly) makeFolder(dirname(path))
  return open(path, options)
}

function open(path: string, { readOnly = false, maxBytes }: SqliteOptions): DatabaseSync {
  const database = new (sqlite().DatabaseSync)(path, { readOnly, timeout: openingPatience })
  try {
    if (readOnly) checkPresent(database, path)
    else prepare(database, path)
    if (maxBytes !== undefined) database.exec(`pragma max_page_count = ${Math.max(1, Math.floor(maxBytes / 4096))}`)
    database.exec('pragma busy_timeout = 0')
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function prepare(database: DatabaseSync, path: string): void {
  // Looks first: another program's file is left as it is.
  versionOf(database, path)
  // After a burst (an import) the log is cut down to this again.
  database.exec(`pragma synchronous = full; pragma journal_size_limit = ${64 * 2 ** 20}`)
  for (let tries = 0; ; tries++) {
    try {
      database.exec('pragma journal_mode = wal')
      break
    } catch (error) {
      // SQLite does not wait here when two processes make a store at the same moment.
      if (!isBusy(error) || tries === pauses.length) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauses[tries])
    }
  }
  migrate(database, path)
}

function sqliteBacking(path: string, database: DatabaseSync, locks: Backing['locks']): Backing {
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: kyselyDatabase(database) }) })
  const patiently = async <T>(work: () => Promise<T>): Promise<T> => {
    for (let tries = 0; ; tries++) {
      try {
        return await work()
      } catch (error) {
        if (!isBusy(error) || tries === pauses.length) throw storeError(path, error)
        await new Promise((resolve) => setTimeout(resolve, pauses[tries]))
      }
    }
  }
  return {
    locks,
    read: (work) => patiently(() => work(db)),
    write: (work) => patiently(() => db.transaction().execute(work)),
    close: async () => database.close(),
  }
}
