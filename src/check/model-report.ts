/** @file What the check of a net reports: plain data. */
import type { GradientReport, Verdict } from './report.ts'

/** The gradients of the float32 step that trains, after all passes, beside those of float64. */
export interface Float32Report {
  readonly verdict: Verdict
  readonly tensors: readonly {
    readonly name: string
    /** The largest difference of two entries, in units of the greatest entry at this point and those before it. */
    readonly deviation: number
    readonly verdict: Verdict
  }[]
  /** Winners that float32 chose otherwise: where there are some, a difference says nothing. 0 where nobody had to ask. */
  readonly kinks: number
  readonly words: string
}

/** The check at one point. */
export interface ModelPointReport {
  /** Updates made before it: 0 is the net as it is initialised. */
  readonly steps: number
  readonly data: GradientReport
  /** The penalty alone; absent where the net has none. */
  readonly penalty?: GradientReport
  readonly float32: Float32Report
}

export interface ModelReport {
  readonly verdict: Verdict
  /** What was found, where, and what to do. */
  readonly words: string
  /** Number of examples in the data loss. */
  readonly examples: number
  /** Most matrix products between a parameter and the loss. */
  readonly depth: number
  readonly points: readonly ModelPointReport[]
  readonly warnings: readonly string[]
}

/** 'fail' where one fails, else 'inconclusive' where one is, else 'pass'. */
export function worstVerdict(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('fail')) return 'fail'
  return verdicts.includes('inconclusive') ? 'inconclusive' : 'pass'
}
