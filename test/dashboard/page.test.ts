/** @file The page in a real Chromium: recorded runs, a run that goes on, what the reader does, the report. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toJson } from '../../src/cli/document.ts'
import { packRuns } from '../../src/dashboard/reading/packed-store.ts'
import { reportHtml } from '../../src/dashboard/server/report-file.ts'
import type { Serving } from '../../src/dashboard/server/serve.ts'
import { digits } from '../../src/data/index.ts'
import type { Finding } from '../../src/diagnose/finding.ts'
import { loss, nn, optim } from '../../src/index.ts'
import type { Plain, RecordedEvent, RunWriter } from '../../src/store/store.ts'
import { toPlain } from '../../src/store/to-plain.ts'
import { openBrowser } from './browser.ts'
import { Workplace } from './recorded.ts'

const place = new Workplace()
let browser: Browser
let serving: Serving
let healthy: string
let faulty: string
const complaints: string[] = []

async function open(hash: string, base = serving.url): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  page.on('pageerror', ({ message }) => complaints.push(message))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  await page.goto(`${base}${hash}`)
  return page
}

const shared = { data: digits(), loss: loss.softmaxCrossEntropy(), batchSize: 50 }
const finding: Finding = {
  code: 'lr-too-high',
  severity: 'warning',
  confidence: 0.9,
  where: 'dense1.weight',
  words: 'The steps land on the other side of the valley.',
  evidence: { ratio: 0.03 },
  advice: 'The learning rate 0.5 is about 30 times too high: try 0.015.',
  basis: 'run',
  at: { epoch: 1, step: 40 },
  source: 'a test',
  explains: [],
}
const recorded = (event: unknown): RecordedEvent => toPlain(event) as unknown as RecordedEvent

beforeAll(async () => {
  browser = await openBrowser()
  healthy = await place.train({
    ...shared,
    model: nn.sequential(nn.dense(30), nn.relu(), nn.dense(10)),
    update: optim.momentum({ learningRate: 0.05 }),
    epochs: 8,
  })
  const sigmoids = Array.from({ length: 6 }, () => [nn.dense(20), nn.sigmoid()]).flat()
  faulty = await place.train({
    ...shared,
    model: nn.sequential(...sigmoids, nn.dense(10)),
    update: optim.sgd({ learningRate: 0.1 }),
    epochs: 10,
  })
  serving = await place.serve()
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await serving?.close()
  await place.remove()
})

describe('home', () => {
  test('every run with its state, verdict and score; filter, sort, choose, compare', async () => {
    const page = await open('#/')
    const rows = page.locator('table.runs tbody tr')
    await rows.nth(1).waitFor()
    expect(await rows.count()).toBe(2)
    expect(await rows.nth(0).innerText()).toContain('vanishing-gradient')
    expect(await rows.nth(1).innerText()).toContain('Nothing wrong')
    expect(await rows.nth(1).innerText()).toMatch(/9\d\.\d% val\. accuracy/)
    await page.getByRole('button', { name: 'Score' }).click()
    expect(await rows.nth(0).innerText()).toContain('Nothing wrong')
    await page.getByLabel('filter the runs').fill('vanish')
    expect(await rows.count()).toBe(1)
    await page.getByLabel('filter the runs').fill('')
    for (const box of await page.getByRole('checkbox').all()) await box.check()
    await page.getByText('compare 2').click()
    await page.getByText('What differs').waitFor()
    await page.getByText('momentum (cs231n), learningRate 0.05').waitFor()
    expect(await page.locator('table.compare').innerText()).not.toContain('softmaxCrossEntropy')
    await page.context().close()
  })
  test('an empty store says what to type, and the first run appears by itself', async () => {
    const other = new Workplace()
    const served = await other.serve()
    const page = await open('', served.url)
    await page.getByText('No runs yet').waitFor()
    expect(await page.locator('pre').innerText()).toBe('npx rappel demo')
    const writer = await other.store.createRun({
      id: 'first',
      kind: 'foreign',
      name: 'parabola',
      startedAt: 0,
      facts: {},
    })
    writer.log({ step: 0, epoch: Number.NaN, seconds: 0 }, { loss: 1 })
    await writer.flush(1)
    await page.getByRole('link', { name: 'parabola' }).waitFor()
    await page.context().close()
    await served.close()
    await other.remove()
  })
})

describe('a run', () => {
  test('findings first, the cursor and the tensor go from a finding to all panels and into the address', async () => {
    const page = await open(`#/runs/${faulty}/overview`)
    const found = page.locator('.finding.warning, .finding.error').first()
    await found.waitFor()
    expect(await found.innerText()).toContain('vanishing-gradient')
    expect(await found.innerText()).toContain('dense1.weight')
    await found.getByTitle('show when and where').click()
    expect(page.url()).toMatch(/tensor=dense1\.weight/)
    expect(page.url()).toMatch(/cursor=/)
    await found.getByRole('link', { name: 'in Layers' }).click()
    await page.locator('.heat-names .selected').waitFor()
    expect(await page.locator('.heat-names .selected').innerText()).toBe('dense1.weight')
    await page.getByText('Norms of dense1.weight').waitFor()
    await page.context().close()
  })
  test('within 1280 by 800: state, progress, findings, loss and accuracy', async () => {
    const page = await open(`#/runs/${healthy}`)
    await page.getByText('Nothing wrong was found.').first().waitFor()
    await page.locator('.u-over').nth(1).waitFor()
    for (const title of ['Findings', 'Loss', 'Accuracy', 'Learning rate']) {
      const box = await page.getByRole('region', { name: title, exact: true }).boundingBox()
      const end = (box?.y ?? Number.NaN) + (box?.height ?? Number.NaN)
      expect(end, `${title}`).toBeLessThanOrEqual(800)
    }
    expect(await page.locator('.run-head').innerText()).toMatch(/finished[\s\S]*epoch 8 of 8/)
    await page.context().close()
  })
  test('keys: logarithmic, axis, cursor, sections, and back', async () => {
    const page = await open(`#/runs/${healthy}/overview`)
    await page.locator('.u-over').first().waitFor()
    for (const key of ['l', 's', 'ArrowLeft']) await page.keyboard.press(key)
    expect(page.url()).toMatch(/log=1/)
    expect(page.url()).toMatch(/axis=step/)
    expect(page.url()).toMatch(/cursor=/)
    await page.keyboard.press('Escape')
    expect(page.url()).not.toMatch(/cursor=/)
    await page.keyboard.press('2')
    await page.getByText('Tensors over time').waitFor()
    await page.context().close()
  })
  test('a link shows what was shown: reload', async () => {
    const page = await open(`#/runs/${healthy}/layers?cursor=3&tensor=dense2.weight&measure=norm%3Agradient&rows=net`)
    await page.locator('.heat-names .selected').waitFor()
    const shown = async () => ({
      rows: await page.locator('.heat-names').innerText(),
      selected: await page.locator('.heat-names .selected').innerText(),
      url: page.url(),
    })
    const before = await shown()
    expect(before.rows.split(/\s+/)).toEqual(['dense1.weight', 'dense1.bias', 'dense2.weight', 'dense2.bias'])
    await page.reload()
    await page.locator('.heat-names .selected').waitFor()
    expect(await shown()).toEqual(before)
    await page.context().close()
  })
  test('one that is not there', async () => {
    const page = await open('#/runs/nowhere/overview')
    await page.getByText('There is no run ‘nowhere’ here').waitFor()
    await page.context().close()
  })
})

describe('a run that goes on', () => {
  let writer: RunWriter
  const log = async (from: number, to: number) => {
    for (let step = from; step < to; step++)
      writer.log({ step, epoch: step / 40, seconds: step / 100 }, { loss: 2 * 0.99 ** step })
    await writer.flush(Date.now())
  }

  test('grows; a finding appears within two seconds of being recorded, and clears; a server that went away is found again', async () => {
    writer = await place.store.createRun({
      id: 'zz-live',
      kind: 'train',
      name: 'live',
      startedAt: Date.now(),
      facts: {},
    })
    const start = (await place.store.events(healthy)).find(({ event }) => event.type === 'start')
      ?.event as RecordedEvent
    writer.event({ ...start, epochs: 10 })
    await log(0, 40)
    const page = await open('#/runs/zz-live/overview')
    await page.getByText('epoch 1 of 10').waitFor()
    await page.getByText('Nothing wrong so far.').first().waitFor()
    writer.event(recorded({ type: 'finding', version: 1, finding }))
    const toldAt = Date.now()
    await log(40, 80)
    await page.getByText('try 0.015').waitFor({ timeout: 2000 })
    expect(Date.now() - toldAt).toBeLessThan(2000)
    await page.getByText('epoch 2 of 10').waitFor()

    const { port } = serving
    await serving.close()
    await page.getByText('not connected').waitFor()
    writer.event(
      recorded({
        type: 'finding-cleared',
        version: 1,
        code: 'lr-too-high',
        where: 'dense1.weight',
        at: { epoch: 3, step: 120 },
      }),
    )
    await log(80, 120)
    serving = await place.serve({ port })
    await page.getByText('epoch 3 of 10').waitFor({ timeout: 15_000 })
    await page.getByText('1 cleared: no longer so').waitFor()
    expect(await page.getByText('not connected').count()).toBe(0)

    await writer.close('interrupted', toPlain({ outcome: { reason: 'interrupted' } }) as Plain, Date.now())
    await page.locator('.pill.interrupted').waitFor()
    await page.context().close()
    // The browser itself says that the server went away.
    complaints.splice(0, complaints.length, ...complaints.filter((text) => !/ERR_|Failed to fetch/.test(text)))
  }, 60_000)

  test('200 tensors keep their rows readable and findable', async () => {
    const many = await place.store.createRun({
      id: 'zz-many',
      kind: 'foreign',
      name: 'many',
      startedAt: Date.now(),
      facts: {},
    })
    for (let step = 0; step < 20; step++)
      many.log(
        { step, epoch: step / 10, seconds: step },
        Object.fromEntries(
          Array.from({ length: 200 }, (_, i) => [`update:weight/layer${i}.weight`, 10 ** (-3 + (i % 5) / 2)]),
        ),
      )
    await many.close('finished', undefined, Date.now())
    const page = await open('#/runs/zz-many/layers')
    const rows = page.locator('.heat-names li')
    await rows.nth(199).waitFor({ state: 'attached' })
    expect(await rows.count()).toBe(200)
    // The farthest from 1e-3 come first: 10^(−3 + 4/2) of layer 4, 9, …
    expect(await rows.first().innerText()).toBe('layer4.weight')
    expect((await rows.first().boundingBox())?.height).toBeGreaterThanOrEqual(5)
    await page.context().close()
  })
})

test('names and findings that hold HTML or script are shown as text', async () => {
  const evil = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
  const writer = await place.store.createRun({
    id: 'zz-evil',
    kind: evil,
    name: evil,
    startedAt: Date.now(),
    facts: { hyper: { [evil]: evil } },
  })
  writer.event(
    recorded({
      type: 'finding',
      version: 1,
      finding: { ...finding, words: evil, advice: evil, where: evil, source: evil },
    }),
  )
  writer.log({ step: 0, epoch: 0, seconds: 0 }, { [`loss ${evil}`]: 1 })
  await writer.close('finished', undefined, Date.now())
  for (const hash of ['#/', '#/runs/zz-evil/overview', `#/compare?runs=zz-evil,${healthy}`]) {
    const page = await open(hash)
    await page.getByText('<img src=x').first().waitFor()
    expect(await page.locator('img, main script').count()).toBe(0)
    expect(await page.title()).toMatch(/Rappel$/)
    await page.context().close()
  }
  await place.store.deleteRun('zz-evil')
})

test('the report is the page without a server: nothing is fetched, every section is there', async () => {
  const runs = (await place.store.runs()).filter(({ id }) => id === faulty)
  const html = reportHtml(await packRuns(place.store, runs, toJson, Date.now(), async () => []), 'a </title><script>1')
  const file = join(place.folder, 'report.html')
  writeFileSync(file, html)
  const context = await browser.newContext({ locale: 'en-US' })
  const page = await context.newPage()
  const asked: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  page.on('pageerror', ({ message }) => complaints.push(message))
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  await page.goto(pathToFileURL(file).href)
  await page.getByText('vanishing-gradient').first().waitFor()
  await page.locator('.u-over').first().waitFor()
  for (const section of await page.locator('nav.sections a').all()) {
    await section.click()
    await page.locator('.panel').first().waitFor()
  }
  expect(asked.filter((url) => !/^(file|data|blob):/.test(url))).toEqual([])
  await context.close()
})

test('the console had no errors', () => expect(complaints).toEqual([]))
