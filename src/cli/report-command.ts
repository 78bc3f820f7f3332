/** @file `rappel report`: runs as one HTML file. */
import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { packRuns } from '../dashboard/reading/packed-store.ts'
import { diagnosed } from '../dashboard/server/diagnosed.ts'
import { reportHtml } from '../dashboard/server/report-file.ts'
import type { RecordedEvent, StoredRun } from '../store/store.ts'
import { toPlain } from '../store/to-plain.ts'
import type { Flags } from './arguments.ts'
import { toJson } from './document.ts'
import { writeWhole } from './files.ts'
import { findRuns, nothingRecorded, withStore } from './find-run.ts'

/** @param names of the runs; default: the newest. @returns the exit status */
export async function reportCommand(flags: Flags, names: readonly string[]): Promise<number> {
  const written = await withStore(flags, { readOnly: true }, async (store) => {
    const runs = await findRuns(store, names.length === 0 ? ['last'] : names, flags)
    const findings = async (run: StoredRun) => {
      const found = await diagnosed(store, run)
      return (found?.findings ?? []).map((finding): RecordedEvent => ({ type: 'finding', finding: toPlain(finding) }))
    }
    const packed = await packRuns(store, runs, toJson, Date.now(), findings)
    const html = reportHtml(packed, `${runs.map(({ name }) => name).join(', ')} · Rappel`)
    const path = flags.out === undefined ? placeOf(runs) : String(flags.out)
    writeWhole(path, html)
    return { schema: 1, report: path, runs: runs.map(({ id }) => id), bytes: Buffer.byteLength(html) }
  })
  if (written === undefined) throw nothingRecorded(flags)
  const { report, bytes } = written
  process.stdout.write(
    flags.json ? `${toJson(written)}\n` : `wrote ${report} (${Math.ceil(bytes / 1000)} KB): open it in a browser\n`,
  )
  return 0
}

/** In the folder of the run where there is one, so that it goes where the run goes. */
function placeOf(runs: readonly StoredRun[]): string {
  const [{ folder }] = runs
  if (runs.length > 1 || folder === undefined || !existsSync(folder)) return 'report.html'
  return relative('.', join(folder, 'report.html'))
}
