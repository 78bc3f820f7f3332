/** @file zip files (PKWARE's APPNOTE 6.3): the directory at the end, and entries that are stored or deflated. */
import { byteError } from './file.ts'
import { inflateRaw, mostExpansion } from './gzip.ts'

/** One file in a zip file. */
export interface ZipEntry {
  readonly name: string
  readonly deflated: boolean
  readonly packedSize: number
  readonly size: number
  readonly crc: number
  /** Where its own header begins. */
  readonly at: number
}

const endSize = 22
const longestComment = 65_535
const entrySize = 46
const localSize = 30

/**
 * The entries of a zip file.
 *
 * @param file stands in messages
 * @throws RappelError 'data' `FILE: byte N: ...` when it is none, damaged, encrypted, in several parts or of the large form (zip64,
 *   from 4 GiB up)
 */
export function zipEntries(bytes: Uint8Array, file: string): ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 4 || view.getUint16(0, true) !== 0x4b50)
    throw byteError(file, 0, "this is no zip file, expected it to begin with 'PK'")
  const end = directoryEnd(view, file)
  const [parts, count] = [view.getUint16(end + 4, true), view.getUint16(end + 10, true)]
  const [size, start] = [view.getUint32(end + 12, true), view.getUint32(end + 16, true)]
  if (count === 0xffff || start === 0xffffffff) throw byteError(file, end, 'this is a zip64 file, which is not read')
  if (parts !== 0) throw byteError(file, end + 4, 'the zip file is in several parts, expected one')
  if (start + size > end || count * entrySize > size)
    throw byteError(
      file,
      end + 12,
      `the directory (${count} entries, ${size} bytes from ${start} on) lies outside the file`,
    )
  const entries: ZipEntry[] = []
  for (let at = start, i = 0; i < count; i++) {
    const { entry, next } = directoryEntry(view, at, start + size, file)
    entries.push(entry)
    at = next
  }
  return entries
}

/** The last place where the directory's end record can begin and does. */
function directoryEnd(view: DataView, file: string): number {
  const last = view.byteLength - endSize
  for (let at = last; at >= Math.max(0, last - longestComment); at--) {
    if (view.getUint32(at, true) === 0x06054b50 && at + endSize + view.getUint16(at + 20, true) === view.byteLength)
      return at
  }
  throw byteError(
    file,
    view.byteLength,
    "the zip file's directory is missing from its end",
    'the file is cut short: fetch it again',
  )
}

function directoryEntry(view: DataView, at: number, end: number, file: string): { entry: ZipEntry; next: number } {
  if (at + entrySize > end || view.getUint32(at, true) !== 0x02014b50)
    throw byteError(file, at, 'expected an entry of the directory')
  const nameLength = view.getUint16(at + 28, true)
  const next = at + entrySize + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true)
  if (next > end) throw byteError(file, at, 'an entry of the directory goes beyond its end')
  const nameBytes = new Uint8Array(view.buffer, view.byteOffset + at + entrySize, nameLength)
  const name = new TextDecoder().decode(nameBytes)
  if (view.getUint16(at + 8, true) & 1) throw byteError(file, at + 8, `${name} is encrypted, expected plain data`)
  const method = view.getUint16(at + 10, true)
  if (method !== 0 && method !== 8)
    throw byteError(file, at + 10, `${name} is packed by method ${method}, expected 0 (stored) or 8 (deflate)`)
  const entry = {
    name,
    deflated: method === 8,
    crc: view.getUint32(at + 16, true),
    packedSize: view.getUint32(at + 20, true),
    size: view.getUint32(at + 24, true),
    at: view.getUint32(at + 42, true),
  }
  if (entry.size === 0xffffffff || entry.packedSize === 0xffffffff)
    throw byteError(file, at + 20, `${name} is in zip64 form, which is not read`)
  if (entry.deflated ? entry.size > entry.packedSize * mostExpansion : entry.size !== entry.packedSize)
    throw byteError(
      file,
      at + 24,
      `${name} should unpack to ${entry.size} bytes, which ${entry.packedSize} cannot hold`,
    )
  return { entry, next }
}

/**
 * The unpacked bytes of an entry, compared with its checksum.
 *
 * @throws RappelError 'data' naming file and entry when it is damaged
 */
export async function unzip(bytes: Uint8Array, entry: ZipEntry, file: string): Promise<Uint8Array> {
  const { crc32 } = await import('node:zlib')
  const { name, at, packedSize, size, crc } = entry
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (at + localSize > bytes.length || view.getUint32(at, true) !== 0x04034b50)
    throw byteError(file, at, `expected the header of ${name}`)
  const dataAt = at + localSize + view.getUint16(at + 26, true) + view.getUint16(at + 28, true)
  if (dataAt + packedSize > bytes.length) throw byteError(file, bytes.length, `the file ends within ${name}`)
  const packed = bytes.subarray(dataAt, dataAt + packedSize)
  const unpacked = entry.deflated ? await inflateRaw(packed, size, `${file}: ${name}`) : packed
  if (crc32(unpacked) !== crc)
    throw byteError(file, dataAt, `${name} does not have the checksum that the directory says`)
  return unpacked
}
