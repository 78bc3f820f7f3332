/** @file What a run tells while it goes on. Events are plain data; every number that can be NaN or infinite may be. */

/** Loss and, for classification, accuracy of one part of the data. */
export interface Measurement {
  /** Mean data loss, without the penalty. */
  readonly loss: number
  /** Share of correct answers in [0, 1]. */
  readonly accuracy?: number
  readonly examples: number
}

/** The first event: what is being trained, on what, with what. */
export interface StartEvent {
  readonly type: 'start'
  readonly seed: number
  readonly data: {
    readonly name: string
    readonly task: 'classification' | 'regression'
    readonly training: number
    readonly validation: number
    readonly featureShape: readonly number[]
    readonly classes?: readonly string[]
  }
  /** What is trained; buffers are not among them. */
  readonly parameters: readonly { readonly name: string; readonly shape: readonly number[] }[]
  /** What is done at random to the training examples, in words. */
  readonly augment?: string
  readonly loss: string
  readonly penalty?: string
  readonly constraint?: string
  readonly update: string
  readonly epochs: number
  readonly batchSize: number
  readonly hyper: Readonly<Record<string, unknown>>
  readonly engine: string
  readonly form: 'wasm' | 'nodes'
  readonly threads: number
}

/** Losses of consecutive steps, sent in groups. */
export interface StepsEvent {
  readonly type: 'steps'
  /** Number of the first of them, from 0. */
  readonly first: number
  /** Epochs done before the first of them, with fractions: how often each example has been seen. */
  readonly epoch: number
  readonly losses: readonly number[]
}

/** After an epoch; and once before the first (`epoch: 0`, without `training`). */
export interface EpochEvent {
  readonly type: 'epoch'
  /** Epochs done. */
  readonly epoch: number
  /** Steps done. */
  readonly step: number
  /** Over the epoch's batches, each as it was when it was trained on. */
  readonly training?: Measurement
  readonly validation?: Measurement
  readonly penalty: number
  /** Of the last update, where the rule has one. */
  readonly learningRate?: number
  /** Seconds since the start, where the caller gave a clock. */
  readonly seconds?: number
}

/** Why a run ended. */
export type Outcome =
  | { readonly reason: 'finished' }
  | { readonly reason: 'interrupted' }
  | { readonly reason: 'diverged'; readonly message: string; readonly hint: string }

/** The last event. */
export interface EndEvent {
  readonly type: 'end'
  readonly outcome: Outcome
  readonly epoch: number
  readonly step: number
}

export type TrainingEvent = StartEvent | StepsEvent | EpochEvent | EndEvent
