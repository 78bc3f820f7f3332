/** @file Opening the store that a command was told. */
import { RappelError } from '../base/errors.ts'
import { type SqliteOptions, sqliteStore } from '../store/sqlite.ts'
import type { Store } from '../store/store.ts'

/** @throws RappelError 'usage' when it is none, or cannot be opened: the path is input, and is bad */
export function openStore(path: string, options?: SqliteOptions): Store {
  try {
    return sqliteStore(path, options)
  } catch (error) {
    if (!(error instanceof RappelError)) throw error
    throw new RappelError('usage', error.message, error.hint, { cause: error })
  }
}
