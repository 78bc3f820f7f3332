/** @file Where the record of a project lies when nobody says otherwise. */
import { join } from 'node:path'

/**
 * The file of the store.
 *
 * @param given by `--store` or in a program; default: what RAPPEL_STORE names, else `.rappel/runs.sqlite` in the working folder
 */
export function storePath(given?: string): string {
  return given ?? (process.env.RAPPEL_STORE || join('.rappel', 'runs.sqlite'))
}
