/** @file The source of a page that a server shows. */
import { parseJson } from '../../store/json.ts'
import type { News, Question, Questions, Source } from '../documents.ts'

/** Milliseconds after which a connection that the browser has given up is opened again. */
const patience = 1000
/** Milliseconds without a sign of life after which a connection counts as gone: the server gives one every ten seconds. */
const silence = 30_000

type Follow = Source['follow']

export class HttpSource implements Source {
  readonly live = true
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  now(): number {
    return this.#now()
  }

  /** A page in the background lets its connection go: browsers have six to a server, and a seventh page would wait for ever. */
  follow(...[run, onNews, onConnection]: Parameters<Follow>): ReturnType<Follow> {
    const address = run === undefined ? 'api/news' : `api/news?run=${encodeURIComponent(run)}`
    let [events, again]: [EventSource | undefined, number | undefined] = [undefined, undefined]
    const wait = (milliseconds: number) => {
      window.clearTimeout(again)
      again = window.setTimeout(open, milliseconds)
    }
    const close = () => {
      window.clearTimeout(again)
      events?.close()
      events = undefined
    }
    const open = () => {
      close()
      if (document.hidden) return
      events = new EventSource(address)
      wait(silence)
      const hear = (heard: (data: string) => void) => (message: MessageEvent<string>) => {
        wait(silence)
        heard(message.data)
      }
      events.addEventListener('open', () => onConnection(true))
      events.addEventListener(
        'news',
        hear((data) => void onNews(parseJson(data) as unknown as News)),
      )
      events.addEventListener(
        'store',
        hear((data) => onConnection(data === 'true')),
      )
      events.addEventListener(
        'here',
        hear(() => {}),
      )
      events.addEventListener('error', () => {
        onConnection(false)
        wait(patience)
      })
    }
    open()
    document.addEventListener('visibilitychange', open)
    return () => {
      document.removeEventListener('visibilitychange', open)
      close()
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
