/** @file Runs a case of the catalogue. */
import { type GradientReport, gradientCheck } from '../../src/check/index.ts'
import type { Arrays, Precision } from './nets.ts'
import type { Case } from './planted.ts'
import type { RandomProblem } from './random-objective.ts'

type Float32Arrays = Record<string, Float32Array>

const asFloat32 = (x: Arrays): Float32Arrays =>
  Object.fromEntries(Object.entries(x).map(([name, values]) => [name, Float32Array.from(values)]))
const asNumbers = (x: Float32Arrays): Arrays =>
  Object.fromEntries(Object.entries(x).map(([name, values]) => [name, Array.from(values)]))

export function runCase({ make }: Pick<Case, 'make'>, precision: Precision): Promise<GradientReport> {
  const { loss, gradient, at } = make(precision)
  if (precision === 'float64') return gradientCheck({ loss, gradient }, at)
  const objective = {
    loss: (x: Float32Arrays) => loss(asNumbers(x)),
    gradient: (x: Float32Arrays) => asFloat32(gradient(asNumbers(x))),
  }
  return gradientCheck(objective, asFloat32(at))
}

/** Checks a gradient of a random problem, with arrays of the precision. */
export function runRandom(
  { loss, at }: RandomProblem,
  gradient: RandomProblem['gradient'],
  precision: Precision,
): Promise<GradientReport> {
  if (precision === 'float64') return gradientCheck<number[]>({ loss, gradient }, at)
  const objective = { loss, gradient: (x: Float32Array) => Float32Array.from(gradient(x)) }
  return gradientCheck<Float32Array>(objective, Float32Array.from(at))
}
