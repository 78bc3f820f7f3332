/** @file The learning rate over a run, as it was planned or told. */
import type { History } from '../history.ts'

/** A rate at one place of the run. */
export interface RatePoint {
  /** Share of the run, planned or told, in [0, 1]. */
  readonly at: number
  readonly rate: number
}

export interface Rates {
  /** In order; at least two. */
  readonly points: readonly RatePoint[]
  readonly first: number
  readonly highest: number
  readonly last: number
  /** It never differs from its highest by more than a thousandth. */
  readonly isConstant: boolean
  /** ∫ rate / (highest · length): 1 for a constant rate, 0.5 for a half cosine, 0.05 for one that is gone after a twentieth of the run. */
  readonly used: number
}

/**
 * The plan where there is one, else what was told epoch by epoch or logged as 'learningRate'. Undefined where nobody says. Call it as
 * `run.derive(rates)`.
 */
export function rates(run: History): Rates | undefined {
  const points = pointsOf(run).filter(({ rate }) => Number.isFinite(rate))
  if (points.length < 2) return undefined
  const highest = points.reduce((most, { rate }) => Math.max(most, rate), 0)
  if (!(highest > 0)) return undefined
  let area = 0
  for (let i = 1; i < points.length; i++)
    area += ((points[i].rate + points[i - 1].rate) / 2) * (points[i].at - points[i - 1].at)
  const length = points[points.length - 1].at - points[0].at
  return {
    points,
    first: points[0].rate,
    highest,
    last: points[points.length - 1].rate,
    isConstant: points.every(({ rate }) => Math.abs(rate - highest) <= 1e-3 * highest),
    used: length > 0 ? area / (highest * length) : 1,
  }
}

function pointsOf(run: History): readonly RatePoint[] {
  const planned = run.start?.learningRates
  if (planned !== undefined && planned.length > 1) {
    const end = planned[planned.length - 1].epoch
    return planned.map(({ epoch, rate }) => ({ at: end > 0 ? epoch / end : 0, rate }))
  }
  const measured = run.epochs.filter((event) => event.learningRate !== undefined)
  if (measured.length > 1) {
    const end = measured[measured.length - 1].step
    return measured.map(({ step, learningRate }) => ({ at: end > 0 ? step / end : 0, rate: learningRate as number }))
  }
  const told = run.series('learningRate')
  const end = told?.steps.at(-1) ?? 0
  if (told === undefined || end <= 0) return []
  return told.steps.map((step, i) => ({ at: step / end, rate: told.values[i] }))
}

/** The highest rate that was planned or told: the one that advice speaks of; undefined where nobody says. */
export function highestRate(run: History): number | undefined {
  const all = run.derive(rates)
  const told = run.epochs.findLast((event) => event.learningRate !== undefined)?.learningRate
  const hyper = run.start?.rule?.hyper.learningRate ?? run.start?.hyper.learningRate
  return all?.highest ?? told ?? (typeof hyper === 'number' ? hyper : undefined)
}
