/** @file The built-in digits are UCI's, bit by bit. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { digits } from '../../src/data/digits.ts'

const original = new URL('../../../shared/data/digits.csv', import.meta.url)
const data = digits()

/** The data set written out in the form of the file that it was generated from. */
function asCsv(): string {
  const lines = [[...(data.featureNames ?? []), 'label'].join()]
  for (let row = 0; row < 1797; row++)
    lines.push([...data.inputs.data.slice(row * 64, row * 64 + 64), data.targets.data[row]].join())
  return `${lines.join('\n')}\n`
}

test('written out again it is the original file: its SHA-256', () => {
  // sha256sum of digits.csv (scikit-learn's load_digits written as CSV), when digits-data.ts was generated from it.
  expect(createHash('sha256').update(asCsv()).digest('hex')).toBe(
    '067c897c3866e1f112d70ccf18ba908a8bc1fbb9ec051530b8ad86070265d299',
  )
})

test.skipIf(!existsSync(original))('written out again it is the original file: byte by byte', () => {
  expect(asCsv()).toBe(readFileSync(original, 'utf8'))
})

test('classes are as frequent as optdigits.names says of the test part', () => {
  const counts = new Array<number>(10).fill(0)
  for (const label of data.targets.data) counts[label]++
  expect(counts).toEqual([178, 182, 177, 183, 181, 182, 181, 179, 174, 180])
})

test("the first image is the one in scikit-learn's tutorial", () => {
  // https://scikit-learn.org/stable/tutorial/basic/tutorial.html, digits.images[0]
  expect(Array.from(data.inputs.data.subarray(0, 64))).toEqual(
    [
      [0, 0, 5, 13, 9, 1, 0, 0],
      [0, 0, 13, 15, 10, 15, 5, 0],
      [0, 3, 15, 2, 0, 11, 8, 0],
      [0, 4, 12, 0, 0, 8, 8, 0],
      [0, 5, 8, 0, 0, 9, 8, 0],
      [0, 4, 11, 0, 1, 12, 7, 0],
      [0, 2, 14, 5, 10, 12, 0, 0],
      [0, 0, 6, 13, 10, 0, 0, 0],
    ].flat(),
  )
  expect(data.targets.data[0]).toBe(0)
})

test('what it says of itself', () => {
  expect(data.inputs.shape).toEqual([1797, 64])
  expect(data.classes).toEqual([...'0123456789'])
  expect(data.featureNames?.[10]).toBe('p12')
  expect(data.licence).toBe('CC BY 4.0')
  expect(data.source).toContain('Optical Recognition of Handwritten Digits')
})

test('as images the values are the same', () => {
  const images = digits({ shape: 'image' })
  expect(images.inputs.shape).toEqual([1797, 1, 8, 8])
  expect(images.inputs.data).toEqual(data.inputs.data)
})
