/** @file The best epoch so far: which it was, and its parameters where they are to be restored. */
import { type Best, type EarlyStopping, improves } from './early-stopping.ts'
import type { EpochEvent } from './events.ts'
import { copyRegions, modelRegionsOf, type Regions, restoreRegions } from './progress.ts'
import type { TrainingState } from './state.ts'

export class BestEpoch {
  readonly #options: EarlyStopping | undefined
  #best: Best | undefined
  #regions: Regions | undefined

  /** @param before of a run that goes on */
  constructor(
    options: EarlyStopping | undefined,
    before: { readonly best?: Best; readonly bestRegions?: Regions } = {},
  ) {
    this.#options = options
    this.#best = before.best
    this.#regions = before.bestRegions
  }

  get best(): Best | undefined {
    return this.#best
  }

  /** For a checkpoint. */
  get kept(): { readonly best?: Best; readonly bestRegions?: Regions } {
    return { ...(this.#best && { best: this.#best }), ...(this.#regions && { bestRegions: this.#regions }) }
  }

  /** Whether this epoch is the best so far; then its state is kept. */
  compare(event: EpochEvent, state: TrainingState): boolean {
    const value = improves(event, this.#best, this.#options)
    if (value === undefined) return false
    this.#best = { epoch: event.epoch, step: event.step, value }
    if (this.#options && this.#options.restoreBest !== false)
      this.#regions = copyRegions(modelRegionsOf(state), this.#regions)
    return true
  }

  /** Forgets a best epoch after this one, which is no longer a part of the run. @returns whether it did */
  rollBack(epoch: number): boolean {
    if (this.#best === undefined || this.#best.epoch <= epoch) return false
    this.#best = undefined
    return true
  }

  /** Puts its parameters and buffers back, where they were kept. @returns which epoch's they are */
  restore(state: TrainingState): { readonly epoch: number; readonly step: number } | undefined {
    if (this.#regions === undefined || this.#best === undefined) return undefined
    restoreRegions(state, this.#regions)
    return { epoch: this.#best.epoch, step: this.#best.step }
  }
}
