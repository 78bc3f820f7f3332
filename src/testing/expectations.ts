/** @file What the contract suites expect, without a test runner: plain errors that say what was got and what was expected. */
import { RappelError } from '../base/errors.ts'

/** Deep equality by `Object.is`: NaN equals NaN, 0 does not equal -0. Fields that are undefined count as absent. */
export function expectSame(actual: unknown, expected: unknown, what: string): void {
  if (typeof actual !== 'object' || typeof expected !== 'object' || actual === null || expected === null) {
    if (Object.is(actual, expected)) return
    throw new Error(`${what} is ${inWords(actual)}, expected ${inWords(expected)}`)
  }
  if (
    Array.isArray(actual) !== Array.isArray(expected) ||
    actual instanceof Float64Array !== expected instanceof Float64Array
  ) {
    throw new Error(`${what} is ${inWords(actual)}, expected ${inWords(expected)}`)
  }
  if (expected instanceof Float64Array) return expectSameBits(actual as Float64Array, expected, what)
  if (Array.isArray(expected)) expectSame((actual as unknown[]).length, expected.length, `the length of ${what}`)
  for (const name of new Set([...Object.keys(actual), ...Object.keys(expected)])) {
    const [a, b] = [actual, expected].map((object) =>
      Object.hasOwn(object, name) ? (object as Record<string, unknown>)[name] : undefined,
    )
    expectSame(a, b, `${what}${Array.isArray(expected) ? `[${name}]` : `.${name}`}`)
  }
}

function expectSameBits(actual: Float64Array, expected: Float64Array, what: string): void {
  expectSame(actual.length, expected.length, `the length of ${what}`)
  const bits = (array: Float64Array) => new BigUint64Array(array.slice().buffer)
  const wanted = bits(expected)
  const place = bits(actual).findIndex((number, i) => number !== wanted[i])
  if (place === -1) return
  throw new Error(`${what}[${place}] is ${inWords(actual[place])}, expected ${inWords(expected[place])}, bit for bit`)
}

/** That work is refused with an error that carries its remedy. */
export async function expectRefused(work: () => unknown, code: RappelError['code'], what: string): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (error instanceof RappelError && error.code === code) return
    throw new Error(`${what} throws ${error}, expected a RappelError '${code}'`, { cause: error })
  }
  throw new Error(`${what} is done, expected a RappelError '${code}'`)
}

function inWords(value: unknown): string {
  if (Object.is(value, -0)) return '-0'
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80))
  if (typeof value !== 'object' || value === null) return String(value)
  return `${value.constructor?.name ?? 'object'} ${JSON.stringify(value)?.slice(0, 80)}`
}
