/** @file What the checks before learning found, as a diagnosis reads it. */
import { isTrouble, type SanityCheckName, type SanityFinding } from '../../check/sanity/report.ts'
import type { FindingCode, Judgement, Severity } from '../finding.ts'
import type { History } from '../history.ts'

const order = ['fail', 'warning', 'pass', 'skipped']

/** The worst finding with this code; undefined where none has it. */
export function checkedAs(run: History, code: FindingCode): SanityFinding | undefined {
  const found = run.check?.sanity?.findings.filter((finding) => finding.code === code)
  return found?.toSorted((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict))[0]
}

/** What a check found, as a rule's judgement; undefined where it found nothing of that code to act on. */
export function troubleFrom(run: History, code: FindingCode, change: Partial<Judgement> = {}): Judgement | undefined {
  const found = checkedAs(run, code)
  return found !== undefined && isTrouble(found) ? judgedFrom(found, change) : undefined
}

/** A number that a check found; undefined where it was not done. */
export function checkedNumber(run: History, check: SanityCheckName, name: string): number | undefined {
  for (const finding of run.check?.sanity?.findings ?? []) {
    const value = finding.check === check ? finding.evidence[name] : undefined
    if (value !== undefined && Number.isFinite(value)) return value
  }
  return undefined
}

const severityOf = ({ verdict }: SanityFinding): Severity =>
  verdict === 'fail' ? 'error' : verdict === 'warning' ? 'warning' : 'info'

/** A check's finding as it stands: what was got, against what was expected, and what to do. */
export function judgedFrom(finding: SanityFinding, change: Partial<Judgement> = {}): Judgement {
  const { got, expected, words, evidence } = finding
  return {
    severity: severityOf(finding),
    confidence: finding.verdict === 'fail' ? 0.97 : 0.9,
    words: `${got.charAt(0).toUpperCase()}${got.slice(1)}. Expected: ${expected}.`,
    evidence,
    advice: words,
    basis: 'data',
    ...change,
  }
}

/** What a vote of near rows reaches on the training rows (`neighbours`): a level for a net. Undefined where it was not measured. */
export interface Baseline {
  /** Share of right answers; of numbers, the share of the variance that is explained. */
  readonly right: number
  readonly error: number
  /** What guessing gets. */
  readonly guess: number
  readonly rows: number
  /** The same on the validation rows, by votes of training rows. */
  readonly validation?: number
}

export function baseline(run: History): Baseline | undefined {
  const [right, error, guess, rows, validation] = [
    'baseline',
    'baselineError',
    'guess',
    'rows',
    'validationBaseline',
  ].map((name) => lastNumber(run, name))
  if (right === undefined || error === undefined || guess === undefined || rows === undefined) return undefined
  return { right, error, guess, rows, ...(validation !== undefined && { validation }) }
}

/** The check's last finding tells the level; those before it tell what is wrong. */
function lastNumber(run: History, name: string): number | undefined {
  const finding = run.check?.sanity?.findings.findLast(({ check }) => check === 'neighbours')
  const value = finding?.evidence[name]
  return value !== undefined && Number.isFinite(value) ? value : undefined
}
