/** @file Takes chosen files out of a tar archive packed with gzip, a stream at a time: memory does not grow with the archive. */
import { dataError } from '../error.ts'
import { fileText } from './file.ts'

/** Archives are made of blocks of so many bytes. */
const block = 512

export interface Wanted {
  /** Where the file goes. */
  readonly path: string
  /** Its length, which the archive must agree with. */
  readonly bytes: number
}

/**
 * Unpacks the files of an archive that are wanted; each has its name only when it is whole. Where in the archive's folders they lie does
 * not matter, and nothing in it decides where they go.
 *
 * @param wanted by the last part of their names
 * @throws RappelError 'data' when the archive is no tar archive, is damaged or lacks one of them
 * @see POSIX.1-1988, ustar interchange format
 */
export async function unpackTar(archive: string, wanted: Readonly<Record<string, Wanted>>): Promise<void> {
  const { createReadStream } = await import('node:fs')
  const { createGunzip } = await import('node:zlib')
  const { pipeline } = await import('node:stream/promises')
  const missing = new Set(Object.keys(wanted))
  try {
    await pipeline(createReadStream(archive), createGunzip(), async (bytes: AsyncIterable<Uint8Array>) => {
      const reader = new BlockReader(bytes)
      for (
        let entry = await nextEntry(reader, archive);
        entry !== undefined;
        entry = await nextEntry(reader, archive)
      ) {
        const name = entry.name.split('/').at(-1) ?? ''
        const take = entry.isFile && missing.has(name) ? wanted[name] : undefined
        if (take !== undefined && entry.size !== take.bytes)
          throw dataError(`${fileText(archive)}: ${name} has ${entry.size} bytes, expected ${take.bytes}`)
        if (take === undefined) for await (const _ of reader.take(entry.size));
        else if (!(await save(reader.take(entry.size), take)))
          throw dataError(`${fileText(archive)} ends within ${name}`, 'it is cut short: fetch it again')
        for await (const _ of reader.take((block - (entry.size % block)) % block));
        missing.delete(name)
      }
    })
  } catch (cause) {
    const { code, message } = cause as { code?: string; message: string }
    if (!code?.startsWith('Z_')) throw cause
    throw dataError(`${fileText(archive)} cannot be unpacked: ${message}`, 'it is damaged: fetch it again', { cause })
  }
  if (missing.size > 0) throw dataError(`${fileText(archive)} does not hold ${[...missing].join(', ')}`)
}

interface Entry {
  readonly name: string
  readonly size: number
  readonly isFile: boolean
}

/** The next header; undefined at the end. */
async function nextEntry(reader: BlockReader, archive: string): Promise<Entry | undefined> {
  const header = await reader.header()
  // Two empty blocks end an archive; some writers leave them out.
  if (header === undefined || header.every((byte) => byte === 0)) return undefined
  const text = (at: number, length: number) => new TextDecoder().decode(header.subarray(at, at + length)).split('\0')[0]
  const octal = (at: number, length: number) => Number.parseInt(text(at, length).trim(), 8)
  // The checksum is that of the header with spaces in its own place.
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0)
  const size = octal(124, 12)
  if (sum !== octal(148, 8) || !(size >= 0))
    throw dataError(`${fileText(archive)} is no tar archive, or is damaged`, 'fetch it again')
  const type = String.fromCharCode(header[156])
  return { name: text(0, 100), size, isFile: type === '0' || type === '\0' }
}

/** @returns whether all of it came; only then it has its name */
async function save(chunks: AsyncIterable<Uint8Array>, { path, bytes }: Wanted): Promise<boolean> {
  const { open, rename } = await import('node:fs/promises')
  const part = `${path}.part`
  const file = await open(part, 'w')
  let written = 0
  try {
    for await (const chunk of chunks) {
      await file.writeFile(chunk)
      written += chunk.length
    }
  } finally {
    await file.close()
  }
  if (written === bytes) await rename(part, path)
  return written === bytes
}

/** Bytes in the portions that are asked for, from a stream that gives them in its own. */
class BlockReader {
  readonly #source: AsyncIterator<Uint8Array>
  #left: Uint8Array = new Uint8Array(0)

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** One block, or undefined where the stream ends before it. */
  async header(): Promise<Uint8Array | undefined> {
    const header = new Uint8Array(block)
    let filled = 0
    for await (const chunk of this.take(block)) {
      header.set(chunk, filled)
      filled += chunk.length
    }
    return filled === block ? header : undefined
  }

  /** The next `count` bytes, as they come; fewer where the stream ends. */
  async *take(count: number): AsyncGenerator<Uint8Array> {
    for (let wanted = count; wanted > 0; ) {
      if (this.#left.length === 0) {
        const next = await this.#source.next()
        if (next.done) return
        this.#left = next.value
      }
      const chunk = this.#left.subarray(0, wanted)
      this.#left = this.#left.subarray(chunk.length)
      wanted -= chunk.length
      yield chunk
    }
  }
}
