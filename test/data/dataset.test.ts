/** @file Data sets: what is kept, what is converted, and every kind of bad data by its message. */
import { describe, expect, test } from 'vitest'
import { tensor } from '../../src/base/tensor.ts'
import { type ClassificationDataset, type DatasetFields, dataset, subset } from '../../src/data/dataset.ts'
import { loadData } from '../../src/data/source.ts'
import { failure } from './failure.ts'

const inputs = [
  [1, 2],
  [3, 4],
  [5, 6],
]

test('numbers become float32 inputs and int32 labels, classes are named after the labels', () => {
  const made = dataset({ inputs, targets: [0, 2, 1] })
  expect(made).toEqual({
    name: 'the data set',
    task: 'classification',
    inputs: tensor('float32', [3, 2], [1, 2, 3, 4, 5, 6]),
    targets: tensor('int32', [3], [0, 2, 1]),
    classes: ['0', '1', '2'],
  })
})

test('tensors of the right kind are kept, others converted', () => {
  const x = tensor('float32', [2, 1, 2, 2])
  const y = tensor('int32', [2])
  const kept = dataset({ inputs: x, targets: y })
  expect(kept.inputs.data).toBe(x.data)
  expect(kept.targets.data).toBe(y.data)
  const bytes = dataset({ inputs: tensor('uint8', [2, 1], [255, 7]), targets: tensor('int64', [2], [1, 0]) })
  expect(bytes.inputs).toEqual(tensor('float32', [2, 1], [255, 7]))
  expect(bytes.targets).toEqual(tensor('int32', [2], [1, 0]))
})

test('float targets mean regression, and [N] becomes [N, 1]', () => {
  const one = dataset({ inputs, targets: tensor('float32', [3], [0.5, 1, 2]) })
  expect(one.task).toBe('regression')
  expect(one.targets).toEqual(tensor('float32', [3, 1], [0.5, 1, 2]))
  expect(dataset({ inputs, targets: [[1], [2], [3]] }).task).toBe('regression')
  expect(dataset({ inputs, targets: [1, 2, 3], task: 'regression' }).targets.shape).toEqual([3, 1])
})

describe('bad data', () => {
  const cases: [string, Partial<DatasetFields>, string][] = [
    ['no rows', { inputs: [] }, 'd is empty: inputs have the shape [0] → give at least one row with one feature'],
    [
      'no features',
      { inputs: tensor('float32', [3, 0]) },
      'd is empty: inputs have the shape [3,0] → give at least one row with one feature',
    ],
    [
      'flat inputs',
      { inputs: tensor('float32', [3]) },
      'd: inputs have the shape [3], expected [rows, features] or more dimensions → a single feature is [rows, 1]',
    ],
    [
      'lengths that differ',
      { targets: [0, 1] },
      'd has 3 rows of inputs and 2 rows of targets → every row of inputs needs exactly one row of targets',
    ],
    ['ragged rows', { inputs: [[1, 2], [3], [5, 6]] }, 'd: inputs: row 1 is 1 values, expected 2 values as in row 0'],
    [
      'text among numbers',
      { inputs: [[1, '2'], inputs[1], inputs[2]] as unknown as number[][] },
      'd: inputs, row 0: value 1 is "2", expected a number',
    ],
    [
      'no tensor',
      { inputs: 'digits.csv' as unknown as number[][] },
      `d: inputs are "digits.csv", expected a tensor or an array of rows → tensor('float32', shape, data) makes one`,
    ],
    [
      'a tensor whose data do not fit',
      { inputs: { dtype: 'float32', shape: [3, 2], data: new Float32Array(5) } },
      'd: inputs are float32[3,2] with 5 values, expected 6',
    ],
    [
      'one NaN',
      { inputs: [inputs[0], [3, Number.NaN], inputs[2]] },
      'd: inputs hold one value that is not finite in float32: NaN at row 1, feature 1 → leave out the rows that lack a value, or fill the gaps before making the data set',
    ],
    [
      'infinities in a named feature',
      {
        inputs: [inputs[0], [Number.NEGATIVE_INFINITY, 1e39], inputs[2]],
        featureNames: ['width', 'height'],
      },
      "d: inputs hold 2 values that are not finite in float32, the first is -Infinity at row 1, feature 'width' (0) → leave out the rows that lack a value, or fill the gaps before making the data set",
    ],
    [
      'feature names that are too few',
      { featureNames: ['width'] },
      'd: featureNames holds 1 names, expected one for each of 2 features',
    ],
    [
      'a label beyond the classes',
      { targets: [0, 1, 2], classes: ['cat', 'dog'] },
      'd: the label of row 2 is 2, expected 0 to 1 (2 classes) → labels count from 0; correct the row, or name all classes in classes',
    ],
    [
      'a negative label',
      { targets: [0, -1, 2] },
      'd: the label of row 1 is -1, expected a class index from 0 up → labels count from 0; correct the row, or name all classes in classes',
    ],
    [
      'a label that is no whole number',
      { targets: [0, 1.5, 2] },
      "d: the label of row 1 is 1.5, expected a whole number (the index of a class) → for numbers to be predicted say task: 'regression'",
    ],
    [
      'a label NaN',
      { targets: [0, 1, Number.NaN] },
      "d: the label of row 2 is NaN, expected a whole number (the index of a class) → for numbers to be predicted say task: 'regression'",
    ],
    [
      'a label of a million',
      { targets: [0, 1_000_000, 2] },
      "d: the highest label is 1000000, which would be 1000001 classes → labels count from 0 without gaps; for numbers to be predicted say task: 'regression'",
    ],
    [
      'one-hot labels',
      { targets: tensor('int32', [3, 2]) },
      "d: targets have the shape [3,2], expected one label a row: [3] → for numbers to be predicted say task: 'regression'",
    ],
    [
      'a class named twice',
      { classes: ['cat', 'dog', 'cat'] },
      'd: classes names "cat" twice, expected different names',
    ],
    ['classes that are no names', { classes: [] }, 'd: classes is [], expected a list of names'],
    [
      'a target NaN',
      { task: 'regression', targets: [[1], [Number.NaN], [3]] },
      'd: targets hold one value that is not finite in float32: NaN at row 1, output 0 → leave out the rows that lack a value, or fill the gaps before making the data set',
    ],
    [
      'a task that does not exist',
      { task: 'ranking' as 'regression' },
      "d: task is \"ranking\", expected 'classification' or 'regression'",
    ],
  ]
  test.each(cases)('%s', async (_, fields, message) => {
    expect(await failure(() => dataset({ name: 'd', inputs, targets: [0, 1, 2], ...fields }))).toBe(`data: ${message}`)
  })
})

describe('subset', () => {
  const whole = dataset({ name: 'd', inputs, targets: [0, 1, 1], classes: ['a', 'b'], source: 'here' })

  test('takes rows in the order given, and keeps the rest', () => {
    expect(subset(whole, [2, 0, 2])).toEqual({
      ...whole,
      inputs: tensor('float32', [3, 2], [5, 6, 1, 2, 5, 6]),
      targets: tensor('int32', [3], [1, 0, 1]),
    })
  })
  test('copies long rows like short ones', () => {
    const wide = dataset({
      inputs: tensor(
        'float32',
        [3, 100],
        Array.from({ length: 300 }, (_, i) => i),
      ),
      targets: [0, 1, 2],
    })
    const { inputs: part } = subset(wide, [2, 1])
    expect([part.data[0], part.data[99], part.data[100], part.data[199]]).toEqual([200, 299, 100, 199])
  })
  test.each([
    [[], 'd would be empty: a subset of no rows → give at least one row number'],
    [[0, 3], 'd: index 1 of the subset is 3, expected a row from 0 to 2'],
    [[0.5], 'd: index 0 of the subset is 0.5, expected a row from 0 to 2'],
  ])('refuses %j', async (indices, message) => {
    expect(await failure(() => subset(whole, indices))).toBe(`data: ${message}`)
  })
})

describe('sources', () => {
  const whole = dataset({ inputs, targets: [0, 1, 1] })

  test('a data set, or one that is loaded', async () => {
    expect(await loadData(whole)).toEqual(whole)
    expect(await loadData({ load: async () => whole })).toEqual(whole)
  })
  test('a data set that was put together by hand is checked too', async () => {
    const broken: ClassificationDataset = {
      ...(whole as ClassificationDataset),
      targets: tensor('int32', [3], [0, 1, 7]),
    }
    expect(await failure(() => loadData(broken))).toBe(
      'data: the data set: the label of row 2 is 7, expected 0 to 1 (2 classes) → labels count from 0; correct the row, or name all classes in classes',
    )
  })
  test.each([
    [undefined, 'undefined'],
    ['digits.csv', '"digits.csv"'],
    [{ rows: [] }, 'an object of Object'],
  ])('no data set: %j', async (source, shown) => {
    expect(await failure(() => loadData(source as never))).toBe(
      `data: data is ${shown}, expected a data set → use digits(), csv('file.csv') or dataset({ inputs, targets })`,
    )
  })
})
