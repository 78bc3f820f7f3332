/** @file Search spaces: what they are by default, and what is refused. */
import { describe, expect, test } from 'vitest'
import { space } from '../../src/search/index.ts'

describe('a range trains at its default', () => {
  test('uniform: the middle', () => {
    expect(space.uniform(-1, 3)).toEqual({
      searched: 'number',
      scale: 'linear',
      low: -1,
      high: 3,
      integer: false,
      default: 1,
    })
    expect(space.uniform(-1, 3, { default: 0 }).default).toBe(0)
  })
  test('logUniform: the geometric mean', () => {
    // sqrt(1e-6 · 1e2) = 1e-2
    expect(space.logUniform(1e-6, 1e2).default).toBeCloseTo(1e-2, 15)
    expect(space.logUniform(1e-6, 10, { default: 0.1 })).toEqual({
      searched: 'number',
      scale: 'log',
      low: 1e-6,
      high: 10,
      integer: false,
      default: 0.1,
    })
  })
  test('integer: the middle, rounded', () => {
    expect(space.integer(1, 4)).toMatchObject({ integer: true, scale: 'linear', default: 3 })
    expect(space.integer(0, 1, { default: 0 }).default).toBe(0)
  })
  test('choice: the first', () => {
    expect(space.choice([50, 100])).toEqual({ searched: 'choice', options: [50, 100], default: 50 })
    expect(space.choice(['relu', 'tanh'], { default: 'tanh' }).default).toBe('tanh')
    expect(space.choice([true, false], { default: false }).default).toBe(false)
  })
})

describe('refused, with what was got and what is expected', () => {
  const cases: [string, () => unknown, string][] = [
    ['ends exchanged', () => space.uniform(1, 0), 'uniform: high is 0, expected a number above 1'],
    ['ends alike', () => space.uniform(1, 1), 'uniform: high is 1, expected a number above 1'],
    ['NaN', () => space.uniform(Number.NaN, 1), 'uniform: low is NaN, expected a finite number'],
    ['an infinite end', () => space.uniform(0, Infinity), 'uniform: high is Infinity, expected a number above 0'],
    [
      'a default outside',
      () => space.uniform(0, 1, { default: 2 }),
      'uniform: default is 2, expected a number in [0, 1]',
    ],
    ['a logarithm of 0', () => space.logUniform(0, 1), 'logUniform: low is 0, expected a number above 0'],
    ['half a number', () => space.integer(0.5, 3), 'integer: 0.5 is not a whole number'],
    ['half a default', () => space.integer(0, 3, { default: 1.5 }), 'integer: 1.5 is not a whole number'],
    ['no choice', () => space.choice([]), 'choice: the values are [], expected a list with at least one value'],
    [
      'a text for a list',
      () => space.choice('abc' as unknown as string[]),
      'choice: the values are "abc", expected a list with at least one value',
    ],
    [
      'a default that is not among them',
      () => space.choice([1, 2] as number[], { default: 3 }),
      'choice: the default is 3, expected one of [1, 2]',
    ],
  ]
  test.each(cases)('%s', (_name, make, message) => {
    expect(make).toThrow(expect.objectContaining({ code: 'usage', message }))
  })
})
