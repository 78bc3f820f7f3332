/** @file What a diagnosis reports: plain data. */

/** In groups: update, signal flow, data, model and objective. docs/findings/ has a page for each. */
export const findingCodes = {
  update: [
    'lr-too-high',
    'lr-too-low',
    'unstable',
    'diverged',
    'loss-rises',
    'wrong-sign',
    'first-steps-too-large',
    'momentum-too-high',
    'schedule-too-fast',
    'clipping-too-tight',
    'gradient-accumulated',
    'loss-reduction',
    'train-longer',
  ],
  signal: [
    'zero-init',
    'symmetric-units',
    'init-too-large',
    'init-too-small',
    'initial-loss-high',
    'vanishing-gradient',
    'exploding-gradient',
    'dead-units',
    'saturation',
    'frozen-layer',
    'batchnorm-statistics',
  ],
  data: [
    'inputs-not-normalised',
    'feature-scale',
    'constant-feature',
    'nan-in-inputs',
    'targets-not-scaled',
    'labels-wrong',
    'label-noise',
    'no-signal',
    'class-imbalance',
    'little-data',
    'not-shuffled',
    'train-validation-leak',
    'validation-preprocessing',
    'train-validation-mismatch',
  ],
  objective: [
    'double-softmax',
    'no-nonlinearity',
    'wrong-gradient',
    'overfitting',
    'underfitting',
    'regularisation-too-strong',
    'decay-scale',
    'dropout-too-strong',
  ],
} as const

export type FindingCode = (typeof findingCodes)[keyof typeof findingCodes][number]

/**
 * - 'info': true and harmless.
 * - 'warning': what a careful person would change.
 * - 'error': the run is worth nothing as it is.
 */
export type Severity = 'info' | 'warning' | 'error'

/**
 * Where what is known comes from.
 * - 'graph': the net, the loss and the update rule as they were built; the first values.
 * - 'data': the data, looked at before training.
 * - 'run': what the run told while it went on.
 * - 'gradient-check': analytic gradients compared with numeric ones.
 * - 'experiment': a cheap trial made for the purpose (`runExperiments`).
 */
export type Basis = 'graph' | 'data' | 'run' | 'gradient-check' | 'experiment'

/** What the advice names, in a form that a program can apply. */
export type Suggestion =
  | {
      readonly what:
        | 'learningRate'
        | 'momentum'
        /** Of the weight in `where`; of all others in proportion to 1/√fan-in. */
        | 'initDeviation'
        /** Of the last layer's weights, named in `where`, alone; its biases begin with 0. */
        | 'outputDeviation'
        /** What is added before the logarithm is taken, in the layer that `where` names: log(1 + x). */
        | 'logOffset'
        | 'inputScale'
        | 'targetScale'
        | 'batchSize'
        | 'epochs'
        | 'penalty'
        | 'dropout'
      /** The value to take. */
      readonly value: number
      /** The value that was used, where it is known. */
      readonly instead?: number
      /** Of 'targetScale': what is taken off before. */
      readonly offset?: number
    }
  /** The setting of the configuration: each feature by its own deviation, or all by one. */
  | {
      readonly what: 'standardise'
      readonly value: 'feature' | 'all'
      readonly instead?: undefined
      readonly offset?: undefined
    }

/** What a rule says of a run. */
export interface Judgement {
  readonly severity: Severity
  /** Probability in [0, 1] that it is so, as far as the rule can tell. */
  readonly confidence: number
  /** Parameter, layer or feature. */
  readonly where?: string
  /** What was seen, in one sentence with its numbers. */
  readonly words: string
  readonly evidence: Readonly<Record<string, number>>
  /** What to do next and why, with a number. */
  readonly advice: string
  readonly suggestion?: Suggestion
  readonly basis: Basis
}

export interface Finding extends Judgement {
  readonly code: FindingCode
  /** When it was first seen. */
  readonly at: { readonly epoch: number; readonly step: number }
  /** Paper and equation, or the page. */
  readonly source: string
  /** Other codes that follow from this one, and are not reported for themselves. */
  readonly explains: readonly FindingCode[]
}

/** Whether it is something to act on. */
export const isTrouble = ({ severity }: Pick<Finding, 'severity'>) => severity !== 'info'
