/** @file A store that is looked at for days: its file may come later, go, and be another one. */
import { statSync } from 'node:fs'
import type { ReadableStore } from '../dashboard/reading/run-reader.ts'
import type { Series, Store, StoredEvent, StoredRun } from '../store/store.ts'
import { openStore } from './open-store.ts'

/** Reads whatever store lies at the path now; while none does, there are no runs. Nothing is made there. */
export class LastingStore implements ReadableStore {
  readonly #path: string
  #open: { readonly store: Store; readonly file: string } | undefined
  #closing: Promise<void> | undefined

  /** @throws RappelError 'usage' when there is something else than a store */
  constructor(path: string) {
    this.#path = path
    const file = fileAt(path)
    if (file !== undefined) this.#open = { store: openStore(path, { readOnly: true }), file }
  }

  #store(): Store | undefined {
    const file = fileAt(this.#path)
    if (this.#open?.file === file) return this.#open?.store
    this.#closing = this.#open?.store.close()
    this.#open = undefined
    // It may be in the making: the next look finds it.
    if (file !== undefined) this.#open = { store: openStore(this.#path, { readOnly: true }), file }
    return this.#open?.store
  }

  async runs(brief?: boolean): Promise<readonly StoredRun[]> {
    return this.#store()?.runs(brief) ?? []
  }

  async run(id: string): Promise<StoredRun | undefined> {
    return this.#store()?.run(id)
  }

  async events(id: string, from?: number, brief?: string): Promise<readonly StoredEvent[]> {
    return this.#store()?.events(id, from, brief) ?? []
  }

  async seriesNames(id: string): Promise<readonly string[]> {
    return this.#store()?.seriesNames(id) ?? []
  }

  async series(id: string, name: string, from?: number): Promise<Series | undefined> {
    return this.#store()?.series(id, name, from)
  }

  async close(): Promise<void> {
    await this.#closing
    await this.#open?.store.close()
    this.#open = undefined
  }
}

/** What tells a file from another at the same place; undefined where there is none. */
function fileAt(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false })
  return found && `${found.dev} ${found.ino}`
}
