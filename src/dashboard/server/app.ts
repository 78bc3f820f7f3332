/** @file The server's routes: the page's files, what a run is asked, and the one stream of news. */
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { RappelError } from '../../base/errors.ts'
import { toJson } from '../../cli/document.ts'
import { parseJson } from '../../store/json.ts'
import type { Questions } from '../documents.ts'
import { checkRequest } from '../reading/check-request.ts'
import { isQuestion, type StoreSource } from '../reading/store-source.ts'
import type { PageFiles } from './page-files.ts'
import { type Access, guard, headers } from './security.ts'

const json = { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' }
/** Milliseconds between two signs of life, so that both sides notice a connection that is gone. */
const heartbeat = 10_000
/** Readers at once: more are refused. */
const mostReaders = 100

export function dashboardApp(source: StoreSource, page: PageFiles, access: Access): Hono {
  const app = new Hono()
  app.use(guard(access))

  let readers = 0
  app.get('/api/news', (context) => {
    // Hono answers HEAD by GET, and would leave a stream that nobody reads.
    if (context.req.method !== 'GET') return context.text('only GET opens the stream\n', 405)
    if (readers >= mostReaders) return context.text('too many pages are open: close some\n', 503)
    readers++
    const run = context.req.query('run')
    return streamSSE(context, async (stream) => {
      // A reader that is slow has what was written last still before it: no sign of life is needed then.
      let [isBusy, wasConnected] = [false, true]
      const write = async (event: string, data: string) => {
        isBusy = true
        await stream.writeSSE({ event, data })
        isBusy = false
      }
      const closed = new Promise<void>((resolve) => stream.onAbort(resolve))
      const beat = setInterval(() => void (isBusy || write('here', '')), heartbeat)
      let end = () => {}
      try {
        await stream.write('retry: 1000\n\n')
        end = source.follow(
          run,
          // Resolves when the reader has room again: until then it is told nothing, and then only what stands there by then.
          (news) => write('news', toJson(news)),
          (isConnected) => {
            if (isBusy || isConnected === wasConnected) return
            wasConnected = isConnected
            void write('store', String(isConnected))
          },
        )
        await closed
      } finally {
        clearInterval(beat)
        end()
        readers--
      }
    })
  })

  app.get('/api/runs/:run/:question', async (context) => {
    const { run, question } = context.req.param()
    if (!isQuestion(question)) return context.text('nobody answers that question\n', 404)
    let request: Questions[typeof question]['request']
    try {
      request = checkRequest(question, parseJson(context.req.query('request') ?? '{}'))
    } catch (error) {
      const words = error instanceof RappelError ? error.message : 'the request is not JSON'
      return context.text(`${words}\n`, 400)
    }
    try {
      return context.body(toJson(await source.ask(run, question, request)), 200, json)
    } catch (error) {
      if (!(error instanceof RappelError)) throw error
      return context.text(`${error.message}\n`, error.code === 'usage' ? 404 : 500)
    }
  })

  app.get('*', (context) => {
    const file = page.get(new URL(context.req.url).pathname)
    if (file === undefined) return context.text('there is no such page\n', 404)
    return context.body(file.bytes, 200, { 'Content-Type': file.type, 'Cache-Control': file.caching })
  })

  app.onError((_error, context) => context.text('the server could not answer\n', 500, headers))
  return app
}
