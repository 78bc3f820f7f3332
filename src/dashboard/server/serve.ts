/** @file Listening: which interface, which port, who may read. */
import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import { getRequestListener } from '@hono/node-server'
import { usageError } from '../../base/errors.ts'
import type { ReadableStore } from '../reading/run-reader.ts'
import { StoreSource } from '../reading/store-source.ts'
import { dashboardApp } from './app.ts'
import { diagnosed } from './diagnosed.ts'
import { type PageFiles, readPageFiles } from './page-files.ts'
import { headers } from './security.ts'

export interface ServeOptions {
  /** Default: 127.0.0.1. Anything but loopback asks its readers for a token. */
  readonly host?: string
  /** 0 takes any that is free. Default: 6060, or the next that is free. */
  readonly port?: number
  readonly page?: PageFiles
  /** Milliseconds since 1970. */
  readonly now: () => number
}

export interface Serving {
  /** Address to open, with the token where there is one. */
  readonly url: string
  readonly port: number
  close(): Promise<void>
}

/** Milliseconds between two looks into the store. */
const interval = 300
const defaultPort = 6060
/** How many ports are tried when nobody named one. */
const tries = 50

const loopback: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '::1'])
const everywhere: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

/**
 * Serves the page of a store.
 *
 * @throws RappelError 'usage' when the port is taken or the host is none of this machine
 */
export async function serveDashboard(store: ReadableStore, options: ServeOptions): Promise<Serving> {
  const { host = '127.0.0.1', now, page = readPageFiles() } = options
  const every = (work: () => void) => {
    const timer = setInterval(work, interval)
    return () => clearInterval(timer)
  }
  const source = new StoreSource(store, { now, every, diagnosisOf: (run) => diagnosed(store, run) })
  const token = loopback.has(host) ? undefined : randomBytes(24).toString('base64url')
  const app = dashboardApp(source, page, { hosts: namesOf(host), token })
  const server = serverOf(app.fetch)
  const port = await listening(server, host, options.port)
  const query = token === undefined ? '' : `?token=${token}`
  const shown = everywhere.has(host) ? (outside() ?? 'localhost') : host
  return {
    url: `http://${bracketed(shown)}:${port}/${query}`,
    port,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

/** What a browser may call this machine. */
function namesOf(host: string): ReadonlySet<string> {
  const names = [host]
  if (loopback.has(host) || everywhere.has(host)) names.push(...loopback)
  if (everywhere.has(host)) names.push(hostname(), `${hostname()}.local`, ...addresses())
  return new Set(names.map((name) => bracketed(name).toLowerCase()))
}

const bracketed = (name: string) => (name.includes(':') ? `[${name}]` : name)

function addresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address))
}

/** An address at which others reach this machine. */
function outside(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((found) => found ?? [])
  return all.find(({ internal, family }) => !internal && family === 'IPv4')?.address
}

/** What is no request that can be read gets a sentence too, with the same headers. */
function serverOf(fetch: (request: Request) => Response | Promise<Response>): Server {
  const errorHandler = () => new Response('the request cannot be read\n', { status: 400, headers: { ...headers } })
  const server = createServer(
    { requireHostHeader: false },
    getRequestListener(fetch, { errorHandler, overrideGlobalObjects: false }),
  )
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (!socket.writable || error.code === 'ECONNRESET') return socket.destroy()
    const [status, words] =
      error.code === 'HPE_HEADER_OVERFLOW' ? ['431 Too Large', 'too long'] : ['400 Bad Request', 'not to be read']
    const lines = Object.entries({ ...headers, 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' })
    socket.end(
      `HTTP/1.1 ${status}\r\n${lines.map((line) => line.join(': ')).join('\r\n')}\r\n\r\nthe request is ${words}\n`,
    )
    return undefined
  })
  return server
}

/** @returns the port */
async function listening(server: Server, host: string, wanted: number | undefined): Promise<number> {
  const first = wanted ?? defaultPort
  for (let port = first; ; port++) {
    try {
      return await listen(server, host, port)
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (code === 'EADDRINUSE' && wanted === undefined && port < first + tries) continue
      const why = code === 'EADDRINUSE' ? `port ${port} is taken` : message
      throw usageError(`the page cannot be served at ${host}: ${why}`, 'choose another with --port or --host')
    }
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}
