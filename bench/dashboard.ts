/**
 * @file How fast the dashboard is, in a real Chromium: a run of a million points, a run that tells 10,000 points a second, a finding's way
 * to the page; and how large page and report are. `npm run build && node bench/dashboard.ts [rounds]`. Exit status 1 where a goal is missed.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import type { Browser, Page } from 'playwright-core'
import { StoreSource } from '../src/dashboard/reading/store-source.ts'
import { serveDashboard } from '../src/dashboard/server/serve.ts'
import { Flushing } from '../src/store/flushing.ts'
import { type RunWriter, type Store, sqliteStore } from '../src/store/index.ts'
import { openBrowser } from '../test/dashboard/browser.ts'
import { machine, machineText } from './report.ts'

const rounds = Number(process.argv[2] ?? 5)
const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'rappel-bench-dashboard-'))
const million = 1_000_000
const later = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

interface Figure {
  readonly name: string
  readonly numbers: readonly number[]
  readonly unit: string
  /** The largest number that is good; absent: only told. */
  readonly most?: number
}

/** What the page keeps for the bench: when a line was drawn, when a frame was, and which tasks took longer than 50 ms. */
interface Watched {
  drawn: number[]
  frames: number[]
  long: number[]
}

console.log(`${machineText(machine())}; load ${loadavg()[0].toFixed(1)}; ${rounds} rounds\n`)
const store = sqliteStore(join(folder, 'runs.sqlite'))
const browser = await openBrowser()
const serving = await serveDashboard(store, { port: 0, now: Date.now })
let isGood = true
try {
  for (const figure of [sizeOfPage(), sizeOfReport(), ...(await ofMillion()), ...(await ofLive())]) print(figure)
} finally {
  await browser.close()
  await serving.close()
  await store.close()
  rmSync(folder, { recursive: true })
}
console.log(`\nload at the end ${loadavg()[0].toFixed(1)}`)
process.exitCode = isGood ? 0 : 1

function print({ name, numbers, unit, most }: Figure): void {
  const sorted = [...numbers].sort((a, b) => a - b)
  const [median, worst] = [sorted[sorted.length >> 1], sorted[sorted.length - 1]]
  if (most !== undefined && worst > most) isGood = false
  const goal = most === undefined ? '' : `; goal at most ${most}${worst > most ? ': MISSED' : ''}`
  console.log(`${name.padEnd(58)} ${median.toFixed(0)} ${unit} (worst ${worst.toFixed(0)})${goal}`)
}

function sizeOfPage(): Figure {
  const page = join(root, 'dist/dashboard/page')
  const files = readdirSync(page, { recursive: true, encoding: 'utf8' }).map((name) => join(page, name))
  const bytes = files.filter((path) => statSync(path).isFile()).map((path) => gzipSync(readFileSync(path)).length)
  return { name: "the page's code, gzip", numbers: [bytes.reduce((a, b) => a + b) / 1000], unit: 'KB', most: 250 }
}

function sizeOfReport(): Figure {
  const rappel = (...args: string[]) =>
    spawnSync(process.execPath, [join(root, 'bin/rappel.js'), ...args], { cwd: folder })
  const own = ['--store', 'demo.sqlite']
  rappel('demo', '--out', 'demo', ...own)
  rappel('report', '--out', 'report.html', ...own)
  const size = statSync(join(folder, 'report.html')).size / 1000
  return { name: 'report of the demo, 20 epochs of the digits', numbers: [size], unit: 'KB', most: 2000 }
}

/** A run of a million steps: losses, ten series of a probe each 25 steps, distributions of ten layers each 125. */
async function ofMillion(): Promise<Figure[]> {
  await writeMillion(store)
  const first: number[] = []
  for (let i = 0; i < rounds; i++) {
    const source = new StoreSource(store, { now: Date.now })
    const begun = performance.now()
    await source.runNow('million')
    first.push(performance.now() - begun)
  }
  const [paints, zooms, details]: number[][] = [[], [], []]
  for (let i = 0; i < rounds; i++) {
    const { page, close } = await openPage(browser)
    await page.goto(`${serving.url}#/runs/million/overview`)
    await page.waitForFunction(() => (window as unknown as Watched).drawn.length > 0, undefined, { polling: 'raf' })
    paints.push(await page.evaluate(() => (window as unknown as Watched).drawn[0]))
    await later(1000)
    const zoomed = await zoom(page)
    zooms.push(zoomed.first)
    details.push(zoomed.last)
    await close()
  }
  return [
    { name: 'a million steps: how the run stands, first look', numbers: first, unit: 'ms' },
    { name: 'a million points: from the address to the first line', numbers: paints, unit: 'ms', most: 1000 },
    { name: 'a zoom into a tenth: until it is drawn', numbers: zooms, unit: 'ms', most: 100 },
    { name: 'a zoom into a tenth: until all its points are drawn', numbers: details, unit: 'ms' },
  ]
}

async function zoom(page: Page): Promise<{ first: number; last: number }> {
  const box = await page.locator('.u-over').first().boundingBox()
  if (box === null) throw new Error('there is no chart')
  const y = box.y + box.height / 2
  await page.mouse.move(box.x + box.width * 0.4, y)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.5, y, { steps: 4 })
  await page.evaluate(() => {
    const watched = window as unknown as Watched & { up: number }
    window.addEventListener('mouseup', () => ([watched.up, watched.drawn] = [performance.now(), []]), {
      capture: true,
      once: true,
    })
  })
  await page.mouse.up()
  await later(1000)
  return page.evaluate(() => {
    const { drawn, up } = window as unknown as Watched & { up: number }
    return { first: drawn[0] - up, last: drawn[drawn.length - 1] - up }
  })
}

/** A run that goes on while the page shows it, written as a training writes: told at once, on the disk once a second. */
async function ofLive(): Promise<Figure[]> {
  const writer = await store.createRun({ id: 'live', kind: 'train', name: 'live', startedAt: Date.now(), facts: {} })
  const flushing = new Flushing(writer, Date.now, (error) => console.error(error))
  const { page, close } = await openPage(browser)
  const end = goOn(writer)
  await later(1500)
  await page.goto(`${serving.url}#/runs/live/overview`)
  await page.waitForFunction(() => (window as unknown as Watched).drawn.length > 0)
  await later(1000)
  await page.evaluate(() => Object.assign(window, { frames: [], long: [], drawn: [] }))
  const ways: number[] = []
  for (let i = 0; i < 2 * rounds; i++) {
    const [told, code] = [performance.now(), `found-${i}`]
    tellFinding(writer, code)
    await page.getByText(`words of ${code}.`).first().waitFor({ state: 'attached' })
    ways.push(performance.now() - told)
    await later(300 + 97 * i)
  }
  const { frames, long, drawn } = await page.evaluate(() => {
    const { frames: at, long: tasks, drawn: lines } = window as unknown as Watched
    return { frames: at.slice(1).map((time, i) => time - at[i]), long: tasks, drawn: lines.length }
  })
  if (drawn === 0) throw new Error('the page drew nothing while the run went on')
  const points = end()
  await flushing.stop()
  await writer.close('finished', undefined, Date.now())
  await close()
  return [
    {
      name: `${points} points a second: the longest pause between two frames`,
      numbers: [Math.max(...frames)],
      unit: 'ms',
      most: 100,
    },
    { name: 'its longest task', numbers: [Math.max(0, ...long)], unit: 'ms', most: 100 },
    { name: 'a finding: from its event to the page', numbers: ways, unit: 'ms', most: 2000 },
  ]
}

/** Ten series, a thousand steps a second. @returns what ends it and says how many points a second there were */
function goOn(writer: RunWriter): () => number {
  let step = 0
  const begun = performance.now()
  const timer = setInterval(() => {
    const wanted = performance.now() - begun
    for (; step < wanted; step++) {
      const values: Record<string, number> = { loss: Math.exp(-step / 20_000) + 0.1 * Math.abs(Math.sin(step * step)) }
      for (let i = 1; i < 10; i++) values[`update:weight/dense${i}.weight`] = 1e-3 * (1 + Math.sin(step / i))
      writer.log({ step, epoch: step / 1000, seconds: step / 1000 }, values)
    }
  }, 10)
  return () => {
    clearInterval(timer)
    return Math.round((10_000 * step) / (performance.now() - begun))
  }
}

function tellFinding(writer: RunWriter, code: string): void {
  const words = { words: `words of ${code}.`, advice: 'none', source: 'a bench', basis: 'rule' }
  const at = { step: 1, epoch: 0 }
  const finding = { code, severity: 'warning', confidence: 0.9, evidence: {}, explains: [], at, ...words }
  writer.event({ type: 'finding', version: 1, finding })
}

async function openPage(from: Browser): Promise<{ page: Page; close(): Promise<void> }> {
  const context = await from.newContext({ locale: 'en-US', viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  await page.addInitScript(() => {
    const watched = Object.assign(window, { drawn: [], frames: [], long: [] }) as unknown as Watched
    const { stroke } = CanvasRenderingContext2D.prototype
    // Lines of a chart are paths of their own; its grid is not.
    CanvasRenderingContext2D.prototype.stroke = function (this: CanvasRenderingContext2D, path?: Path2D) {
      if (path === undefined) return (stroke as () => void).call(this)
      watched.drawn.push(performance.now())
      return (stroke as (path: Path2D) => void).call(this, path)
    }
    const frame = (time: number) => {
      watched.frames.push(time)
      requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
    new PerformanceObserver((list) => watched.long.push(...list.getEntries().map(({ duration }) => duration))).observe({
      type: 'longtask',
    })
  })
  return { page, close: () => context.close() }
}

async function writeMillion(to: Store): Promise<void> {
  const writer = await to.createRun({ id: 'million', kind: 'train', name: 'million', startedAt: Date.now(), facts: {} })
  const axes = (count: number, apart: number) => {
    const steps = Float64Array.from({ length: count }, (_, i) => i * apart)
    return { steps, epochs: steps.map((step) => step / 100_000), seconds: steps.map((step) => step / 500) }
  }
  const at = axes(million, 1)
  writer.logMany({
    name: 'loss',
    ...at,
    values: at.steps.map((step) => Math.exp(-step / 2e5) + 0.1 * Math.abs(Math.sin(step ** 2))),
  })
  const probed = axes(million / 25, 25)
  for (let i = 0; i < 10; i++)
    writer.logMany({ name: `update:weight/dense${i}.weight`, ...probed, values: probed.steps.map(() => 1e-3) })
  const layer = {
    count: 10_000,
    nonFinite: 0,
    mean: 0.123456,
    deviation: 1.23456,
    min: -3.456789,
    max: 4.56789,
    quantiles: Array.from({ length: 11 }, (_, i) => Math.tan(i + 0.5)),
    histogram: {
      edges: Array.from({ length: 41 }, (_, i) => i / 7),
      counts: Array.from({ length: 40 }, (_, i) => i * i),
    },
  }
  const distributions = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`activation/dense${i}`, layer]))
  for (let step = 0; step < million; step += 125)
    writer.event({ type: 'probe', version: 1, probe: 'distributions', step, epoch: step / 100_000, distributions })
  await writer.close('finished', undefined, Date.now())
}
