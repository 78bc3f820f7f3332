/** @file Making folders, and writing files whole or not at all. */
import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { RappelError } from '../base/errors.ts'

/** Ending of a file while it is written. */
export const partEnding = '.part'

/**
 * Writes beside the place and renames: whoever reads sees the old file or the new one, never a half.
 *
 * @throws RappelError 'usage' that names the path, when it cannot be written
 */
export function writeWhole(path: string, content: string | Uint8Array): void {
  const temporary = `${path}.${process.pid}${partEnding}`
  let begun = false
  try {
    makeFolder(dirname(path))
    begun = true
    writeFileSync(temporary, content)
    renameSync(temporary, path)
  } catch (error) {
    if (begun) rmSync(temporary, { force: true })
    throw new RappelError('usage', `${path} cannot be written: ${(error as Error).message}`, 'choose another place', {
      cause: error,
    })
  }
}

/**
 * Makes a folder and those around it. (Node's `recursive` never ends where a file system says ENOENT to every mkdir: /proc.)
 *
 * @returns the outermost folder that was made, undefined when all were there
 */
export function makeFolder(path: string): string | undefined {
  try {
    return makeOne(path) ? path : undefined
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
  const outermost = makeFolder(dirname(path))
  return makeOne(path) ? (outermost ?? path) : outermost
}

/** @returns false when the folder is there already */
function makeOne(path: string): boolean {
  try {
    mkdirSync(path)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST' && statSync(path).isDirectory()) return false
    throw error
  }
}

/** The system's name of an error: 'ENOENT'. */
export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}
