/** @file Checks, data, model and set-up of recorded runs in a real Chromium. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkModel } from '../../src/check/model-check.ts'
import { sanityChecks } from '../../src/check/sanity/sanity.ts'
import { checkDocument } from '../../src/cli/check-document.ts'
import type { Serving } from '../../src/dashboard/server/serve.ts'
import { dataset, digits } from '../../src/data/index.ts'
import { nativeEngine } from '../../src/engine/native.ts'
import { augment, loss, nn, optim, penalty, schedule } from '../../src/index.ts'
import { type Config, planFromConfig } from '../../src/train/config.ts'
import { openBrowser } from './browser.ts'
import { Workplace } from './recorded.ts'

const place = new Workplace()
let browser: Browser
let page: Page
let serving: Serving
let images: string
let table: string
let counted: string
let foreign: string
const complaints: string[] = []

const all = digits()
const grey = dataset({
  name: 'grey digits',
  inputs: { ...all.inputs, shape: [all.inputs.shape[0], 1, 8, 8] },
  targets: all.targets,
  classes: all.classes,
  task: 'classification',
  sameUnit: true,
})

async function checkedBefore(config: Config) {
  const plan = await planFromConfig(config, { seed: 1, threads: 1 })
  const engine = await nativeEngine({ threads: 1 })
  const report = await checkModel(plan, engine, { coordinates: 20, burnIn: 3 })
  const sanity = await sanityChecks(plan, engine, { checks: ['inputs', 'duplicates', 'loss'] })
  const document = checkDocument(report, { ...sanity, seconds: 1 }, { plan, engine: engine.description, seconds: 1 })
  return { type: 'check' as const, ...document }
}

beforeAll(async () => {
  const config: Config = {
    data: grey,
    augment: augment.shift(1),
    model: nn.sequential(nn.conv2d(4, 3), nn.relu(), nn.flatten(), nn.dense(10)),
    loss: loss.softmaxCrossEntropy(),
    penalty: penalty.l2(1e-3),
    update: optim.momentum({ learningRate: schedule.step({ from: 0.05, factor: 0.5, everyEpochs: 1 }) }),
    hyper: { filters: 4 },
    epochs: 3,
    batchSize: 100,
  }
  images = await place.train(config, await checkedBefore(config))
  const rows = Array.from({ length: 60 }, (_, i) => [i / 10, Math.sin(i), 7])
  const numbers = dataset({
    name: 'a table',
    inputs: rows,
    targets: rows.map(([x]) => [x / 2]),
    featureNames: ['time <img src=x onerror=alert(1)>', 'sine', 'constant'],
  })
  const regression = {
    data: numbers,
    loss: loss.squaredError(),
    update: optim.sgd({ learningRate: 0.01 }),
    epochs: 2,
    batchSize: 10,
  }
  table = await place.train({ ...regression, model: nn.sequential(nn.dense(3), nn.dense(1)) })
  counted = await place.train({ ...regression, model: nn.dense(1), probes: false }, false)
  const writer = await place.store.createRun({
    id: 'other',
    kind: 'run',
    name: 'other',
    startedAt: 1,
    facts: { hyper: { rate: 2 } },
  })
  writer.log({ step: 0, epoch: Number.NaN, seconds: 0 }, { loss: 1 })
  for (const event of [
    { type: 'data', rows: 'mine' },
    { type: 'check', words: 'by hand', points: [1] },
    { type: 'checkpoint' },
  ])
    writer.event(event)
  await writer.close('finished', null, 2)
  foreign = 'other'
  serving = await place.serve()
  browser = await openBrowser()
  const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 800 } })
  page = await context.newPage()
  page.on('pageerror', ({ message }) => complaints.push(message))
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await serving?.close()
  await place.remove()
})

async function show(run: string, section: string, query = '') {
  await page.goto(`${serving.url}#/runs/${run}/${section}${query}`)
}
const panel = (name: string) => page.getByRole('region', { name })
/** What stands behind a name in a list of pairs. */
const valueOf = (within: string, name: string) => panel(within).locator(`dt:text-is("${name}") + dd`)

describe('checks', () => {
  test('each tensor with verdict and bands; a row opens coordinates and sweep, and selects the tensor', async () => {
    await show(images, 'checks')
    const rows = panel('Gradient check').locator('table.gradient > tbody > tr')
    await rows.nth(3).waitFor()
    expect(await rows.locator('td:nth-child(1) button').allTextContents()).toEqual([
      'conv2d1.weight',
      'conv2d1.bias',
      'dense1.weight',
      'dense1.bias',
    ])
    expect(await rows.locator('td:nth-child(2)').allTextContents()).toEqual(Array(4).fill('pass'))
    expect(await rows.nth(1).getByRole('img').getAttribute('aria-label')).toMatch(/^4 happy$|^\d happy, \d/)
    await page.getByRole('button', { name: 'dense1.weight' }).click()
    await page.getByRole('img', { name: /^relative error of the difference at dense1.weight/ }).waitFor()
    expect(page.url()).toContain('tensor=dense1.weight')
    expect(await page.locator('.sweep circle').count()).toBeGreaterThan(16)
    expect(await panel('Gradient check').getByText('The worst coordinate', { exact: true }).count()).toBe(1)
  })

  test('the other point and the penalty are a choice away, and the address keeps it', async () => {
    await page.getByRole('button', { name: 'after 3 steps' }).click()
    await page.getByRole('button', { name: 'penalty' }).click()
    await expect.poll(() => page.url()).toMatch(/point=1.*part=penalty|part=penalty.*point=1/)
    expect(await panel('Gradient check').locator('.check-words').textContent()).toMatch(/^pass/)
  })

  test('what was looked at before learning: expected, came, words', async () => {
    const findings = panel('Before the first step').getByRole('listitem')
    await findings.nth(2).waitFor()
    const texts = (await findings.allTextContents()).join('\n')
    for (const name of ['inputs', 'duplicates', 'loss']) expect(texts).toContain(name)
    expect(await panel('Before the first step').locator('dt:text-is("came")').count()).toBeGreaterThan(2)
  })

  test('where nothing was checked, how to', async () => {
    await show(counted, 'checks')
    await page.getByText('rappel train --check').waitFor()
    await show(foreign, 'checks')
    await page.getByText('by hand').waitFor()
  })
})

describe('data', () => {
  test('images: classes of both parts, pictures of the features, examples before and after augmentation', async () => {
    await show(images, 'data')
    const classes = panel('Balance of the classes').locator('tbody tr')
    await classes.nth(9).waitFor()
    expect(await classes.count()).toBe(10)
    expect(await panel('Scale of the features').locator('canvas').count()).toBe(3)
    const samples = panel('Examples as the net receives them')
    expect(await samples.getByRole('heading', { level: 3 }).allTextContents()).toEqual([
      'Training, as the first epoch augments them: shift(1)',
      'The same, not augmented',
      'Validation',
    ])
    expect(await samples.locator('canvas').count()).toBe(36)
    // Whites and blacks of digits, not of a blank canvas.
    const spread = await samples
      .locator('canvas')
      .first()
      .evaluate((canvas: HTMLCanvasElement) => {
        const pixels = canvas.getContext('2d')?.getImageData(0, 0, 8, 8).data ?? []
        const reds = Array.from(pixels).filter((_, i) => i % 4 === 0)
        return Math.max(...reds) - Math.min(...reds)
      })
    expect(spread).toBeGreaterThan(50)
    await panel('Doubles, overlap and odd values').getByText('duplicates').waitFor()
  })

  test('a table: moments as the data have them, names as text, targets as bars', async () => {
    await show(table, 'data')
    const row = panel('Scale of the features').locator('tbody tr').first()
    await row.waitFor()
    expect(await row.locator('td').first().textContent()).toContain('time <img src=x onerror=alert(1)>')
    expect(await panel('Scale of the features').locator('.badge').allTextContents()).toEqual(['constant'])
    expect(await panel('Targets').locator('rect').count()).toBeGreaterThan(10)
    expect(await panel('Examples as the net receives them').locator('svg.strip').count()).toBe(22)
  })

  test('counts alone without probes; a sentence for a foreign run', async () => {
    await show(counted, 'data')
    await page.getByText('Nothing is probed in this run').waitFor()
    await show(foreign, 'data')
    await page.getByText('nothing is known of its data').waitFor()
  })
})

describe('model', () => {
  test('layers with shapes and parameters; a row selects its tensor', async () => {
    await show(images, 'model')
    const rows = panel('Layers').locator('tbody tr')
    await rows.nth(3).waitFor()
    const first = await rows.first().locator('td').allTextContents()
    expect(first.slice(0, 4)).toEqual(['conv2d1', 'conv2d', '1 × 8 × 8 → 4 × 6 × 6', '40'])
    // 40 in the convolution, 144·10 + 10 in the dense layer.
    expect(await panel('Layers').locator('tfoot').textContent()).toContain('1,490')
    await rows.nth(3).click()
    await expect.poll(() => page.url()).toContain('tensor=dense1.weight')
    expect(await valueOf('What is minimised', 'penalty').textContent()).toBe('l2(0.001)')
  })

  test('warns of two layers with nothing between them', async () => {
    await show(table, 'model')
    await page.getByText('Put an activation between them').waitFor()
    await show(foreign, 'model')
    await page.getByText('nothing is known of its net').waitFor()
  })
})

describe('set-up', () => {
  test('configuration, rule, time, machine, and the command with its button', async () => {
    await show(images, 'setup')
    await valueOf('Configuration', 'filters').waitFor()
    expect(await valueOf('Configuration', 'filters').textContent()).toBe('4')
    expect(await valueOf('Update rule', 'learningRate').textContent()).toBe('0.05 at first, scheduled')
    await page.getByRole('img', { name: 'the learning rate as it is planned' }).waitFor()
    await page.getByRole('img', { name: 'seconds of each epoch by phase' }).waitFor()
    await page.getByText(/examples a second \(median of 3 epochs/).waitFor()
    expect(await panel('Make it again').locator('.command code').textContent()).toMatch(
      /^rappel train --config \S+rappel\.config\.ts --seed 1/,
    )
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.getByRole('button', { name: 'copy the command' }).click()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^rappel train --config/)
  })

  test('a foreign run has its hyperparameters', async () => {
    await show(foreign, 'setup')
    await page.getByText('how to start it is not known here').waitFor()
    expect(await valueOf('Configuration', 'rate').textContent()).toBe('2')
    expect(await valueOf('Make it again', 'checkpoints').textContent()).toBe('none')
  })

  test('nothing is wider than a narrow window', async () => {
    await page.setViewportSize({ width: 390, height: 800 })
    for (const section of ['checks', 'data', 'model', 'setup']) {
      await show(images, section, '?tensor=dense1.weight')
      await page.getByRole('region').first().waitFor()
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
    }
  })
})

test('the console had no errors', () => expect(complaints).toEqual([]))
