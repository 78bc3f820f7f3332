/**
 * @file Plain data as text, without loss: JSON, in which a number that JSON does not know is a string that begins with '~' ("~NaN",
 * "~Infinity", "~-Infinity", "~-0"), and a string that begins with '~' gets one more. (The documents for people spell NaN as "NaN",
 * which cannot be told from the string.)
 */
import { RappelError, show } from '../base/errors.ts'
import type { Plain } from './store.ts'

const mark = '~'

/**
 * @param what names the value in messages: "the event 'steps'"
 * @throws RappelError 'usage' naming the place of what is no plain data: a typed array, a Date, a function, a bigint, a cycle
 */
export function toText(value: Plain, what: string): string {
  checkPlain(value, what, [])
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner === 'number') return Number.isFinite(inner) && !Object.is(inner, -0) ? inner : spell(inner)
    return typeof inner === 'string' && inner.startsWith(mark) ? mark + inner : inner
  })
}

function spell(number: number): string {
  return mark + (Object.is(number, -0) ? '-0' : number)
}

/** The inverse of `toText`. @throws RappelError 'store' when the text is damaged */
export function fromText(text: string): Plain {
  try {
    // Most texts have no such string, and a parse that looks at every value takes several times as long.
    if (!text.includes(`"${mark}`)) return JSON.parse(text) as Plain
    return JSON.parse(text, (_key, inner: unknown) => {
      if (typeof inner !== 'string' || !inner.startsWith(mark)) return inner
      return inner.startsWith(mark, 1) ? inner.slice(1) : Number(inner.slice(1))
    }) as Plain
  } catch (cause) {
    throw new RappelError('store', `a record is damaged: ${show(text)} is no JSON`, undefined, { cause })
  }
}

/** JSON would write a typed array as an object, a Map as an empty one, and a function in an array as null, all without a word. */
function checkPlain(value: unknown, place: string, around: object[]): void {
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') return
  if (typeof value !== 'object') throw notPlain(value, place)
  if (around.includes(value)) throw new RappelError('usage', `${place} contains itself, expected plain data`)
  const inner = [...around, value]
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) checkPlain(value[i], `${place}[${i}]`, inner)
    return
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw notPlain(value, place)
  for (const [name, field] of Object.entries(value)) {
    if (field !== undefined) checkPlain(field, `${place}.${name}`, inner)
  }
}

function notPlain(value: unknown, place: string): RappelError {
  const message = `${place} is ${show(value)}, expected plain data: numbers, strings, booleans, null, and arrays and objects of them`
  return new RappelError('usage', message, 'spread a typed array into a plain one: [...values]')
}
