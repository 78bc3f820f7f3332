/**
 * @file Reads TFRecord files: records one after another, each with checksums. The format: 8 bytes of length (little-endian), the
 * masked CRC-32C of these 8, the content, the masked CRC-32C of the content.
 */
import { type FileHandle, open } from 'node:fs/promises'

/** A record's content, or that the file is damaged at some byte; after `cut` nothing comes. */
export type TfRecord =
  | { readonly type: 'record'; readonly bytes: Uint8Array }
  /** The content does not fit its checksum; its length does, so that the next record is found. */
  | { readonly type: 'damaged'; readonly at: number }
  /** Here begins no whole record: the file ends within it, or its length does not fit its checksum. */
  | { readonly type: 'cut'; readonly at: number; readonly why: string }

const headerBytes = 12
const footerBytes = 4

/** Whether a file begins as a TFRecord file does: the first length fits its checksum. */
export function isTfRecord(start: Uint8Array): boolean {
  return start.length >= headerBytes && lengthOf(start) !== undefined
}

/**
 * The records of a file, in order, one at a time in memory.
 *
 * @throws the system's error when the file cannot be read
 */
export async function* tfRecords(path: string): AsyncGenerator<TfRecord> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    for (let at = 0; at < size; ) {
      const header = await read(file, at, headerBytes)
      if (header.length < headerBytes) return yield { type: 'cut', at, why: 'it ends there within a record' }
      const length = lengthOf(header)
      if (length === undefined) return yield { type: 'cut', at, why: 'the length of the record there is damaged' }
      // Before memory is taken: a length may be damaged in a way that fits its checksum.
      const end = at + headerBytes + length + footerBytes
      if (end > size) return yield { type: 'cut', at, why: 'it ends there within a record' }
      const content = await read(file, at + headerBytes, length + footerBytes)
      const bytes = content.subarray(0, length)
      const isWhole = content.length === length + footerBytes && uint32(content, length) === maskedCrc32c(bytes)
      yield isWhole ? { type: 'record', bytes } : { type: 'damaged', at }
      at = end
    }
  } finally {
    await file.close()
  }
}

async function read(file: FileHandle, at: number, length: number): Promise<Uint8Array> {
  const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, at)
  return buffer.subarray(0, bytesRead)
}

/** The length that a record's header tells; undefined when the checksum says that it is none. */
function lengthOf(header: Uint8Array): number | undefined {
  if (uint32(header, 8) !== maskedCrc32c(header.subarray(0, 8))) return undefined
  const length = uint32(header, 0) + uint32(header, 4) * 2 ** 32
  return Number.isSafeInteger(length) ? length : undefined
}

function uint32(bytes: Uint8Array, at: number): number {
  return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0
}

/** CRC-32C (Castagnoli, RFC 3720 appendix B.4), turned right by 15 bits plus a constant, as TFRecord writes it. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes)
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

/** Of each byte's remainder by the reflected polynomial 0x82f63b78. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0x82f63b78 : rest >>> 1
  return rest
})

export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ table[(crc ^ bytes[i]) & 0xff]
  return ~crc >>> 0
}
