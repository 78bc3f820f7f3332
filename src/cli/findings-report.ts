/** @file What the diagnosis found, for a person: live in a line or two, and the whole at the end. */
import type { DiagnosisReport } from '../diagnose/diagnosis.ts'
import type { FindingEvent } from '../diagnose/events.ts'
import { type Finding, isTrouble, type Severity } from '../diagnose/finding.ts'
import { count, type Paint, percent, significant } from './report.ts'

/** Columns after which text goes on in the next line. */
const widest = 100

const styles = { error: 'red', warning: 'yellow', info: 'dim' } as const
const names: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'note' }

/** The whole section, without a line break at its end. */
export function diagnosisText({ verdict, findings }: DiagnosisReport, paint: Paint): string {
  const troubles = findings.filter(isTrouble)
  const notes = findings.filter((finding) => !isTrouble(finding))
  const heading = `${paint('bold', 'diagnosis')}   ${troubles.length > 0 ? countsOf(findings) : paint(verdict.state === 'too-early' ? 'yellow' : 'green', verdict.words)}`
  const parts = [heading, ...troubles.map((finding) => findingText(finding, paint))]
  if (notes.length > 0) parts.push(notes.map((finding) => noteText(finding, paint)).join('\n'))
  return parts.join('\n\n')
}

function countsOf(findings: readonly Finding[]): string {
  return (['error', 'warning', 'info'] as const)
    .map((severity) => [names[severity], findings.filter((finding) => finding.severity === severity).length] as const)
    .filter(([, found]) => found > 0)
    .map(([name, found]) => `${found} ${name}${found === 1 ? '' : 's'}`)
    .join(', ')
}

function findingText(finding: Finding, paint: Paint): string {
  const { severity, code, confidence, words, advice, source, explains } = finding
  const head = `${paint(styles[severity], `${names[severity]} ${code}`)}${whereText(finding)}, ${sinceText(finding)}, confidence ${percent(confidence)}`
  const lines = [head, ...indented(words), ...indented(`→ ${advice}`)]
  if (explains.length > 0) lines.push(...indented(`This explains: ${explains.join(', ')}.`))
  const numbers = Object.entries(finding.evidence)
    .map(([name, value]) => `${name} ${significant(value)}`)
    .join(', ')
  lines.push(...indented([numbers, source].filter((text) => text !== '').join(' · ')).map((line) => paint('dim', line)))
  return lines.join('\n')
}

function noteText(finding: Finding, paint: Paint): string {
  const { code, words } = finding
  return paint(styles.info, indented(`note ${code}${whereText(finding)}: ${words}`, '', '  ').join('\n'))
}

const whereText = ({ where }: Pick<Finding, 'where'>) => (where === undefined ? '' : ` (${where})`)

/** What is known before the first step has no 'since'. */
function sinceText({ basis, at: { epoch, step } }: Finding): string {
  if (basis === 'data') return 'of the data'
  if (basis === 'graph') return 'of the net as built'
  if (step === 0) return 'from the start'
  return Number.isFinite(epoch) ? `since epoch ${placeText(epoch)} (step ${count(step)})` : `since step ${count(step)}`
}

const placeText = (epoch: number) => (Number.isInteger(epoch) ? String(epoch) : epoch.toFixed(2))

/** While it trains: that something appeared, or is no longer so. */
export function findingEventText(event: FindingEvent, paint: Paint): string | undefined {
  if (event.type === 'finding-cleared') {
    const { code, at } = event
    return `${paint('green', 'cleared')} ${code}${whereText(event)}, at step ${count(at.step)}`
  }
  const { finding } = event
  if (!isTrouble(finding)) return undefined
  const { severity, code, words, advice } = finding
  const head = `${paint(styles[severity], `${names[severity]} ${code}`)}${whereText(finding)}, ${sinceText(finding)}`
  return [head, ...indented(words), ...indented(`→ ${advice}`)].join('\n')
}

/** Words in lines of no more than `widest` columns. */
function indented(text: string, first = '  ', rest = text.startsWith('→') ? '    ' : '  '): string[] {
  const lines: string[] = []
  let line = first
  for (const word of text.split(/\s+/)) {
    const isEmpty = line.trim() === ''
    if (!isEmpty && line.length + 1 + word.length > widest) {
      lines.push(line)
      line = rest + word
    } else line += isEmpty ? word : ` ${word}`
  }
  return [...lines, line]
}
