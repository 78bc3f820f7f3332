/** @file Augmentation as a field of a configuration: applied to the training part alone, before standardisation, and recorded. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Batches } from '../../src/data/batches.ts'
import { isRowSource } from '../../src/data/dataset.ts'
import { digits } from '../../src/data/digits.ts'
import { split } from '../../src/data/split.ts'
import { augment, type Config, loss, nn, optim } from '../../src/index.ts'
import { planFromConfig } from '../../src/train/config.ts'
import { trainingGraph } from '../../src/train/graphs.ts'
import { runTraining } from '../../src/train/loop.ts'
import { makeMeasurer } from '../../src/train/measure.ts'
import { initialState } from '../../src/train/state.ts'
import { engine } from './steps.ts'

const config = {
  data: digits({ shape: 'image' }),
  model: nn.sequential(nn.flatten(), nn.dense(10)),
  loss: loss.softmaxCrossEntropy(),
  update: optim.sgd({ learningRate: 0.1 }),
  epochs: 2,
  batchSize: 100,
  seed: 3,
}
const changes = [augment.shift(1), augment.flip({ probability: 0.25 })]

function digest(parameters: Readonly<Record<string, { data: Float32Array }>>): string {
  const hash = createHash('sha256')
  for (const [name, { data }] of Object.entries(parameters)) hash.update(name).update(data)
  return hash.digest('hex')
}

describe('the plan', () => {
  test('the training part is augmented as it is read, the validation part stays as it is', async () => {
    const [plain, plan] = [await planFromConfig(config), await planFromConfig({ ...config, augment: changes })]
    expect(plan.validation).toEqual(plain.validation)
    expect(plan.standardisation?.mean).toEqual(plain.standardisation?.mean)
    const fill = (training: typeof plan.training) => {
      const inputs = new Float32Array(100 * 64)
      new Batches(training, { batchSize: 100, seed: 3 }).fill(0, 0, inputs, new Int32Array(100))
      return inputs
    }
    expect(fill(plan.training)).not.toEqual(fill(plain.training))
    // An image that was moved, back to grey values: whole numbers again, the new column 0.
    const { mean, scale } = plan.standardisation as NonNullable<typeof plan.standardisation>
    const grey = fill(plan.training).map((value, i) => Math.fround(value * scale.data[i % 64] + mean.data[i % 64]))
    for (const value of grey) expect(Math.abs(value - Math.round(value))).toBeLessThan(1e-5)
  })
  test('without standardisation, and by a function of the hyperparameters', async () => {
    const plan = await planFromConfig({
      ...config,
      standardise: false,
      hyper: { most: 2 },
      augment: ({ most }) => augment.shift(most),
    })
    expect(isRowSource(plan.training) && plan.training.augmentation).toBe('shift(2)')
  })
  // Pinned, not computed elsewhere: another digest is another run for the same seed.
  test('the bits of an epoch, on every machine', async () => {
    const plan = await planFromConfig({
      ...config,
      standardise: false,
      augment: [...changes, augment.crop({ size: 7 })],
    })
    const inputs = new Float32Array(1438 * 64)
    new Batches(plan.training, { batchSize: 1438, seed: 3 }).fill(5, 0, inputs, new Int32Array(1438))
    expect(createHash('sha256').update(inputs).digest('hex').slice(0, 16)).toBe('b8b89962d333d0ef')
  })
  test.each([
    [{ augment: 'flip' }, 'augment is "flip", expected an augmentation such as augment.shift(2), or a list of them'],
    [{ augment: [] }, 'augment is [], expected an augmentation such as augment.shift(2), or a list of them'],
    [{ augment: [3] }, 'augment is [3], expected an augmentation such as augment.shift(2), or a list of them'],
  ])('what is none: %o', async (wrong, message) => {
    await expect(planFromConfig({ ...config, ...wrong } as unknown as Config)).rejects.toMatchObject({
      code: 'usage',
      message,
    })
  })
  test('images are needed', async () => {
    await expect(planFromConfig({ ...config, data: digits(), augment: augment.shift(1) })).rejects.toMatchObject({
      message: 'augment.shift(1) changes images [channels, height, width], the examples have the shape [64]',
    })
  })
})

test('a run: recorded, the same in both forms, another without it', async () => {
  const run = async (augmented: boolean, form: 'wasm' | 'nodes') =>
    runTraining(await planFromConfig({ ...config, ...(augmented && { augment: changes }) }), engine, { form })
  const [wasm, nodes, plain] = [await run(true, 'wasm'), await run(true, 'nodes'), await run(false, 'wasm')]
  expect(wasm.start.augment).toBe('shift(1), flip(horizontal, probability 0.25)')
  expect(plain.start).not.toHaveProperty('augment')
  expect(digest(nodes.parameters)).toBe(digest(wasm.parameters))
  expect(digest(plain.parameters)).not.toBe(digest(wasm.parameters))
})

test('measuring an augmented part measures it as it is', async () => {
  const plan = await planFromConfig({ ...config, augment: changes })
  const plain = await planFromConfig(config)
  const state = initialState(trainingGraph(plan.net, 100), plan.update, 1, 1)
  const measured = await Promise.all(
    [plan, plain].map(async ({ training }) => {
      const measurer = await makeMeasurer(engine, plan.net, state, training)
      const result = await measurer.measure(async () => {})
      await measurer.release()
      return result
    }),
  )
  expect(measured[0]).toEqual(measured[1])
  expect(measured[0].examples).toBe(split(config.data, { seed: 3 }).training.targets.data.length)
})
