/** @file Reads a text file, with errors that name it. Node's modules are loaded only when a file is read. */
import { nearest } from '../../base/errors.ts'
import { dataError } from '../error.ts'

/** JavaScript strings end at 2^29 − 24 characters; a little below, so that the message comes from us. */
const largest = 500 * 2 ** 20

/**
 * A file's text, without a byte order mark.
 *
 * @throws RappelError 'data' when it is missing, a folder, not readable, too large for one string (500 MiB) or no UTF-8 text
 */
export async function readText(path: string | URL): Promise<string> {
  const { readFile, stat } = await import('node:fs/promises')
  const shown = fileText(path)
  let bytes: Uint8Array
  try {
    const found = await stat(path)
    if (found.isDirectory()) throw dataError(`${shown} is a folder, expected a file`, 'name one file in it')
    // A device such as /dev/zero has no end; a pipe is welcome.
    if (!found.isFile() && !found.isFIFO())
      throw dataError(`${shown} is neither a file nor a pipe, expected one of them`, 'check the path')
    if (found.size > largest)
      throw dataError(
        `${shown} has ${Math.round(found.size / 2 ** 20)} MiB, expected at most 500: it is read into memory at once`,
        'keep a part of its rows or columns',
      )
    bytes = await readFile(path)
  } catch (error) {
    throw await readError(error, path)
  }
  const kind = binaryKind(bytes)
  if (kind !== undefined) throw dataError(`${shown} is ${kind.is}, expected text`, kind.hint)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw dataError(`${shown} is not UTF-8 text`, 'save it as UTF-8', { cause })
  }
}

/** A path as it stands in messages. */
export function fileText(path: string | URL): string {
  return path instanceof URL && path.protocol === 'file:' ? decodeURIComponent(path.pathname) : String(path)
}

/** What went wrong with a file, in words. An error of ours stays as it is. */
export async function readError(error: unknown, path: string | URL): Promise<Error> {
  if (!(error instanceof Error) || !('code' in error) || error.name === 'RappelError') return error as Error
  const shown = fileText(path)
  if (error.code === 'ENOENT') return dataError(`${shown} does not exist`, await neighbour(path), { cause: error })
  if (error.code === 'EACCES' || error.code === 'EPERM')
    return dataError(`${shown} cannot be read: permission denied`, 'make it readable for this user', { cause: error })
  return dataError(`${shown} cannot be read: ${error.message}`, 'check the path', { cause: error })
}

/** The file of the same folder whose name is nearest, or where the search was. */
async function neighbour(path: string | URL): Promise<string> {
  const { readdir } = await import('node:fs/promises')
  const { basename, dirname, resolve } = await import('node:path')
  const { fileURLToPath } = await import('node:url')
  const full = resolve(path instanceof URL ? fileURLToPath(path) : path)
  try {
    const near = nearest(basename(full), await readdir(dirname(full)))
    return near === undefined ? `looked in ${dirname(full)}` : `did you mean '${near}'? (in ${dirname(full)})`
  } catch {
    return `the folder ${dirname(full)} does not exist either`
  }
}

/** What a file that is no text probably is, from its first bytes. */
function binaryKind(bytes: Uint8Array): { is: string; hint: string } | undefined {
  const [a, b] = bytes
  if (a === 0x1f && b === 0x8b) return { is: 'packed with gzip', hint: 'unpack it first: gunzip FILE' }
  if (a === 0x50 && b === 0x4b) return { is: 'a zip or Excel file', hint: 'unpack it, or export the sheet as CSV' }
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return { is: 'UTF-16', hint: 'save it as UTF-8' }
  if (bytes.includes(0)) return { is: 'a binary file', hint: 'check the path; CSV is plain text' }
  return undefined
}
