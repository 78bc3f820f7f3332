/**
 * @file Who may read what the server shows. Runs hold names and notes of anybody's making, and a browser runs pages of anybody's
 * making beside ours.
 *
 * - The Host header must name a machine that the server was started for: a page whose name was made to point here (DNS rebinding) has
 *   another one. The port does not matter: a tunnel has its own.
 * - A request from another site's page (Origin, Sec-Fetch-Site) is refused. A link to the page's address is followed.
 * - Nothing is written: only GET and HEAD are answered.
 * - Anywhere but on the loopback interface there is a token: once in the address, then in a cookie.
 * - Nothing but our own files runs, and nothing is fetched from elsewhere (Content-Security-Policy).
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'

export interface Access {
  /** Names of this machine in a Host header, without port, in lower case: 'localhost', '127.0.0.1', '[::1]'. */
  readonly hosts: ReadonlySet<string>
  /** What a reader must know; absent: whoever reaches the server may read. */
  readonly token?: string
}

const cookie = 'rappel_token'

/** On every answer. */
export const headers: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

/** Refuses what is not for this server or not from this page, with 401, 403 or 405 and a sentence. */
export function guard({ hosts, token }: Access): MiddlewareHandler {
  return async (context, next) => {
    for (const [name, value] of Object.entries(headers)) context.header(name, value)
    const host = context.req.header('host')?.toLowerCase() ?? ''
    if (!hosts.has(host.replace(/:\d+$/, ''))) return refuse(context, 'this server does not answer for that host', 403)
    if (isFromElsewhere(context, host)) return refuse(context, 'this server answers its own page only', 403)
    if (context.req.method !== 'GET' && context.req.method !== 'HEAD')
      return refuse(context, 'this server shows, and takes nothing: GET is what it answers', 405)
    if (token !== undefined) {
      const given = context.req.query('token')
      if (given !== undefined && isEqual(given, token)) {
        setCookie(context, cookie, token, { httpOnly: true, sameSite: 'Strict', path: '/' })
        return context.redirect('/', 303)
      }
      if (!isEqual(getCookie(context, cookie) ?? '', token))
        return refuse(context, 'open the address with the token that rappel printed', 401)
    }
    await next()
    return undefined
  }
}

function refuse(context: Context, words: string, status: 401 | 403 | 405): Response {
  return context.text(`${words}\n`, status, { 'Cache-Control': 'no-store' })
}

/** Of another site's page. Whoever follows a link to the page's own address is let in: it can read nothing of what it opens. */
function isFromElsewhere({ req }: Context, host: string): boolean {
  const origin = req.header('origin')
  if (origin !== undefined && origin !== `http://${host}`) return true
  const site = req.header('sec-fetch-site')
  if (site === undefined || site === 'same-origin' || site === 'none') return false
  return !(req.method === 'GET' && req.path === '/' && req.header('sec-fetch-dest') === 'document')
}

/** In the same time for every wrong answer. */
function isEqual(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}
