/** @file What a check before learning found, as a judgement of the same code. */
import type { Basis, FindingCode, Judgement, Severity } from '../../finding.ts'
import type { History } from '../../history.ts'

/** Undefined where the check found nothing of that code to act on. */
export function fromCheck(
  run: History,
  code: FindingCode,
  told: { readonly severity: Severity; readonly basis: Basis },
): Judgement | undefined {
  const found = run.check?.sanity?.findings.find(
    (finding) => finding.code === code && (finding.verdict === 'fail' || finding.verdict === 'warning'),
  )
  if (found === undefined) return undefined
  return {
    severity: told.severity,
    confidence: found.verdict === 'fail' ? 0.97 : 0.8,
    words: `Before training, the check of the ${found.check} got ${found.got}, expected ${found.expected}.`,
    evidence: found.evidence,
    advice: found.words,
    basis: told.basis,
  }
}
