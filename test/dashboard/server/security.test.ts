/** @file The server under attack: foreign hosts and origins, tokens, paths, requests that make no sense. */
import { request as ask } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PageFiles } from '../../../src/dashboard/server/page-files.ts'
import type { Serving } from '../../../src/dashboard/server/serve.ts'
import { Workplace } from '../recorded.ts'

interface Answer {
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

const place = new Workplace()
const index = { bytes: new TextEncoder().encode('<p>the page</p>'), type: 'text/html', caching: 'no-cache' }
const page: PageFiles = new Map([['/', index]])
let local: Serving
let open: Serving

/** As a client that sends what it likes: fetch would not let us choose Host or Origin. */
function send(port: number, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = ask({ host: '127.0.0.1', port, path, method, headers }, (answer) => {
      let body = ''
      answer.on('data', (chunk: Buffer) => (body += String(chunk)))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body, headers: answer.headers }))
    })
    asked.on('error', reject)
    asked.end()
  })
}

beforeAll(async () => {
  const writer = await place.store.createRun({ id: 'one', kind: 'foreign', name: 'one', startedAt: 0, facts: {} })
  writer.log({ step: 0, epoch: 0, seconds: 0 }, { loss: 1 })
  await writer.close('finished', undefined, 1)
  local = await place.serve({ page })
  open = await place.serve({ page, host: '0.0.0.0' })
})
afterAll(async () => {
  await local.close()
  await open.close()
  await place.remove()
})

describe('on the loopback interface', () => {
  test('the page itself, by every name of the machine that is only itself', async () => {
    for (const name of ['127.0.0.1', 'localhost', '[::1]'])
      expect(await send(local.port, '/', { host: `${name}:${local.port}` })).toMatchObject({
        status: 200,
        body: '<p>the page</p>',
      })
  })
  test.each(['evil.example', 'evil.example:PORT', '127.0.0.1', 'localhost:1', '127.0.0.1.evil.example:PORT'])(
    'a name that was made to point here (DNS rebinding): %s',
    async (host) => {
      const answer = await send(local.port, '/api/runs/one/facts', { host: host.replace('PORT', String(local.port)) })
      expect([400, 403]).toContain(answer.status)
      expect(answer.body).not.toContain('loss')
    },
  )
  test.each([
    ['another site', { origin: 'https://evil.example' }],
    ['another port of this machine', { origin: 'http://localhost:1' }],
    ['a file or a sandbox', { origin: 'null' }],
    ['a picture of another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
    ['another site by script', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' }],
  ])('a request from %s', async (_, headers) => {
    const own = { host: `127.0.0.1:${local.port}`, ...headers } as Record<string, string>
    for (const path of ['/', '/api/news', '/api/runs/one/curves'])
      expect((await send(local.port, path, own)).status).toBe(403)
  })
  test('a link from another site may be followed, and our own page may ask', async () => {
    const host = `localhost:${local.port}`
    const link = { host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }
    expect((await send(local.port, '/', link)).status).toBe(200)
    const own = { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }
    expect((await send(local.port, '/api/runs/one/facts', own)).status).toBe(200)
  })
  test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('nothing can be written: %s', async (method) => {
    const answer = await send(local.port, '/api/runs/one/facts', { host: `127.0.0.1:${local.port}` }, method)
    expect([404, 405]).toContain(answer.status)
  })
  test('every answer has the policy, errors too', async () => {
    for (const path of ['/', '/nowhere', '/api/runs/none/facts', '/api/runs/one/curves?request=%7B'])
      expect((await send(local.port, path)).headers).toMatchObject({
        'content-security-policy': expect.stringMatching(/^default-src 'none'; script-src 'self'; /) as unknown,
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
      })
    const foreign = await send(local.port, '/', { host: 'evil.example' })
    expect(foreign.headers['content-security-policy']).toBeDefined()
  })
})

describe('anywhere else', () => {
  const host = () => `127.0.0.1:${open.port}`
  const token = () => new URL(open.url).searchParams.get('token') as string

  test('without a token, with a wrong one, with one in a cookie of another name', async () => {
    for (const [path, headers] of [
      ['/', {}],
      ['/?token=wrong', {}],
      ['/api/runs/one/facts', {}],
      ['/api/news', { cookie: 'rappel_token=wrong' }],
      ['/api/runs/one/facts', { cookie: `other=${token()}` }],
    ] as const) {
      const { status, body } = await send(open.port, path, { host: host(), ...headers })
      expect([status, body]).toEqual([401, 'open the address with the token that rappel ui printed\n'])
    }
  })
  test('the token once in the address, then in a cookie that scripts and other sites do not get', async () => {
    const first = await send(open.port, `/?token=${token()}`, {
      host: host(),
      'sec-fetch-mode': 'navigate',
      'sec-fetch-site': 'none',
    })
    expect([first.status, first.headers.location]).toEqual([302, '/'])
    const [cookie] = first.headers['set-cookie'] as string[]
    expect(cookie).toMatch(/HttpOnly/)
    expect(cookie).toMatch(/SameSite=Strict/)
    const again = await send(open.port, '/api/runs/one/facts', { host: host(), cookie: cookie.split(';')[0] })
    expect(again.status).toBe(200)
  })
  test('two servers have two tokens of at least 128 bits', async () => {
    const other = await place.serve({ page, host: '0.0.0.0' })
    expect(new URL(other.url).searchParams.get('token')).not.toBe(token())
    expect(Buffer.from(token(), 'base64url').length).toBeGreaterThanOrEqual(16)
    await other.close()
  })
})

describe('requests that make no sense get four hundred and something and one line', () => {
  const paths = [
    '/../../etc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/..%2f..%2fetc%2fpasswd',
    '/assets/%00',
    '/assets/..\\..\\secret',
    '/%ff',
    '/api/runs/one/__proto__',
    '/api/runs/one/constructor',
    '/api/runs/..%2f..%2fetc/facts',
    '/api/runs/one/curves',
    ...[
      '{',
      '[]',
      'null',
      '"x"',
      '{"names":"loss","axis":"epoch"}',
      '{"names":[1],"axis":"epoch"}',
      '{"names":["loss"],"axis":"time"}',
      '{"names":["loss"],"axis":"epoch","points":-1}',
      '{"names":["loss"],"axis":"epoch","points":1e12}',
      '{"names":["loss"],"axis":"epoch","points":"NaN"}',
      '{"names":["loss"],"axis":"epoch","halfLife":0}',
      '{"names":["loss"],"axis":"epoch","from":"x"}',
    ].map((text) => `/api/runs/one/curves?request=${encodeURIComponent(text)}`),
    '/api/runs/one/matrix?request=%7B%22measure%22:7%7D',
    '/api/runs/one/matrix?request=%7B%22measure%22:%22a%22,%22columns%22:1e9%7D',
    '/api/runs/one/distributions?request=%7B%7D',
    '/api/runs/one/pictures?request=%7B%22step%22:%22x%22%7D',
    `/api/runs/one/curves?request=${'9'.repeat(20_000)}`,
  ]
  test.each(paths)('%s', async (path) => {
    const { status, body } = await send(local.port, path)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(500)
    expect(body).not.toMatch(/\n.*\n|at .*\.ts|node_modules|root:/)
  })
  test('what is no HTTP at all', async () => {
    const socket = connect(local.port, '127.0.0.1')
    socket.resume()
    socket.write('\u0000\u0001nonsense\r\n\r\n')
    await new Promise((resolve) => socket.on('close', resolve).on('error', () => {}))
    expect((await send(local.port, '/')).status).toBe(200)
  })
  test('a question that is whole is answered', async () => {
    const request = encodeURIComponent('{"names":["loss","none"],"axis":"epoch","points":10,"halfLife":2}')
    const { status, body } = await send(local.port, `/api/runs/one/curves?request=${request}`)
    expect([status, JSON.parse(body)]).toEqual([
      200,
      [{ name: 'loss', step: [0], epoch: [0], seconds: [0], values: [1], smoothed: [1], points: 1 }],
    ])
  })
})

test('a port that is taken, a host that is none', async () => {
  await expect(place.serve({ page, port: local.port })).rejects.toThrow(`port ${local.port} is taken`)
  await expect(place.serve({ page, host: '203.0.113.1' })).rejects.toThrow('the page cannot be served at 203.0.113.1')
})
