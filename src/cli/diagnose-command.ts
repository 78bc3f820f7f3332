/** @file `rappel diagnose`: what is wrong with a run that is recorded, or with one in a file of another program. */
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { usageError } from '../base/errors.ts'
import { type DiagnosisReport, diagnose } from '../diagnose/diagnosis.ts'
import { eventsOf } from '../diagnose/stored.ts'
import type { Store, StoredRun } from '../store/store.ts'
import type { Flags } from './arguments.ts'
import { toJson } from './document.ts'
import { findRuns, nothingRecorded, withStore } from './find-run.ts'
import { diagnosisText } from './findings-report.ts'
import { importInto } from './import-command.ts'
import { importSources } from './import-sources.ts'
import { openStore } from './open-store.ts'
import { painter } from './report.ts'

interface Diagnosed extends DiagnosisReport {
  readonly run: string
  readonly name: string
}

/** @param name a run, or a file or folder of JSON lines or TensorBoard's; default: the newest run. @returns 1 where an error was found */
export async function diagnoseCommand(flags: Flags, name?: string): Promise<number> {
  const diagnosed = await withStore({ ...flags }, { readOnly: true }, async (store) => {
    const runs = await store.runs()
    const named = runs.some(({ id }) => id === name || (name !== undefined && id === basename(name)))
    if (name !== undefined && name !== 'last' && !named && existsSync(name)) return undefined
    const run = name === undefined ? runs.at(-1) : (await findRuns(store, [name], flags))[0]
    if (run === undefined) throw nothingRecorded(flags)
    return [await diagnosisOf(store, run)]
  })
  const reports = diagnosed ?? (await diagnoseFiles(flags, name))
  if (flags.json) process.stdout.write(`${toJson({ schema: 1, runs: reports })}\n`)
  else process.stdout.write(reports.map(reportText).join('\n'))
  return reports.some(({ verdict }) => verdict.state === 'error') ? 1 : 0
}

/** Nothing is recorded: the files are read into a store that ends with the process. */
async function diagnoseFiles(flags: Flags, path: string | undefined): Promise<Diagnosed[]> {
  if (path === undefined) throw nothingRecorded(flags)
  if (!existsSync(path))
    throw usageError(`there is no run and no file '${path}'`, 'rappel runs lists the runs that are recorded')
  const store = openStore(':memory:')
  try {
    const imported = await importInto(store, importSources([path]), path)
    for (const warning of imported.flatMap(({ warnings }) => warnings))
      process.stderr.write(`rappel: warning: ${warning}\n`)
    const reports: Diagnosed[] = []
    for (const run of await store.runs()) reports.push(await diagnosisOf(store, run))
    return reports
  } finally {
    await store.close()
  }
}

async function diagnosisOf(store: Store, run: StoredRun): Promise<Diagnosed> {
  return { run: run.id, name: run.name, ...diagnose(await eventsOf(store, run)) }
}

function reportText({ run, name, ...report }: Diagnosed): string {
  const paint = painter(process.stdout)
  return `${paint('bold', name)} ${run}\n\n${diagnosisText(report, paint)}\n`
}
