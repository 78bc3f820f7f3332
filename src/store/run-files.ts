/**
 * @file Large files of a run (checkpoints, models, pictures) lie in its folder, named by their content: the SHA-256 in hexadecimal, and
 * an ending. The store holds their names. A file appears whole or not at all, and is on the disk before the store can name it; what is
 * read is what was written. Removing comes last: first the store names the new files, then those that it names no longer go.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { RappelError, show } from '../base/errors.ts'
import { codeOf, replaceFile } from './files.ts'

export interface RunFile {
  /** Its name within the folder. */
  readonly file: string
  /** Bytes. */
  readonly size: number
}

const hashNamed = /^([0-9a-f]{64})(\.[a-z0-9]+)?$/
/** A whole one, or what a killed process left of one. */
const removable = /^[0-9a-f]{64}(\.[a-z0-9]+)?(\.\d+\.part)?$/

/**
 * Writes a file under the name of its content. When this returns it outlives a loss of power too.
 *
 * @param content one piece, or several that follow each other
 * @param ending of the name: '.checkpoint'; small letters and digits behind a dot, default none
 * @throws RappelError 'store' when it cannot be written (a full disk); nothing is left of it
 */
export function writeRunFile(folder: string, content: Uint8Array | readonly Uint8Array[], ending = ''): RunFile {
  const pieces = content instanceof Uint8Array ? [content] : content
  const file = sha256(pieces) + ending
  if (!hashNamed.test(file))
    throw new RappelError('usage', `the ending is ${show(ending)}, expected one like '.checkpoint'`)
  try {
    replaceFile(join(folder, file), pieces, true)
  } catch (cause) {
    const message = `a file cannot be written to ${folder}: ${(cause as Error).message}`
    throw new RappelError('store', message, 'make room, or choose another folder', { cause })
  }
  return { file, size: pieces.reduce((sum, { byteLength }) => sum + byteLength, 0) }
}

/**
 * @param file its name within the folder
 * @throws RappelError 'store' when it is missing, cannot be read, or is not what was written
 */
export function readRunFile(folder: string, file: string): Uint8Array {
  const hash = hashNamed.exec(file)?.[1]
  if (hash === undefined) throw new RappelError('store', `${show(file)} is no name of a run's file`)
  let content: Uint8Array
  try {
    content = readFileSync(join(folder, file))
  } catch (cause) {
    throw new RappelError('store', `${join(folder, file)} cannot be read: ${(cause as Error).message}`, undefined, {
      cause,
    })
  }
  if (sha256([content]) === hash) return content
  const message = `${join(folder, file)} is damaged: its ${content.byteLength} bytes are not those that were written`
  throw new RappelError('store', message, 'go back to another file of the run, or to a copy')
}

/**
 * Removes the files named by their content that are no longer wanted, and halves of such that a killed process left. Only the run's
 * writer may do this, and only when the store names no more than `wanted`. Files with other names stay.
 *
 * @returns what was removed
 * @throws RappelError 'store' when one cannot be removed
 */
export function removeRunFiles(folder: string, wanted: readonly string[]): readonly string[] {
  try {
    const unwanted = readdirSync(folder).filter((name) => removable.test(name) && !wanted.includes(name))
    for (const name of unwanted) rmSync(join(folder, name), { force: true })
    return unwanted
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return []
    throw new RappelError('store', `${folder} cannot be cleared: ${(cause as Error).message}`, undefined, { cause })
  }
}

function sha256(pieces: readonly Uint8Array[]): string {
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece)
  return hash.digest('hex')
}
