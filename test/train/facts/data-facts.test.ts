/** @file What is told of the data: against plain computations of the same, and by hand. */
import { describe, expect, test } from 'vitest'
import { tensor } from '../../../src/base/tensor.ts'
import { shift } from '../../../src/data/augment.ts'
import { augmented } from '../../../src/data/augmented.ts'
import { type Dataset, dataset, rowSource } from '../../../src/data/dataset.ts'
import { digits } from '../../../src/data/digits.ts'
import type { ReadRows } from '../../../src/data/row-source.ts'
import { split } from '../../../src/data/split.ts'
import { fitStandardisation } from '../../../src/data/standardise.ts'
import { watchedTraining } from '../../../src/diagnose/train.ts'
import { dense, flatten, sequential } from '../../../src/nn/layers.ts'
import { softmaxCrossEntropy, squaredError } from '../../../src/nn/loss.ts'
import { sgd } from '../../../src/optim/sgd.ts'
import type { DataEvent } from '../../../src/train/events.ts'
import { dataEvent, mostFeatures } from '../../../src/train/facts/data-facts.ts'
import { makePlan, type PlanParts } from '../../../src/train/plan.ts'
import { standard } from '../../../src/train/probes/index.ts'
import { fromRecorded, toRecorded } from '../../../src/train/record-events.ts'
import { engine } from '../steps.ts'

const planOf = (parts: Partial<PlanParts> & Pick<PlanParts, 'training'>) =>
  makePlan({
    model: sequential(dense(parts.training.task === 'classification' ? parts.training.classes.length : 1)),
    loss: parts.training.task === 'classification' ? softmaxCrossEntropy() : squaredError(),
    update: sgd({ learningRate: 0.1 }),
    epochs: 1,
    batchSize: 8,
    seed: 1,
    probes: standard(),
    ...parts,
  })

const small = dataset({
  name: 'small',
  inputs: [
    [1, 10],
    [2, 10],
    [3, 10],
    [6, 10],
  ],
  targets: [0, 1, 1, 1],
  classes: ['no', 'yes', 'never'],
  featureNames: ['a', 'b'],
})

const picture = (event: DataEvent, name: string) => Array.from(event.pictures?.[name].values ?? [])

describe('by hand', () => {
  const event = dataEvent(planOf({ training: small, validation: small }))

  test('rows and classes of both parts', () => {
    expect(event.training).toEqual({ rows: 4, classes: [1, 3, 0] })
    expect(event.validation).toEqual({ rows: 4, classes: [1, 3, 0] })
  })

  test('moments: mean 3, deviation √(14/4); a constant is told exactly', () => {
    expect(event.features).toEqual({ count: 2, rows: 4, every: 1, names: ['a', 'b'] })
    expect(picture(event, 'mean')).toEqual([3, 10])
    expect(picture(event, 'deviation')).toEqual([Math.fround(Math.sqrt(3.5)), 0])
    expect(picture(event, 'min')).toEqual([1, 10])
    expect(picture(event, 'max')).toEqual([6, 10])
  })

  test('samples have the inputs and targets of their rows', () => {
    expect(event.form).toBe('values')
    const { rows, targets } = event.samples?.training ?? { rows: [], targets: [] }
    expect([...rows].sort()).toEqual([0, 1, 2, 3])
    expect(targets).toEqual(rows.map((row) => (small as Dataset).targets.data[row]))
    expect(picture(event, 'training')).toEqual(rows.flatMap((row) => [[1, 2, 3, 6][row], 10]))
    expect(event.samples?.validation?.rows).toEqual([0, 1, 2, 3])
  })

  test('regression: how the targets are distributed', () => {
    const training = dataset({ inputs: [[1], [2], [3], [4]], targets: [[0], [0], [2], [6]] })
    const told = dataEvent(planOf({ training }))
    // Mean 2, squares 4 + 4 + 0 + 16 = 24, over 4 rows: 6.
    expect(told.training.targets).toMatchObject([{ count: 4, mean: 2, min: 0, max: 6 }])
    expect(told.training.targets?.[0].deviation).toBeCloseTo(Math.sqrt(6), 6)
    expect(told.samples?.training.targets.flat().sort()).toEqual([0, 0, 2, 6])
  })
})

describe('digits, standardised and augmented', () => {
  const { training, validation } = split(digits(), { validation: 0.2, seed: 0 })
  const standardisation = fitStandardisation(training)
  const shifted = augmented(reshaped(training), shift(1), 3)
  const plain = standardisation.apply(training)
  const event = dataEvent(
    planOf({ training: plain, validation: standardisation.apply(validation), standardisation, batchSize: 100 }),
  )

  test('classes as a plain count has them', () => {
    const labels = Array.from(training.targets.data)
    expect(event.training.classes).toEqual(training.classes.map((_, k) => labels.filter((label) => label === k).length))
  })

  test('moments as a plain computation in float64 over all rows has them', () => {
    const rows = plain.inputs.shape[0]
    const column = (j: number) => Array.from({ length: rows }, (_, i) => plain.inputs.data[i * 64 + j])
    for (const j of [0, 3, 20, 36, 63]) {
      const values = column(j)
      const mean = values.reduce((sum, x) => sum + x, 0) / rows
      const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / rows)
      expect(event.pictures?.mean.values[j]).toBeCloseTo(mean, 6)
      expect(event.pictures?.deviation.values[j]).toBeCloseTo(deviation, 5)
      expect(event.pictures?.min.values[j]).toBe(Math.min(...values))
      expect(event.pictures?.max.values[j]).toBe(Math.max(...values))
    }
    expect(picture(event, 'given/mean')).toEqual(Array.from(standardisation.mean.data))
    expect(picture(event, 'given/scale')).toEqual(Array.from(standardisation.scale.data))
  })

  test('samples are images, bit for bit those of their rows', () => {
    expect(event.form).toBe('image')
    expect(event.pictures?.training.shape).toEqual([12, 8, 8])
    const { rows } = event.samples?.training ?? { rows: [] }
    expect(rows).toHaveLength(12)
    rows.forEach((row, k) =>
      expect(event.pictures?.training.values.subarray(k * 64, (k + 1) * 64)).toEqual(
        plain.inputs.data.subarray(row * 64, (row + 1) * 64),
      ),
    )
  })

  test('one draw of the augmentation, and the same examples without', () => {
    const told = dataEvent(planOf({ training: shifted, batchSize: 100, model: sequential(flatten(), dense(10)) }))
    const { rows } = told.samples?.training ?? { rows: [] }
    const [inputs, targets] = [new Float32Array(rows.length * 64), new Int32Array(rows.length)]
    shifted.read(rows, 0, rows.length, inputs, targets, 0)
    expect(told.pictures?.training.values).toEqual(inputs)
    shifted.read(rows, 0, rows.length, inputs, targets)
    expect(told.pictures?.unaugmented.values).toEqual(inputs)
    expect(told.pictures?.training.values).not.toEqual(inputs)
  })

  test('its record is small, and read back it is the same', () => {
    const text = JSON.stringify(toRecorded(event))
    expect(text.length).toBeLessThan(16_000)
    expect(fromRecorded(JSON.parse(text))).toEqual(event)
  })

  function reshaped(from: typeof training) {
    return dataset({
      inputs: { ...from.inputs, shape: [from.inputs.shape[0], 1, 8, 8] },
      targets: from.targets,
      classes: from.classes,
      task: 'classification',
    })
  }
})

describe('forms', () => {
  const formOf = (shape: readonly number[], more: { sameUnit?: boolean; categorical?: boolean } = {}) => {
    const rows = 3
    const size = shape.reduce((a, b) => a * b, rows)
    const training = dataset({
      inputs: tensor(
        'float32',
        [rows, ...shape],
        Float32Array.from({ length: size }, (_, i) => i),
      ),
      targets: [0, 1, 0],
      ...more,
    })
    const { form, pictures, features } = dataEvent({ ...planOf({ training: small }), training, validation: undefined })
    return { form, shape: pictures?.training.shape, features }
  }

  test.each<[string, readonly number[], object, string, readonly number[]]>([
    ['channels first', [1, 5, 4], {}, 'image', [3, 5, 4]],
    ['colour', [3, 5, 4], {}, 'image', [3, 5, 4, 3]],
    ['a sequence of pairs', [9, 2], {}, 'sequence', [3, 9, 2]],
    ['a small picture of one unit', [9, 2], { sameUnit: true }, 'image', [3, 9, 2]],
    ['characters', [32], { categorical: true }, 'categories', [3, 32]],
    ['a table', [16], {}, 'values', [3, 16]],
    ['a large picture is thinned', [1, 200, 100], {}, 'image', [1, 67, 34]],
  ])('%s', (_, shape, more, form, laidOut) => {
    expect(formOf(shape, more)).toMatchObject({ form })
    expect(formOf(shape, more).shape?.slice(1)).toEqual(laidOut.slice(1))
  })

  test('colours of a pixel lie together, whatever lay together in the data', () => {
    const training = dataset({
      inputs: tensor('float32', [1, 3, 1, 2], Float32Array.of(1, 2, 3, 4, 5, 6)),
      targets: [0],
    })
    const event = dataEvent({ ...planOf({ training: small }), training, validation: undefined })
    expect(picture(event, 'training')).toEqual([1, 3, 5, 2, 4, 6])
  })

  test('of very many features some are looked at', () => {
    const { features } = formOf([3 * mostFeatures + 1])
    expect(features).toEqual({ count: 3 * mostFeatures + 1, rows: 3, every: 4 })
  })
})

test('without probes nothing but counts is told', () => {
  expect(dataEvent(planOf({ training: small, validation: small, probes: [] }))).toEqual({
    type: 'data',
    training: { rows: 4, classes: [1, 3, 0] },
    validation: { rows: 4, classes: [1, 3, 0] },
  })
  const training = dataset({ inputs: [[1], [2]], targets: [[0], [1]] })
  expect(dataEvent(planOf({ training, probes: [] }))).toEqual({ type: 'data', training: { rows: 2 } })
})

describe('a training', () => {
  const types = async (options: object = {}, parts: Partial<PlanParts> = {}) => {
    const told: string[] = []
    const onEvent = ({ type }: { readonly type: string }) => void told.push(type)
    const result = await watchedTraining(planOf({ training: small, ...parts }), engine, { onEvent, ...options })
    return {
      told,
      weights: Object.values(result.parameters).flatMap(({ data }) => [...new Uint32Array(data.slice().buffer)]),
    }
  }

  test('tells it once, behind the start, and ends with the same bits as one that nobody listens to', async () => {
    const { told, weights } = await types()
    expect(told.filter((type) => type === 'data')).toHaveLength(1)
    expect(told.indexOf('data')).toBeGreaterThan(told.indexOf('start'))
    expect((await types({ onEvent: undefined })).weights).toEqual(weights)
  })

  test('goes on where the data cannot be read once more', async () => {
    const source = { ...rowSource(small), read: reads(rowSource(small).read) }
    const { told } = await types({ check: false }, { training: source })
    expect(told).not.toContain('data')
    expect(told).toContain('end')
  })

  /** Refuses to be read for more than a batch. */
  function reads(read: ReadRows): ReadRows {
    return (rows, start, count, inputs, targets, epoch) => {
      if (epoch === undefined) throw new Error('not so')
      read(rows, start, count, inputs, targets, epoch)
    }
  }
})
