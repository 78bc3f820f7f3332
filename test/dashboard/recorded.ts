/** @file Runs for the page's tests: trained and recorded as the command line does it, and written by hand while the page looks on. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runDocument } from '../../src/cli/document.ts'
import { RunRecord } from '../../src/cli/run-record.ts'
import { type ServeOptions, type Serving, serveDashboard } from '../../src/dashboard/server/serve.ts'
import { type WatchedOptions, watchedTraining } from '../../src/diagnose/train.ts'
import { nativeEngine } from '../../src/engine/native.ts'
import { sqliteStore } from '../../src/store/sqlite.ts'
import type { Store } from '../../src/store/store.ts'
import { type Config, planFromConfig } from '../../src/train/config.ts'

/** A folder with a store, taken away at the end. */
export class Workplace {
  readonly folder = mkdtempSync(join(tmpdir(), 'rappel-page-'))
  readonly path = join(this.folder, 'runs.sqlite')
  readonly store: Store = sqliteStore(this.path)

  /** Trains and records. @param check what was checked before. @returns the run's id */
  async train(config: Config, check?: WatchedOptions['check']): Promise<string> {
    const engine = await nativeEngine({ threads: 1 })
    const plan = await planFromConfig(config, { seed: 1, threads: 1 })
    const before = new Set((await this.store.runs()).map(({ id }) => id))
    const folder = mkdtempSync(join(this.folder, 'run-'))
    const record = await RunRecord.begin(plan, engine, folder, {
      store: this.path,
      configFile: 'rappel.config.ts',
      out: folder,
    })
    await record.through(async () => {
      const result = await watchedTraining(plan, engine, {
        onEvent: (event) => record.write(event),
        now: () => performance.now(),
        ...(check !== undefined && { check }),
      })
      return runDocument(result, undefined)
    })
    return (await this.store.runs()).map(({ id }) => id).find((id) => !before.has(id)) as string
  }

  serve(options: Partial<ServeOptions> = {}): Promise<Serving> {
    return serveDashboard(this.store, { port: 0, now: Date.now, ...options })
  }

  async remove(): Promise<void> {
    await this.store.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
