/** @file Reads files, with errors that name them. Node's modules are loaded only when a file is read. */
import { nearest, type RappelError } from '../../base/errors.ts'
import { dataError } from '../error.ts'
import { gunzip, gunzipStart, isGzip, mostExpansion } from './gzip.ts'

const mebibyte = 2 ** 20

/** JavaScript strings end at 2^29 − 24 characters; a little below, so that the message comes from us. */
const largestText = 500 * mebibyte

/** Node reads no more at once. */
const largestFile = 2 ** 31 - 1

/**
 * A file's text, without a byte order mark; unpacked when it is packed with gzip.
 *
 * @throws RappelError 'data' when it is missing, a folder, not readable, too large for one string (500 MiB) or no UTF-8 text
 */
export async function readText(path: string | URL): Promise<string> {
  const shown = fileText(path)
  const bytes = await readUnpacked(path, largestText)
  const kind = binaryKind(bytes)
  if (kind !== undefined) throw dataError(`${shown} is ${kind.is}, expected text`, kind.hint)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw dataError(`${shown} is not UTF-8 text`, 'save it as UTF-8', { cause })
  }
}

/**
 * A file's bytes as they are.
 *
 * @param largest bytes at most; 2 GiB by default, what Node reads at once
 * @throws RappelError 'data' when it is missing, a folder, not readable or too large
 */
export async function readBytes(path: string | URL, largest = largestFile): Promise<Uint8Array> {
  const { readFile, stat } = await import('node:fs/promises')
  const shown = fileText(path)
  try {
    const found = await stat(path)
    if (found.isDirectory()) throw dataError(`${shown} is a folder, expected a file`, 'name one file in it')
    // A device such as /dev/zero has no end; a pipe is welcome.
    if (!found.isFile() && !found.isFIFO())
      throw dataError(`${shown} is neither a file nor a pipe, expected one of them`, 'check the path')
    if (found.size > largest)
      throw dataError(
        `${shown} has ${Math.round(found.size / mebibyte)} MiB, expected at most ${Math.round(largest / mebibyte)}: it is read into memory at once`,
        'keep a part of its rows or columns',
      )
    return await readFile(path)
  } catch (error) {
    throw await readError(error, path)
  }
}

/** A file's bytes, unpacked when they begin with gzip's mark, whatever the name says. @param largest bytes at most, unpacked */
export async function readUnpacked(path: string | URL, largest: number): Promise<Uint8Array> {
  const bytes = await readBytes(path, largest)
  return isGzip(bytes) ? gunzip(bytes, fileText(path), largest) : bytes
}

/**
 * The bytes of a file whose beginning says how long it is; unpacked when it is packed with gzip. What the beginning says is
 * compared with the file before memory is taken for it.
 *
 * @param startLength bytes that are enough to know the length
 * @param measure the length of the whole, from its beginning (which may be shorter than asked for); throws when it is no good
 * @throws RappelError 'data' `FILE: byte N: ...` when the file is shorter or longer
 */
export async function readMeasured(
  path: string | URL,
  startLength: number,
  measure: (start: Uint8Array, file: string) => number,
): Promise<Uint8Array> {
  const file = fileText(path)
  const bytes = await readBytes(path)
  const packed = isGzip(bytes)
  const length = measure(packed ? await gunzipStart(bytes, file, startLength) : bytes, file)
  if (!packed) return checkLength(bytes, length, file)
  const most = Math.min(bytes.length * mostExpansion, largestFile)
  if (length > most) throw shorter(file, most, length)
  return checkLength(await gunzip(bytes, file, length), length, file)
}

function checkLength(bytes: Uint8Array, length: number, file: string): Uint8Array {
  if (bytes.length < length) throw shorter(file, bytes.length, length)
  const more = bytes.length - length
  if (more > 0)
    throw byteError(
      file,
      length,
      `${more === 1 ? '1 byte follows' : `${more} bytes follow`} the data, expected the end of the file`,
    )
  return bytes
}

function shorter(file: string, size: number, length: number): RappelError {
  return byteError(
    file,
    size,
    `the file ends here at the latest, its beginning promises ${length} bytes`,
    'it is cut short or damaged: fetch it again',
  )
}

/** An error at a place in a binary file (of its unpacked form, when it is packed). */
export function byteError(file: string, at: number, message: string, hint = damagedHint): RappelError {
  return dataError(`${file}: byte ${at}: ${message}`, hint)
}

const damagedHint = 'check that the file is what you meant; if it is damaged, fetch it again'

/** A path as it stands in messages. */
export function fileText(path: string | URL): string {
  return path instanceof URL && path.protocol === 'file:' ? decodeURIComponent(path.pathname) : String(path)
}

/** The names in a folder, sorted. @throws RappelError 'data' when it is missing, no folder or not readable */
export async function readFolder(path: string | URL): Promise<{ name: string; folder: boolean }[]> {
  const { readdir, stat } = await import('node:fs/promises')
  const { join } = await import('node:path')
  const base = await localPath(path)
  try {
    if (!(await stat(path)).isDirectory()) throw dataError(`${fileText(path)} is a file, expected a folder`)
    const names = (await readdir(path)).sort((a, b) => (a < b ? -1 : 1))
    // A link counts as what it leads to; one that leads nowhere is found when it is read.
    const isFolder = (name: string) =>
      stat(join(base, name)).then(
        (found) => found.isDirectory(),
        () => false,
      )
    return await Promise.all(names.map(async (name) => ({ name, folder: await isFolder(name) })))
  } catch (error) {
    throw await readError(error, path)
  }
}

/** A path in the form that `join` takes. */
export async function localPath(path: string | URL): Promise<string> {
  const { fileURLToPath } = await import('node:url')
  return path instanceof URL ? fileURLToPath(path) : path
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
  const full = resolve(await localPath(path))
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
  if (a === 0x1f && b === 0x8b) return { is: 'packed with gzip twice', hint: 'unpack it first: gunzip FILE' }
  if (a === 0x50 && b === 0x4b) return { is: 'a zip or Excel file', hint: 'unpack it, or export the sheet as CSV' }
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return { is: 'UTF-16', hint: 'save it as UTF-8' }
  if (bytes.includes(0)) return { is: 'a binary file', hint: 'check the path; plain text holds no zero bytes' }
  return undefined
}
