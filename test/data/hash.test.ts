/** @file The hash of data: Node's own SHA-256 by hand, the same in memory and as a source, another for every change. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import * as augment from '../../src/data/augment.ts'
import { augmented } from '../../src/data/augmented.ts'
import { type Dataset, dataset, rowSource } from '../../src/data/dataset.ts'
import { digits } from '../../src/data/digits.ts'
import { dataHash } from '../../src/data/hash.ts'

const small = (fields: { inputs?: number[][]; targets?: number[]; classes?: string[]; name?: string } = {}) =>
  dataset({
    inputs: [
      [1, 2],
      [3, 4],
    ],
    targets: [0, 1],
    ...fields,
  })
const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex')

test('is a SHA-256 that Node computes too', async () => {
  const head = { task: 'classification', rows: 2, features: [2], targets: [], classes: ['0', '1'] }
  const parts = [
    JSON.stringify(head),
    Buffer.from(Float32Array.of(1, 2, 3, 4).buffer),
    Buffer.from(Int32Array.of(0, 1).buffer),
  ]
  expect(await dataHash(small())).toBe(`sha256:${sha256(parts.map(sha256).join('\n'))}`)
})

describe('differs', () => {
  test.each<[string, Dataset]>([
    [
      'by an input',
      small({
        inputs: [
          [1, 2],
          [3, 5],
        ],
      }),
    ],
    ['by a label', small({ targets: [1, 0] })],
    ['by the name of a class', small({ classes: ['a', 'b'] })],
    [
      'by the order of the rows',
      small({
        inputs: [
          [3, 4],
          [1, 2],
        ],
        targets: [1, 0],
      }),
    ],
    ['by the shape', small({ inputs: [[1], [2]] })],
  ])('%s', async (_name, other) => expect(await dataHash(other)).not.toBe(await dataHash(small())))
  test('not by what it is called', async () =>
    expect(await dataHash(small({ name: 'other' }))).toBe(await dataHash(small())))
})

describe('a row source', () => {
  test('with few rows has the hash of the same examples in memory', async () => {
    expect(await dataHash(rowSource(small()))).toBe(await dataHash(small()))
    const numbers = dataset({ inputs: [[1], [2]], targets: [[0.5], [1.5]] })
    expect(await dataHash(rowSource(numbers))).toBe(await dataHash(numbers))
  })
  test('with many says that it is a sample; a row of the sample and any label change it', async () => {
    const data = digits() as Dataset & { task: 'classification' }
    const hash = await dataHash(rowSource(data))
    expect(hash).toMatch(/^sha256-of-256-rows:[0-9a-f]{64}$/)
    expect(await dataHash(data)).toMatch(/^sha256:[0-9a-f]{64}$/)
    const inputs = data.inputs.data.slice()
    inputs[0] += 1
    expect(await dataHash(rowSource({ ...data, inputs: { ...data.inputs, data: inputs } }))).not.toBe(hash)
    const labels = data.targets.data.slice()
    labels[1] = (labels[1] + 1) % 10
    expect(await dataHash(rowSource({ ...data, targets: { ...data.targets, data: labels } }))).not.toBe(hash)
  })
  test('is hashed as it is, without what is changed at random', async () => {
    const data = digits()
    const changed = augmented(data, augment.noise(0.1), 3)
    expect(await dataHash(changed)).toBe(await dataHash(rowSource(data)))
    expect(await dataHash(changed)).toBe(await dataHash(augmented(data, augment.noise(0.1), 4)))
  })
})
