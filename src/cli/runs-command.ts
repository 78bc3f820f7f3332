/** @file `rappel runs`: the list of what is recorded, one run, several side by side, and taking them away. */
import { existsSync, rmSync } from 'node:fs'
import { basename } from 'node:path'
import { RappelError, usageError } from '../base/errors.ts'
import {
  flatten,
  isLoss,
  type Reached,
  type RunDetails,
  type RunSummary,
  reachedOf,
  summaryOf,
} from '../store/run-summary.ts'
import type { Plain, Series, Store, StoredRun } from '../store/store.ts'
import type { Flags } from './arguments.ts'
import { toJson } from './document.ts'
import { findRuns, howToBegin, nothingRecorded, storeOf, withStore } from './find-run.ts'
import { painter } from './report.ts'
import { type Comparison, comparisonText, listText, runText } from './runs-report.ts'

const reading = { readOnly: true } as const

export async function listRuns(flags: Flags): Promise<number> {
  const runs =
    (await withStore(flags, reading, async (store) => {
      const summaries: RunSummary[] = []
      for (const run of await store.runs()) summaries.push(await summaryOf(store, run))
      return summaries
    })) ?? []
  const path = storeOf(flags)
  if (flags.json) return print(`${toJson({ schema: 1, store: path, runs })}\n`)
  if (runs.length === 0) return print(`no runs are recorded in ${path}\n  ${howToBegin}\n`)
  return print(listText(runs, path, Date.now(), painter(process.stdout)))
}

/** @param name of the run; default: the newest */
export async function showRun(flags: Flags, name: string | undefined): Promise<number> {
  const details = await withStore(flags, reading, async (store) => {
    const run = name === undefined ? (await store.runs()).at(-1) : (await findRuns(store, [name], flags))[0]
    return run && detailsOf(store, run)
  })
  if (details === undefined) throw nothingRecorded(flags)
  if (!flags.json) return print(runText(details, Date.now(), painter(process.stdout)))
  const { run, curves: _, ...rest } = details
  return print(`${toJson({ schema: 1, ...run, ...rest })}\n`)
}

async function detailsOf(store: Store, run: StoredRun): Promise<RunDetails> {
  const reached: Reached[] = []
  const curves: Series[] = []
  const names = await store.seriesNames(run.id)
  const byEpoch = ['training/loss', 'validation/loss'].filter((name) => names.includes(name))
  const drawn = byEpoch.length > 0 ? byEpoch : names.filter(isLoss).slice(0, 3)
  for (const name of names) {
    const series = await store.series(run.id, name)
    if (series === undefined || series.values.length === 0) continue
    reached.push(reachedOf(series))
    if (drawn.includes(name)) curves.push(series)
  }
  const events: Record<string, number> = {}
  for (const { event, superseded } of await store.events(run.id))
    if (!superseded) events[event.type] = (events[event.type] ?? 0) + 1
  return {
    run: await summaryOf(store, run),
    facts: run.facts,
    ...(run.result !== undefined && { result: run.result }),
    reached,
    curves,
    events,
    checkpoints: (await store.storedCheckpoints(run.id)).length,
  }
}

export async function compareRuns(flags: Flags, names: readonly string[]): Promise<number> {
  const comparison = await withStore(flags, reading, async (store) => {
    const runs = await findRuns(store, names, flags)
    if (runs.length < 2)
      throw usageError(`only the run ${runs[0].id} is named, expected two or more`, 'rappel runs lists them')
    return comparisonOf(store, runs)
  })
  if (comparison === undefined) throw nothingRecorded(flags)
  if (flags.json) return print(`${toJson({ schema: 1, ...comparison })}\n`)
  return print(comparisonText(comparison, painter(process.stdout)))
}

async function comparisonOf(store: Store, runs: readonly StoredRun[]): Promise<Comparison> {
  const configurations = await Promise.all(runs.map((run) => configurationOf(store, run)))
  const fields = [...new Set(configurations.flatMap((fields) => [...fields.keys()]))]
  const differences = fields.flatMap((field) => {
    const values = configurations.map((fields) => fields.get(field))
    return new Set(values.map((value) => toJson(value))).size > 1 ? [{ field, values }] : []
  })
  const names = await Promise.all(runs.map(({ id }) => store.seriesNames(id)))
  const results: { series: string; reached: (Reached | undefined)[] }[] = []
  // A probe's series are for curves.
  for (const series of new Set(names.flat().filter((name) => /(^|\W)(loss|acc|accuracy|error)($|\W)/i.test(name)))) {
    const all = await Promise.all(runs.map(({ id }) => store.series(id, series)))
    results.push({ series, reached: all.map((one) => (one && one.values.length > 0 ? reachedOf(one) : undefined)) })
  }
  return { runs: await Promise.all(runs.map((run) => summaryOf(store, run))), differences, results }
}

/** What made the run: its facts, and what its start says in words. */
async function configurationOf(store: Store, run: StoredRun): Promise<Map<string, Plain>> {
  const started = (await store.events(run.id)).find(({ event }) => event.type === 'start')?.event
  const { loss, penalty, constraint, update, augment, epochs, batchSize, form, parameters } = (started ??
    {}) as Readonly<Record<string, Plain | undefined>>
  const shapes = Array.isArray(parameters)
    ? parameters.map((parameter) => {
        const { name, shape } = Object(parameter) as { name?: Plain; shape?: readonly number[] }
        return `${name} ${shape?.join('×')}`
      })
    : undefined
  const told = { loss, penalty, constraint, update, augment, epochs, batchSize, form, parameters: shapes?.join(', ') }
  return new Map([...flatten(run.facts), ...flatten(told)])
}

export async function deleteRuns(flags: Flags, names: readonly string[]): Promise<number> {
  const removed = await withStore(flags, {}, async (store) => {
    const runs = await findRuns(store, names, flags)
    // All are looked at before the first is taken away.
    const busy = runs.find(({ writing }) => writing)
    if (busy !== undefined)
      throw new RappelError(
        'store',
        `the run ${busy.id} is being written: nothing was removed`,
        'stop it first, then delete it',
      )
    const done: { id: string; name: string; folder?: string; left?: string }[] = []
    for (const run of runs) {
      await store.deleteRun(run.id)
      done.push({ id: run.id, name: run.name, ...removeFolder(run) })
    }
    return done
  })
  if (removed === undefined) throw nothingRecorded(flags)
  if (flags.json) return print(`${toJson({ schema: 1, removed })}\n`)
  for (const { id, name, folder, left } of removed) {
    const rest = left === undefined ? '' : `; ${left}, named with --out, is left as it is`
    print(`removed ${id} (${name})${folder === undefined ? '' : `, with ${folder}`}${rest}\n`)
  }
  return 0
}

/** A folder that was made for the run goes with it; one that somebody named may hold other things. */
function removeFolder({ id, folder }: StoredRun): { folder?: string; left?: string } {
  if (folder === undefined || !existsSync(folder)) return {}
  if (basename(folder) !== id) return { left: folder }
  try {
    rmSync(folder, { recursive: true })
    return { folder }
  } catch (error) {
    throw new RappelError(
      'store',
      `the record of ${id} is removed, ${folder} is not: ${(error as Error).message}`,
      'remove it by hand',
    )
  }
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}
