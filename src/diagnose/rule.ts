/** @file What a rule is: one code, one statistic, one threshold with its reason. */
import type { Basis, FindingCode, Judgement } from './finding.ts'
import type { History } from './history.ts'

/** The evidence is thin: so many steps would do. */
export interface TooEarly {
  readonly tooEarly: number
}

export interface DiagnosisRule {
  readonly code: FindingCode
  /** Kinds of evidence, any of which is enough. */
  readonly basis: readonly Basis[]
  /** What is computed, in words. */
  readonly statistic: string
  /** From where on it speaks, and why there. */
  readonly threshold: string
  /** Paper and equation, or the page. */
  readonly source: string
  /**
   * A pure function of what the run has told so far; silent (undefined) where it has nothing to say or cannot know.
   *
   * @returns one judgement for each cause: two dead layers may be two
   */
  judge(run: History): Judgement | readonly Judgement[] | TooEarly | undefined
}
