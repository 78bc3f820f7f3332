/** @file A run to be resumed: finding it in the record, and what it was begun with. */
import { existsSync } from 'node:fs'
import { isAbsolute, relative, resolve } from 'node:path'
import { RappelError, suggestion, usageError } from '../base/errors.ts'
import { storePath } from '../store/place.ts'
import type { Plain, StoredRun } from '../store/store.ts'
import { type Found, newestReadable } from './checkpoint-files.ts'
import { openStore } from './open-store.ts'
import type { TrainRequest } from './protocol.ts'

export interface KeptRun {
  readonly id: string
  readonly folder: string
  /** That of the request, or the run's own; undefined for the built-in demo. */
  readonly configFile: string | undefined
  readonly seed: number | undefined
  /** As they were asked for; undefined where the size of the net decided. */
  readonly threads: number | undefined
  /** Undefined where the run was ended before its first checkpoint. */
  readonly found: Found | undefined
}

/**
 * @param name an id, the run's folder, or 'last'
 * @throws RappelError 'usage' when there is no such run; 'store' when none of its checkpoints can be read
 */
export async function findKeptRun(name: string, { store, configFile: given }: TrainRequest): Promise<KeptRun> {
  const path = storePath(store)
  if (!existsSync(path))
    throw usageError(`there is no run to resume: ${path} does not exist`, 'name the record with --store')
  const opened = openStore(path)
  try {
    const runs = (await opened.runs()).filter(({ kind, folder }) => ['train', 'demo'].includes(kind) && folder)
    const run =
      name === 'last' ? runs.at(-1) : runs.findLast(({ id, folder }) => id === name || folder === resolve(name))
    if (run === undefined) throw noRun(name, runs)
    const folder = shown(run.folder as string)
    const checkpoints = await opened.storedCheckpoints(run.id)
    // Of a run that was ended before its first, nothing may be left but the record.
    if (checkpoints.length > 0 && !existsSync(folder))
      throw new RappelError('store', `the folder ${folder} of run ${run.id} is gone, and its checkpoints with it`)
    const { configuration, seed, environment } = run.facts
    const configFile = given ?? (run.kind === 'demo' ? undefined : (configuration as string))
    if (configFile !== undefined && !existsSync(configFile))
      throw usageError(`the configuration ${configFile} of run ${run.id} is gone`, 'name it with --config')
    const { threads } = (environment ?? {}) as { readonly [name: string]: Plain | undefined }
    return {
      id: run.id,
      folder,
      configFile,
      seed: (seed as number | null) ?? undefined,
      threads: (threads as number | null) ?? undefined,
      found: newestReadable(folder, checkpoints),
    }
  } finally {
    await opened.close()
  }
}

/** A folder as a person would write it here. */
function shown(folder: string): string {
  const path = relative('.', folder)
  return path === '' || path.startsWith('..') || isAbsolute(path) ? folder : path
}

function noRun(name: string, runs: readonly StoredRun[]): RappelError {
  if (runs.length === 0) return usageError('there is no run to resume', 'train first: rappel train')
  return usageError(`there is no run '${name}'`, suggestion(name, [...runs.map(({ id }) => id), 'last']))
}
