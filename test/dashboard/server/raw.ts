/** @file Requests as an attacker writes them: byte by byte, with whatever headers. */
import { connect } from 'node:net'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Sends a text to a port of this machine, and reads until the connection ends or nothing has come for a moment. */
export function sendRaw(port: number, text: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let heard = ''
    const end = () => {
      socket.destroy()
      const [head, ...rest] = heard.split('\r\n\r\n')
      const [line, ...lines] = head.split('\r\n')
      const headers = Object.fromEntries(
        lines.map((each) => [each.slice(0, each.indexOf(':')).toLowerCase(), each.slice(each.indexOf(':') + 2)]),
      )
      resolve({ status: Number(line.split(' ')[1]), headers, body: rest.join('\r\n\r\n') })
    }
    socket.setTimeout(500, end)
    socket.on('data', (data) => (heard += data.toString()))
    socket.on('end', end)
    socket.on('error', reject)
    socket.write(text)
  })
}

/** A GET over HTTP/1.1 with these headers; Host is that of the port unless another is given. */
export function get(port: number, path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') {
  const all = { Host: `127.0.0.1:${port}`, Connection: 'close', ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  return sendRaw(port, `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
}
