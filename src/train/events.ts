/** @file What a run tells while it goes on. Events are plain data; every number that can be NaN or infinite may be. */

/** Loss and, for classification, accuracy of one part of the data. */
export interface Measurement {
  /** Mean data loss, without the penalty. */
  readonly loss: number
  /** Share of correct answers in [0, 1]. */
  readonly accuracy?: number
  readonly examples: number
}

/** A parameter, and how it starts. */
export interface ParameterFacts {
  readonly name: string
  readonly shape: readonly number[]
  /** Values that one unit adds up, and units that one value goes to; only of weights of products, not of biases, scales, embeddings. */
  readonly fanIn?: number
  readonly fanOut?: number
  /** Name of the layer that it belongs to. */
  readonly layer?: string
  /** Of the first values: exact over all of them. */
  readonly initial?: {
    readonly mean: number
    /** Population standard deviation. */
    readonly deviation: number
    readonly min: number
    readonly max: number
    /** How many units there are, and how many of them differ from each other; only where units are known and at least two. */
    readonly units?: number
    readonly distinctUnits?: number
  }
}

export interface LayerFacts {
  readonly name: string
  readonly kind: string
  readonly shape: readonly number[]
  /** What the layer was given: a dropout's `rate`, a batch normalisation's `momentum`, … */
  readonly options?: Readonly<Record<string, number | string | boolean>>
}

/** What the graph of the net says of it, whatever layers and functions it was built from. */
export interface GraphFacts {
  /** Operator that gives the scores, changes of shape aside: 'Gemm', 'Softmax', … */
  readonly output: string
  /**
   * Pairs of parameters (weights of products), one behind the other, between which there is nothing but linear operators; a batch
   * normalisation counts as one. None where what the later one takes is a sum with a way through something that is not linear, and
   * none with weights in groups.
   */
  readonly linear: readonly (readonly [string, string])[]
  /** Operators between a weight and the next that are not linear, in order and without repetition: 'Relu', 'Tanh', … */
  readonly nonlinear: readonly string[]
  /** Parameters on which the scores do not depend. */
  readonly unused: readonly string[]
}

/** The update rule as data. */
export interface RuleFacts {
  readonly name: string
  readonly dialect?: string
  /** Its numbers at the first step. */
  readonly hyper: Readonly<Record<string, number>>
  /** Which of them follow a schedule. */
  readonly scheduled: readonly string[]
  /** Names of what it carries from step to step. */
  readonly states: readonly string[]
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
  readonly parameters: readonly ParameterFacts[]
  /** The layers in the order of building, each with the shape of its output for one example; a layer inside another stands after it. */
  readonly layers?: readonly LayerFacts[]
  readonly graph?: GraphFacts
  readonly rule?: RuleFacts
  /** The learning rate as it is planned, at up to 64 places from the first step to the last; absent where the rule has none. */
  readonly learningRates?: readonly { readonly epoch: number; readonly rate: number }[]
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

/** What one part of the data is like. */
export interface DataPartFacts {
  readonly rows: number
  /** Of classification: how many rows each class has, in the order of the classes. */
  readonly classes?: readonly number[]
  /** Of regression: how the targets are distributed, of at most four outputs and of some rows where there are many. */
  readonly targets?: readonly Distribution[]
}

/**
 * How one example is to be shown: 'image' [height, width], with a third axis of 3 in colour; 'sequence' [moments, few values];
 * 'categories' numbers that are names; 'values' anything else.
 */
export type SampleForm = 'image' | 'sequence' | 'categories' | 'values'

/** Some examples as the net receives them. */
export interface DataSamples {
  /** Their row numbers within the part. */
  readonly rows: readonly number[]
  /** Class numbers, or the numbers to be predicted, at most eight of each row. */
  readonly targets: readonly (number | readonly number[])[]
}

/**
 * What the data are like, once, after the start of a run that does not go on. Without probes only the counts of the parts are told.
 *
 * `pictures` by name: 'training' and 'validation', [examples, …] in the form that `form` says, standardised, the training examples as
 * the first epoch augments them; 'unaugmented', the same training examples without it; 'mean', 'deviation', 'min' and 'max' of the
 * features that were looked at, [features], as the net receives them (not augmented), over `features.rows` rows of the training part;
 * 'given/mean' and 'given/scale', what standardisation took off and divided by.
 */
export interface DataEvent {
  readonly type: 'data'
  readonly training: DataPartFacts
  readonly validation?: DataPartFacts
  readonly form?: SampleForm
  readonly samples?: { readonly training: DataSamples; readonly validation?: DataSamples }
  readonly features?: {
    /** How many there are. */
    readonly count: number
    /** How many rows were looked at, spread evenly over the training part. */
    readonly rows: number
    /** Distance between the features that were looked at: 1 where all were. */
    readonly every: number
    /** Of those that were looked at. */
    readonly names?: readonly string[]
  }
  readonly pictures?: Readonly<Record<string, Picture>>
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

/** How numbers are distributed. Exact moments over all of them; quantiles and histogram from a fixed sample where there are many. */
export interface Distribution {
  readonly count: number
  /** How many are NaN or infinite; the rest describes the finite ones. */
  readonly nonFinite: number
  readonly mean: number
  /** Population standard deviation. */
  readonly deviation: number
  readonly min: number
  readonly max: number
  /** At the probabilities of `quantileLevels`. */
  readonly quantiles: readonly number[]
  /** `counts[i]` numbers of the sample lie in [edges[i], edges[i + 1]), the last bin closed. */
  readonly histogram: { readonly edges: readonly number[]; readonly counts: readonly number[] }
}

/** Probabilities of the quantiles in a `Distribution`: the median, and about 1, 2 and 3 deviations of a normal one, and the ends. */
export const quantileLevels = [0, 0.001, 0.023, 0.159, 0.25, 0.5, 0.75, 0.841, 0.977, 0.999, 1] as const

/** An array to be looked at: the first layer's weights. */
export interface Picture {
  /** [pictures, height, width] or [pictures, height, width, 3]. */
  readonly shape: readonly number[]
  readonly values: Float32Array
}

/** What one probe measured at one step. Where each number belongs to a tensor or a layer, its name stands behind a slash. */
export interface ProbeEvent {
  readonly type: 'probe'
  /** Name of the probe: 'norms', 'distributions', … */
  readonly probe: string
  /** Updates made before the step that was watched. */
  readonly step: number
  readonly epoch: number
  /** They become series: 'update:weight/dense1.weight'. */
  readonly values: Readonly<Record<string, number>>
  readonly distributions?: Readonly<Record<string, Distribution>>
  readonly pictures?: Readonly<Record<string, Picture>>
}

/** The state was kept: from here the run can go on. */
export interface CheckpointEvent {
  readonly type: 'checkpoint'
  readonly step: number
  readonly epoch: number
  readonly kept: readonly ('newest' | 'best' | 'periodic')[]
}

/** A run goes on from a checkpoint: what was recorded behind it is superseded. */
export interface ResumeEvent {
  readonly type: 'resume'
  readonly step: number
  readonly epoch: number
  /** Why the same bits as in a run never stopped cannot be promised: another runtime, processor, number of threads. */
  readonly warnings: readonly string[]
}

/** After a divergence the run goes on from before it, with a lower rate. */
export interface RollBackEvent {
  readonly type: 'roll-back'
  /** From which step, and to which. */
  readonly from: number
  readonly to: number
  readonly epoch: number
  /** All learning rates are multiplied by this from here on. */
  readonly rateFactor: number
  readonly message: string
}

/** Why a run ended. */
export type Outcome =
  | { readonly reason: 'finished' }
  | {
      readonly reason: 'stopped-early'
      readonly message: string
      readonly best: { readonly epoch: number; readonly step: number }
    }
  | { readonly reason: 'interrupted' }
  | {
      readonly reason: 'diverged'
      readonly message: string
      readonly hint: string
      /** The tensor that went first: 'loss', 'gradient/dense1.weight', 'dense1.weight', 'input', 'target'; or the layer that gave it. */
      readonly first: string
    }

/** The last event. */
export interface EndEvent {
  readonly type: 'end'
  readonly outcome: Outcome
  readonly epoch: number
  readonly step: number
}

export type TrainingEvent =
  | StartEvent
  | DataEvent
  | StepsEvent
  | EpochEvent
  | ProbeEvent
  | CheckpointEvent
  | ResumeEvent
  | RollBackEvent
  | EndEvent
