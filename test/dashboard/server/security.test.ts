/** @file The server's rules, each attacked: whose requests are answered, with what, and that nothing else comes out. */
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readPageFiles } from '../../../src/dashboard/server/page-files.ts'
import { type Serving, serveDashboard } from '../../../src/dashboard/server/serve.ts'
import { sqliteStore } from '../../../src/store/sqlite.ts'
import { openBrowser } from '../browser.ts'
import { get, sendRaw } from './raw.ts'

const store = sqliteStore(':memory:')
const hostile = '<img src=x onerror="document.title=\'hacked\'"><script>document.title="hacked"</script>'
let serving: Serving
let port: number

beforeAll(async () => {
  const writer = await store.createRun({
    id: 'hostile',
    kind: 'foreign',
    name: hostile,
    startedAt: 1,
    facts: { note: hostile, hyper: { learningRate: 0.1, [hostile]: hostile } },
  })
  for (let step = 0; step < 20; step++)
    writer.log({ step, epoch: step / 10, seconds: step }, { loss: 1 / (1 + step), [hostile]: 1 })
  writer.event({ type: 'note', text: hostile })
  const [at, source] = [{ step: 1, epoch: 0.1 }, 'a test']
  const texts = { words: hostile, where: hostile, advice: hostile, source }
  const finding = {
    code: 'not-finite',
    severity: 'error',
    confidence: 1,
    evidence: {},
    explains: [],
    basis: 'rule',
    at,
    ...texts,
  }
  writer.event({ type: 'finding', version: 1, finding })
  // Of another program, which has events of its own by these names.
  writer.event({ type: 'finding', text: 'a fossil' })
  writer.event({ type: 'finding-cleared' })
  writer.event({ type: 'start', at: 'noon' })
  await writer.flush(2)
  serving = await serveDashboard(store, { port: 0, now: Date.now })
  ;({ port } = serving)
})
afterAll(async () => {
  await serving.close()
  await store.close()
})

const policy = /^default-src 'none'; script-src 'self'; style-src 'self'; /

function expectGuarded(answer: Awaited<ReturnType<typeof get>>, status: number) {
  expect(answer.status).toBe(status)
  expect(answer.headers['content-security-policy']).toMatch(policy)
  expect(answer.headers['content-security-policy']).not.toMatch(/unsafe|\*|http/)
  expect(answer.headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
  })
  expect(answer.headers['access-control-allow-origin']).toBeUndefined()
  if (status >= 400) expect(answer.body).not.toMatch(/\n\s+at |node_modules|<html/)
}

/** One sentence. */
const sentence = /^(?:[0-9a-f]+\r\n)?[^\n]{5,200}\n/

describe('who is answered', () => {
  test.each(['127.0.0.1', 'localhost', 'LocalHost', '[::1]', 'localhost:1234'])('the host %s', async (host) =>
    expectGuarded(await get(port, '/', { Host: host }), 200),
  )

  test.each([
    'evil.example',
    'evil.example:80',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '192.168.1.5',
    '0.0.0.0',
    'localhost.',
  ])('not the host %s, whose name may have been made to point here', async (host) => {
    for (const path of ['/', '/api/news', '/api/runs/hostile/facts', '/gone']) {
      const answer = await get(port, path, { Host: host })
      expectGuarded(answer, 403)
      expect(answer.body).toMatch(sentence)
    }
  })

  test('an absolute address names a host too', async () => {
    const answer = await sendRaw(
      port,
      `GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`,
    )
    expectGuarded(answer, 403)
  })

  test.each([
    ['another origin', { Origin: 'http://evil.example' }],
    ['an origin of another port', { Origin: 'http://127.0.0.1:1' }],
    ['the same over https', { Origin: `https://127.0.0.1:1` }],
    ['a sandboxed page', { Origin: 'null' }],
    ["another site's script", { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'cors' }],
    ["another port's page", { 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Mode': 'no-cors' }],
    [
      'a picture of another site',
      { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image' },
    ],
    [
      'a frame of another site',
      { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'iframe' },
    ],
  ])('not %s', async (_, headers) => {
    for (const path of ['/', '/api/news', '/api/runs/hostile/facts']) expectGuarded(await get(port, path, headers), 403)
  })

  test('a link elsewhere leads to the page, and to nothing else', async () => {
    const link = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' }
    expectGuarded(await get(port, '/', link), 200)
    expectGuarded(await get(port, '/api/runs/hostile/facts', link), 403)
  })

  test("the page's own requests", async () => {
    const own = { 'Sec-Fetch-Site': 'same-origin', Origin: `http://127.0.0.1:${port}` }
    expectGuarded(await get(port, '/api/runs/hostile/facts', own), 200)
  })

  test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('nothing is written: not %s', async (method) => {
    for (const path of ['/', '/api/runs/hostile/facts']) expectGuarded(await get(port, path, {}, method), 405)
  })
  test('HEAD opens no stream', async () => expect((await get(port, '/api/news', {}, 'HEAD')).status).toBe(405))
})

describe('off loopback', () => {
  let open: Serving
  let token: string
  beforeAll(async () => {
    open = await serveDashboard(store, { port: 0, host: '0.0.0.0', now: Date.now })
    token = new URL(open.url).searchParams.get('token') ?? ''
  })
  afterAll(() => open.close())

  test('nothing comes without the token', async () => {
    expect(token).toMatch(/^[\w-]{32}$/)
    for (const path of [
      '/',
      '/api/news',
      '/api/runs/hostile/facts',
      '/gone',
      '/?token=',
      '/?token=x',
      `/?token=${token.slice(1)}`,
    ])
      expectGuarded(await get(open.port, path), 401)
    for (const cookie of ['', 'rappel_token=', 'rappel_token=x', `other=${token}`])
      expectGuarded(await get(open.port, '/api/runs/hostile/facts', { Cookie: cookie }), 401)
  })

  test('the token becomes a cookie that no script reads and no other site sends, and leaves the address', async () => {
    const answer = await get(open.port, `/?token=${token}`)
    expectGuarded(answer, 303)
    expect(answer.headers.location).toBe('/')
    expect(answer.headers['set-cookie']).toBe(`rappel_token=${token}; Path=/; HttpOnly; SameSite=Strict`)
    expectGuarded(await get(open.port, '/api/runs/hostile/facts', { Cookie: `rappel_token=${token}` }), 200)
  })

  test('two servers have two tokens', async () => {
    const other = await serveDashboard(store, { port: 0, host: '0.0.0.0', now: Date.now })
    expect(new URL(other.url).searchParams.get('token')).not.toBe(token)
    await other.close()
  })

  test('another machine is still no name of this one', async () =>
    expectGuarded(await get(open.port, '/', { Host: 'evil.example', Cookie: `rappel_token=${token}` }), 403))
})

describe('what comes out', () => {
  test.each([
    '/../package.json',
    '/%2e%2e/%2e%2e/package.json',
    '/..%2f..%2fpackage.json',
    '/assets/../../../../package.json',
    '/assets/%2e%2e%2f%2e%2e%2fpackage.json',
    '//etc/passwd',
    '/%2fetc%2fpasswd',
    '/etc/passwd',
    '/assets/%00',
    '/index.html%00.js',
    '/..%5c..%5cpackage.json',
    '/%c0%ae%c0%ae/package.json',
    '/.rappel/runs.sqlite',
    '/assets',
    '/assets/',
    '/api/runs/..%2f..%2fetc/facts',
    '/api/runs/%00/facts',
    '/api/runs/hostile/constructor',
    '/api/runs/hostile/__proto__',
    '/api',
  ])('nothing for %s', async (path) => {
    const answer = await get(port, path)
    expectGuarded(answer, 404)
    expect(answer.body).not.toMatch(/"name"|root:|SQLite/)
  })

  test.each(['/%', '/%zz', '/\\..\\package.json', '/api/runs/%/facts', 'x', '*'])('no crash for %s', async (path) => {
    const answer = await get(port, path)
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expectGuarded(answer, answer.status)
    expect(answer.status).toBeLessThan(500)
    expect(answer.body).toMatch(sentence)
  })

  test.each([
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['a host with a blank', 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n', 400],
    [
      'two lengths',
      'GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
    ],
    ['an address of 100,000 letters', `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 431],
    ['headers of 100,000 letters', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`, 431],
  ])('a sentence for %s', async (_, text, status) => {
    const answer = await sendRaw(port, text)
    expectGuarded(answer, status)
    expect(answer.body).toMatch(sentence)
  })

  const ask = (question: string, request: string) =>
    get(port, `/api/runs/hostile/${question}?request=${encodeURIComponent(request)}`)
  test.each([
    ['curves', '{'],
    ['curves', 'null'],
    ['curves', '[]'],
    ['curves', '3'],
    ['curves', '"x"'],
    ['curves', '{}'],
    ['curves', '{"names":"loss","axis":"epoch"}'],
    ['curves', '{"names":[1],"axis":"epoch"}'],
    ['curves', '{"names":{"length":1e9},"axis":"epoch"}'],
    ['curves', '{"names":["loss"],"axis":"__proto__"}'],
    ['curves', '{"names":["loss"],"axis":"epoch","points":1e12}'],
    ['curves', '{"names":["loss"],"axis":"epoch","points":-1}'],
    ['curves', '{"names":["loss"],"axis":"epoch","points":1.5}'],
    ['curves', '{"names":["loss"],"axis":"epoch","from":NaN}'],
    ['curves', '{"names":["loss"],"axis":"epoch","halfLife":0}'],
    ['curves', '{"names":["loss"],"axis":"epoch","to":Infinity}'],
    ['curves', `{"names":[${'"loss",'.repeat(1000)}"loss"],"axis":"epoch"}`],
    ['matrix', '{}'],
    ['matrix', '{"measure":{},"columns":10}'],
    ['matrix', '{"measure":"dead","columns":1e9}'],
    ['distributions', '{}'],
    ['distributions', '{"name":"x","moments":0}'],
    ['pictures', '{"name":7}'],
    ['pictures', '{"step":"now"}'],
  ])('a sentence for %s of %s', async (question, request) => {
    const answer = await ask(question, request)
    expectGuarded(answer, 400)
    expect(answer.body).toMatch(sentence)
  })
  test('of fields of the right shape there is an answer', async () => {
    for (const [question, request] of [
      ['curves', '{"names":["loss","toString"],"axis":"epoch","other":1}'],
      ['matrix', '{"measure":"__proto__"}'],
      ['distributions', '{"name":"constructor"}'],
      ['pictures', '{}'],
    ])
      expectGuarded(await ask(question, request), 200)
  })
})

describe('names and notes of anybody', () => {
  test('are text: no script of theirs runs, and nothing is fetched for them', async () => {
    const browser = await openBrowser()
    try {
      const context = await browser.newContext({ locale: 'en-US' })
      const page = await context.newPage()
      const problems: string[] = []
      const asked: string[] = []
      page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
      page.on('pageerror', (error) => problems.push(error.message))
      page.on('request', (request) => asked.push(request.url()))
      await page.goto(serving.url)
      await page.getByText('<img src=x').first().waitFor()
      await page.goto(`${serving.url}#/runs/hostile/overview`)
      await page.getByRole('heading', { level: 1 }).filter({ hasText: hostile }).waitFor()
      await page.waitForTimeout(300)
      expect(await page.locator('img[src=x]').count()).toBe(0)
      expect(await page.title()).not.toBe('hacked')
      expect(problems).toEqual([])
      expect(asked.filter((url) => !url.startsWith(serving.url) && !url.startsWith('data:'))).toEqual([])
      // What is no text of ours does not run, even where it gets into the page.
      const ran = await page.evaluate(() => {
        document.body.insertAdjacentHTML('beforeend', '<img src="data:," onerror="window.ran = true">')
        const script = document.createElement('script')
        script.textContent = 'window.ran = true'
        document.body.append(script)
        return new Promise((resolve) => setTimeout(() => resolve('ran' in window), 200))
      })
      expect(ran).toBe(false)
    } finally {
      await browser.close()
    }
  })
})

test('a browser with the token in the address: the page, and the token is gone from the address', async () => {
  const open = await serveDashboard(store, { port: 0, host: '0.0.0.0', now: Date.now })
  const browser = await openBrowser()
  try {
    const page = await (await browser.newContext({ locale: 'en-US' })).newPage()
    await page.goto(open.url)
    await page.getByText('<img src=x').first().waitFor()
    expect(page.url()).not.toContain('token')
    expect(await page.evaluate(() => document.cookie)).toBe('')
    const stranger = await (await browser.newContext({ locale: 'en-US' })).newPage()
    expect((await stranger.goto(new URL('/', open.url).href))?.status()).toBe(401)
  } finally {
    await browser.close()
    await open.close()
  }
})

describe('ports', () => {
  const page = readPageFiles()
  test('a port that was named and is taken is an error', () =>
    expect(serveDashboard(store, { port, page, now: Date.now })).rejects.toThrow(`port ${port} is taken`))
  test('a host that is none of this machine is an error', () =>
    expect(serveDashboard(store, { port: 0, host: '203.0.113.1', page, now: Date.now })).rejects.toMatchObject({
      code: 'usage',
    }))
  test('without a name the next that is free', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => {
      taken.once('error', () => resolve()).listen(6060, '127.0.0.1', resolve)
    })
    const other = await serveDashboard(store, { page, now: Date.now })
    expect(other.port).toBeGreaterThan(6060)
    await other.close()
    taken.close()
  })
})
