/** @file The source of what the page shows, from a store: of the server, and in a report of the page itself. */
import { RappelError } from '../../base/errors.ts'
import type { News, Question, Questions, RunCard, RunFacts, RunNow, Source } from '../documents.ts'
import { distributionHistory, distributionNames } from './distributions.ts'
import { matrixOf } from './matrix.ts'
import { picturesOf } from './pictures.ts'
import { type DiagnosisOf, type ReadableStore, RunReader } from './run-reader.ts'
import { thinned } from './thin.ts'

export interface StoreSourceOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Calls something again and again until the returned function is called; absent: the store does not change. */
  readonly every?: (work: () => void) => () => void
  /** Of runs that nobody diagnosed. */
  readonly diagnosisOf?: DiagnosisOf
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
}

export const isQuestion = (name: string): name is Question => Object.hasOwn(answers, name)

export class StoreSource implements Source {
  readonly #store: ReadableStore
  readonly #options: StoreSourceOptions
  readonly #readers = new Map<string, RunReader>()
  readonly #cards = new Map<string, { readonly stamp: string; readonly card: RunCard }>()

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
    const cards: RunCard[] = []
    for (const { id, writtenAt, state, writing } of await this.#store.runs()) {
      const stamp = `${writtenAt} ${state} ${writing}`
      let known = this.#cards.get(id)
      if (known?.stamp !== stamp) {
        const reader = this.#readers.get(id) ?? new RunReader(this.#store, id, this.#options.diagnosisOf)
        await reader.refresh()
        if (reader.run === undefined) continue
        known = { stamp, card: await reader.card() }
        this.#cards.set(id, known)
      }
      cards.unshift(known.card)
    }
    return cards
  }

  /** How one run stands; undefined where there is none. */
  async runNow(id: string): Promise<RunNow | undefined> {
    const reader = await this.#reader(id)
    return reader?.now()
  }

  async #reader(id: string): Promise<RunReader | undefined> {
    const reader = this.#readers.get(id) ?? new RunReader(this.#store, id, this.#options.diagnosisOf)
    await reader.refresh()
    if (reader.run === undefined) {
      this.#readers.delete(id)
      return undefined
    }
    // The one that was asked for longest ago makes room.
    this.#readers.delete(id)
    this.#readers.set(id, reader)
    if (this.#readers.size > 8) this.#readers.delete(this.#readers.keys().next().value as string)
    return reader
  }

  follow(run: string | undefined, onNews: (news: News) => void, onConnection: (isConnected: boolean) => void) {
    let [hasEnded, isLooking, last] = [false, false, '']
    const look = async () => {
      if (isLooking || hasEnded) return
      isLooking = true
      try {
        const news: News = {
          runs: await this.runs(),
          ...(run !== undefined && { run: (await this.runNow(run)) ?? null }),
        }
        const text = JSON.stringify(news)
        if (!hasEnded && text !== last) onNews(news)
        last = text
        onConnection(true)
      } catch {
        onConnection(false)
      } finally {
        isLooking = false
      }
    }
    void look()
    const end = this.#options.every?.(() => void look())
    return () => {
      hasEnded = true
      end?.()
    }
  }

  /** @throws RappelError 'usage' when there is no such run */
  async ask<Q extends Question>(
    id: string,
    question: Q,
    request: Questions[Q]['request'],
  ): Promise<Questions[Q]['answer']> {
    const reader = await this.#reader(id)
    if (reader === undefined) throw new RappelError('usage', `there is no run '${id}'`)
    return answers[question](reader, request)
  }
}

function factsOf({ run, start }: RunReader): RunFacts {
  return { ...(start && { start }), facts: run?.facts ?? {}, ...(run?.folder !== undefined && { folder: run.folder }) }
}
