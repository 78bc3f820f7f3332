/** @file What the cases of the store's contract share. */
import type { NewRun, Store } from '../store/store.ts'

/** Opens the case's own place, several times as several processes would. All are closed after the case. */
export type OpenStore = () => Promise<Store>
export type StoreCases = Readonly<Record<string, (open: OpenStore) => Promise<void>>>

export function newRun(id: string, more: Partial<NewRun> = {}): NewRun {
  return { id, kind: 'foreign', name: `run ${id}`, startedAt: 1_795_564_800_000, facts: {}, ...more }
}
