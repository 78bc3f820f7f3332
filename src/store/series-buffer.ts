/** @file What has been logged of one series and is not in the store yet, with the last chunk, which is rewritten until it is full. */
import { type Columns, emptyColumns, encodeChunk, pointsPerChunk } from './chunks.ts'

/** A chunk as the store keeps it. */
export interface Chunk {
  /** Number of its first point. */
  readonly first: number
  readonly points: number
  readonly data: Uint8Array
}

/** The least room for the last chunk: a run has hundreds of series with few points. */
const leastRoom = 32

export class SeriesBuffer {
  /** Points logged, in the store or not. */
  points: number
  /** How many of them are in the store. */
  #stored: number
  /** Full chunks that are not in the store. */
  readonly #full: Chunk[] = []
  /** The last chunk's columns: room for more points than there are. */
  #last: Columns
  /** Number of the last chunk's first point. */
  #first: number

  /** @param last the points of the last chunk when it is not full, and the number of its first one: what a continued series has */
  constructor(last: Columns = emptyColumns(0), first = 0) {
    this.#first = first
    this.#last = last
    this.points = first + last.values.length
    this.#stored = this.points
  }

  push(step: number, epoch: number, seconds: number, value: number): void {
    const at = this.points - this.#first
    if (at === this.#last.values.length) this.#makeRoom(at + 1)
    const last = this.#last
    last.steps[at] = step
    last.epochs[at] = epoch
    last.seconds[at] = seconds
    last.values[at] = value
    this.points++
    if (at + 1 === pointsPerChunk) this.#finish()
  }

  pushMany(more: Columns): void {
    for (let done = 0; done < more.values.length; ) {
      const at = this.points - this.#first
      const count = Math.min(more.values.length - done, pointsPerChunk - at)
      if (at + count > this.#last.values.length) this.#makeRoom(at + count)
      for (const column of ['steps', 'epochs', 'seconds', 'values'] as const) {
        this.#last[column].set(more[column].subarray(done, done + count), at)
      }
      done += count
      this.points += count
      if (at + count === pointsPerChunk) this.#finish()
    }
  }

  /** What the store lacks, in order. A last chunk that is not full replaces the one with the same first point. */
  pending(): readonly Chunk[] {
    if (this.points === this.#stored) return []
    const count = this.points - this.#first
    if (count === 0) return [...this.#full]
    return [...this.#full, { first: this.#first, points: count, data: encodeChunk(this.#last, count) }]
  }

  /** These chunks, given by `pending`, are in the store now. Points may have come since. */
  stored(chunks: readonly Chunk[]): void {
    const last = chunks.at(-1)
    if (last === undefined) return
    this.#stored = last.first + last.points
    while (this.#full.length > 0 && this.#full[0].first + this.#full[0].points <= this.#stored) this.#full.shift()
  }

  #finish(): void {
    this.#full.push({ first: this.#first, points: pointsPerChunk, data: encodeChunk(this.#last, pointsPerChunk) })
    this.#first += pointsPerChunk
  }

  #makeRoom(points: number): void {
    const larger = emptyColumns(Math.min(pointsPerChunk, Math.max(leastRoom, 2 * points)))
    for (const column of ['steps', 'epochs', 'seconds', 'values'] as const) larger[column].set(this.#last[column])
    this.#last = larger
  }
}
