/** @file Requests come from a network: each is looked at before it is answered. */
import { show, usageError } from '../../base/errors.ts'
import { axes, type Question, type Questions } from '../documents.ts'

type Fits = (value: unknown) => boolean

const isText: Fits = (value) => typeof value === 'string' && value.length <= 1000
const isNumber: Fits = (value) => typeof value === 'number' && Number.isFinite(value)
const isCount =
  (most: number): Fits =>
  (value) =>
    Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most
const optional =
  (fits: Fits): Fits =>
  (value) =>
    value === undefined || fits(value)

const fields: { readonly [Q in Question]: Readonly<Record<keyof Questions[Q]['request'], Fits>> } = {
  facts: {},
  curves: {
    names: (value) => Array.isArray(value) && value.length <= 1000 && value.every(isText),
    axis: (value) => axes.some((name) => name === value),
    from: optional(isNumber),
    to: optional(isNumber),
    points: optional(isCount(100_000)),
    halfLife: optional((value) => isNumber(value) && (value as number) > 0),
  },
  matrix: { measure: isText, columns: optional(isCount(10_000)) },
  distributions: { name: isText, moments: optional(isCount(10_000)) },
  distributionNames: {},
  pictures: { name: optional(isText), step: optional(isNumber) },
  checks: {},
  data: {},
}

/** @throws RappelError 'usage' that names the field */
export function checkRequest<Q extends Question>(question: Q, request: unknown): Questions[Q]['request'] {
  if (typeof request !== 'object' || request === null || Array.isArray(request))
    throw usageError(`${question}: the request is ${show(request)}, expected an object`)
  const known: Readonly<Record<string, Fits>> = fields[question]
  for (const [name, fits] of Object.entries(known)) {
    const value = (request as Readonly<Record<string, unknown>>)[name]
    if (!fits(value)) throw usageError(`${question}: ${name} is ${show(value)}, which does not fit`)
  }
  return request as Questions[Q]['request']
}
