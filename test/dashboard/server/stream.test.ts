/** @file The stream: what is recorded reaches the page soon, a reload and a server that comes back lose nothing, and what was taken back is forgotten. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LastingStore } from '../../../src/cli/lasting-store.ts'
import type { News, RunNow } from '../../../src/dashboard/documents.ts'
import { Follower, type State } from '../../../src/dashboard/reading/followers.ts'
import { type ReadableStore, RunReader } from '../../../src/dashboard/reading/run-reader.ts'
import { StoreSource } from '../../../src/dashboard/reading/store-source.ts'
import { ThinnedProbes } from '../../../src/dashboard/reading/thinned-probes.ts'
import { readPageFiles } from '../../../src/dashboard/server/page-files.ts'
import { serveDashboard } from '../../../src/dashboard/server/serve.ts'
import type { Finding } from '../../../src/diagnose/finding.ts'
import { sqliteStore } from '../../../src/store/sqlite.ts'
import type { NewRun, RunWriter, Store } from '../../../src/store/store.ts'
import type { ProbeEvent } from '../../../src/train/events.ts'
import { openBrowser } from '../browser.ts'

const newRun = (id: string): NewRun => ({ id, kind: 'foreign', name: `run ${id}`, startedAt: 1, facts: {} })
const at = (step: number) => ({ step, epoch: step / 10, seconds: step / 100 })
const finding = (code: string) => ({
  type: 'finding',
  version: 1,
  finding: {
    code,
    severity: 'warning',
    confidence: 0.9,
    words: `words of ${code}`,
    advice: 'do less',
    evidence: {},
    source: 'a test',
    basis: 'rule',
    explains: [],
    at: { step: 1, epoch: 0.1 },
  },
})
const clock = { now: () => 1000 }

/** Until it holds; looks every 5 ms. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 1000; i++) {
    if (await holds()) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error('it did not come to hold')
}

describe('a reader of one run', () => {
  async function run(): Promise<{ store: Store; writer: RunWriter; reader: RunReader }> {
    const store = sqliteStore(':memory:')
    const writer = await store.createRun(newRun('a'))
    return { store, writer, reader: new RunReader(store, 'a', clock) }
  }
  const values = async (reader: RunReader) => Array.from((await reader.series('loss'))?.values ?? [])

  test('takes each event once, however many ask at the same moment', async () => {
    const { writer, reader } = await run()
    for (const step of [1, 2]) writer.event({ type: 'probe', probe: 'p', step, epoch: 0, distributions: {} })
    writer.event(finding('lr-too-high'))
    await writer.flush(2)
    await Promise.all([reader.refresh(), reader.readProbes(), reader.refresh(), reader.readProbes()])
    expect(reader.probes.map(({ step }) => step)).toEqual([1, 2])
    expect((await reader.now()).findings).toHaveLength(1)
  })

  test('forgets what a resumed run has taken back', async () => {
    const { store, writer, reader } = await run()
    for (let step = 0; step < 5; step++) writer.log(at(step), { loss: step })
    writer.event({ type: 'probe', probe: 'p', step: 1, epoch: 0, distributions: {} })
    const position = { events: 1, points: { loss: 3 } }
    writer.event({ type: 'probe', probe: 'p', step: 4, epoch: 0, distributions: {} })
    writer.event(finding('lr-too-high'))
    await writer.close('interrupted', undefined, 2)
    await reader.refresh()
    await reader.readProbes()
    expect([await values(reader), (await reader.now()).findings.length]).toEqual([[0, 1, 2, 3, 4], 1])
    const further = await store.continueRun('a')
    await further.supersede(position, 3)
    for (const step of [3, 4, 5, 6]) further.log(at(step), { loss: 10 * step })
    await further.flush(4)
    await reader.refresh()
    await reader.readProbes()
    expect(await values(reader)).toEqual([0, 1, 2, 30, 40, 50, 60])
    expect((await reader.now()).findings).toEqual([])
    expect(reader.probes.map(({ step }) => step)).toEqual([1])
  })

  test('reads a series anew whose points were taken back without a word', async () => {
    const { writer, reader } = await run()
    for (let step = 0; step < 5; step++) writer.log(at(step), { loss: step })
    await writer.flush(2)
    await reader.refresh()
    await values(reader)
    await writer.supersede({ events: 0, points: { loss: 2 } }, 3)
    for (let step = 2; step < 9; step++) writer.log(at(step), { loss: -step })
    await writer.flush(4)
    await reader.refresh()
    expect(await values(reader)).toEqual([0, 1, -2, -3, -4, -5, -6, -7, -8])
  })

  test('a run that is deleted is no run, and another of its name is another', async () => {
    const { store, writer, reader } = await run()
    writer.event(finding('lr-too-high'))
    await writer.close('finished', undefined, 2)
    await reader.refresh()
    await store.deleteRun('a')
    expect([await reader.refresh(), reader.run]).toEqual([false, undefined])
    await store.createRun({ ...newRun('a'), startedAt: 5 })
    await reader.refresh()
    expect((await reader.now()).findings).toEqual([])
  })

  test('what failed on the way is read by the next look', async () => {
    const { store, writer } = await run()
    writer.event(finding('lr-too-high'))
    await writer.flush(2)
    let fails = true
    const shaky: ReadableStore = {
      run: (id) => store.run(id),
      runs: () => store.runs(),
      seriesNames: (id) => store.seriesNames(id),
      series: (id, name, from) => store.series(id, name, from),
      events: async (id, from, brief) => {
        if (fails) throw new Error('busy')
        return store.events(id, from, brief)
      },
    }
    const reader = new RunReader(shaky, 'a', clock)
    await expect(reader.refresh()).rejects.toThrow('busy')
    fails = false
    await reader.refresh()
    expect((await reader.now()).findings).toHaveLength(1)
  })

  test('a foreign run is diagnosed when it has changed, not more often than once a second', async () => {
    const { store, writer } = await run()
    let [now, times] = [1000, 0]
    const found = () => ({ ...finding('no-learning').finding, evidence: { times: ++times } }) as unknown as Finding
    const diagnosisOf = async () => ({ findings: [found()], verdict: { state: 'warning', words: 'it does not learn' } })
    const reader = new RunReader(store, 'a', { now: () => now, diagnosisOf })
    await reader.refresh()
    await reader.refresh()
    expect(times).toBe(1)
    writer.log(at(1), { loss: 1 })
    await writer.flush(2)
    await reader.refresh()
    expect([times, (await reader.now()).findings.length]).toEqual([1, 1])
    now += 1000
    expect([await reader.refresh(), times]).toEqual([true, 2])
    expect([await reader.refresh(), times]).toEqual([false, 2])
  })

  test('of very many events of a probe some are kept, at equal distances, and the last', () => {
    const probes = new ThinnedProbes()
    for (let step = 0; step < 10_000; step++) {
      probes.push({ type: 'probe', probe: 'often', step, epoch: 0, values: {} } satisfies ProbeEvent)
      if (step % 5000 === 0) probes.push({ type: 'probe', probe: 'seldom', step, epoch: 0, values: {} })
    }
    const often = probes.all.filter(({ probe }) => probe === 'often').map(({ step }) => step)
    // 10,000 in groups of 32 are 313.
    expect([often.length, often[1], often[2], often.at(-1)]).toEqual([314, 32, 64, 9999])
    expect(probes.all.filter(({ probe }) => probe === 'seldom').map(({ step }) => step)).toEqual([0, 5000])
  })
})

describe('many readers', () => {
  const card = (id: string, epoch = 0) => ({ id, epoch }) as unknown as State['cards'][number]
  const state = (...cards: State['cards']): State => ({ cards, runs: new Map() })

  test('each hears what is new to it: first all, then what has changed', async () => {
    const heard: News[] = []
    const follower = new Follower(undefined, (news) => void heard.push(news))
    const [a, b] = [card('a'), card('b')]
    await follower.tell(state(a, b))
    await follower.tell(state(a, b))
    const later = card('b', 1)
    await follower.tell(state(a, later))
    await follower.tell(state(a))
    expect(heard).toEqual([{ runs: [a, b] }, { changed: [later] }, { runs: [a] }])
  })

  test('a slow one gets the newest, not all that was between', async () => {
    const heard: News[] = []
    let makeRoom = () => {}
    const follower = new Follower('a', (news) => {
      heard.push(news)
      return new Promise<void>((resolve) => (makeRoom = resolve))
    })
    const cards = [card('a')]
    const told = follower.tell({ cards, runs: new Map([['a', { version: 0 } as RunNow]]) })
    for (let version = 1; version <= 1000; version++)
      void follower.tell({ cards, runs: new Map([['a', { version } as RunNow]]) })
    makeRoom()
    await until(() => heard.length === 2)
    makeRoom()
    await told
    expect(heard.map(({ run }) => run?.version)).toEqual([0, 1000])
  })

  test('one look into the store serves all', async () => {
    const store = sqliteStore(':memory:')
    await store.createRun(newRun('a'))
    let looks = 0
    const counted = Object.assign(Object.create(store) as ReadableStore, {
      runs: () => {
        looks++
        return store.runs()
      },
      run: (id: string) => store.run(id),
      seriesNames: (id: string) => store.seriesNames(id),
      events: (id: string, from?: number) => store.events(id, from),
    })
    let look = () => {}
    const source = new StoreSource(counted, {
      ...clock,
      every: (work) => {
        look = work
        return () => (look = () => {})
      },
    })
    let heard = 0
    const ends = Array.from({ length: 50 }, () =>
      source.follow(
        undefined,
        () => void heard++,
        () => {},
      ),
    )
    await until(() => heard === 50)
    looks = 0
    look()
    await until(() => looks === 1)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect([looks, heard]).toEqual([1, 50])
    for (const end of ends) end()
    look()
    expect(looks).toBe(1)
  })

  test('a run that cannot be read does not hide the others', async () => {
    const store = sqliteStore(':memory:')
    const writer = await store.createRun(newRun('later'))
    writer.event({ type: 'end', version: 99 })
    await writer.flush(2)
    await store.createRun(newRun('well'))
    const cards = await new StoreSource(store, clock).runs()
    expect(cards.map(({ id, verdict }) => [id, verdict?.words])).toEqual([
      ['well', undefined],
      ['later', expect.stringMatching(/^cannot be read: .*version 99/)],
    ])
  })
})

describe('in the browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rappel-stream-'))
  const path = join(folder, 'runs.sqlite')
  const pageFiles = readPageFiles()
  let browser: Browser
  let page: Page
  beforeAll(async () => {
    browser = await openBrowser()
    page = await (await browser.newContext({ locale: 'en-US' })).newPage()
  })
  afterAll(async () => {
    await browser.close()
    rmSync(folder, { recursive: true })
  })

  test('from an empty folder over a live run, a reload, a server that comes back, to a store that is gone', async () => {
    const lasting = new LastingStore(path)
    let serving = await serveDashboard(lasting, { port: 0, page: pageFiles, now: Date.now })
    const { port, url } = serving
    await page.goto(url)
    await page.getByText('rappel demo').first().waitFor()

    // The first run appears by itself.
    const store = sqliteStore(path)
    const writer = await store.createRun({ ...newRun('live'), startedAt: Date.now() })
    for (let step = 0; step < 100; step++) writer.log(at(step), { loss: 1 / (1 + step) })
    await writer.flush(Date.now())
    await page.getByRole('link', { name: 'run live' }).first().click()
    await page
      .getByText(/\b100 steps/)
      .first()
      .waitFor()

    // A finding is there within two seconds of its event.
    writer.event(finding('lr-too-high'))
    await writer.flush(Date.now())
    await page.getByText('words of lr-too-high').first().waitFor({ timeout: 2000 })

    // A reload shows the same.
    await page.reload()
    await page.getByText('words of lr-too-high').first().waitFor()

    // The server goes, the run goes on, the server comes back: the page has all of it.
    await serving.close()
    await page.getByText(/not connected/).waitFor()
    for (let step = 100; step < 250; step++) writer.log(at(step), { loss: 1 / (1 + step) })
    writer.event(finding('dead-units'))
    await writer.flush(Date.now())
    serving = await serveDashboard(lasting, { port, page: pageFiles, now: Date.now })
    await page
      .getByText(/\b250 steps/)
      .first()
      .waitFor()
    await page.getByText('words of dead-units').first().waitFor()
    expect(await page.getByText(/not connected/).count()).toBe(0)

    // A run that is deleted goes from the page, a store that is taken away too; another one in its place is shown.
    await writer.close('finished', undefined, Date.now())
    await store.deleteRun('live')
    await page.getByText(/no run .*live/).waitFor()
    await store.close()
    for (const ending of ['', '-wal', '-shm']) rmSync(path + ending, { force: true })
    await page.goto(`${url}#/`)
    await page.getByText('rappel demo').first().waitFor()
    const other = sqliteStore(path)
    await other.createRun({ ...newRun('other'), startedAt: Date.now() })
    await page.getByRole('link', { name: 'run other' }).first().waitFor()
    await other.close()
    await serving.close()
    await lasting.close()
  })
})
