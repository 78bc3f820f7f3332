/** @file gzip (RFC 1952), known by its mark, not by a file's name; never more is unpacked than was asked for. */
import { dataError } from '../error.ts'

/** Deflate's best: 258 bytes from 2 bits (zlib's technical notes give 1032 to 1). */
export const mostExpansion = 1032

const damaged = 'the file is damaged: fetch it again'

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
}

/**
 * @param largest bytes at most
 * @throws RappelError 'data' naming the file when it is damaged or holds more
 */
export async function gunzip(bytes: Uint8Array, file: string, largest: number): Promise<Uint8Array> {
  const { gunzipSync } = await import('node:zlib')
  try {
    return gunzipSync(bytes, { maxOutputLength: Math.max(largest, 1) })
  } catch (error) {
    throw unpackError(error, file, bytes.length, largest)
  }
}

/** The first bytes of what is packed; fewer only where there are no more. */
export async function gunzipStart(bytes: Uint8Array, file: string, length: number): Promise<Uint8Array> {
  const { createGunzip } = await import('node:zlib')
  const start = new Uint8Array(length)
  let filled = 0
  const stream = createGunzip()
  try {
    stream.end(bytes)
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      const part = chunk.subarray(0, length - filled)
      start.set(part, filled)
      filled += part.length
      if (filled === length) break
    }
  } catch (error) {
    throw unpackError(error, file, bytes.length, length)
  }
  return start.subarray(0, filled)
}

/**
 * Inflates a part of a zip file.
 *
 * @param length bytes it must give
 * @param what stands in messages
 * @throws RappelError 'data' when it is damaged or gives another number of bytes
 */
export async function inflateRaw(bytes: Uint8Array, length: number, what: string): Promise<Uint8Array> {
  const { inflateRawSync } = await import('node:zlib')
  let unpacked: Uint8Array
  try {
    unpacked = inflateRawSync(bytes, { maxOutputLength: Math.max(length, 1) })
  } catch (error) {
    throw unpackError(error, what, bytes.length, length)
  }
  if (unpacked.length === length) return unpacked
  throw dataError(`${what} unpacks to ${unpacked.length} bytes, expected ${length}`, damaged)
}

function unpackError(error: unknown, what: string, size: number, largest: number) {
  const { code, message } = error as { code?: string; message: string }
  if (code === 'ERR_BUFFER_TOO_LARGE')
    return dataError(
      `${what}: byte ${largest} (unpacked): more bytes follow, expected the end`,
      `it unpacks to more than the ${largest} bytes that it may have`,
    )
  if (code === 'Z_BUF_ERROR') return dataError(`${what}: byte ${size}: the packed data end too early`, damaged)
  return dataError(`${what} cannot be unpacked: ${message}`, damaged)
}
