/** @file Which learning rate to try, from what the steps of a run did. */
import type { History } from '../history.ts'
import { descentOf, descents } from './descent.ts'
import { lossCurve } from './loss-curve.ts'
import { highestRate } from './rates.ts'
import { updateRatios } from './update-ratios.ts'

/** A step that ends half way to the bottom of its valley: the valley changes from batch to batch, and 0.5 would be the edge for each. */
const goodExcess = 0.25
/** Of a first step: some per cent of the weights. Later ones fall to about 1e-3 by themselves as gradients shrink. */
const goodFirstRatio = 0.03

/**
 * A lower rate, for a run whose rate is too high: the geometric mean of what the curvature and what update : weight say at the first steps,
 * before the damage; a tenth where neither was measured.
 *
 * @returns undefined where the rate is not known
 */
export function lowerRate(run: History): number | undefined {
  const rate = highestRate(run)
  if (rate === undefined) return undefined
  const factors: number[] = []
  const excess = firstExcess(run)
  if (excess > 0) factors.push(goodExcess / excess)
  const ratio = run.derive(updateRatios)?.first ?? Number.NaN
  if (ratio > 0) factors.push(goodFirstRatio / ratio)
  const factor = factors.length === 0 ? 0.1 : factors.reduce((a, b) => a * b, 1) ** (1 / factors.length)
  return rounded(rate * Math.min(factor, 1 / 3))
}

/** While the loss was near where it began. */
function firstExcess(run: History): number {
  const points = run.derive(descents)?.points ?? []
  const curve = run.derive(lossCurve)
  const bound = 2 * Math.max(curve?.initial ?? 0, curve?.origin ?? 0)
  const out = run.losses.findIndex((loss) => !(loss <= bound))
  const until = out < 0 ? run.step : run.lossSteps[out]
  const before = points.filter(({ step }, i) => i === 0 || step <= until)
  const { excess, typicalExcess } = descentOf(before.slice(0, 20))
  return Math.max(excess, typicalExcess)
}

/** Two digits. */
const rounded = (value: number): number => Number(value.toPrecision(2))
