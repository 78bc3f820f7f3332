/** @file Writing what was logged from time to time, while other work goes on. */
import type { RunWriter } from './store.ts'

/** Milliseconds between two writings: what a killed process loses at most, as long as it gives way to timers. */
const interval = 1000

/**
 * Flushes a writer about once a second. It keeps no process alive.
 *
 * @param now milliseconds since 1970
 * @param onError is told what went wrong, once; what was logged is kept, and tried again
 */
export class Flushing {
  readonly #writer: RunWriter
  readonly #now: () => number
  readonly #onError: (error: unknown) => void
  readonly #timer: ReturnType<typeof setInterval>
  #pending: Promise<void> | undefined
  #failed = false

  constructor(writer: RunWriter, now: () => number, onError: (error: unknown) => void) {
    this.#writer = writer
    this.#now = now
    this.#onError = onError
    this.#timer = setInterval(() => void this.#flush(), interval)
    this.#timer.unref()
  }

  #flush(): Promise<void> {
    this.#pending ??= this.#writer
      .flush(this.#now())
      .catch((error: unknown) => {
        if (!this.#failed) this.#onError(error)
        this.#failed = true
      })
      .finally(() => {
        this.#pending = undefined
      })
    return this.#pending
  }

  /** Ends the timer, and waits for the writing in progress. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#pending
  }
}
