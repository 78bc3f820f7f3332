/** @file Making folders, and writing files whole or not at all. */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Ending of a file while it is written. */
export const partEnding = '.part'

/**
 * Writes beside the place and renames: whoever reads sees the old file or the new one, never a half. Folders are made.
 *
 * @param content one piece, or several that follow each other
 * @param durable whether it is on the disk when this returns, so that it outlives a loss of power too
 * @throws the system's error
 */
export function replaceFile(path: string, content: string | Uint8Array | readonly Uint8Array[], durable = false): void {
  const temporary = `${path}.${process.pid}${partEnding}`
  makeFolder(dirname(path))
  try {
    const file = openSync(temporary, 'w')
    try {
      for (const piece of Array.isArray(content) ? content : [content]) writeFileSync(file, piece)
      if (durable) fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(temporary, path)
    if (durable) syncFolder(dirname(path))
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

/** A rename is on the disk when the folder is. Windows has no such thing, and needs none. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
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
