/** @file Configurations as objects: their fields, their hyperparameters, and the plan that is made of them. */
import { describe, expect, test } from 'vitest'
import { type Dataset, dataset, digits, fitStandardisation, split } from '../../src/data/index.ts'
import { constraint, defineConfig, loss, nn, optim, penalty, probe, space } from '../../src/index.ts'
import { type Config, planFromConfig } from '../../src/train/config.ts'

const plain = {
  data: digits(),
  model: nn.dense(10),
  loss: loss.softmaxCrossEntropy(),
  update: optim.sgd({ learningRate: 0.1 }),
  epochs: 3,
  batchSize: 100,
}

describe('the plan', () => {
  test('defaults: a fifth for validation, standardised with one scale for images, seed 0', async () => {
    const plan = await planFromConfig(plain)
    // 1,797 rows: 20% are 359.4
    expect((plan.validation as Dataset).targets.shape).toEqual([359])
    expect((plan.training as Dataset).targets.shape).toEqual([1438])
    expect(new Set(plan.standardisation?.scale.data).size).toBe(1)
    expect(plan).toMatchObject({ seed: 0, epochs: 3, batchSize: 100, hyper: {} })
    expect(plan.threads).toBeUndefined()
  })
  test('probes: the standard ones unless told, none, or others', async () => {
    const names = async (probes?: Config['probes']) =>
      (await planFromConfig({ ...plain, probes })).probes?.map(({ name }) => name)
    const standard = [
      'objective',
      'norms',
      'cosine',
      'distributions',
      'descent',
      'units',
      'evaluated',
      'pictures',
      'time',
    ]
    expect([await names(), await names(false), await names([probe.curvature()])]).toEqual([standard, [], ['curvature']])
    await expect(names([probe.norms(), probe.norms()])).rejects.toThrow("two probes are named 'norms'")
  })
  test('standardise: false leaves the inputs as they are', async () => {
    const plan = await planFromConfig({ ...plain, standardise: false })
    expect(plan.standardisation).toBeUndefined()
    expect(Math.max(...(plan.training as Dataset).inputs.data)).toBe(16)
  })
  test('parts that are given are not split, and standardised by the training part', async () => {
    const { training, validation } = split(digits(), { validation: 300, seed: 5 })
    const plan = await planFromConfig({ ...plain, data: { training, validation: { load: async () => validation } } })
    expect(plan.name).toBe(training.name)
    const { mean, apply } = fitStandardisation(training)
    expect(plan.standardisation?.mean).toEqual(mean)
    expect([plan.training, plan.validation]).toEqual([apply(training), apply(validation)])
  })
  test('numbers of categories are left as they are, unless it is asked for', async () => {
    const data = dataset({ ...digits(), categorical: true })
    expect((await planFromConfig({ ...plain, data })).standardisation).toBeUndefined()
    expect((await planFromConfig({ ...plain, data, standardise: 'all' })).standardisation).toBeDefined()
  })
  test('overrides go before the configuration', async () => {
    const plan = await planFromConfig({ ...plain, seed: 1, threads: 1 }, { seed: 2, threads: 2 })
    expect(plan).toMatchObject({ seed: 2, threads: 2 })
  })
  test.each([
    [{ seed: -1 }, 'seed is -1, expected a whole number from 0 up'],
    [{ threads: 1e6 }, 'threads is 1000000, expected a whole number from 1 to 256'],
  ])('overrides are checked too: %o', async (overrides, message) => {
    await expect(planFromConfig(plain, overrides)).rejects.toMatchObject({ code: 'usage', message })
  })
})

describe('hyperparameters', () => {
  const searched = {
    ...plain,
    hyper: { size: space.choice([20, 30], { default: 30 }), rate: space.logUniform(0.01, 1), fixed: 'x', l2: 0.5 },
  }
  test('functions get plain values: spaces at their defaults; the plan records them', async () => {
    const seen: unknown[] = []
    const plan = await planFromConfig(
      defineConfig({
        ...searched,
        model: (h) => {
          seen.push({ ...h })
          return nn.sequential(nn.dense(h.size), nn.dense(10))
        },
        update: ({ rate }) => optim.sgd({ learningRate: rate }),
        penalty: (h) => penalty.l2(h.l2),
        constraint: (h) => constraint.maxNorm({ dense1: h.size }),
        epochs: (h) => h.size / 10,
        batchSize: (h) => h.size,
      }),
    )
    expect(seen).toEqual([{ size: 30, rate: 0.1, fixed: 'x', l2: 0.5 }])
    expect(plan).toMatchObject({ epochs: 3, batchSize: 30, hyper: { size: 30, rate: 0.1, fixed: 'x', l2: 0.5 } })
    expect(plan.net.penalty?.name).toBe('l2(0.5)')
    expect(plan.net.constraint?.name).toBe('maxNorm(dense1: 30)')
    // It crosses to other processes.
    expect(structuredClone(plan.hyper)).toEqual(plan.hyper)
  })
  test('a name that is not there is an error, with the nearest that is', async () => {
    const config = { ...searched, epochs: (h: object) => (h as { sise: number }).sise } as unknown as Config
    await expect(planFromConfig(config)).rejects.toMatchObject({
      code: 'usage',
      message: "hyper has no 'sise'",
      hint: "did you mean 'size'?",
    })
  })
  test('what JavaScript itself asks of any object is none', async () => {
    let text = ''
    const epochs = (h: object) => {
      text = `${JSON.stringify(h)} ${Object.keys(h)} ${'size' in h} ${'other' in h} ${String(h)}`
      return 1
    }
    await planFromConfig({ ...searched, epochs } as unknown as Config)
    expect(text).toBe('{"size":30,"rate":0.1,"fixed":"x","l2":0.5} size,rate,fixed,l2 true false [object Object]')
  })
})

test('a constraint on a layer that is not there is found before training', async () => {
  await expect(planFromConfig({ ...plain, constraint: constraint.maxNorm({ dense1: 3 }) })).rejects.toMatchObject({
    code: 'usage',
    message: "maxNorm: the net has no weights 'dense1'",
  })
})

test('mistakes in the configuration are found before data are read', async () => {
  let reads = 0
  const data = {
    load: async () => {
      reads++
      return digits()
    },
  }
  await expect(planFromConfig({ ...plain, data, epochs: () => 0 })).rejects.toMatchObject({
    message: 'epochs is 0, expected a whole number from 1 up',
  })
  expect(reads).toBe(0)
  await planFromConfig({ ...plain, data })
  expect(reads).toBe(1)
})

describe('fields of the wrong kind', () => {
  const cases: [Record<string, unknown>, string, string?][] = [
    [{ data: 3 }, "data is 3, expected a data set such as digits() or csv('file.csv')"],
    [{ hyper: null }, 'hyper is null, expected an object: each hyperparameter by its name'],
    [{ model: {} }, 'model is an object of Object, expected a layer such as nn.sequential(…)'],
    [{ loss: 'mse' }, 'loss is "mse", expected a loss such as loss.softmaxCrossEntropy()'],
    [{ penalty: false }, 'penalty is false, expected a penalty such as penalty.l2(1e-4)'],
    [
      { penalty: constraint.maxNorm(3) },
      'penalty is an object of Object, expected a penalty such as penalty.l2(1e-4)',
      'a constraint has a field of its own: constraint: …',
    ],
    [{ constraint: 3 }, 'constraint is 3, expected a constraint such as constraint.maxNorm(3)'],
    [{ update: 0.1 }, 'update is 0.1, expected an update rule such as optim.momentum({…})'],
    [{ epochs: Number.NaN }, 'epochs is NaN, expected a whole number from 1 up'],
    [{ epochs: Infinity }, 'epochs is Infinity, expected a whole number from 1 up'],
    [{ batchSize: 1.5 }, 'batchSize is 1.5, expected a whole number from 1 up'],
    [{ validation: 0 }, 'validation is 0, expected a share between 0 and 1, or a whole number of rows'],
    [{ validation: '20%' }, 'validation is "20%", expected a share between 0 and 1, or a whole number of rows'],
    [
      { standardise: 'fature' },
      'standardise is "fature", expected one of true, false, "feature", "all"',
      "did you mean 'feature'?",
    ],
    [
      { provider: 'gpu' },
      'provider is "gpu", expected one of "cpu", "cuda", "webgpu", "coreml", "dml"',
      "did you mean 'cpu'?",
    ],
    [
      { probes: true },
      'probes is true, expected a list of probes such as [...probe.standard(), probe.curvature()], or false',
      'the standard ones are measured unless told',
    ],
    [
      { probes: [probe.norms] },
      'a probe is a function, expected { name, cadence, measure }',
      'the built-in ones are made by a call: probe.norms()',
    ],
    [{ threads: 0 }, 'threads is 0, expected a whole number from 1 to 256'],
    [
      { data: { training: digits(), validation: digits() }, validation: 0.1 },
      'validation is 0.1, and data gives a validation part already',
      'leave out the one or the other',
    ],
    [{ seed: 0.5 }, 'seed is 0.5, expected a whole number from 0 up'],
    [{ epoch: 3 }, "the configuration has an unknown field 'epoch'", "did you mean 'epochs'?"],
    [{ loss: undefined }, "the configuration lacks 'loss'", 'it needs: data, model, loss, update, epochs, batchSize'],
  ]
  test.each(cases)('%o', (fields, message, hint) => {
    const config = { ...plain, ...fields } as unknown as Config
    expect(() => defineConfig(config)).toThrow(expect.objectContaining({ code: 'usage', message, hint }))
  })
  test.each([undefined, null, 3, [], 'config'])('%o in place of a configuration', (config) => {
    expect(() => defineConfig(config as unknown as Config)).toThrow(/^the configuration is .*, expected an object$/)
  })
})
