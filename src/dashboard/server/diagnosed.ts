/** @file The diagnosis of a run that nobody diagnosed while it went on: another program's. */
import { type DiagnosisReport, diagnose } from '../../diagnose/diagnosis.ts'
import { eventsOf } from '../../diagnose/stored.ts'
import type { StoredRun } from '../../store/store.ts'
import type { ReadableStore } from '../reading/run-reader.ts'

/** Undefined where the run was diagnosed as it was recorded, or cannot be read. */
export async function diagnosed(store: ReadableStore, run: StoredRun): Promise<DiagnosisReport | undefined> {
  if (run.kind === 'train' || run.kind === 'demo') return undefined
  try {
    return diagnose(await eventsOf(store, run))
  } catch {
    // What cannot be read has been said where the run is shown.
    return undefined
  }
}
