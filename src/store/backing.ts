/** @file What the store needs of its database besides queries. */
import type { Kysely, Transaction } from 'kysely'
import type { Tables } from './tables.ts'

/** Proofs of life: whoever holds the lock of a number is alive. The system lets it go when the process ends, however it ends. */
export interface WriterLocks {
  /** @returns false when another holds it */
  hold(number: number): boolean
  /** Whether anybody holds it, this process included. */
  held(number: number): boolean
  /** Clears away what a dead holder left. */
  forget(number: number): void
  /** Lets all locks go that this one holds. */
  release(): void
}

export interface Backing {
  readonly locks: WriterLocks
  /** Runs queries, again while another process keeps the database busy. @throws RappelError 'store' when the database fails */
  read<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T>
  /** The same in one transaction, whose changes all come to be or none: the work may be done several times. */
  write<T>(work: (db: Transaction<Tables>) => Promise<T>): Promise<T>
  close(): Promise<void>
}
