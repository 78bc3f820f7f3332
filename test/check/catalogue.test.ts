/** @file The catalogue: every planted mistake is found and its tensors named, and no right gradient is called wrong. */
import { describe, expect, test } from 'vitest'
import { gradientCheck } from '../../src/check/index.ts'
import { type Entry, mistakes, rightOnes, undecidable } from './catalogue.ts'

const byName = (entries: readonly Entry[]) => entries.map((entry) => [entry.name, entry] as const)

test('it is large enough', () => {
  expect(mistakes.length).toBeGreaterThanOrEqual(40)
  expect(rightOnes.length).toBeGreaterThanOrEqual(40)
})

describe('mistakes are found', () => {
  test.each(byName(mistakes))('%s', async (_, { objective, at, wrong, options }) => {
    const { verdict, tensors, words } = await gradientCheck(objective, at, options)
    expect([verdict, words]).toEqual(['fail', expect.any(String)])
    if (wrong !== undefined) expect(tensors.filter((t) => t.verdict === 'fail').map(({ name }) => name)).toEqual(wrong)
  })
})

describe('right gradients pass', () => {
  test.each(byName(rightOnes))('%s', async (_, { objective, at, options }) => {
    const { verdict, words } = await gradientCheck(objective, at, options)
    expect([verdict, words]).toEqual(['pass', expect.any(String)])
  })
})

test.each(byName(undecidable))('%s: said to be inconclusive', async (_, { objective, at, options }) => {
  const { verdict, words } = await gradientCheck(objective, at, options)
  expect([verdict, words]).toEqual(['inconclusive', expect.any(String)])
})
