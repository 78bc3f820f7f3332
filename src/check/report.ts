/** @file What a gradient check reports: plain data, so that a terminal, a test runner and a page can all show it. */
import type { Shape } from '../base/tensor.ts'

/** 'inconclusive': nothing could be shown either way, because of rounding, kinks or jumps; the words say which. */
export type Verdict = 'pass' | 'fail' | 'inconclusive'

/**
 * What one coordinate's numbers look like. The first four go by relative error (CS231n notes; for float32 and depth see `bandOf`):
 * happy up to 1e-7, fine up to 1e-4, uncomfortable up to 1e-2, wrong above. The rest are cases where a relative error says nothing.
 */
export type Band =
  | 'happy'
  | 'fine'
  | 'uncomfortable'
  | 'wrong'
  | 'zero' // analytic and numeric are both exactly 0
  | 'noise' // the two agree within rounding, which is as large as the derivative itself
  | 'kink' // the loss has a kink at the point; the analytic value was held to the one-sided slopes
  | 'jump' // the loss jumps at the point
  | 'non-finite' // NaN or an infinity where a number should be

export interface CoordinateReport {
  readonly tensor: string
  /** Position in the tensor, row by row. */
  readonly index: number
  /** The same, one number a dimension. */
  readonly position: readonly number[]
  readonly verdict: Verdict
  readonly band: Band
  readonly analytic: number
  readonly numeric: number
  /** By how much the numeric value may be off: rounding and truncation. */
  readonly uncertainty: number
  /** The step from which the numeric value comes; of several extrapolated ones, the largest. */
  readonly step: number
  readonly relativeError: number
  /** Winners (signs, sides, positions of maxima) that changed between the ends of the first step; 0 where nobody counts them. */
  readonly kinks: number
  readonly words: string
}

/** The derivative along a direction, where a tensor was checked by directions. */
export interface DirectionReport {
  readonly verdict: Verdict
  readonly analytic: number
  readonly numeric: number
  readonly uncertainty: number
  readonly step: number
}

/** One step of a sweep. */
export interface SweepPoint {
  readonly step: number
  /** (f(x + h) − f(x − h)) / 2h */
  readonly difference: number
  /** Winners that changed between the two ends; absent where nobody counts them. */
  readonly kinks?: number
}

/** One coordinate's differences at many steps, from the largest step down. */
export interface SweepReport {
  /** The tensor's worst, as it was judged. */
  readonly coordinate: CoordinateReport
  readonly points: readonly SweepPoint[]
  /** The same in float32, of a net that is trained in it. */
  readonly float32?: readonly SweepPoint[]
}

/** What a failure looks like. */
export interface Diagnosis {
  /** Stable: programs may match on it. */
  readonly cause: string
  /** From 0 to 1. */
  readonly confidence: number
  readonly words: string
}

export interface TensorReport {
  readonly name: string
  readonly shape: Shape
  readonly size: number
  readonly verdict: Verdict
  /** Number of coordinates that were checked one by one. */
  readonly checked: number
  readonly bands: Readonly<Record<Band, number>>
  /** The largest among coordinates whose relative error says something; 0 where there is none. */
  readonly relativeError: number
  /** Coordinates whose step crossed a kink. */
  readonly kinks: number
  readonly coordinates: readonly CoordinateReport[]
  readonly directions?: readonly DirectionReport[]
  /**
   * Of a tensor checked by directions: the probability that one wrong entry (zeroed, or wrong by a factor of two), any of them
   * with equal chance, is not seen.
   */
  readonly missProbability?: number
  readonly diagnosis?: Diagnosis
  /** Of the coordinate that is furthest off, where sweeps were asked for and there is one. */
  readonly sweep?: SweepReport
  readonly words: string
}

/** Remainders |f(x + hv) − f(x) − h⟨g, v⟩|: they fall with h² where the gradient is right, with h where it is wrong. */
export interface TaylorReport {
  readonly verdict: Verdict
  /** Of log remainder against log h; NaN where the remainder is rounding only. */
  readonly slope: number
  readonly points: readonly { readonly step: number; readonly remainder: number; readonly used: boolean }[]
  readonly words: string
}

/** Hessian-vector products against differences of gradients, or of losses where there are none at moved points. */
export interface SecondOrderReport {
  readonly verdict: Verdict
  readonly tensors: readonly {
    readonly name: string
    readonly verdict: Verdict
    readonly analytic: number
    readonly numeric: number
    readonly uncertainty: number
    readonly relativeError: number
  }[]
  /** ⟨u, Hv⟩ and ⟨v, Hu⟩, which are equal for a right Hessian. */
  readonly symmetry: readonly [number, number]
  readonly words: string
}

export interface GradientReport {
  readonly verdict: Verdict
  /** One or a few sentences: what was found, where, and what to do. */
  readonly words: string
  readonly mode: 'coordinates' | 'directions'
  /** In which the loss was computed, as far as its values tell. */
  readonly precision: 'float64' | 'float32'
  /** At the base point. */
  readonly loss: number
  readonly tensors: readonly TensorReport[]
  readonly bands: Readonly<Record<Band, number>>
  /** The coordinate that is furthest off; absent where none was checked. */
  readonly worst?: CoordinateReport
  /** That of the worst tensor. */
  readonly diagnosis?: Diagnosis
  readonly warnings: readonly string[]
  readonly evaluations: { readonly loss: number; readonly gradient: number }
  readonly taylor?: TaylorReport
  readonly secondOrder?: SecondOrderReport
  /** The penalty's own check, where it was given apart. */
  readonly penalty?: GradientReport
  /** The checks at further points, where several were given; the first point is this report itself. */
  readonly points?: readonly GradientReport[]
}
