/** @file Listening: which interface, which port, who may read. */
import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { hostname, networkInterfaces } from 'node:os'
import { serve } from '@hono/node-server'
import { usageError } from '../../base/errors.ts'
import type { Store } from '../../store/store.ts'
import { StoreSource } from '../reading/store-source.ts'
import { dashboardApp } from './app.ts'
import { diagnosed } from './diagnosed.ts'
import { type PageFiles, readPageFiles } from './page-files.ts'

export interface ServeOptions {
  /** Default: 127.0.0.1. Anything else asks its readers for a token. */
  readonly host?: string
  /** 0 takes any that is free. */
  readonly port: number
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

const loopback = new Set(['127.0.0.1', 'localhost', '::1'])

/** What a reader may call the server: on all interfaces by the address of each, and by the machine's name. */
function namesOf(host: string): readonly string[] {
  if (loopback.has(host)) return [...loopback]
  if (host !== '0.0.0.0' && host !== '::') return [host]
  const addresses = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address))
  return [hostname(), ...loopback, ...addresses]
}

/**
 * Serves the page of a store.
 *
 * @throws RappelError 'usage' when the port is taken or the host is none of this machine
 */
export async function serveDashboard(store: Store, options: ServeOptions): Promise<Serving> {
  const { host = '127.0.0.1', port, now, page = readPageFiles() } = options
  const every = (work: () => void) => {
    const timer = setInterval(work, interval)
    return () => clearInterval(timer)
  }
  const source = new StoreSource(store, { now, every, diagnosisOf: (run) => diagnosed(store, run) })
  const token = loopback.has(host) ? undefined : randomBytes(24).toString('base64url')
  const hosts = new Set<string>()
  const app = dashboardApp(source, page, { hosts, token })
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: host, port }, (address: AddressInfo) => {
      for (const name of namesOf(host))
        hosts.add(`${name.includes(':') ? `[${name}]` : name}:${address.port}`.toLowerCase())
      const query = token === undefined ? '' : `?token=${token}`
      const shown = host.includes(':') ? `[${host}]` : host
      resolve({
        url: `http://${shown}:${address.port}/${query}`,
        port: address.port,
        close: () =>
          new Promise((done) => {
            server.close(() => done())
            if ('closeAllConnections' in server) server.closeAllConnections()
          }),
      })
    })
    server.on('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? `port ${port} is taken` : error.message
      reject(usageError(`the page cannot be served at ${host}:${port}: ${why}`, 'choose another with --port or --host'))
    })
  })
}
