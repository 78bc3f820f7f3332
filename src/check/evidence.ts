/** @file What a diagnosis goes by. */

/** One tensor's evidence. */
export interface Evidence {
  readonly shape: readonly number[]
  /** Values of the tensor at the base point, and the whole analytic gradient. */
  readonly at: Float64Array
  readonly gradient: Float64Array
  /** The coordinates that were checked: where a difference says something. */
  readonly samples: readonly Sample[]
  /** Examples in the loss, where known. */
  readonly batchSize?: number
}

export interface Sample {
  readonly index: number
  readonly analytic: number
  readonly numeric: number
  readonly uncertainty: number
  readonly wrong: boolean
}

/** A rule that may explain the evidence, with the number of samples that could have spoken against it. */
export interface Explanation {
  readonly cause: string
  readonly words: string
  /** Samples that speak for it beyond those that fixed its free numbers. */
  readonly support: number
  /** How far to trust it with all the support in the world. */
  readonly limit: number
}

/** Whether a prediction fits a sample: within its uncertainty and a thousandth, and much better than the gradient itself does. */
export function fits({ analytic, numeric, uncertainty, wrong }: Sample, predicted: number): boolean {
  const allowed = 1e-3 * Math.abs(numeric)
  const error = Math.abs(analytic - numeric)
  return Math.abs(predicted - numeric) <= 3 * uncertainty + (wrong ? Math.min(allowed, error / 20) : allowed)
}

export type RuleOf = (evidence: Evidence, wrong: readonly Sample[]) => Explanation | undefined
