/** @file A situation of the fault library: a training, or what a foreign loop told, of which is known what is wrong with it. */
import type { RunEvent } from '../../src/diagnose/events.ts'
import type { FindingCode } from '../../src/diagnose/finding.ts'
import type { Config } from '../../src/train/config.ts'
import type { TrainingPlan } from '../../src/train/plan.ts'

/**
 * Rules are made while looking at the tuned half; the scored half is looked at by nobody who makes them. 'practice' is neither: what was drawn up
 * beside the tuned half to try rules on, whose streams are not kept.
 */
export type Half = 'tuned' | 'scored' | 'practice'

export interface Situation {
  /** Small letters and hyphens; part of the file's name. */
  readonly name: string
  readonly half: Half
  /** What is going on, in one sentence. */
  readonly about: string
  /** Absent where nothing is wrong: a careful person would change nothing. */
  readonly fault?: {
    readonly cause: FindingCode
    /** Codes that are right answers too, where neighbours cannot be told apart from what a run tells; the cause is one of its own. */
    readonly accepts?: readonly FindingCode[]
  }
  /** A warning with one of these codes is true as well, though not what the situation is about. */
  readonly tolerates?: readonly FindingCode[]
  /** What is trained; of foreign loops what they logged. The same seed gives the same. */
  readonly run: (seed: number) => Run
  /** The same without its fault: `verify` shows whether that is better. */
  readonly mended?: (seed: number) => Run
}

export type Run =
  | { readonly config: Config }
  | { readonly plan: TrainingPlan }
  | { readonly events: Iterable<RunEvent> }

export const seeds: readonly number[] = [0, 1, 2]

/** A list of situations of one half. @throws Error when two have one name */
export function situations(half: Half, list: readonly Omit<Situation, 'half'>[]): readonly Situation[] {
  const names = list.map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw new Error(`two situations are named '${twice}'`)
  return list.map((situation) => ({ ...situation, half }))
}

/** What counts as found. */
export const acceptedOf = ({ fault }: Pick<Situation, 'fault'>): readonly FindingCode[] =>
  fault === undefined ? [] : [fault.cause, ...(fault.accepts ?? [])]
