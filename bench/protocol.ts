/** @file What the benchmark and a peer's process say to each other: one JSON object a line, on standard input and output. */
import type { CaseSpec } from './cases.ts'

export type Request =
  /** `data`: the case's numbers as a file, for peers that are not written in TypeScript (`peers/pytorch.py` says how it is laid out). */
  | { readonly do: 'prepare'; readonly spec: CaseSpec; readonly data: string }
  /** `settle` steps untimed, so that caches, clocks and threads are this peer's; then `count` timed ones. */
  | { readonly do: 'run'; readonly settle: number; readonly count: number }
  | { readonly do: 'loss' }

/** A process says this first, unasked. */
export interface Hello {
  readonly version: string
  /** True, or why not. */
  readonly available: true | string
}

/** What comes back for each request. */
export interface Replies {
  prepare: { readonly form: string }
  /** Milliseconds that the `count` steps took, and the processor time that the process has used since its start. */
  run: { readonly milliseconds: number; readonly cpu: number }
  loss: { readonly loss: number }
}

export type Reply = Hello | Replies[keyof Replies] | { readonly error: string }
