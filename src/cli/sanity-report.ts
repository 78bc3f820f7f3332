/** @file The report of the sanity checks, for a person: a line a check, then what is wrong and what to do. */
import { isTrouble, type SanityFinding, type SanityVerdict } from '../check/sanity/report.ts'
import type { CheckDocument } from './check-document.ts'
import type { Paint } from './report.ts'

const colours = { pass: 'green', warning: 'yellow', fail: 'red', skipped: 'dim' } as const

/** Columns that a line of the table may take before it is cut. */
const widest = 110

type Sanity = CheckDocument['sanity']

/** The whole section, without a line break at its end. */
export function sanityText(sanity: Sanity, paint: Paint): string {
  const heading = `${paint('bold', 'before learning')}: ${countsOf(sanity)}, in ${sanity.seconds.toFixed(2)} s`
  const troubles = sanity.findings.filter(isTrouble).map((finding) => troubleText(finding, paint))
  const end = `${paint(colours[sanity.verdict], sanity.verdict)} ${ending(sanity)}`
  return [heading, table(sanity.findings, paint), ...troubles, end].join('\n\n')
}

/** One line, for where the checks are not the matter; what is wrong is named. */
export function sanityLine(sanity: Sanity): string {
  const troubles = troubleLines(sanity.findings)
  if (troubles.length === 0) return `sanity checks: pass, ${countsOf(sanity)} in ${sanity.seconds.toFixed(2)} s`
  return troubles.join('\n')
}

/** A line for each finding that is something to act on. */
export function troubleLines(findings: readonly SanityFinding[]): readonly string[] {
  return findings
    .filter(isTrouble)
    .map(({ check, verdict, code, got, words }) => `sanity checks: ${verdict}, ${code ?? check}: ${got}. ${words}`)
}

function countsOf({ findings }: Sanity): string {
  const count = (verdict: SanityVerdict) => findings.filter((finding) => finding.verdict === verdict).length
  const names = { pass: 'passed', warning: 'with a warning', fail: 'failed', skipped: 'skipped' }
  return (['pass', 'warning', 'fail', 'skipped'] as const)
    .filter((verdict) => count(verdict) > 0)
    .map((verdict) => `${count(verdict)} ${names[verdict]}`)
    .join(', ')
}

function ending({ verdict, findings, words }: Sanity): string {
  if (verdict === 'pass') return words
  const named = findings.filter(isTrouble).map(({ code, check }) => code ?? check)
  return `${named.join(', ')}: see above.`
}

function table(findings: readonly SanityFinding[], paint: Paint): string {
  const checkWidth = Math.max(...findings.map(({ check }) => check.length))
  const lines = findings.map(({ check, verdict, code, got, words }) => {
    const said = verdict === 'skipped' ? words : code === undefined ? got : `${code}: ${got}`
    const room = widest - checkWidth - 11
    const text = said.length > room ? `${said.slice(0, room - 1)}…` : said
    return `${check.padEnd(checkWidth)}  ${paint(colours[verdict], verdict.padEnd(7))}  ${text}`
  })
  return [paint('dim', `${'check'.padEnd(checkWidth)}  verdict  what came`), ...lines].join('\n')
}

function troubleText({ check, verdict, code, expected, got, words }: SanityFinding, paint: Paint): string {
  const name = code === undefined ? check : `${code} (${check})`
  return `${paint(colours[verdict], `${verdict} ${name}`)}\n  expected  ${expected}\n  got       ${got}\n  ${words}`
}
