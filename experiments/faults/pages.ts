/** @file What the rules say of themselves, in docs/findings/ and in the table of docs/diagnosis.md. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { type Basis, type FindingCode, findingCodes } from '../../src/diagnose/finding.ts'
import { rules } from '../../src/diagnose/rules/index.ts'

const docs = new URL('../../docs/', import.meta.url)

export const allCodes: readonly FindingCode[] = Object.values(findingCodes).flat()

export const pageOf = (code: FindingCode): URL => new URL(`findings/${code}.md`, docs)

const groups: Readonly<Record<keyof typeof findingCodes, string>> = {
  update: 'Learning rate and update',
  signal: 'Initialisation and signal flow',
  data: 'Data',
  objective: 'Model and objective',
}

const bases: Readonly<Record<Basis, string>> = {
  graph: 'the net as it is built',
  data: 'the data, before the first step',
  run: 'the run',
  'gradient-check': 'a gradient check',
  experiment: 'a cheap trial (`runExperiments`)',
}

/** How a code is recognised, as its rule says it. */
export function ruleText(code: FindingCode): string {
  const { basis, statistic, threshold, source } = rules[code]
  return [
    `**Evidence**: ${basis.map((one) => bases[one]).join('; ')}.`,
    `**Statistic**: ${statistic}`,
    `**Threshold**: ${threshold}`,
    `**Source**: ${source}`,
  ].join('\n\n')
}

/** The codes by group, each with the first sentence of its page and what it needs. */
export function codesTable(): string {
  return Object.entries(findingCodes)
    .map(([group, codes]) => {
      const rows = codes.map(
        (code) => `| [${code}](findings/${code}.md) | ${meaningOf(code)} | ${rules[code].basis.join(', ')} |`,
      )
      return `**${groups[group as keyof typeof groups]}**\n\n| code | means | evidence |\n|---|---|---|\n${rows.join('\n')}`
    })
    .join('\n\n')
}

/** What stands under the page's title. */
function meaningOf(code: FindingCode): string {
  if (!existsSync(pageOf(code))) return ''
  const [, meaning = ''] = readFileSync(pageOf(code), 'utf8').split(/\n\n/)
  return meaning.replaceAll('\n', ' ').replace(/\.$/, '')
}

/** The text with what stands between two comments of a name replaced. @throws Error where they are missing */
export function filled(text: string, name: string, part: string): string {
  const [from, to] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [start, end] = [text.indexOf(from), text.indexOf(to)]
  if (start < 0 || end < start) throw new Error(`there is no place for the figures: ${from} … ${to}`)
  return `${text.slice(0, start + from.length)}\n${part}\n${text.slice(end)}`
}

export function fill(page: URL, name: string, part: string): void {
  writeFileSync(page, filled(readFileSync(page, 'utf8'), name, part))
}

/** Brings what is made from the rules up to date. */
export function writePages(): void {
  for (const code of allCodes) fill(pageOf(code), 'rule', ruleText(code))
  fill(new URL('diagnosis.md', docs), 'codes', codesTable())
}
