/** @file What the checks before learning report: plain data. */

/** In the order in which they are done. */
export const sanityCheckNames = [
  'inputs',
  'targets',
  'duplicates',
  'parts',
  'neighbours',
  'signal',
  'loss',
  'dependency',
  'penalty',
  'overfit',
] as const
export type SanityCheckName = (typeof sanityCheckNames)[number]

/**
 * - 'fail': something is wrong, surely.
 * - 'warning': what a careful person would look at before training.
 * - 'pass': nothing is wrong; with a code, something is true and harmless.
 * - 'skipped': not done, and `words` say why.
 */
export type SanityVerdict = 'pass' | 'warning' | 'fail' | 'skipped'

/** What one check found. */
export interface SanityFinding {
  readonly check: SanityCheckName
  readonly verdict: SanityVerdict
  /** Which of the known faults it is, as the diagnosis of a run names them; absent where none of them fits. */
  readonly code?: string
  /** What should be, in words and numbers. */
  readonly expected: string
  /** What is. */
  readonly got: string
  /** What that means and what to do. */
  readonly words: string
  /** The numbers behind it, by name. */
  readonly evidence: Readonly<Record<string, number>>
}

export interface SanityReport {
  /** The worst of the findings'. */
  readonly verdict: Exclude<SanityVerdict, 'skipped'>
  /** What to look at first, or that all is well. */
  readonly words: string
  /** At least one for each check, in their order. */
  readonly findings: readonly SanityFinding[]
}

/** A check's findings; a check that found nothing to speak of says in one line what it looked at. */
export type Findings = readonly SanityFinding[]

/** A finding without the check's name, which the one who makes it knows. */
export type Found = Omit<SanityFinding, 'check' | 'verdict' | 'evidence'> & {
  readonly evidence?: SanityFinding['evidence']
}

/** The ways to speak of one check. */
export function speaker(check: SanityCheckName) {
  const say =
    (verdict: SanityVerdict) =>
    ({ evidence = {}, ...found }: Found): SanityFinding => ({ check, verdict, ...found, evidence })
  return {
    fail: say('fail'),
    warning: say('warning'),
    pass: say('pass'),
    skipped: (words: string) => say('skipped')({ expected: '', got: '', words }),
  }
}

/** Whether it is something to act on. */
export const isTrouble = ({ verdict }: SanityFinding) => verdict === 'fail' || verdict === 'warning'

export function sanityReport(findings: Findings): SanityReport {
  const failed = findings.filter(({ verdict }) => verdict === 'fail')
  const warned = findings.filter(({ verdict }) => verdict === 'warning')
  const verdict = failed.length > 0 ? 'fail' : warned.length > 0 ? 'warning' : 'pass'
  const [first] = [...failed, ...warned]
  return { verdict, words: first === undefined ? 'Nothing speaks against training.' : first.words, findings }
}
