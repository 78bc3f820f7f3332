/** @file Scores the diagnosis on event streams of which is known what is wrong. */
import { diagnose } from '../../src/diagnose/diagnosis.ts'
import type { RunEvent } from '../../src/diagnose/events.ts'
import { type Finding, type FindingCode, isTrouble } from '../../src/diagnose/finding.ts'
import { acceptedOf, type Situation } from './situation.ts'

/** One run, and what was said of it. */
export interface Scored {
  readonly situation: Situation
  readonly seed: number
  /** Warnings and errors. */
  readonly reported: readonly Finding[]
  /** Whether a right answer is among them; false for healthy runs. */
  readonly found: boolean
  /** Those that are wrong here. */
  readonly falsePositives: readonly FindingCode[]
}

export interface Score {
  /** Runs with a fault, and how many of them were found. */
  readonly faulty: number
  readonly found: number
  /** Found over faulty. */
  readonly recall: number
  /** Warnings and errors that are right, over all that were reported. */
  readonly precision: number
  readonly reported: number
  readonly falsePositives: number
  readonly healthy: number
  /** Warnings and errors on healthy runs. */
  readonly onHealthy: number
}

/**
 * A faulty run is found when an accepted code is reported as warning or error; any other warning or error outside what the situation
 * tolerates is a false positive; on a healthy run every one is.
 */
export function scoreRun(situation: Situation, seed: number, events: Iterable<RunEvent>): Scored {
  const reported = diagnose(events).findings.filter(isTrouble)
  const accepted = acceptedOf(situation)
  const right = [...accepted, ...(situation.tolerates ?? [])]
  return {
    situation,
    seed,
    reported,
    found: reported.some(({ code }) => accepted.includes(code)),
    falsePositives: reported.map(({ code }) => code).filter((code) => !right.includes(code)),
  }
}

export function total(runs: readonly Scored[]): Score {
  const faulty = runs.filter(({ situation }) => situation.fault !== undefined)
  const healthy = runs.filter(({ situation }) => situation.fault === undefined)
  const count = (of: readonly Scored[], number: (run: Scored) => number) =>
    of.reduce((sum, run) => sum + number(run), 0)
  const found = faulty.filter((run) => run.found).length
  const reported = count(runs, (run) => codesOf(run).length)
  const falsePositives = count(runs, (run) => new Set(run.falsePositives).size)
  return {
    faulty: faulty.length,
    found,
    recall: faulty.length === 0 ? Number.NaN : found / faulty.length,
    precision: reported === 0 ? Number.NaN : (reported - falsePositives) / reported,
    reported,
    falsePositives,
    healthy: healthy.length,
    onHealthy: count(healthy, (run) => new Set(run.falsePositives).size),
  }
}

/** Each code once: a fault in three layers is one. */
export const codesOf = ({ reported }: Scored): readonly FindingCode[] => [...new Set(reported.map(({ code }) => code))]

/** By code: how often it was reported, and how often it was right. */
export function precisionByCode(
  runs: readonly Scored[],
): ReadonlyMap<FindingCode, { readonly reported: number; readonly right: number }> {
  const all = new Map<FindingCode, { reported: number; right: number }>()
  for (const run of runs)
    for (const code of codesOf(run)) {
      const entry = all.get(code) ?? { reported: 0, right: 0 }
      all.set(code, entry)
      entry.reported += 1
      if (!run.falsePositives.includes(code)) entry.right += 1
    }
  return all
}
