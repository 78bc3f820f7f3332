/** @file Plain data as text: every value comes back as it was, and what is no plain data is named. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromText, toText } from '../../src/store/plain.ts'
import type { Plain } from '../../src/store/store.ts'

describe('a number that JSON does not know is a marked string', () => {
  test.each([
    [Number.NaN, '"~NaN"'],
    [Infinity, '"~Infinity"'],
    [-Infinity, '"~-Infinity"'],
    [-0, '"~-0"'],
    [0, '0'],
    ['NaN', '"NaN"'],
    ['~NaN', '"~~NaN"'],
    ['~', '"~~"'],
    [[1, null, { '~a': -0 }], '[1,null,{"~a":"~-0"}]'],
  ] as [Plain, string][])('%o', (value, text) => {
    expect(toText(value, 'it')).toBe(text)
    expect(fromText(text)).toEqual(value)
  })
})

test('all plain data comes back', () => {
  const marked = fc.string().map((text) => `~${text}`)
  const leaf = fc.oneof(fc.double(), fc.string({ unit: 'binary' }), marked, fc.boolean(), fc.constant(null))
  const { tree } = fc.letrec<{ tree: Plain }>((tie) => ({
    tree: fc.oneof(
      leaf,
      fc.array(tie('tree')),
      fc.dictionary(fc.oneof(fc.string(), marked), tie('tree'), { noNullPrototype: true }),
    ),
  }))
  fc.assert(
    fc.property(tree, (value) => {
      expect(fromText(toText(value, 'it'))).toEqual(value)
    }),
    { seed: 11, numRuns: 500 },
  )
})

test('an absent field stays absent', () => expect(toText({ a: undefined, b: 1 }, 'it')).toBe('{"b":1}'))

test.each([
  [{ a: [{ b: new Float32Array(2) }] }, 'the event.a[0].b is an object of Float32Array, expected plain data'],
  [{ list: [undefined] }, 'the event.list[0] is undefined'],
  [{ f: () => 1 }, 'the event.f is a function'],
  [{ date: new Date(0) }, 'the event.date is an object of Date'],
  [1n, 'the event is 1, expected plain data'],
])('%o is named', (value, message) => expect(() => toText(value as unknown as Plain, 'the event')).toThrow(message))

test('a cycle is named, and the same thing twice is none', () => {
  const shared = { x: 1 }
  expect(fromText(toText({ a: shared, b: [shared] }, 'it'))).toEqual({ a: shared, b: [shared] })
  const cycle: Record<string, unknown> = {}
  cycle.again = { cycle }
  expect(() => toText(cycle as Plain, 'it')).toThrow('it.again.cycle contains itself')
})

test('damaged text', () => expect(() => fromText('{"a":')).toThrow('a record is damaged'))
