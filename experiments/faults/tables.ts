/** @file Scores in words and as Markdown. */
import { type FindingCode, findingCodes } from '../../src/diagnose/finding.ts'
import { codesOf, precisionByCode, type Score, type Scored, total } from './score.ts'

const share = (value: number) => (Number.isNaN(value) ? '–' : value.toFixed(3))

const inOrder: readonly FindingCode[] = Object.values(findingCodes).flat()

/** One line a run that is not as it should be, or all of them: what was reported, found or not, false positives. */
export function runLines(runs: readonly Scored[], { all = false } = {}): string {
  const lines = runs
    .filter((run) => all || run.falsePositives.length > 0 || (run.situation.fault !== undefined && !run.found))
    .map((run) => {
      const { situation, seed, reported, found, falsePositives } = run
      const told = reported.map(
        ({ code, severity, confidence, where }) =>
          `${code}${where === undefined ? '' : `@${where}`} ${severity} ${confidence.toFixed(2)}`,
      )
      const cause = situation.fault?.cause ?? 'healthy'
      const state = situation.fault === undefined ? '' : found ? 'found' : 'MISSED'
      const wrong = falsePositives.length > 0 ? `FALSE ${[...new Set(falsePositives)].join(' ')}` : ''
      return [`${situation.name}-${seed}`, cause, state, wrong, told.join(', ') || 'nothing']
        .filter((part) => part !== '')
        .join(' | ')
    })
  return lines.join('\n')
}

/** Recall, precision and warnings on healthy runs in one line. */
export function scoreLine(score: Score): string {
  const { faulty, found, recall, precision, reported, falsePositives, healthy, onHealthy } = score
  return (
    `recall ${share(recall)} (${found} of ${faulty}), precision ${share(precision)} (${reported - falsePositives} of ${reported}), ` +
    `healthy: ${onHealthy} warnings on ${healthy} runs`
  )
}

/** For each cause: runs, how many were found, and everything that was reported. */
export function confusionTable(runs: readonly Scored[]): string {
  const byCause = Map.groupBy(runs, ({ situation }) => situation.fault?.cause ?? 'healthy')
  const causes = [...inOrder, 'healthy' as const].filter((cause) => byCause.has(cause))
  const lines = causes.map((cause) => {
    const here = byCause.get(cause) ?? []
    const told = Map.groupBy(here.flatMap(codesOf), (code) => code)
    const counts = [...told]
      .map(([code, all]) => ({ code, count: all.length }))
      .sort((a, b) => b.count - a.count || inOrder.indexOf(a.code) - inOrder.indexOf(b.code))
    const found = cause === 'healthy' ? '–' : `${here.filter((run) => run.found).length}`
    return `| ${cause} | ${here.length} | ${found} | ${counts.map(({ code, count }) => `${code} ${count}`).join(', ') || 'nothing'} |`
  })
  return ['| cause | runs | found | reported |', '|---|---|---|---|', ...lines].join('\n')
}

/** For each code that was reported: how often, and how often it was right. */
export function precisionTable(runs: readonly Scored[]): string {
  const by = precisionByCode(runs)
  const lines = inOrder.flatMap((code) => {
    const entry = by.get(code)
    return entry === undefined ? [] : [`| ${code} | ${entry.reported} | ${entry.right} |`]
  })
  return ['| code | reported | right |', '|---|---|---|', ...lines].join('\n')
}

/** What stands in docs/diagnosis.md of one half. */
export function documentPart(name: string, runs: readonly Scored[]): string {
  return [`**${name}**: ${scoreLine(total(runs))}.`, '', confusionTable(runs)].join('\n')
}
