/** @file Loss and accuracy of the same examples at every measurement: against the slow twin, and by hand. */
import { describe, expect, test } from 'vitest'
import { CounterStream } from '../../../src/base/counter-random.ts'
import { tensor } from '../../../src/base/tensor.ts'
import { noise } from '../../../src/data/augment.ts'
import { augmented } from '../../../src/data/augmented.ts'
import { BatchPlan } from '../../../src/data/batches.ts'
import { dataset } from '../../../src/data/dataset.ts'
import { constant } from '../../../src/nn/init.ts'
import { dense, sequential } from '../../../src/nn/layers.ts'
import { squaredError, structuredSvm } from '../../../src/nn/loss.ts'
import { batchNorm } from '../../../src/nn/normalisation.ts'
import { sgd } from '../../../src/optim/sgd.ts'
import { makePlan, type PlanParts } from '../../../src/train/plan.ts'
import { evaluated } from '../../../src/train/probes/index.ts'
import type { Probe } from '../../../src/train/probes/probe.ts'
import type { StepForm } from '../../../src/train/stepper.ts'
import { blobs } from '../nets.ts'
import { fixed } from '../steps.ts'
import { probe } from './nets.ts'
import { type Numbers, pass, slowPlan } from './slow.ts'

const forms: readonly StepForm[] = ['wasm', 'nodes']

/** The weights at every epoch's end. */
function spy() {
  const ends: { step: number; weights: Numbers[] }[] = []
  const measure: Probe['measure'] = ({ step, weights }) => {
    ends.push({ step, weights: weights().map((values) => [...values]) })
    return undefined
  }
  return { ends, probe: { name: 'spy', cadence: { everyEpochs: 1 }, measure } }
}

/** The rows of a part in the order in which they are drawn; the random numbers below fall on them so. */
function drawn(data: ReturnType<typeof blobs>, rows: number, seed: number) {
  const order = [...new BatchPlan(data.targets.shape[0], { batchSize: rows, seed }).order(0)].slice(0, rows)
  const [width, { data: inputs }, { data: targets }] = [data.inputs.shape[1], data.inputs, data.targets]
  return {
    inputs: order.flatMap((row) => [...inputs.subarray(row * width, (row + 1) * width)]),
    targets: order.map((row) => targets[row]),
  }
}

describe.each(forms)('%s: every epoch’s end against the slow twin', async (form) => {
  const { ends, probe: spied } = spy()
  const [training, validation] = [blobs(64, 6, 3), blobs(30, 6, 3, 2)]
  const plan = slowPlan({ training, validation, epochs: 3 })
  const { probed } = await probe(plan, [spied, evaluated({ rows: 40 })], { form })
  const hits = (weights: readonly Numbers[], { inputs, targets }: ReturnType<typeof drawn>) => {
    const each = targets.map((target, i) => pass(weights, inputs.slice(6 * i, 6 * i + 6), [target]))
    const right = each.map(({ layers }, i) => {
      const scores = layers.dense3.output
      return scores.indexOf(Math.max(...scores)) === targets[i]
    })
    return { losses: each.map(({ loss }) => loss), accuracy: right.filter(Boolean).length / targets.length }
  }

  test.each([
    ['training', training, 40],
    ['validation', validation, 30],
  ] as const)('%s: losses, accuracy, surprising ones and the distribution', (part, data, rows) => {
    expect(probed).toHaveLength(4)
    ends.forEach(({ step, weights }, i) => {
      const { losses, accuracy } = hits(weights, drawn(data, rows, plan.seed))
      const { values, distributions = {}, step: at } = probed[i]
      expect(at).toBe(step)
      expect(values[`evaluated/${part}/loss`]).toBeCloseTo(losses.reduce((sum, x) => sum + x, 0) / rows, 5)
      expect(values[`evaluated/${part}/accuracy`]).toBeCloseTo(accuracy, 12)
      const surprising = losses.filter((loss) => loss > Math.log(10)).length / rows
      expect(values[`surprising/${part}`]).toBeCloseTo(surprising, 12)
      const got = distributions[`exampleLoss/${part}`]
      expect(got.count).toBe(rows)
      expect(got.max).toBeCloseTo(Math.max(...losses), 5)
      expect(got.quantiles[5]).toBeCloseTo(losses.toSorted((a, b) => a - b)[rows / 2 - 1], 0)
    })
  })

  test('in training: the same rows with dropout, by numbers of the step’s own', () => {
    const masks = ends.map(({ step }) => {
      const uniform = new Float32Array(40 * 8)
      new CounterStream(plan.seed, `probe/evaluated/dropout1.uniform/step-${step}`).fill(uniform)
      return [...uniform]
    })
    expect(masks[1]).not.toEqual(masks[0])
    ends.forEach(({ weights }, i) => {
      const { inputs, targets } = drawn(training, 40, plan.seed)
      const { loss } = pass(weights, inputs, targets, masks[i])
      expect(probed[i].values['evaluated/training/lossInTraining']).toBeCloseTo(loss, 5)
    })
  })
})

const numbers = (values: readonly number[]) =>
  dataset({
    inputs: values.map((x) => [x]),
    targets: tensor(
      'float32',
      [values.length, 1],
      values.map(() => 0),
    ),
  })

async function untrained(parts: Partial<PlanParts>, options = {}) {
  const plan = makePlan({
    model: dense(1, { init: fixed([2]) }),
    loss: squaredError(),
    update: sgd({ learningRate: 1e-9 }),
    training: numbers([1, 2, 3, -4]),
    epochs: 1,
    batchSize: 4,
    seed: 0,
    ...parts,
  })
  const { probed } = await probe(plan, [evaluated(options)])
  return probed[0]
}

describe('by hand', () => {
  test('y = 2x, target 0: squares of 2, 4, 6 and 8, nothing but losses', async () => {
    const { values, distributions } = await untrained({})
    expect(values).toEqual({ 'evaluated/training/loss': 30 })
    expect(distributions?.['exampleLoss/training']).toMatchObject({ count: 4, min: 4, max: 64, mean: 30 })
  })

  test('batch normalisation: x as it is by the running values at their start, (x − ½)/σ by those of the batch', async () => {
    const { values } = await untrained({ model: sequential(batchNorm(), dense(1, { init: fixed([2]) })) })
    // epsilon 1e-5 in both; of the batch's normalised values the mean square is 1, times 2².
    expect(values['evaluated/training/loss']).toBeCloseTo(30, 2)
    expect(values['evaluated/training/lossInTraining']).toBeCloseTo(4, 4)
  })

  test('batches as small as in training: two values are normalised to −1 and 1, of three hundred rows the first 16 pairs', async () => {
    const values = Array.from({ length: 300 }, (_, i) => i)
    const model = sequential(batchNorm(), dense(1, { init: fixed([2]) }))
    const measured = (await untrained({ model, training: numbers(values), batchSize: 2 })).values
    const order = [...new BatchPlan(300, { batchSize: 2, seed: 0 }).order(0)]
    const mean = (rows: readonly number[]) => rows.reduce((sum, x) => sum + (2 * x) ** 2, 0) / rows.length
    const [all, some] = [mean(order.slice(0, 256)), mean(order.slice(0, 32))]
    expect(measured['evaluated/training/loss'] / all).toBeCloseTo(1, 4)
    // In training every loss is 4; what that takes from the 32 is taken from all.
    expect(measured['evaluated/training/lossInTraining'] / (all + 4 - some)).toBeCloseTo(1, 3)
  })

  test('augmentation is off', async () => {
    const training = augmented(numbers([1, 2, 3, -4]), noise(100), 1)
    expect((await untrained({ training })).values['evaluated/training/loss']).toBe(30)
  })

  test('a loss that is not −ln p has no surprises', async () => {
    const { values } = await untrained({ training: blobs(20, 2, 3), model: dense(3), loss: structuredSvm() })
    expect(Object.keys(values)).toEqual(['evaluated/training/loss', 'evaluated/training/accuracy'])
  })
})

test('rows that fit no single call go through in parts', async () => {
  // A mebibyte an example where 64 fit a call: 100 go as 50 and 50. Each of 2^18 units gives x·2^−9, and their sum ·2^−9 is x.
  const model = sequential(dense(2 ** 18, { init: constant(2 ** -9) }), dense(1, { init: constant(2 ** -9) }))
  const values = Array.from({ length: 100 }, (_, i) => i)
  const { values: measured } = await untrained({ model, training: numbers(values) }, { rows: 100 })
  expect(measured['evaluated/training/loss'] / 3283.5).toBeCloseTo(1, 5) // (99·100·199/6)/100
})
