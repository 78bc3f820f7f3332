/** @file The server's routes: the page's files, what a run is asked, and the one stream of news. */
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { RappelError } from '../../base/errors.ts'
import { toJson } from '../../cli/document.ts'
import { parseJson } from '../../store/json.ts'
import type { News } from '../documents.ts'
import { checkRequest } from '../reading/check-request.ts'
import { isQuestion, type StoreSource } from '../reading/store-source.ts'
import type { PageFiles } from './page-files.ts'
import { type Access, guard } from './security.ts'

const json = { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' }
/** Milliseconds between two signs of life, so that both sides notice a connection that is gone. */
const heartbeat = 15_000

export function dashboardApp(source: StoreSource, page: PageFiles, access: Access): Hono {
  const app = new Hono()
  app.use(guard(access))

  app.get('/api/news', (context) => {
    const run = context.req.query('run')
    return streamSSE(context, async (stream) => {
      const send = (news: News) => void stream.writeSSE({ event: 'news', data: toJson(news) })
      const end = source.follow(run, send, () => {})
      stream.onAbort(end)
      while (!stream.aborted && !stream.closed) {
        await stream.sleep(heartbeat)
        await stream.write(': here\n\n')
      }
    })
  })

  app.get('/api/runs/:run/:question', async (context) => {
    const { run, question } = context.req.param()
    if (!isQuestion(question)) return context.text(`nobody answers '${question}'\n`, 404)
    let request: unknown
    try {
      request = parseJson(context.req.query('request') ?? '{}')
    } catch {
      return context.text('the request is not JSON\n', 400)
    }
    try {
      const answer = await source.ask(run, question, checkRequest(question, request))
      return context.body(toJson(answer), 200, json)
    } catch (error) {
      if (error instanceof RappelError && error.code === 'usage') return context.text(`${error.message}\n`, 404)
      throw error
    }
  })

  app.get('*', (context) => {
    const file = page.get(new URL(context.req.url).pathname)
    if (file === undefined) return context.text('there is no such page\n', 404)
    return context.body(file.bytes, 200, { 'Content-Type': file.type, 'Cache-Control': file.caching })
  })

  app.onError((_error, context) => context.text('the server could not answer\n', 500))
  return app
}
