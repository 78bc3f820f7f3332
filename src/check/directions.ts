/** @file Derivatives along random directions: many coordinates for the price of one, and the way from a wrong sum to the wrong entry. */
import { RandomStream } from '../base/random.ts'
import type { Context } from './line.ts'
import type { DirectionReport } from './report.ts'
import { rounding } from './scale.ts'
import { type Asked, type Finding, settle } from './settle.ts'
import { relativeErrorOf, tolerances } from './tolerance.ts'

/** Part of a tensor. */
export interface Part {
  readonly tensor: number
  readonly indices: readonly number[]
}

export interface DirectionCheck {
  readonly part: Part
  readonly findings: readonly Finding[]
  readonly reports: readonly DirectionReport[]
  /** Probability that one entry, any with equal chance, zeroed or wrong by a factor of two, is not seen. */
  readonly missProbability: number
}

/**
 * ⟨gradient, v⟩ against the difference along v, for several random v on each part.
 *
 * @param strict down to rounding, and not to a share of the sum, behind which small entries can hide
 */
export async function checkDirections(
  context: Context,
  parts: readonly Part[],
  count: number,
  strict: boolean,
): Promise<DirectionCheck[]> {
  const random = new RandomStream(context.settings.seed, 'check/directions')
  const asked = parts.flatMap((part) => Array.from({ length: count }, () => randomLine(context, part, random, strict)))
  const findings = await settle(context, asked)
  return parts.map((part, i) => {
    const own = findings.slice(i * count, (i + 1) * count)
    const lines = asked.slice(i * count, (i + 1) * count)
    const missed = part.indices.filter((index) => {
      const error = Math.abs(context.gradient[part.tensor][index]) / 2
      return own.every(
        (finding, j) => error * Math.abs(lines[j].direction[part.tensor][index]) <= hidden(context, finding, strict),
      )
    })
    return {
      part,
      findings: own,
      reports: own.map((finding) => directionReport(context, finding)),
      missProbability: part.indices.length === 0 ? 0 : missed.length / part.indices.length,
    }
  })
}

/** Errors up to here would not be seen along a direction. */
function hidden(context: Context, { analytic, numeric, uncertainty }: Finding, strict: boolean): number {
  const tolerated = strict ? 0 : tolerances(context).certain * (Math.abs(analytic) + Math.abs(numeric))
  return Math.max(3 * uncertainty, tolerated)
}

function directionReport(context: Context, finding: Finding): DirectionReport {
  const { outcome, analytic, numeric, uncertainty, step } = finding
  const silent = ['unclear', 'convention', 'jump', 'undefined'].includes(outcome)
  // A small share of the sum may come from tolerable errors in all entries; whether from one of them, the search for it says.
  const small = relativeErrorOf(analytic, numeric, 'sum') <= tolerances(context).certain
  const verdict = outcome === 'disagree' && !small ? 'fail' : silent ? 'inconclusive' : 'pass'
  return { verdict, analytic, numeric, uncertainty, step }
}

/**
 * A random sign, and a random size between a half and one and a half, for each coordinate: no entry can hide as under normal
 * numbers, which are often near 0, and two wrong entries rarely cancel, as under signs alone they would half of the time.
 */
function randomLine(
  context: Context,
  { tensor, indices }: Part,
  random: RandomStream,
  strict: boolean,
): Asked & { direction: readonly Float64Array[] } {
  const direction = context.gradient.map((values) => new Float64Array(values.length))
  let analytic = 0
  let size = 0
  for (const index of indices) {
    // Multiples of an eighth of a power of two: x + t·v is exact in most cases.
    const factor = ((4 + random.integer(9)) / 8) * (random.integer(2) === 0 ? 1 : -1)
    direction[tensor][index] = factor * context.scales[tensor][index]
    const term = context.gradient[tensor][index] * direction[tensor][index]
    analytic += term
    size += Math.abs(term)
  }
  const line = { kind: 'direction', direction } as const
  return { line, analytic, direction, ...(strict && { rounding: 4 * rounding[context.noise.precision] * size }) }
}

/** How many wrong parts are followed: where there are more, coordinates one by one find them. */
const widest = 8

/** Entries that make a part's directional derivative wrong: the part is halved, and the halves that disagree are halved again. */
export async function findWrongEntries(context: Context, part: Part): Promise<number[]> {
  const found: number[] = []
  let wrong: Part[] = [part]
  while (wrong.length > 0) {
    const halves = wrong.flatMap(({ tensor, indices }) => {
      const middle = indices.length >> 1
      return [indices.slice(0, middle), indices.slice(middle)].map((some) => ({ tensor, indices: some }))
    })
    const checks = await checkDirections(context, halves, 1, true)
    const bad = checks.filter(({ findings }) => findings[0].outcome === 'disagree').map((check) => check.part)
    found.push(...bad.filter(({ indices }) => indices.length === 1).map(({ indices }) => indices[0]))
    wrong = bad.filter(({ indices }) => indices.length > 1).slice(0, widest)
    if (found.length >= widest) break
  }
  return found.sort((a, b) => a - b)
}
