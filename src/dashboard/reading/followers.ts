/** @file Telling many readers how things stand: one look serves all, each hears only what is new to it, and nothing piles up before a slow one. */
import type { News, RunCard, RunNow } from '../documents.ts'

/** How things stood at one look. */
export interface State {
  /** The newest first. A card that has not changed is the same object. */
  readonly cards: readonly RunCard[]
  /** Of the runs that are followed; null where there is none of that name. */
  readonly runs: ReadonlyMap<string, RunNow | null>
}

export class Follower {
  readonly run: string | undefined
  readonly #onNews: (news: News) => void | Promise<void>
  #cards: readonly RunCard[] | undefined
  #run: RunNow | null | undefined
  #newest: State | undefined
  #isBusy = false
  hasEnded = false

  constructor(run: string | undefined, onNews: (news: News) => void | Promise<void>) {
    this.run = run
    this.#onNews = onNews
  }

  /** Tells what is new, at once or when the reader has room again; by then perhaps something newer. */
  async tell(state: State): Promise<void> {
    this.#newest = state
    if (this.#isBusy) return
    this.#isBusy = true
    try {
      for (let told: State | undefined; told !== this.#newest && !this.hasEnded; ) {
        told = this.#newest
        const news = this.#newsOf(told)
        if (news !== undefined) await this.#onNews(news)
      }
    } catch {
      // The reader has gone, and will say so itself.
    } finally {
      this.#isBusy = false
    }
  }

  #newsOf({ cards, runs }: State): News | undefined {
    const before = this.#cards
    const isSameList = before?.length === cards.length && cards.every(({ id }, i) => id === before[i].id)
    const changed = isSameList ? cards.filter((card, i) => card !== before[i]) : []
    const run = this.run === undefined ? undefined : runs.get(this.run)
    const isRunNew = run !== undefined && run !== this.#run
    if (isSameList && changed.length === 0 && !isRunNew) return undefined
    this.#cards = cards
    if (isRunNew) this.#run = run
    return {
      ...(!isSameList && { runs: cards }),
      ...(changed.length > 0 && { changed }),
      ...(isRunNew && { run }),
    }
  }
}
