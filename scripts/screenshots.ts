/**
 * @file Pictures of every section of the page, light and dark, wide and narrow: `npm run screenshots [folder [beginning of a name]]`. Runs of three kinds are
 * trained for it: a sound one, a faulty one, one that goes on. Also makes docs/pictures/dashboard.png, that of the README.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { digits } from '../src/data/index.ts'
import { loss, nn, optim, penalty, schedule } from '../src/index.ts'
import { openBrowser } from '../test/dashboard/browser.ts'
import { Workplace } from '../test/dashboard/recorded.ts'

const folder = process.argv[2] ?? 'test-results/screenshots'
const readme = fileURLToPath(new URL('../docs/pictures/dashboard.png', import.meta.url))
const sizes = { wide: { width: 1280, height: 800 }, narrow: { width: 390, height: 844 } } as const
const schemes = ['light', 'dark'] as const
const sections = ['overview', 'layers', 'checks', 'data', 'model', 'setup']

const shared = { data: digits(), loss: loss.softmaxCrossEntropy() }

async function picture(
  browser: Browser,
  url: string,
  path: string,
  size: keyof typeof sizes,
  colorScheme: 'light' | 'dark',
) {
  const context = await browser.newContext({
    locale: 'en-US',
    viewport: sizes[size],
    colorScheme,
    deviceScaleFactor: 1,
  })
  const page = await context.newPage()
  await page.goto(url)
  await page.locator('.panel, .empty').first().waitFor()
  // Charts are drawn when their answers have come.
  await page.waitForTimeout(1200)
  await page.screenshot({ path, fullPage: size === 'narrow' })
  await context.close()
}

const place = new Workplace()
const healthy = await place.train({
  ...shared,
  model: nn.sequential(nn.dense(100), nn.relu(), nn.dense(10)),
  penalty: penalty.l2(1e-4),
  update: optim.nesterov({ learningRate: schedule.step({ from: 0.1 }), momentum: 0.9 }),
  epochs: 20,
  batchSize: 100,
})
const faulty = await place.train({
  ...shared,
  model: nn.sequential(nn.dense(64), nn.tanh(), nn.dense(64), nn.tanh(), nn.dense(10)),
  penalty: penalty.l2(1e-4),
  update: optim.momentum({ learningRate: 0.3 }),
  epochs: 20,
  batchSize: 20,
})
const stepping = await place.store.createRun({
  id: 'zz-live',
  kind: 'foreign',
  name: 'my own loop',
  startedAt: Date.now(),
  facts: { hyper: { learningRate: 0.1 } },
})
for (let step = 0; step < 600; step++)
  stepping.log(
    { step, epoch: step / 100, seconds: step / 50 },
    { loss: 2.3 * 0.994 ** step * (1 + 0.2 * Math.sin(step * 7.3)) },
  )
await stepping.flush(Date.now())
const serving = await place.serve()
const browser = await openBrowser()
mkdirSync(folder, { recursive: true })
mkdirSync(join(readme, '..'), { recursive: true })

const pages: [name: string, hash: string][] = [
  ['runs', '#/'],
  ['compare', `#/compare?runs=${healthy},${faulty}`],
  ['live-overview', '#/runs/zz-live/overview'],
  ...sections.map((section): [string, string] => [`healthy-${section}`, `#/runs/${healthy}/${section}`]),
  ...sections.slice(0, 2).map((section): [string, string] => [`faulty-${section}`, `#/runs/${faulty}/${section}`]),
]
const wanted = process.argv[3]
for (const [name, hash] of pages.filter(([own]) => wanted === undefined || own.startsWith(wanted)))
  for (const size of Object.keys(sizes) as (keyof typeof sizes)[])
    for (const scheme of schemes) {
      const path = join(folder, `${name}-${size}-${scheme}.png`)
      await picture(browser, `${serving.url}${hash}`, path, size, scheme)
      console.log(path)
    }
await picture(browser, `${serving.url}#/runs/${faulty}/overview`, readme, 'wide', 'light')
await browser.close()
await stepping.release()
await serving.close()
await place.remove()
