/** @file What a situation of the scored half is made from: the fault and its cure side by side, so that the damage can be shown. */
import type { FindingCode } from '../../../../src/diagnose/finding.ts'
import type { Config } from '../../../../src/train/config.ts'
import type { TrainingPlan } from '../../../../src/train/plan.ts'

/** How a situation is varied to show that it is what it says. */
export interface Variation {
  /** The cure in the place of the fault. */
  readonly fixed: boolean
  /** Factor on the learning rate. */
  readonly rate: number
  /** Factor on the epochs. */
  readonly epochs: number
}

interface Described {
  readonly name: string
  readonly about: string
  /** Undefined: healthy. */
  readonly cause?: FindingCode
  /** Codes besides the cause that name the same. */
  readonly accepted?: readonly FindingCode[]
  /** Codes that are true of it, though they name another thing. */
  readonly tolerated?: readonly FindingCode[]
}

/** A plan is for data that a configuration would refuse. */
export type Made = Described &
  (
    | { readonly config: (seed: number, variation: Variation) => Config }
    | { readonly plan: (seed: number, variation: Variation) => TrainingPlan }
  )
