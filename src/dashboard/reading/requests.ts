/** @file What may be asked: requests come from anybody who reaches the server, so each is looked at field by field before it is answered. */
import { usageError } from '../../base/errors.ts'
import { axes, type Question, type Questions } from '../documents.ts'

/** @throws RappelError 'usage' that names the field @returns what was given */
type Check<T> = (given: unknown, place: string) => T

const refuse = (place: string, expected: string) => usageError(`the request's ${place} should be ${expected}`)

const number: Check<number> = (given, place) => {
  if (typeof given === 'number' && Number.isFinite(given)) return given
  throw refuse(place, 'a finite number')
}
const within =
  (low: number, high: number): Check<number> =>
  (given, place) => {
    if (typeof given === 'number' && given >= low && given <= high) return given
    throw refuse(place, `a number from ${low} to ${high}`)
  }
const whole =
  (low: number, high: number): Check<number> =>
  (given, place) => {
    if (Number.isInteger(given) && Number(given) >= low && Number(given) <= high) return given as number
    throw refuse(place, `a whole number from ${low} to ${high}`)
  }
const text: Check<string> = (given, place) => {
  if (typeof given === 'string' && given.length <= 1000) return given
  throw refuse(place, 'a text of at most 1000 characters')
}
const oneOf =
  <const T extends string>(words: readonly T[]): Check<T> =>
  (given, place) => {
    const found = words.find((word) => word === given)
    if (found !== undefined) return found
    throw refuse(place, `one of ${words.join(', ')}`)
  }
const list =
  <T>(check: Check<T>, most: number): Check<readonly T[]> =>
  (given, place) => {
    if (Array.isArray(given) && given.length <= most) return given.map((one, i) => check(one, `${place}[${i}]`))
    throw refuse(place, `a list of at most ${most}`)
  }
const maybe =
  <T>(check: Check<T>): Check<T | undefined> =>
  (given, place) =>
    given === undefined ? undefined : check(given, place)

type Fields<T> = { readonly [Name in keyof T]-?: Check<T[Name]> }

/** Fields that are not named are left out. */
function fields<T>(checks: Fields<T>): Check<T> {
  return (given, place) => {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) throw refuse(place, 'an object')
    const taken: Partial<T> = {}
    for (const name of Object.keys(checks) as (keyof T & string)[]) {
      const value = Object.hasOwn(given, name) ? (given as T)[name] : undefined
      const checked = checks[name](value, name)
      if (checked !== undefined) taken[name] = checked
    }
    return taken as T
  }
}

const nothing = fields<Record<never, never>>({})

/** A question that is added needs its check here: without it, this does not compile. */
const checks: { readonly [Q in Question]: Check<Questions[Q]['request']> } = {
  facts: nothing,
  curves: fields<Questions['curves']['request']>({
    names: list(text, 500),
    axis: oneOf(axes),
    from: maybe(number),
    to: maybe(number),
    points: maybe(whole(1, 20_000)),
    halfLife: maybe(within(0.01, 1e9)),
  }),
  matrix: fields<Questions['matrix']['request']>({ measure: text, columns: maybe(whole(1, 2000)) }),
  distributions: fields<Questions['distributions']['request']>({ name: text, moments: maybe(whole(2, 1000)) }),
  distributionNames: nothing,
  pictures: fields<Questions['pictures']['request']>({ name: maybe(text), step: maybe(number) }),
}

/**
 * The request as its question wants it.
 *
 * @throws RappelError 'usage' that says which field is wrong
 */
export function checkedRequest<Q extends Question>(question: Q, given: unknown): Questions[Q]['request'] {
  return checks[question](given, 'body')
}
