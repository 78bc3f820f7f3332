/** @file Messages of errors, word by word, and the search for the nearest word. */
import { describe, expect, test } from 'vitest'
import { checkInteger, checkRange, nearest, RappelError, show, suggestion, usageError } from '../../src/base/errors.ts'
import { failure } from '../data/failure.ts'

describe('checkRange', () => {
  type Bounds = Parameters<typeof checkRange>[2]
  test.each<[Bounds, number, string]>([
    [{}, Number.NaN, 'usage: rate is NaN, expected a finite number'],
    [{}, Number.POSITIVE_INFINITY, 'usage: rate is Infinity, expected a finite number'],
    [{ min: 0 }, -0.5, 'usage: rate is -0.5, expected a number from 0 up'],
    [{ min: 0 }, Number.POSITIVE_INFINITY, 'usage: rate is Infinity, expected a number from 0 up'],
    [{ min: 0, open: 'min' }, 0, 'usage: rate is 0, expected a number above 0'],
    [{ max: 1 }, 1.5, 'usage: rate is 1.5, expected a number up to 1'],
    [{ max: 1, open: 'max' }, 1, 'usage: rate is 1, expected a number below 1'],
    [{ min: 0, max: 1 }, 2, 'usage: rate is 2, expected a number in [0, 1]'],
    [{ min: 0, max: 1, open: 'min' }, 0, 'usage: rate is 0, expected a number in (0, 1]'],
    [{ min: 0, max: 1, open: 'max' }, 1, 'usage: rate is 1, expected a number in [0, 1)'],
    [{ min: 0, max: 1, open: 'both' }, 1, 'usage: rate is 1, expected a number in (0, 1)'],
    [{ min: 0, max: 1, open: 'both' }, Number.NaN, 'usage: rate is NaN, expected a number in (0, 1)'],
  ])('%o refuses %d', async (bounds, value, message) => {
    expect(await failure(() => checkRange('rate', value, bounds))).toBe(message)
  })

  test.each<[Bounds, number]>([
    [{}, -1e300],
    [{ min: 0 }, 0],
    [{ max: 1 }, 1],
    [{ min: 0, max: 1 }, 0],
    [{ min: 0, max: 1 }, 1],
    [{ min: 0, max: 1, open: 'min' }, 1],
    [{ min: 0, max: 1, open: 'max' }, 0],
    [{ min: 0, max: 1, open: 'both' }, Number.MIN_VALUE],
  ])('%o takes %d and gives it back', (bounds, value) => expect(checkRange('rate', value, bounds)).toBe(value))

  test('refuses what is no number, as it comes from plain JavaScript', async () => {
    expect(await failure(() => checkRange('rate', '0.1' as unknown as number, { min: 0 }))).toBe(
      'usage: rate is "0.1", expected a number from 0 up',
    )
    expect(await failure(() => checkRange('rate', undefined as unknown as number, {}))).toBe(
      'usage: rate is undefined, expected a finite number',
    )
  })
})

describe('checkInteger', () => {
  test.each([
    [0.5, 0, 'usage: epochs is 0.5, expected a whole number from 0 up'],
    [0, 1, 'usage: epochs is 0, expected a whole number from 1 up'],
    [Number.NaN, 0, 'usage: epochs is NaN, expected a whole number from 0 up'],
    [2 ** 53, 0, 'usage: epochs is 9007199254740992, expected a whole number from 0 up'],
  ])('refuses %d from %d up', async (value, min, message) => {
    expect(await failure(() => checkInteger('epochs', value, min))).toBe(message)
  })
  test('gives the number back', () => expect(checkInteger('epochs', 3, 3)).toBe(3))
})

test.each<[unknown, string]>([
  ['a "word"', '"a \\"word\\""'],
  ['x'.repeat(61), `"${'x'.repeat(57)}..."`],
  ['x'.repeat(60), `"${'x'.repeat(60)}"`],
  [12n, '12'],
  [null, 'null'],
  [undefined, 'undefined'],
  [() => 1, 'a function'],
  [[1, 'a', null], '[1, "a", null]'],
  [[1, 2, 3, 4, 5, 6, 7, 8, 9], '[1, 2, 3, 4, 5, 6, 7, 8, ...]'],
  [new Map(), 'an object of Map'],
  [Object.create(null), 'an object of no class'],
])('show(%o)', (value, text) => expect(show(value)).toBe(text))

describe('nearest', () => {
  const commands = ['demo', 'train', 'search', 'export']
  test.each([
    ['trian', 'train'], // a swap of neighbours counts once (optimal string alignment)
    ['tain', 'train'],
    ['ttrain', 'train'],
    ['DEMO', 'demo'],
    ['serach', 'search'],
    ['exprt', 'export'],
  ])('%s → %s', (word, expected) => expect(nearest(word, commands)).toBe(expected))

  test.each(['evaluate', 'xy', 'init'])('%s has none: more than a third of the letters differ', (word) =>
    expect(nearest(word, commands)).toBeUndefined(),
  )
  test('the limit: a third of the longer word, rounded down, at least one letter', () => {
    expect(nearest('abcdef', ['abcdxy'])).toBe('abcdxy') // 2 of 6
    expect(nearest('abcdef', ['abcxyz'])).toBeUndefined() // 3 of 6
    expect(nearest('a', ['b'])).toBe('b') // 1 of 1
    expect(nearest('ab', ['cd'])).toBeUndefined()
  })
  test('the first of several that are equally near', () => expect(nearest('l3', ['l1', 'l2'])).toBe('l1'))
  test('nothing to choose from', () => expect(nearest('x', [])).toBeUndefined())

  // Distances from the literature: Levenshtein's kitten/sitting is 3, of 7 letters, so out of reach; ca/abc is 3 under optimal string
  // alignment (2 under the unrestricted Damerau distance).
  test('kitten and sitting are 3 apart, ca and abc too', () => {
    expect(nearest('kitten', ['sitting'])).toBeUndefined()
    expect(nearest('kittenxx', ['sittingxx'])).toBe('sittingxx') // 3 of 9
    expect(nearest('caxxxx', ['abcxxxx'])).toBeUndefined() // 3 of 7
    expect(nearest('caxxxxxx', ['abcxxxxxx'])).toBe('abcxxxxxx') // 3 of 9
  })
})

test('suggestion: the nearest, or all', () => {
  expect(suggestion('relue', ['relu', 'tanh'])).toBe("did you mean 'relu'?")
  expect(suggestion('gelu?', new Set(['tanh', 'sigmoid']))).toBe('expected one of: tanh, sigmoid')
})

test('a RappelError keeps its code, hint and cause', () => {
  const cause = new Error('below')
  const error = new RappelError('model', 'cut in half', 'download it again', { cause })
  expect(error).toMatchObject({ name: 'RappelError', code: 'model', hint: 'download it again', cause })
  expect(usageError('wrong')).toMatchObject({ code: 'usage', message: 'wrong', hint: undefined })
})
