/** @file The clock of a run: one that was stopped and resumed goes on where it stood. Without a clock everything is 0. */

export class RunClock {
  readonly #now: () => number
  readonly #startedAt: number
  /** Milliseconds of training, up to the last stop. */
  #training: number
  /** When the training was let go on; undefined while it rests. */
  #since: number | undefined

  /** @param now milliseconds, from any start. @param before what a kept run had used */
  constructor(now: (() => number) | undefined, before: { readonly seconds: number; readonly trainingSeconds: number }) {
    this.#now = now ?? (() => 0)
    this.#startedAt = this.#now() - before.seconds * 1000
    this.#training = before.trainingSeconds * 1000
  }

  /** Since the start. */
  get seconds(): number {
    return (this.#now() - this.#startedAt) / 1000
  }

  /** Of these, what went into training rather than into measuring and keeping. */
  get trainingSeconds(): number {
    const running = this.#since === undefined ? 0 : this.#now() - this.#since
    return (this.#training + running) / 1000
  }

  startTraining(): void {
    this.#since ??= this.#now()
  }

  /** @returns whether it was going on */
  stopTraining(): boolean {
    if (this.#since === undefined) return false
    this.#training += this.#now() - this.#since
    this.#since = undefined
    return true
  }
}
