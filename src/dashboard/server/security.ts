/**
 * @file Who may read what the server shows. Runs hold names and notes of anybody's making, and a browser runs pages of anybody's
 * making beside ours.
 *
 * - The Host header must be one that the server was started for: a page whose name was made to point here (DNS rebinding) has another one.
 * - A request from another site's page (Origin, Sec-Fetch-Site) is refused.
 * - Anywhere but on the loopback interface there is a token: once in the address, then in a cookie.
 * - Nothing but our own files runs, and nothing is fetched from elsewhere (Content-Security-Policy).
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'

export interface Access {
  /** Values of the Host header that are ours, in lower case: 'localhost:6060', '127.0.0.1:6060', '[::1]:6060'. */
  readonly hosts: ReadonlySet<string>
  /** What a reader must know; absent: whoever reaches the server may read. */
  readonly token?: string
}

const cookie = 'rappel_token'

const headers = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
} as const

/** Refuses what is not for this server or not from this page, with 403 or 401 and a sentence. */
export function guard({ hosts, token }: Access): MiddlewareHandler {
  return async (context, next) => {
    const host = context.req.header('host')?.toLowerCase() ?? ''
    for (const [name, value] of Object.entries(headers)) context.header(name, value)
    if (!hosts.has(host)) return context.text(`this server does not answer for the host '${host}'\n`, 403)
    const origin = context.req.header('origin')
    if (origin !== undefined && origin !== `http://${host}`)
      return context.text('this server answers its own page only\n', 403)
    const site = context.req.header('sec-fetch-site')
    const isNavigation = context.req.header('sec-fetch-mode') === 'navigate' && context.req.method === 'GET'
    if (site !== undefined && site !== 'same-origin' && site !== 'none' && !isNavigation)
      return context.text('this server answers its own page only\n', 403)
    if (token !== undefined) {
      const given = context.req.query('token')
      if (given !== undefined && isEqual(given, token)) {
        setCookie(context, cookie, token, { httpOnly: true, sameSite: 'Strict', path: '/' })
        if (isNavigation) return context.redirect('/')
      } else if (!isEqual(getCookie(context, cookie) ?? '', token))
        return context.text('open the address with the token that rappel ui printed\n', 401)
    }
    await next()
    return undefined
  }
}

/** In the same time for every wrong answer. */
function isEqual(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}
