/** @file Derivatives along random directions: many coordinates for the price of one, and the way from a wrong sum to the wrong entry. */
import { RandomStream } from '../base/random.ts'
import type { Context, Line } from './line.ts'
import type { DirectionReport } from './report.ts'
import { type Finding, settle } from './settle.ts'

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

/** ⟨gradient, v⟩ against the difference along v, for several random v on each part. */
export async function checkDirections(
  context: Context,
  parts: readonly Part[],
  count: number,
): Promise<DirectionCheck[]> {
  const random = new RandomStream(context.settings.seed, 'check/directions')
  const asked = parts.flatMap((part) => Array.from({ length: count }, () => randomLine(context, part, random)))
  const findings = await settle(context, asked)
  return parts.map((part, i) => {
    const own = findings.slice(i * count, (i + 1) * count)
    const lines = asked.slice(i * count, (i + 1) * count)
    const missed = part.indices.filter((index) => {
      const error = Math.abs(context.gradient[part.tensor][index]) / 2
      return own.every(
        ({ uncertainty }, j) => error * Math.abs(lines[j].direction[part.tensor][index]) <= 3 * uncertainty,
      )
    })
    return {
      part,
      findings: own,
      reports: own.map(directionReport),
      missProbability: part.indices.length === 0 ? 0 : missed.length / part.indices.length,
    }
  })
}

function directionReport({ outcome, analytic, numeric, uncertainty, step }: Finding): DirectionReport {
  const silent = ['unclear', 'convention', 'jump', 'undefined'].includes(outcome)
  const verdict = outcome === 'disagree' ? 'fail' : silent ? 'inconclusive' : 'pass'
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
): { line: Line; analytic: number; direction: readonly Float64Array[] } {
  const direction = context.gradient.map((values) => new Float64Array(values.length))
  let analytic = 0
  for (const index of indices) {
    // Multiples of an eighth of a power of two: x + t·v is exact in most cases.
    const factor = ((4 + random.integer(9)) / 8) * (random.integer(2) === 0 ? 1 : -1)
    direction[tensor][index] = factor * context.scales[tensor][index]
    analytic += context.gradient[tensor][index] * direction[tensor][index]
  }
  return { line: { kind: 'direction', direction }, analytic, direction }
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
    const checks = await checkDirections(context, halves, 1)
    const bad = checks.filter(({ findings }) => findings[0].outcome === 'disagree').map((check) => check.part)
    found.push(...bad.filter(({ indices }) => indices.length === 1).map(({ indices }) => indices[0]))
    wrong = bad.filter(({ indices }) => indices.length > 1).slice(0, widest)
    if (found.length >= widest) break
  }
  return found.sort((a, b) => a - b)
}
