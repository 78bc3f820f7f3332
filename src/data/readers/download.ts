/** @file Downloads that are asked for: resumed where they ended, checked, and in place only when they are whole. */
import { checkOptions, checkRange, RappelError, show, usageError } from '../../base/errors.ts'
import { dataError } from '../error.ts'
import type { LoadOptions } from '../progress.ts'
import { cacheFolder } from './cache.ts'
import { type Fetched, type FetchOptions, fetchInto } from './fetch-part.ts'
import { fileText, readError } from './file.ts'

export interface DownloadOptions extends LoadOptions {
  /** Of the whole file, 64 hexadecimal digits. */
  sha256: string
  /** The file's length. A server that offers another is passed over. */
  bytes?: number
  /** The folder; default: the cache's. It is made where it does not exist. */
  into?: string | URL
  /** The file's name; default: the last part of the first address. */
  name?: string
  /** Seconds without a byte after which a connection is given up; default 30. */
  patience?: number
}

/**
 * Fetches a file, unless it is there already. Until it is whole and its checksum right it is called `NAME.part`; what is there of that is
 * not fetched again where the server allows it. Several processes may do this at once.
 *
 * @param addresses one, or mirrors, which are tried in this order
 * @returns the file's path
 * @throws RappelError 'data' that says for every mirror what went wrong, and how to put the file there by hand; when a file of this name
 *   with another checksum is there; when the folder cannot be written or is full
 */
export async function download(addresses: string | readonly string[], options: DownloadOptions): Promise<string> {
  const urls = [addresses].flat()
  checkDownload(urls, options)
  const { sha256, bytes, patience = 30, onProgress = () => {} } = options
  const { join, resolve } = await import('node:path')
  const { fileURLToPath } = await import('node:url')
  const into = options.into ?? (await cacheFolder())
  const folder = resolve(into instanceof URL ? fileURLToPath(into) : into)
  const name = options.name ?? nameIn(urls[0])
  const file = join(folder, name)
  await makeFolder(folder)
  if (await isWhole(file, sha256)) return file
  const tell = (fetched: Fetched) => onProgress({ what: name, ...fetched })
  const failures: string[] = []
  for (const url of urls) {
    const failure = await fetchWhole(file, url, { sha256, bytes, patience, tell })
    if (failure === undefined) return file
    failures.push(`${new URL(url).host}: ${failure}`)
  }
  throw dataError(
    `could not download ${name}: ${failures.join('; ')}`,
    `check the network and try again, or put the file ${name} into ${folder} yourself (sha256 ${sha256})`,
  )
}

/** @returns undefined when the file is in place, or what the server did wrong */
async function fetchWhole(
  file: string,
  url: string,
  { sha256, ...options }: FetchOptions & { sha256: string },
): Promise<string | undefined> {
  const { access, rename, rm } = await import('node:fs/promises')
  const part = `${file}.part`
  const there = await access(part).then(
    () => true,
    () => false,
  )
  for (let begun = there; ; begun = false) {
    const failure = await guarded(() => fetchInto(part, url, options), part)
    if (failure !== undefined) return failure
    const found = await digest(part)
    if (found === sha256) {
      await guarded(() => rename(part, file), file).catch(async (error) => {
        if (!(await isWhole(file, sha256))) throw error
      })
      return undefined
    }
    // Another process that fetches it too may have been quicker, here and above.
    if (found === undefined && (await isWhole(file, sha256))) return undefined
    await rm(part, { force: true })
    // What was there before may be to blame: once more without it.
    if (!begun) return `what it sent has the sha256 ${found}, expected ${sha256}; it was thrown away`
  }
}

const optionNames = Object.keys({
  sha256: 0,
  bytes: 0,
  into: 0,
  name: 0,
  patience: 0,
  onProgress: 0,
} satisfies Record<keyof DownloadOptions, 0>)

function checkDownload(urls: readonly string[], options: DownloadOptions): void {
  checkOptions('download', options, optionNames)
  if (urls.length === 0) throw usageError('download got no address')
  for (const url of urls)
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw usageError(`the address is ${show(url)}, expected one that begins with https:// or http://`)
  const { sha256, bytes, name = nameIn(urls[0]), patience } = options
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256))
    throw usageError(`sha256 is ${show(sha256)}, expected 64 hexadecimal digits`, 'sha256sum FILE prints them')
  if (bytes !== undefined) checkRange('bytes', bytes, { min: 0 })
  if (patience !== undefined) checkRange('patience', patience, { min: 0, open: 'min' })
  if (!/^[^/\\:]+$/.test(name) || /^\.*$/.test(name))
    throw usageError(`name is ${show(name)}, expected the name of a file`, "say name: 'FILE'")
}

function nameIn(url: string): string {
  return decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? '')
}

/** Whether a file is there. @throws RappelError 'data' when it is another than it should be */
async function isWhole(file: string, sha256: string): Promise<boolean> {
  const found = await digest(file)
  if (found === undefined || found === sha256) return found !== undefined
  throw dataError(
    `${fileText(file)} has the sha256 ${found}, expected ${sha256}`,
    'it is damaged or another file: remove it, and it is downloaded again',
  )
}

/** The sha256 of a file; undefined where there is none. */
async function digest(file: string): Promise<string | undefined> {
  const { createReadStream } = await import('node:fs')
  const { createHash } = await import('node:crypto')
  const hash = createHash('sha256')
  try {
    for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array)
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined
    throw await readError(error, file)
  }
  return hash.digest('hex')
}

async function makeFolder(folder: string): Promise<void> {
  const { mkdir } = await import('node:fs/promises')
  await guarded(() => mkdir(folder, { recursive: true }), folder)
}

/** Runs what writes; its errors become ours. */
async function guarded<T>(write: () => Promise<T>, path: string): Promise<T> {
  try {
    return await write()
  } catch (cause) {
    if (cause instanceof RappelError) throw cause
    const { code, message } = cause as { code?: string; message: string }
    const elsewhere = 'name another folder with RAPPEL_CACHE'
    if (code === 'ENOSPC' || code === 'EDQUOT')
      throw dataError(`there is no space left for ${path}`, `free some (what is there is kept), or ${elsewhere}`, {
        cause,
      })
    throw dataError(`${path} cannot be written: ${message}`, `check the folder's permissions, or ${elsewhere}`, {
      cause,
    })
  }
}
