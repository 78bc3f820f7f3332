/** @file Sources: whole, and in parts that are given. */
import { describe, expect, test } from 'vitest'
import { dataset, rowsOf } from '../../src/data/dataset.ts'
import { type DataSource, isParts, loadParts, type PartSources } from '../../src/data/source.ts'
import { failure } from './failure.ts'

const training = dataset({
  name: 'ours',
  inputs: [
    [1, 2],
    [3, 4],
    [5, 6],
  ],
  targets: [0, 1, 1],
  featureNames: ['a', 'b'],
})
const validation = dataset({
  name: 'theirs',
  inputs: [[7, 8]],
  targets: [1],
  classes: ['0', '1'],
  featureNames: ['a', 'b'],
})
const parts = (source: unknown) => loadParts(source as PartSources, { seed: 0 })

describe('parts', () => {
  test('are taken as they are given, at hand or read when needed', async () => {
    const source = { training, validation: { load: async () => validation } }
    expect(isParts(source)).toBe(true)
    expect(await parts(source)).toEqual({ name: 'ours', training, validation })
  })
  test('are split off from one source otherwise', async () => {
    const source: DataSource = { load: async () => training }
    expect(isParts(source)).toBe(false)
    const split = await loadParts(source, { seed: 0, validation: 1 })
    expect([split.name, rowsOf(split.training), rowsOf(split.validation)]).toEqual(['ours', 2, 1])
  })
  test('each is checked', async () => {
    expect(await failure(() => parts({ training, validation: 3 }))).toMatch('data: data is 3, expected a data set')
    expect(
      await failure(() =>
        parts({ training: { ...training, targets: { ...training.targets, shape: [4] } }, validation }),
      ),
    ).toMatch('data: ours: targets are')
  })
  test.each([
    [
      { training },
      "usage: data has the part 'training' and no 'validation' → give both parts, or one source, from which the validation part is split off",
    ],
    [
      { validation },
      "usage: data has the part 'validation' and no 'training' → give both parts, or one source, from which the validation part is split off",
    ],
    [
      { training, validation, test: validation },
      "usage: data has an unknown part 'test' → expected one of: training, validation",
    ],
    [
      { training, validatoin: validation },
      "usage: data has the part 'training' and no 'validation' → give both parts, or one source, from which the validation part is split off",
    ],
  ])('names %#', async (source, message) => {
    expect(await failure(() => parts(source))).toBe(message)
  })

  const regression = dataset({ name: 'theirs', inputs: [[7, 8]], targets: [[0.5, 1]] })
  test.each([
    [
      dataset({ ...validation, featureNames: undefined, inputs: [[1, 2, 3]] }),
      'the validation data theirs have inputs of the shape [3], the training data ours have [2] → read both with the same options',
    ],
    [
      dataset({ ...validation, featureNames: ['a', 'c'] }),
      'the validation data theirs have as feature 1 "c", the training data ours have "b" → both need the same columns in the same order',
    ],
    [
      dataset({ ...validation, classes: ['0', 'one'] }),
      'the validation data theirs have as class 1 "one", the training data ours have "1" → name all classes in both, in the same order: classes: [...]',
    ],
    [
      dataset({ ...validation, targets: [0], classes: ['0'] }),
      'the validation data theirs have as class 1 none (1 classes), the training data ours have "1" → name all classes in both, in the same order: classes: [...]',
    ],
    [
      regression,
      'the validation data theirs have targets for regression, the training data ours have targets for classification → give both the same task',
    ],
  ])('that do not fit together %#', async (other, message) => {
    expect(await failure(() => parts({ training, validation: other }))).toBe(`data: ${message}`)
  })
  test('of regression: outputs must agree', async () => {
    const one = dataset({ name: 'ours', inputs: [[1, 2]], targets: [[0.5]] })
    expect(await failure(() => parts({ training: one, validation: regression }))).toBe(
      'data: the validation data theirs have targets of the shape [2], the training data ours have [1] → read both with the same options',
    )
  })
  test('names that only one part has are no difference', async () => {
    const unnamed = dataset({ ...validation, featureNames: undefined })
    expect((await parts({ training, validation: unnamed })).validation).toEqual(unnamed)
  })
})
