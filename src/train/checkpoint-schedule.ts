/** @file When checkpoints are taken. */
import { checkInteger, checkOptions, checkRange } from '../base/errors.ts'

/** A checkpoint is taken when one of these says so, and at the end of the run. */
export interface CheckpointOptions {
  /** Seconds between two, where the run has a clock; default 30. */
  readonly everySeconds?: number
  /** After so many steps, at the end of the call in which they are reached; default: never. */
  readonly everySteps?: number
  readonly everyEpochs?: number
  /** Every k-th is kept for good, where otherwise the newest and the best are; default: none. */
  readonly keepEvery?: number
}

const defaultSeconds = 30

/** @throws RappelError 'usage' that says which option does not fit */
export function checkCheckpointOptions(options: CheckpointOptions): void {
  const { everySeconds, everySteps, everyEpochs, keepEvery, ...others } = options
  checkOptions('checkpoint', others, ['everySeconds', 'everySteps', 'everyEpochs', 'keepEvery'])
  if (everySeconds !== undefined) checkRange('checkpoint: everySeconds', everySeconds, { min: 0, open: 'min' })
  for (const [name, value] of Object.entries({ everySteps, everyEpochs, keepEvery }))
    if (value !== undefined) checkInteger(`checkpoint: ${name}`, value, 1)
}

/** Where a run stands: seconds since its start, 0 without a clock. */
interface Moment {
  readonly seconds: number
  readonly step: number
  /** Whole epochs done. */
  readonly epoch: number
}

export class CheckpointSchedule {
  readonly #options: CheckpointOptions
  #last: Moment

  constructor(options: CheckpointOptions, start: Moment) {
    this.#options = options
    this.#last = start
  }

  isDue({ seconds, step, epoch }: Moment): boolean {
    const { everySeconds = defaultSeconds, everySteps, everyEpochs } = this.#options
    const last = this.#last
    return (
      seconds - last.seconds >= everySeconds ||
      (everySteps !== undefined && Math.floor(step / everySteps) > Math.floor(last.step / everySteps)) ||
      (everyEpochs !== undefined && Math.floor(epoch / everyEpochs) > Math.floor(last.epoch / everyEpochs))
    )
  }

  taken(at: Moment): void {
    this.#last = at
  }
}
