/** @file The texts of `rappel runs`: the list, one run, several side by side. */

import {
  flatten,
  isAccuracy,
  isHigherBetter,
  type Reached,
  type RunDetails,
  type RunSummary,
  type ShownState,
} from '../store/run-summary.ts'
import type { Plain, Series } from '../store/store.ts'
import { linePlot } from './plot.ts'
import { count, type Paint, percent, significant } from './report.ts'
import { type Cell, tableText } from './table.ts'

const stateStyles: Readonly<Record<ShownState, Parameters<Paint>[0]>> = {
  running: 'cyan',
  finished: 'green',
  'stopped-early': 'green',
  interrupted: 'yellow',
  killed: 'yellow',
  diverged: 'red',
  failed: 'red',
}

/** @param now milliseconds since 1970 */
export function listText(runs: readonly RunSummary[], store: string, now: number, paint: Paint): string {
  const columns = ['run', 'state', 'name', 'epochs', 'reached', 'started'].map((heading) => ({
    heading,
    right: heading === 'epochs',
  }))
  const rows = runs.map((run): Cell[] => [
    { text: run.id },
    { text: run.state, style: stateStyles[run.state] },
    { text: shortened(run.name, 32) },
    { text: run.reached === undefined ? '' : placeText(run.reached) },
    {
      text: run.reached === undefined ? '' : `${run.reached.series} ${valueText(run.reached.series, run.reached.last)}`,
    },
    { text: ageText(now - run.startedAt), style: 'dim' },
  ])
  const more = paint(
    'dim',
    `${count(runs.length)} ${runs.length === 1 ? 'run' : 'runs'} in ${store}; rappel runs show RUN tells more`,
  )
  return `${tableText(columns, rows, paint)}\n\n${more}\n`
}

/** How far it came: in epochs where they are known, else in steps. */
function placeText({ epoch, step }: Reached): string {
  if (Number.isNaN(epoch)) return `step ${count(step)}`
  return Number.isInteger(epoch) ? count(epoch) : epoch.toFixed(2)
}

function valueText(series: string, value: number): string {
  return isAccuracy(series) && value >= 0 && value <= 1 ? percent(value) : significant(value)
}

/** 'just now', '5 min ago', '3 h ago', '2 days ago', or a date. */
function ageText(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000)
  if (minutes < 1) return 'just now'
  if (minutes < 60) return `${minutes} min ago`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return `${hours} h ago`
  return `${count(Math.floor(hours / 24))} days ago`
}

function durationText(milliseconds: number): string {
  const seconds = milliseconds / 1000
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** All of one run: what came out, how, from what. */
export function runText(details: RunDetails, now: number, paint: Paint): string {
  const { run, facts, curves, reached } = details
  const head = `${paint('bold', shortened(run.name, 60))} ${run.id}: ${paint(stateStyles[run.state], run.state)}${lasted(run, now)}, started ${ageText(now - run.startedAt)}`
  const parts = [head, ...storyText(details, paint), curveText(curves, paint)]
  if (reached.length > 0) parts.push(reachedText(reached, paint))
  parts.push(factsText(facts, run, paint), eventsText(details, paint))
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

/** How long it took, or has been going on; of an imported run its series say it, where anything does. */
function lasted({ state, kind, startedAt, writtenAt, reached }: RunSummary, now: number): string {
  if (state === 'running') return ` for ${durationText(now - startedAt)}`
  const milliseconds = kind === 'import' ? (reached?.seconds ?? Number.NaN) * 1000 : writtenAt - startedAt
  return Number.isFinite(milliseconds) ? ` in ${durationText(milliseconds)}` : ''
}

/** Why it did not go on, and what to do. */
function storyText({ run, result }: RunDetails, paint: Paint): string[] {
  const { outcome, failure } = Object(result) as Record<string, { message?: Plain; hint?: Plain } | undefined>
  const { message, hint } = failure ?? outcome ?? {}
  const lines = [message, hint].filter((line) => typeof line === 'string')
  if (run.state === 'killed')
    lines.push(
      'Its process ended without a word: it was killed, or the machine stopped. What was written until then is here.',
    )
  return lines.length === 0 ? [] : [lines.map((line) => paint('yellow', printable(line))).join('\n')]
}

/** More are a list for programs. */
const mostSeries = 12
const curveStyles = ['cyan', 'yellow', 'magenta'] as const
/** More are no more seen. */
const mostPoints = 500

function curveText(curves: readonly Series[], paint: Paint): string {
  if (!curves.some(({ values }) => values.length > 1)) return ''
  const byEpoch = curves.every(({ epochs }) => epochs.every(Number.isFinite))
  const shown = curves.map(({ name, values, epochs, steps }, i) => ({
    name,
    points: thinned(values.length).map((at) => [byEpoch ? epochs[at] : steps[at], values[at]] as const),
    paint: (text: string) => paint(curveStyles[i % curveStyles.length], text),
  }))
  const legend = shown.map(({ name, paint: colour }) => `${colour('──')} ${name}`).join('   ')
  return `${legend}\n${linePlot(shown, { xLabel: byEpoch ? 'epoch' : 'step' })}`
}

/** Places evenly over a series, its last among them. */
function thinned(length: number): number[] {
  const shown = Math.min(length, mostPoints)
  return Array.from({ length: shown }, (_, i) => (shown === 1 ? 0 : Math.round((i * (length - 1)) / (shown - 1))))
}

function reachedText(reached: readonly Reached[], paint: Paint): string {
  const columns = [
    { heading: 'series' },
    { heading: 'points', right: true },
    { heading: 'last', right: true },
    { heading: 'best', right: true },
  ]
  // A training's own series come before those of its probes.
  const shown = [...reached]
    .sort((a, b) => Number(isMeasure(b.series)) - Number(isMeasure(a.series)))
    .slice(0, mostSeries)
  const rows = shown.map(({ series, points, last, best }): Cell[] => [
    { text: series },
    { text: count(points) },
    { text: valueText(series, last) },
    { text: best === undefined || !isMeasure(series) ? '' : valueText(series, best) },
  ])
  const more = reached.length - shown.length
  return `${tableText(columns, rows, paint)}${more === 0 ? '' : paint('dim', `\n… and ${more} more series: see --json`)}`
}

/** Of a learning rate, a norm or the like none is the best. */
function isMeasure(series: string): boolean {
  return isHigherBetter(series) || /loss|error/i.test(series)
}

function factsText(facts: Plain, { folder }: RunSummary, paint: Paint): string {
  const rows = [...flatten(facts), ...(folder === undefined ? [] : [['folder', folder] as [string, Plain]])]
  const width = Math.max(0, ...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${paint('dim', name.padEnd(width))}  ${plainText(value)}`).join('\n')
}

function eventsText({ events, checkpoints }: RunDetails, paint: Paint): string {
  const parts = Object.entries(events).map(([type, number]) => `${count(number)} ${printable(type)}`)
  if (checkpoints > 0) parts.push(`${count(checkpoints)} kept checkpoint${checkpoints === 1 ? '' : 's'}`)
  return parts.length === 0 ? '' : paint('dim', `events: ${parts.join(', ')}`)
}

/** A value in one line. */
function plainText(value: Plain | undefined): string {
  if (value === undefined) return '–'
  if (typeof value === 'string') return printable(value)
  if (typeof value === 'object' && value !== null)
    return shortened(Array.isArray(value) ? `[${value.map(plainText).join(', ')}]` : JSON.stringify(value), 60)
  return String(value)
}

export interface Comparison {
  readonly runs: readonly RunSummary[]
  /** Where the configurations differ: the path of the field, and its value in each run. */
  readonly differences: readonly { readonly field: string; readonly values: readonly (Plain | undefined)[] }[]
  readonly results: readonly { readonly series: string; readonly reached: readonly (Reached | undefined)[] }[]
}

export function comparisonText({ runs, differences, results }: Comparison, paint: Paint): string {
  const columns = [{ heading: '' }, ...runs.map(({ id }) => ({ heading: id, right: true }))]
  const head: Cell[][] = [
    [{ text: 'name' }, ...runs.map(({ name }) => ({ text: shortened(name, 24) }))],
    [{ text: 'state' }, ...runs.map(({ state }) => ({ text: state, style: stateStyles[state] }))],
  ]
  const differing = differences.map(({ field, values }): Cell[] => [
    { text: field },
    ...values.map((value) => ({ text: shortened(plainText(value), 24) })),
  ])
  const reached = results.map(({ series, reached }): Cell[] => {
    const best = bestOf(series, reached)
    return [
      { text: series },
      ...reached.map((one) => {
        if (one === undefined) return { text: '–' }
        return { text: valueText(series, one.last), ...(one.last === best && { style: 'green' as const }) }
      }),
    ]
  })
  const table = (title: string, rows: Cell[][], none: string) =>
    `${paint('bold', title)}\n${rows.length === 0 ? none : tableText(columns, rows, paint)}`
  return `${[
    table('what differs', [...head, ...differing], ''),
    ...(differences.length === 0 ? ['the configurations are the same'] : []),
    table('what came out (last values)', reached, 'no series that all could be judged by'),
  ].join('\n\n')}\n`
}

/** The best of the last values, where one is better than another. */
function bestOf(series: string, reached: readonly (Reached | undefined)[]): number | undefined {
  const values = reached.flatMap((one) => (one === undefined || Number.isNaN(one.last) ? [] : [one.last]))
  if (!isMeasure(series) || new Set(values).size < 2) return undefined
  return isHigherBetter(series) ? Math.max(...values) : Math.min(...values)
}

function shortened(text: string, most: number): string {
  const characters = [...printable(text)]
  return characters.length <= most ? characters.join('') : `${characters.slice(0, most - 1).join('')}…`
}

/** Names and texts come from anywhere; what steers a terminal is no part of them. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, ' ')
}
