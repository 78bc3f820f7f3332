/** @file The store that a command reads, and the runs that its words name. */
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { nearest, type RappelError, usageError } from '../base/errors.ts'
import { storePath } from '../store/place.ts'
import type { SqliteOptions } from '../store/sqlite.ts'
import type { Store, StoredRun } from '../store/store.ts'
import type { Flags } from './arguments.ts'
import { openStore } from './open-store.ts'

/** Which command to type when there is nothing. */
export const howToBegin = 'train first: rappel demo, or rappel init my-project and then rappel train in it'

/**
 * Works with the store of `--store`, and closes it.
 *
 * @returns undefined where nothing has been recorded yet and no store was named
 * @throws RappelError 'usage' when a store was named and is not there
 */
export async function withStore<T>(
  flags: Flags,
  options: SqliteOptions,
  work: (store: Store) => Promise<T>,
): Promise<T | undefined> {
  const path = storeOf(flags)
  if (!existsSync(path)) {
    if (flags.store === undefined) return undefined
    throw usageError(`there is no store ${path}`, 'name the file with --store; without it, it is .rappel/runs.sqlite')
  }
  const store = openStore(path, options)
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

/** Path of the store that a command means. */
export function storeOf(flags: Flags): string {
  return storePath(flags.store as string | undefined)
}

/** What to say where there is nothing to show. */
export function nothingRecorded(flags: Flags): RappelError {
  return usageError(`no runs are recorded in ${storeOf(flags)}`, howToBegin)
}

/**
 * The runs that are named, by their ids, their folders, or 'last'; each once, in the order given.
 *
 * @throws RappelError 'usage' with the nearest that there is
 */
export async function findRuns(store: Store, names: readonly string[], flags: Flags): Promise<StoredRun[]> {
  const runs = await store.runs()
  if (runs.length === 0) throw nothingRecorded(flags)
  const found = names.map((name) => {
    const run =
      name === 'last'
        ? runs.at(-1)
        : (runs.find(({ id }) => id === name) ?? runs.find(({ id }) => id === basename(name)))
    if (run !== undefined) return run
    const near = nearest(
      name,
      runs.map(({ id }) => id),
    )
    throw usageError(
      `there is no run '${name}'`,
      near === undefined ? 'rappel runs lists them' : `did you mean '${near}'?`,
    )
  })
  return [...new Set(found)]
}
