/** @file What SQLite's errors mean and what to do about them. Codes: https://www.sqlite.org/rescode.html */
import { existsSync } from 'node:fs'
import { RappelError } from '../base/errors.ts'

/** The primary code is the low byte of the extended one. */
function codeOf(error: unknown): number | undefined {
  const { errcode } = error as { errcode?: unknown }
  return typeof errcode === 'number' ? errcode & 0xff : undefined
}

const busy = 5
const cannotOpen = 14

/** Another connection holds a lock that is needed. */
export function isBusy(error: unknown): boolean {
  return codeOf(error) === busy
}

/** It could not be opened because there is none. */
export function isMissing(path: string, error: unknown): boolean {
  return codeOf(error) === cannotOpen && !existsSync(path)
}

const remedies: Record<number, readonly [what: string, remedy: string]> = {
  [busy]: [
    'is kept busy by another process',
    'try again; rappel writes for milliseconds at a time, another program may hold it open',
  ],
  8: ['cannot be written: it is read-only', 'change its permissions, or name another store'],
  10: ['cannot be read or written: the disk failed', 'look at the disk; what was not written is kept for the next try'],
  11: ['is damaged', 'keep a copy; `sqlite3 FILE .recover` saves what can be saved'],
  13: ['cannot be written: the disk is full', 'make room; what was not written is kept for the next try'],
  [cannotOpen]: ['cannot be opened', 'look whether it is a file that you may read and write'],
  23: ['may not be read', 'change its permissions, or name another store'],
  26: ['is no store: it is no SQLite file', 'name another file'],
}

/** An error of SQLite as one that a person can act on; others as they are. */
export function storeError(path: string, error: unknown): unknown {
  const code = codeOf(error)
  if (code === undefined) return error
  const [what, remedy] = remedies[code] ?? ['cannot be used', undefined]
  return new RappelError('store', `${path} ${what} (${(error as Error).message})`, remedy, { cause: error })
}
