/** @file The checkpoints of a run as files of its folder, and their index in the store. */
import { readRunFile, removeRunFiles, writeRunFile } from '../store/run-files.ts'
import type { RunWriter, StoredCheckpoint } from '../store/store.ts'
import { type Checkpoint, readCheckpoint } from '../train/checkpoint.ts'
import type { CheckpointSink, TakenCheckpoint } from '../train/checkpoints.ts'

const ending = '.checkpoint'

/**
 * Keeps checkpoints so that a kill at any instruction, or a loss of power, leaves the last good one: the file is on the disk before
 * the index names it; the index changes in one transaction with the record up to here; only then are the files removed that it no
 * longer names.
 */
export class CheckpointFiles implements CheckpointSink {
  readonly #writer: RunWriter
  readonly #folder: string
  readonly #now: () => number
  readonly #lost: AbortSignal
  #kept: readonly StoredCheckpoint[]

  /**
   * @param kept what the index names already
   * @param now milliseconds since 1970
   * @param lost aborted when nothing can be written any more: then nothing is
   */
  constructor(
    writer: RunWriter,
    folder: string,
    kept: readonly StoredCheckpoint[],
    now: () => number,
    lost: AbortSignal,
  ) {
    this.#writer = writer
    this.#folder = folder
    this.#kept = kept
    this.#now = now
    this.#lost = lost
  }

  position() {
    return this.#writer.position()
  }

  async save({ bytes, step, epoch, kept, record: position = this.position() }: TakenCheckpoint): Promise<void> {
    if (this.#lost.aborted) return
    const written = writeRunFile(this.#folder, bytes, ending)
    const passedOn = (mark: StoredCheckpoint['kept'][number]) => mark !== 'periodic' && kept.includes(mark)
    const others = this.#kept
      .filter(({ file }) => file !== written.file)
      .map((other) => ({ ...other, kept: other.kept.filter((mark) => !passedOn(mark)) }))
      .filter((other) => other.kept.length > 0)
    const all = [...others, { step, epoch, ...written, kept, position }]
    await this.#writer.checkpoints(all, this.#now())
    this.#kept = all
    removeRunFiles(
      this.#folder,
      all.map(({ file }) => file),
    )
  }
}

/** A checkpoint that can be read, and those that are older. */
export interface Found {
  readonly bytes: Uint8Array
  /** What the bytes say. */
  readonly content: Checkpoint
  readonly checkpoint: StoredCheckpoint
  readonly older: readonly StoredCheckpoint[]
}

/**
 * The newest checkpoint of a run that can be read.
 *
 * @returns undefined where there is none
 * @throws what is wrong with the newest, where there are some and none can be read
 */
export function newestReadable(folder: string, all: readonly StoredCheckpoint[]): Found | undefined {
  const order = all.toSorted((a, b) => positionOf(b) - positionOf(a))
  let first: unknown
  for (const [i, checkpoint] of order.entries()) {
    try {
      const bytes = readRunFile(folder, checkpoint.file)
      return { bytes, content: readCheckpoint(bytes), checkpoint, older: order.slice(i + 1) }
    } catch (error) {
      first ??= error
    }
  }
  if (first !== undefined) throw first
  return undefined
}

/** By the record, which only grows: after a roll-back a later checkpoint can have a lower step. */
function positionOf({ position }: StoredCheckpoint): number {
  return position.events + Object.values(position.points).reduce((sum, points) => sum + points, 0)
}
