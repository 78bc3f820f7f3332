/** @file The source of a page that a server shows. */
import { parseJson } from '../../store/json.ts'
import type { News, Question, Questions, Source } from '../documents.ts'

/** Milliseconds after which a browser that has given up is made to try again. */
const patience = 2000

export class HttpSource implements Source {
  readonly live = true
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  now(): number {
    return this.#now()
  }

  follow(run: string | undefined, onNews: (news: News) => void, onConnection: (isConnected: boolean) => void) {
    let [events, again]: [EventSource | undefined, number | undefined] = [undefined, undefined]
    const open = () => {
      events = new EventSource(run === undefined ? 'api/news' : `api/news?run=${encodeURIComponent(run)}`)
      events.addEventListener('open', () => onConnection(true))
      events.addEventListener('news', ({ data }) => onNews(parseJson(data) as unknown as News))
      events.addEventListener('error', () => {
        onConnection(false)
        // A server that answered with an error is not asked again by the browser itself.
        if (events?.readyState === EventSource.CLOSED) again = window.setTimeout(open, patience)
      })
    }
    open()
    return () => {
      window.clearTimeout(again)
      events?.close()
    }
  }

  async ask<Q extends Question>(run: string, question: Q, request: Questions[Q]['request']) {
    const query = new URLSearchParams({ request: JSON.stringify(request) })
    const answer = await fetch(`api/runs/${encodeURIComponent(run)}/${question}?${query}`)
    const text = await answer.text()
    if (!answer.ok) throw new Error(text.trim())
    return parseJson(text) as unknown as Questions[Q]['answer']
  }
}
