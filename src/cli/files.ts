/** @file Writing what a command was asked to write. */
import { RappelError } from '../base/errors.ts'
import { replaceFile } from '../store/files.ts'

/**
 * Writes beside the place and renames: whoever reads sees the old file or the new one, never a half.
 *
 * @throws RappelError 'usage' that names the path, when it cannot be written
 */
export function writeWhole(path: string, content: string | Uint8Array): void {
  try {
    replaceFile(path, content)
  } catch (error) {
    throw new RappelError('usage', `${path} cannot be written: ${(error as Error).message}`, 'choose another place', {
      cause: error,
    })
  }
}
