/** @file What the benchmark asks of a library: to train the same net from the same weights on the same batches. */
import type { Case } from '../cases.ts'

/** How many threads a peer may compute with, where it can be told. */
export const THREADS = 2

/** A case made ready in one library. */
export interface Prepared {
  /** What was run, in a few words: compiled or not, which backend, how many threads. Printed beside the number. */
  readonly form: string
  /**
   * Takes `count` steps: forward, backward, update, each on the next batch (cyclic, counted from the first step ever).
   * Every step computes its loss. Settles only when the last update is done, because the wall time around it is the measurement.
   */
  step(count: number): Promise<void>
  /** The loss that the latest step computed, that is, before its update. */
  loss(): Promise<number>
  close(): void
}

/** One library. A peer lives in a process of its own (`serve.ts`), so nothing of another one's heap or threads is in the way. */
export interface Peer {
  readonly name: string
  /** The library's version; 'none' where it is not installed. */
  readonly version: string
  /** True, or one line that says why not and what to do. */
  available(): Promise<true | string>
  prepare(work: Case): Promise<Prepared>
}
