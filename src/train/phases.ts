/** @file Where the time of a run goes. */

/**
 * - 'filling': reading batches and random numbers
 * - 'step': gradients and update
 * - 'probes': watching steps
 * - 'measuring': loss and accuracy at the ends of epochs
 * - 'others': what the process does besides, while the loop gives way
 */
export type Phase = 'filling' | 'step' | 'probes' | 'measuring' | 'others'

/** Seconds by what they went into. */
export type Seconds = Readonly<Record<Phase, number>>

/** A stop watch with one hand for each phase. Without a clock it stands still. */
export class Phases {
  readonly #now: () => number
  #phase: Phase = 'others'
  #since: number
  #milliseconds = none()

  /** @param now milliseconds, from any start */
  constructor(now: () => number = () => 0) {
    this.#now = now
    this.#since = now()
  }

  /** From here on the time goes into this phase. */
  enter(phase: Phase): void {
    const now = this.#now()
    this.#milliseconds[this.#phase] += now - this.#since
    this.#phase = phase
    this.#since = now
  }

  /** What has passed since this was last asked. */
  take(): Seconds {
    this.enter(this.#phase)
    const taken = this.#milliseconds
    this.#milliseconds = none()
    return Object.fromEntries(Object.entries(taken).map(([name, value]) => [name, value / 1000])) as Record<
      Phase,
      number
    >
  }
}

function none(): Record<Phase, number> {
  return { filling: 0, step: 0, probes: 0, measuring: 0, others: 0 }
}
