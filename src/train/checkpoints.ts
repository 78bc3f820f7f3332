/** @file The checkpoints of a run: when they are taken, why they are kept, and to whom they are given. */
import type { RecordPosition } from '../store/store.ts'
import { type Checkpoint, writeCheckpoint } from './checkpoint.ts'
import { type CheckpointOptions, CheckpointSchedule } from './checkpoint-schedule.ts'
import type { CheckpointEvent } from './events.ts'

/** A checkpoint that was taken. */
export interface TakenCheckpoint {
  readonly bytes: Uint8Array
  readonly step: number
  /** How often each example had been seen, with fractions. */
  readonly epoch: number
  /** Why it is kept. 'newest' and 'best' pass from the one that had them before: one that has none any more can go. */
  readonly kept: CheckpointEvent['kept']
  /** How far the record of the run went when it was taken. */
  readonly record?: RecordPosition
}

/** Keeps checkpoints. */
export interface CheckpointSink {
  /** How far the record goes at this moment; it stands in the checkpoint. */
  position?(): RecordPosition
  /** Keeps one for good; the run waits. What it throws ends the run. */
  save(checkpoint: TakenCheckpoint): Promise<void>
}

/** Where a run stands. */
interface Moment {
  readonly seconds: number
  readonly step: number
  /** Whole epochs done. */
  readonly epoch: number
  /** Epochs done, with fractions. */
  readonly at: number
}

interface Start {
  readonly seconds: number
  readonly step: number
  readonly epoch: number
  /** Checkpoints taken before. */
  readonly taken: number
  /** The run as it stands; what it is given does not change when the run goes on. */
  make(taken: number, record: RecordPosition | undefined): Checkpoint
}

/** A checkpoint that has not been made into bytes. */
interface Remembered {
  readonly checkpoint: Checkpoint
  readonly moment: Moment
}

export class Checkpoints {
  readonly #sink: CheckpointSink
  readonly #options: CheckpointOptions
  readonly #schedule: CheckpointSchedule
  readonly #make: Start['make']
  #taken: number
  /** The best epoch's, until it is saved together with the next that is due: epochs may be short, and many. */
  #best: Remembered | undefined
  /** Where the last one was taken: there is nothing to keep until the run has moved on. */
  #lastStep: number | undefined

  constructor(sink: CheckpointSink, options: CheckpointOptions = {}, { taken, make, ...start }: Start) {
    this.#sink = sink
    this.#options = options
    this.#schedule = new CheckpointSchedule(options, start)
    this.#make = make
    this.#taken = taken
    if (taken > 0) this.#lastStep = start.step
  }

  /** What comes now has been before, with other rates. @param epoch from which on */
  rolledBack(epoch: number): void {
    this.#lastStep = undefined
    if (this.#best !== undefined && this.#best.moment.epoch > epoch) this.#best = undefined
  }

  isDue(moment: Moment): boolean {
    return this.#schedule.isDue(moment)
  }

  /** This is the best epoch so far: it is remembered as it stands. */
  noteBest(moment: Moment): void {
    this.#best = this.#remember(moment)
  }

  /** Saves the best, where it is new, and the run as it stands. @returns what was saved */
  async take(moment: Moment): Promise<Omit<CheckpointEvent, 'type'>[]> {
    if (moment.step === this.#lastStep) return []
    this.#lastStep = moment.step
    const isBest = this.#best?.moment.step === moment.step
    const periodic = this.#options.keepEvery !== undefined && (this.#taken + 1) % this.#options.keepEvery === 0
    this.#taken++
    const newest = bytesOf(this.#remember(moment), [
      'newest',
      ...(isBest ? (['best'] as const) : []),
      ...(periodic ? (['periodic'] as const) : []),
    ])
    const all = this.#best === undefined || isBest ? [newest] : [bytesOf(this.#best, ['best']), newest]
    for (const checkpoint of all) await this.#sink.save(checkpoint)
    this.#best = undefined
    this.#schedule.taken(moment)
    return all.map(({ step, epoch, kept }) => ({ step, epoch, kept }))
  }

  #remember(moment: Moment): Remembered {
    return { checkpoint: this.#make(this.#taken, this.#sink.position?.()), moment }
  }
}

function bytesOf({ checkpoint, moment: { step, at } }: Remembered, kept: TakenCheckpoint['kept']): TakenCheckpoint {
  const { record } = checkpoint
  return { bytes: writeCheckpoint(checkpoint), step, epoch: at, kept, ...(record && { record }) }
}
