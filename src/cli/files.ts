/** @file Writing files whole or not at all. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { RappelError } from '../base/errors.ts'

/**
 * Writes beside the place and renames: whoever reads sees the old file or the new one, never a half.
 *
 * @throws RappelError 'usage' that names the path, when it cannot be written
 */
export function writeWhole(path: string, content: string | Uint8Array): void {
  const temporary = `${path}.${process.pid}.part`
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(temporary, content)
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw new RappelError('usage', `${path} cannot be written: ${(error as Error).message}`, 'choose another folder', {
      cause: error,
    })
  }
}
