/** @file Training from a file that is read batch by batch: the same bits as from memory, and a file that changes under the run. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { dataset } from '../../src/data/dataset.ts'
import { digits } from '../../src/data/digits.ts'
import { recordFile } from '../../src/data/readers/record-file.ts'
import type { DataSource } from '../../src/data/source.ts'
import { augment, loss, nn, optim } from '../../src/index.ts'
import { planFromConfig } from '../../src/train/config.ts'
import { runTraining } from '../../src/train/loop.ts'
import { modelFile } from '../../src/train/model-file.ts'
import { failure } from '../data/failure.ts'
import { waves } from './nets.ts'
import { engine } from './steps.ts'

const folder = mkdtempSync(join(tmpdir(), 'rappel-stream-'))
afterAll(() => rmSync(folder, { recursive: true }))

const images = digits({ shape: 'image' })
const path = join(folder, 'digits.bin')
const bytes = new Uint8Array(1797 * 65)
images.targets.data.forEach((label, row) => {
  bytes.set([label, ...images.inputs.data.subarray(row * 64, row * 64 + 64)], row * 65)
})
writeFileSync(path, bytes)
const file = recordFile({
  name: 'digits',
  path,
  inputs: { at: 1, dtype: 'uint8', shape: [1, 8, 8] },
  targets: { dtype: 'uint8' },
  sameUnit: true,
})
const net = {
  model: nn.sequential(nn.flatten(), nn.dense(20), nn.relu(), nn.dense(10)),
  loss: loss.softmaxCrossEntropy(),
  update: optim.momentum({ learningRate: 0.05 }),
  epochs: 2,
  batchSize: 100,
  seed: 5,
}

test.each([[{}], [{ augment: [augment.shift(1), augment.noise(0.5)] }], [{ standardise: false }]] as const)(
  'parameters, measurements and the model file as from memory: %o',
  async (more) => {
    const run = async (data: DataSource, form: 'wasm' | 'nodes') => {
      const plan = await planFromConfig({ ...net, ...more, data })
      const { parameters, epochs, start } = await runTraining(plan, engine, { form })
      const model = modelFile(plan.net, parameters, { standardisation: plan.standardisation, data: plan.training })
      return { parameters, epochs, data: start.data, augment: start.augment, model }
    }
    expect(await run(file, 'wasm')).toEqual(await run(images, 'wasm'))
    expect(await run(file, 'nodes')).toEqual(await run(images, 'nodes'))
  },
)

test('regression', async () => {
  const data = waves(200, 3, 2)
  const floats = new Float32Array(200 * 5)
  for (let row = 0; row < 200; row++) {
    floats.set(data.inputs.data.subarray(row * 3, row * 3 + 3), row * 5)
    floats.set(data.targets.data.subarray(row * 2, row * 2 + 2), row * 5 + 3)
  }
  const path = join(folder, 'waves.bin')
  writeFileSync(path, floats)
  const streamed = recordFile({
    path,
    inputs: { dtype: 'float32', shape: [3] },
    targets: { at: 12, dtype: 'float32', shape: [2] },
  })
  const run = async (data: DataSource) => {
    const plan = await planFromConfig({ ...net, model: nn.dense(2), loss: loss.squaredError(), data })
    const { parameters, epochs } = await runTraining(plan, engine)
    return { parameters, epochs }
  }
  expect(await run(streamed)).toEqual(await run(dataset({ ...data, name: 'waves' })))
})

test('a file that is cut short while the run reads it ends the run with its name', async () => {
  const copy = join(folder, 'copy.bin')
  writeFileSync(copy, bytes)
  const source = recordFile({ path: copy, inputs: { at: 1, dtype: 'uint8', shape: [64] }, targets: { dtype: 'uint8' } })
  const plan = await planFromConfig({ ...net, data: source, epochs: 1000 })
  const run = runTraining(plan, engine, {
    onEvent: (event) => {
      if (event.type === 'epoch' && event.epoch === 1) truncateSync(copy, 65)
    },
  })
  expect(await failure(() => run)).toMatch(
    /^data: .*copy\.bin changed while it was in use: it had 116805 bytes, now it has 65/,
  )
})
