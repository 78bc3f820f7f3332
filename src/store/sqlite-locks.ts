/**
 * @file Proofs of life of SQLite writers. A writer holds an exclusive transaction on a small file of its own beside the store,
 * `runs.sqlite-writer-7`. It is a lock of the operating system: it goes with the process, on SIGKILL too, so that a run can be taken
 * over at once; it cannot be mistaken for that of a later process with the same number, as a written-down process number can; and it
 * works on every system on which SQLite does. Numbers are never given twice, so that a file can be removed without a race.
 */
import { rmSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import type { WriterLocks } from './backing.ts'
import { sqlite } from './node-sqlite.ts'
import { isBusy, isMissing } from './sqlite-error.ts'

/** @param store path of the store's file */
export function sqliteLocks(store: string): WriterLocks {
  const own = new Map<number, DatabaseSync>()
  const fileOf = (number: number) => `${store}-writer-${number}`
  return {
    hold(number) {
      // A transaction that was rolled back gave the number back, and gets it again.
      if (own.has(number)) return true
      const file = new (sqlite().DatabaseSync)(fileOf(number))
      try {
        // Nothing is ever written to it: it needs no journal beside it.
        file.exec('pragma journal_mode = memory; begin exclusive')
        own.set(number, file)
        return true
      } catch (error) {
        file.close()
        if (isBusy(error)) return false
        throw error
      }
    },
    held: (number) => own.has(number) || isLocked(fileOf(number)),
    forget: (number) => rmSync(fileOf(number), { force: true }),
    release() {
      for (const [number, file] of own) {
        file.close()
        rmSync(fileOf(number), { force: true })
      }
      own.clear()
    },
  }
}

/** Locks within one process, for a store in memory. */
export function memoryLocks(): WriterLocks {
  const own = new Set<number>()
  return {
    hold: (number) => own.add(number) !== undefined,
    held: (number) => own.has(number),
    forget: () => undefined,
    release: () => own.clear(),
  }
}

/** A file that cannot be read for another reason (another user's) counts as locked: nobody takes over what may be alive. */
function isLocked(path: string): boolean {
  let file: DatabaseSync | undefined
  try {
    file = new (sqlite().DatabaseSync)(path, { readOnly: true })
    file.exec('select 1 from sqlite_schema')
    return false
  } catch (error) {
    return !isMissing(path, error)
  } finally {
    file?.close()
  }
}
