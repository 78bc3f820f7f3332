/** @file A server of one file on this machine, which behaves as well or badly as a test wants. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the server does with a request, the n-th from 0. */
type Answer = (request: IncomingMessage, response: ServerResponse, n: number) => void

export interface FilesServer {
  readonly url: string
  /** The ranges that were asked for, '' where none was. */
  readonly ranges: readonly string[]
  close(): Promise<void>
}

export async function serve(answer: Answer): Promise<FilesServer> {
  const ranges: string[] = []
  const server: Server = createServer((request, response) => {
    ranges.push(request.headers.range ?? '')
    answer(request, response, ranges.length - 1)
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/folder/file.bin`,
    ranges,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}

/** Sends a file, from where it is asked to. @param most bytes after which the connection breaks off */
export function send(
  content: Uint8Array,
  request: IncomingMessage,
  response: ServerResponse,
  most = content.length,
): void {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
  if (from >= content.length && from > 0) {
    response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end()
    return
  }
  const range = { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` }
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': content.length - from, ...(from > 0 && range) })
  if (most >= content.length - from) response.end(content.subarray(from))
  else response.write(content.subarray(from, from + most), () => setTimeout(() => response.destroy(), 20))
}
