/** @file What a diagnosis reads: a training's events, what was checked before, and what a foreign loop logs. */
import type { SanityReport } from '../check/sanity/report.ts'
import type { TrainingEvent } from '../train/events.ts'
import type { Finding, FindingCode } from './finding.ts'

/** What was looked at before the first step. */
export interface CheckEvent {
  readonly type: 'check'
  /** Of the gradient check, where there was one. */
  readonly verdict?: 'pass' | 'warning' | 'fail' | 'inconclusive'
  /** What to say of it; without a verdict, why nothing was checked. */
  readonly words?: string
  readonly points?: readonly {
    readonly data: {
      readonly tensors: readonly { readonly name: string; readonly verdict: string; readonly worst?: number }[]
    }
  }[]
  readonly sanity?: SanityReport
}

/** Numbers by name, as `run.log()` and JSON lines give them: 'loss', 'validation/accuracy', 'learningRate', … */
export interface LogEvent {
  readonly type: 'log'
  readonly step: number
  /** How often each example had been seen. */
  readonly epoch?: number
  readonly values: Readonly<Record<string, number>>
}

/**
 * What a cheap trial beside the run showed: some steps from the first values, on some of the training rows.
 * - 'rates': the same steps at other learning rates. `start`: the loss of the first step; `loss at 0.1`: that of the last quarter of the
 *   steps, with all rates times 0.1; and so on. `untrained`: the same with the first values as they are.
 * - 'shuffled-targets': the same steps at the best of those rates (`factor`) with the targets as they are (`own`), and with them in another
 *   order of the rows (`shuffled`); `ownError`, `shuffledError`: standard errors that the batches' noise leaves.
 * - 'repeated-batch': one batch over and over at that rate: `start`, `end`.
 */
export interface ExperimentEvent {
  readonly type: 'experiment'
  readonly experiment: 'rates' | 'shuffled-targets' | 'repeated-batch'
  readonly step: number
  readonly epoch: number
  /** Empty where nothing was tried, and `words` say why. */
  readonly values: Readonly<Record<string, number>>
  readonly words?: string
}

/** A finding appeared, or what was found is no longer so. */
export type FindingEvent =
  | { readonly type: 'finding'; readonly finding: Finding }
  | {
      readonly type: 'finding-cleared'
      readonly code: FindingCode
      readonly where?: string
      readonly at: { readonly epoch: number; readonly step: number }
    }

/** What a training with its check and its diagnosis tells. */
export type ToldEvent = TrainingEvent | CheckEvent | ExperimentEvent | FindingEvent

export type RunEvent = TrainingEvent | CheckEvent | LogEvent | ExperimentEvent
