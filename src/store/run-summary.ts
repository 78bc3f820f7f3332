/** @file What is told of a recorded run at a glance. */
import type { Plain, RunState, Series, Store, StoredRun } from './store.ts'

/** 'killed': nobody writes it any more, and nobody said how it ended. */
export type ShownState = RunState | 'killed'

/** A series from its end. */
export interface Reached {
  readonly series: string
  readonly last: number
  /** The lowest, or for accuracies the highest; absent where no value is finite. */
  readonly best?: number
  /** Of the last point. */
  readonly step: number
  readonly epoch: number
  readonly seconds: number
  readonly points: number
}

export interface RunSummary {
  readonly id: string
  readonly name: string
  readonly kind: string
  readonly state: ShownState
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly writtenAt: number
  readonly folder?: string
  /** What the run is judged by: see `judgedBy`. */
  readonly reached?: Reached
}

/** What `rappel runs show` tells of a run. */
export interface RunDetails {
  readonly run: RunSummary
  readonly facts: Plain
  readonly result?: Plain
  readonly reached: readonly Reached[]
  /** The losses, to be drawn. */
  readonly curves: readonly Series[]
  /** Numbers of events that count, by type. */
  readonly events: Readonly<Record<string, number>>
  /** Kept now. */
  readonly checkpoints: number
}

/** The first that a run has says what it reached: our own names, then what other programs call it. */
const judgedBy: readonly ((name: string) => boolean)[] = [
  ...['validation/accuracy', 'validation/loss', 'training/accuracy', 'training/loss'].map(
    (wanted) => (name: string) => name === wanted,
  ),
  (name) => isOfValidation(name) && isAccuracy(name),
  (name) => isOfValidation(name) && isLoss(name),
  isAccuracy,
  isLoss,
  () => true,
]

/** Name of the series that says what a run reached, of the names that it has. */
export function judgingSeries(names: readonly string[]): string | undefined {
  return judgedBy.map((fits) => names.find(fits)).find((found) => found !== undefined)
}

export async function summaryOf(store: Store, run: StoredRun): Promise<RunSummary> {
  const name = judgingSeries(await store.seriesNames(run.id))
  const series = name === undefined ? undefined : await store.series(run.id, name)
  const { id, kind, startedAt, writtenAt, folder } = run
  return {
    id,
    name: run.name,
    kind,
    state: shownState(run),
    startedAt,
    writtenAt,
    ...(folder !== undefined && { folder }),
    ...(series && series.values.length > 0 && { reached: reachedOf(series) }),
  }
}

export function shownState({ state, writing }: Pick<StoredRun, 'state' | 'writing'>): ShownState {
  return state === 'running' && !writing ? 'killed' : state
}

export function reachedOf({ name, values, steps, epochs, seconds }: Series): Reached {
  const end = values.length - 1
  const sign = isHigherBetter(name) ? -1 : 1
  const best = values.reduce((low, value) => (sign * value < sign * low ? value : low), sign * Number.POSITIVE_INFINITY)
  return {
    series: name,
    last: values[end],
    ...(Number.isFinite(best) && { best }),
    step: steps[end],
    epoch: epochs[end],
    seconds: seconds[end],
    points: values.length,
  }
}

export function isHigherBetter(series: string): boolean {
  return isAccuracy(series)
}

/** A share between 0 and 1. */
export function isAccuracy(series: string): boolean {
  return /(^|[/_ ])acc(uracy)?([/_ ]|$)/i.test(series)
}

export function isLoss(series: string): boolean {
  return /loss/i.test(series)
}

function isOfValidation(series: string): boolean {
  return /(^|[^a-z])(val(id|idation)?|eval|dev|test)([^a-z]|$)/i.test(series)
}

/** Fields of plain data by their paths: `hyper.learningRate`. Lists are one value. */
export function flatten(value: Plain | undefined, path = ''): [string, Plain][] {
  if (value === undefined) return []
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[path, value]]
  return Object.entries(value).flatMap(([name, inner]) => flatten(inner, path === '' ? name : `${path}.${name}`))
}
