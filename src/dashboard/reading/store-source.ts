/** @file The source of what the page shows, from a store: of the server, and in a report of the page itself. */
import { RappelError } from '../../base/errors.ts'
import { shownState } from '../../store/run-summary.ts'
import type { StoredRun } from '../../store/store.ts'
import type { Question, Questions, RunCard, RunFacts, RunNow, Source } from '../documents.ts'
import { dataOf } from './data.ts'
import { distributionHistory, distributionNames } from './distributions.ts'
import { Follower } from './followers.ts'
import { matrixOf } from './matrix.ts'
import { picturesOf } from './pictures.ts'
import { type ReadableStore, RunReader, type RunReaderOptions } from './run-reader.ts'
import { thinned } from './thin.ts'

export interface StoreSourceOptions extends RunReaderOptions {
  /** Calls something again and again until the returned function is called; absent: the store does not change. */
  readonly every?: (work: () => void) => () => void
}

const answers: {
  readonly [Q in Question]: (run: RunReader, request: Questions[Q]['request']) => Promise<Questions[Q]['answer']>
} = {
  facts: async (run) => factsOf(run),
  async curves(run, { names, axis, from, to, points = 1600, halfLife }) {
    const found = await Promise.all(names.map((name) => run.series(name)))
    return found.flatMap((series) => (series ? [thinned(series, { axis, from, to, points, halfLife })] : []))
  },
  matrix: matrixOf,
  distributions: async (run, request) => distributionHistory(run, request),
  distributionNames: async (run) => distributionNames(run),
  pictures: async (run, request) => picturesOf(run, request),
  checks: async ({ check }) => ({ check: check ?? null }),
  data: async (run) => dataOf(run),
}

/** What can be answered without the probes' events, of which a long run has many and large ones. */
const withoutProbes: readonly Question[] = ['facts', 'curves', 'matrix', 'checks', 'data']

export const isQuestion = (name: string): name is Question => Object.hasOwn(answers, name)

/** Readers of runs that are kept: each has what is needed of one run. */
const mostReaders = 16

export class StoreSource implements Source {
  readonly #store: ReadableStore
  readonly #options: StoreSourceOptions
  readonly #readers = new Map<string, RunReader>()
  readonly #cards = new Map<string, { readonly stamp: string; readonly version?: number; readonly card: RunCard }>()
  readonly #followers = new Map<Follower, (isConnected: boolean) => void>()
  #stopLooking: (() => void) | undefined
  #looking: Promise<void> | undefined

  constructor(store: ReadableStore, options: StoreSourceOptions) {
    this.#store = store
    this.#options = options
  }

  get live(): boolean {
    return this.#options.every !== undefined
  }

  now(): number {
    return this.#options.now()
  }

  /** All runs, the newest first. */
  async runs(): Promise<readonly RunCard[]> {
    const all = await this.#store.runs(true)
    const there = new Set(all.map(({ id }) => id))
    for (const id of this.#cards.keys()) if (!there.has(id)) this.#cards.delete(id)
    const cards: RunCard[] = []
    for (const run of all) cards.unshift(await this.#card(run))
    return cards
  }

  async #card(run: StoredRun): Promise<RunCard> {
    const { id, writtenAt, state, writing, startedAt } = run
    const stamp = `${startedAt} ${writtenAt} ${state} ${writing}`
    const known = this.#cards.get(id)
    const kept = this.#readers.get(id)
    if (known?.stamp === stamp && kept === undefined) return known.card
    let card: RunCard
    let version: number | undefined
    try {
      const reader = kept ?? new RunReader(this.#store, id, this.#options)
      // One that goes on is asked for again.
      if (writing) this.#keep(id, reader)
      await reader.refresh()
      ;({ version } = reader)
      if (known?.stamp === stamp && known.version === version) return known.card
      card = await reader.card()
    } catch (error) {
      // One run that cannot be read must not hide the others.
      card = unreadable(run, error as Error)
    }
    this.#cards.set(id, { stamp, version, card })
    return card
  }

  /** How one run stands; undefined where there is none. */
  async runNow(id: string): Promise<RunNow | undefined> {
    const reader = await this.#reader(id)
    return reader?.now()
  }

  async #reader(id: string): Promise<RunReader | undefined> {
    const reader = this.#readers.get(id) ?? new RunReader(this.#store, id, this.#options)
    await reader.refresh()
    if (reader.run === undefined) {
      this.#readers.delete(id)
      return undefined
    }
    this.#keep(id, reader)
    return reader
  }

  /** The one that was asked for longest ago makes room. */
  #keep(id: string, reader: RunReader): void {
    this.#readers.delete(id)
    this.#readers.set(id, reader)
    if (this.#readers.size > mostReaders) this.#readers.delete(this.#readers.keys().next().value as string)
  }

  follow(...[run, onNews, onConnection]: Parameters<Source['follow']>): () => void {
    const follower = new Follower(run, onNews)
    this.#followers.set(follower, onConnection)
    // A look that has begun may know nothing of this one's run.
    void (this.#looking ?? Promise.resolve()).then(() => this.#look())
    this.#stopLooking ??= this.#options.every?.(() => void this.#look())
    return () => {
      follower.hasEnded = true
      this.#followers.delete(follower)
      if (this.#followers.size > 0) return
      this.#stopLooking?.()
      this.#stopLooking = undefined
    }
  }

  /** One look for all that follow. */
  #look(): Promise<void> {
    this.#looking ??= this.#tellAll().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async #tellAll(): Promise<void> {
    const followers = [...this.#followers]
    if (followers.length === 0) return
    let isConnected = true
    try {
      const cards = await this.runs()
      const runs = new Map<string, RunNow | null>()
      for (const id of new Set(followers.map(([{ run }]) => run)))
        if (id !== undefined) runs.set(id, (await this.runNow(id)) ?? null)
      for (const [follower] of followers) void follower.tell({ cards, runs })
    } catch {
      isConnected = false
    }
    for (const [, onConnection] of followers) onConnection(isConnected)
  }

  /** @throws RappelError 'usage' when there is no such run */
  async ask<Q extends Question>(
    id: string,
    question: Q,
    request: Questions[Q]['request'],
  ): Promise<Questions[Q]['answer']> {
    const reader = await this.#reader(id)
    if (reader === undefined) throw new RappelError('usage', `there is no run '${id}'`)
    if (!withoutProbes.includes(question)) await reader.readProbes()
    return answers[question](reader, request)
  }
}

/** What is known of a run whose record is damaged or was made by a later version. */
function unreadable(run: StoredRun, { message }: Error): RunCard {
  const { id, name, kind, startedAt, writtenAt } = run
  return {
    id,
    name,
    kind,
    state: shownState(run),
    startedAt,
    writtenAt,
    verdict: { state: 'error', words: `cannot be read: ${message}` },
    findings: { error: 0, warning: 0, info: 0 },
  }
}

function factsOf({ run, start, checkpoints }: RunReader): RunFacts {
  const last = checkpoints.at(-1)
  return {
    ...(start && { start }),
    facts: run?.facts ?? {},
    ...(run?.folder !== undefined && { folder: run.folder }),
    ...(last && { checkpoints: { count: checkpoints.length, epoch: last.epoch, step: last.step } }),
  }
}
