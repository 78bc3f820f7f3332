/** @file Records of one size in one or several files, read by their numbers. */
import type { RappelError } from '../../base/errors.ts'
import { dataError } from '../error.ts'
import { fileText, readError } from './file.ts'

export interface RecordLayout {
  /** One file, or several whose records follow each other. */
  readonly paths: readonly (string | URL)[]
  /** Bytes before the first record of each file. */
  readonly header: number
  readonly recordBytes: number
}

/** Gets a record: it begins at byte `at` and is the k-th of those asked for. */
export type Visit = (view: DataView, at: number, k: number) => void

/** What a file was when it was opened first; a file that changes under a run is an error. */
interface Found {
  readonly path: string | URL
  readonly size: number
  readonly modified: number
  readonly inode: number
  /** Number of its first record, and of the first of the next file. */
  readonly first: number
  readonly end: number
}

type FileSystem = typeof import('node:fs')

/** Bytes read at once where records follow each other. */
const bytesAtOnce = 2 ** 20

/**
 * The records of the files. They are read when they are asked for, by positional reads that wait for the disk: the runtime blocks
 * the thread anyway. A file is open only while a call runs, so there is nothing to close.
 */
export class RecordTable {
  readonly rows: number
  readonly #fs: FileSystem
  readonly #layout: RecordLayout
  readonly #files: readonly Found[]
  readonly #view: DataView<ArrayBuffer>

  private constructor(fs: FileSystem, layout: RecordLayout, files: readonly Found[]) {
    this.#fs = fs
    this.#layout = layout
    this.#files = files
    this.rows = files[files.length - 1].end
    const { recordBytes } = layout
    const atOnce = Math.max(1, Math.min(this.rows, Math.floor(bytesAtOnce / recordBytes)))
    this.#view = new DataView(new ArrayBuffer(atOnce * recordBytes))
  }

  /** @throws RappelError 'data' when a file is missing, or does not hold a whole number of records, at least one */
  static async open(layout: RecordLayout): Promise<RecordTable> {
    const fs = await import('node:fs')
    const files: Found[] = []
    for (const path of layout.paths) files.push(await found(fs, path, layout, files[files.length - 1]?.end ?? 0))
    return new RecordTable(fs, layout, files)
  }

  /**
   * Visits the records with these numbers, from `start` on, `count` of them, in this order. Where numbers follow each other one read
   * serves many.
   *
   * @throws RappelError 'data' when a file has changed since it was opened, or cannot be read
   */
  read(rows: ArrayLike<number>, start: number, count: number, visit: Visit): void {
    const { recordBytes, header } = this.#layout
    const most = this.#view.byteLength / recordBytes
    const open = new Map<Found, number>()
    try {
      for (let k = 0; k < count; ) {
        const row = rows[start + k]
        const file = this.#fileOf(row)
        let together = 1
        while (
          together < most &&
          k + together < count &&
          row + together < file.end &&
          rows[start + k + together] === row + together
        )
          together++
        const descriptor = open.get(file) ?? this.#open(file)
        open.set(file, descriptor)
        this.#fill(descriptor, file, header + (row - file.first) * recordBytes, together * recordBytes)
        for (let i = 0; i < together; i++) visit(this.#view, i * recordBytes, k + i)
        k += together
      }
    } finally {
      for (const descriptor of open.values()) this.#fs.closeSync(descriptor)
    }
  }

  #fileOf(row: number): Found {
    const file = this.#files.find(({ end }) => row < end)
    if (file === undefined || row < 0) throw new RangeError(`there is no record ${row}: there are ${this.rows}`)
    return file
  }

  #open(file: Found): number {
    let descriptor: number
    try {
      descriptor = this.#fs.openSync(file.path, 'r')
    } catch (cause) {
      throw changed(file, `it cannot be opened any more: ${(cause as Error).message}`)
    }
    const now = this.#fs.fstatSync(descriptor)
    if (now.size === file.size && now.mtimeMs === file.modified && now.ino === file.inode) return descriptor
    this.#fs.closeSync(descriptor)
    throw changed(
      file,
      now.size === file.size ? 'it was written to' : `it had ${file.size} bytes, now it has ${now.size}`,
    )
  }

  #fill(descriptor: number, file: Found, position: number, length: number): void {
    for (let done = 0; done < length; ) {
      const got = this.#fs.readSync(descriptor, this.#view, done, length - done, position + done)
      if (got === 0) throw changed(file, `it ends at byte ${position + done}, it had ${file.size} bytes`)
      done += got
    }
  }
}

function changed(file: Found, how: string): RappelError {
  return dataError(
    `${fileText(file.path)} changed while it was in use: ${how}`,
    'leave the file as it is while a run reads it, and start the run again',
  )
}

async function found(
  fs: FileSystem,
  path: string | URL,
  { header, recordBytes }: RecordLayout,
  first: number,
): Promise<Found> {
  const shown = fileText(path)
  let stat: import('node:fs').Stats
  try {
    stat = fs.statSync(path)
    fs.accessSync(path, fs.constants.R_OK)
  } catch (error) {
    throw await readError(error, path)
  }
  if (!stat.isFile())
    throw dataError(`${shown} is ${stat.isDirectory() ? 'a folder' : 'no plain file'}, expected a file of records`)
  const records = Math.floor((stat.size - header) / recordBytes)
  const left = stat.size - header - records * recordBytes
  const head = header > 0 ? `a header of ${header} bytes and ` : ''
  if (records < 1 || left !== 0)
    throw dataError(
      `${shown} has ${stat.size} bytes, expected ${head}records of ${recordBytes} bytes${records < 1 ? ', at least one' : `: ${left} are left after record ${records - 1}`}`,
      'is the layout right? If it is, the file is cut short: fetch it again',
    )
  return { path, size: stat.size, modified: stat.mtimeMs, inode: stat.ino, first, end: first + records }
}
