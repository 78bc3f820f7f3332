/** @file The tables as the queries see them: the same in every SQL database. Documented in docs/store.md. */
import type { Generated } from 'kysely'
import type { RunState } from './store.ts'

export interface Tables {
  runs: {
    number: Generated<number>
    id: string
    kind: string
    name: string
    started_at: number
    folder: string | null
    /** Plain data as text: see plain.ts. */
    facts: string
    state: RunState
    written_at: number
    result: string | null
    /** Who writes it: a number of `writers`. Null when nobody does; of a killed process it stays, and is found dead. */
    writer: number | null
  }
  events: { run: number; number: number; event: string; superseded: number }
  chunks: { run: number; name: string; first: number; points: number; data: Uint8Array }
  checkpoints: { run: number; number: number; checkpoint: string }
  /** Numbers that are never given twice. */
  writers: { number: Generated<number> }
}
