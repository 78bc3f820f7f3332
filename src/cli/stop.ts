/** @file Ctrl-C and its relatives: once asks to stop, twice kills. */

/** Exit status of a process that a signal ended, as shells have it: 128 and the signal's number. */
const statuses = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }

export class Stop {
  readonly #asked = new AbortController()
  readonly #killed = new AbortController()
  /** End after the step in progress, and keep what was reached. */
  readonly asked = this.#asked.signal
  /** End at once. */
  readonly killed = this.#killed.signal
  /** Exit status by the signal that came first. */
  status = statuses.SIGINT

  /** Takes over from bin/rappel.js, whose handlers end this process at once. */
  constructor() {
    for (const [signal, status] of Object.entries(statuses)) {
      const before = process.listeners(signal as NodeJS.Signals)
      // The new one first: between no listener and the next, a signal that is on its way would be lost.
      process.on(signal, () => this.#receive(status))
      for (const listener of before) process.off(signal, listener)
    }
  }

  #receive(status: number): void {
    if (this.asked.aborted) return this.#killed.abort()
    this.status = status
    // Also for a signal that comes when all work is done.
    process.exitCode = status
    this.#asked.abort()
  }
}
