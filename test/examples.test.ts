/** @file Every configuration in examples/ loads and trains an epoch, on small files in the form of its data. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { nativeEngine } from '../src/engine/native.ts'
import { type Config, planFromConfig } from '../src/train/config.ts'
import { runTraining } from '../src/train/loop.ts'
import { cifar, mnistFiles } from './data/readers/encoders.ts'

const examples = fileURLToPath(new URL('../examples', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'rappel-examples-'))

/** 65 different characters, as the text has that the example is for. */
const characters = Array.from({ length: 65 }, (_, i) => String.fromCharCode(40 + i)).join('')

beforeAll(() => {
  const write = (name: string, content: Uint8Array | string) => writeFileSync(join(folder, name), content)
  for (const set of ['mnist', 'fashion-mnist']) {
    mkdirSync(join(folder, set))
    for (const prefix of ['train', 't10k'])
      for (const [name, content] of Object.entries(mnistFiles(prefix, 40))) write(`${set}/${name}`, content)
  }
  mkdirSync(join(folder, 'cifar-10'))
  const labels = Array.from({ length: 20 }, (_, i) => [i % 10])
  write('cifar-10/data_batch_1.bin', cifar(labels))
  write('cifar-10/test_batch.bin', cifar(labels))
  write('tinyshakespeare.txt.gz', gzipSync(characters.repeat(20)))
  process.env.RAPPEL_DATA = folder
})
afterAll(() => rmSync(folder, { recursive: true }))

test.each(readdirSync(examples))('%s', async (name) => {
  const { default: config } = (await import(pathToFileURL(join(examples, name)).href)) as { default: Config }
  const plan = await planFromConfig({ ...config, epochs: 1 })
  const { outcome, epochs } = await runTraining(plan, await nativeEngine())
  expect(outcome).toEqual({ reason: 'finished' })
  expect(epochs.at(-1)?.validation?.accuracy).toBeGreaterThanOrEqual(0)
})
