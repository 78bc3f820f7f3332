/** @file The Taylor remainder: it falls with the square of the step where the gradient is right. */
import { RandomStream } from '../base/random.ts'
import { type Context, type Line, pairsOn } from './line.ts'
import { inner } from './noise.ts'
import type { TaylorReport } from './report.ts'
import { settle } from './settle.ts'
import { number } from './words.ts'

const exponents = Array.from({ length: 21 }, (_, i) => -24 + i)
/** How far above the rounding a remainder must lie to show its slope. */
const clearance = 30
/** Points of the fit: the smallest that are clear, where the higher orders are gone. */
const fitted = 5

/** |f(x + hv) − f(x) − h⟨g, v⟩| along one random direction through all tensors. */
export async function checkTaylor(context: Context): Promise<TaylorReport> {
  const random = new RandomStream(context.settings.seed, 'check/taylor')
  const direction = context.scales.map((scale) => scale.map((s) => s * (random.integer(2) === 0 ? 1 : -1)))
  const slope = inner(context.gradient, direction)
  const line: Line = { kind: 'direction', direction }
  const steps = exponents.map((exponent) => 2 ** exponent)
  const [[finding], [pairs]] = [
    await settle(context, [{ line, analytic: slope }]),
    await pairsOn(context, [line], [steps]),
  ]
  const { loss, deviation, grain } = context.noise
  const measured = pairs.map(({ ahead, plus }) => ({ step: ahead, remainder: Math.abs(plus - loss - ahead * slope) }))
  const floor = (step: number) => clearance * (deviation + grain * Math.abs(step * slope))
  const clear = measured.filter(({ step, remainder }) => Number.isFinite(remainder) && remainder > floor(step))
  const used = clear.slice(0, fitted)
  const points = measured.map((point) => ({ ...point, used: used.includes(point) }))
  if (used.length < 3) {
    const words = 'nothing to see: the loss is straight along the direction, and the remainder is rounding'
    return { verdict: 'pass', slope: Number.NaN, points, words }
  }
  const fit = slopeOf(used)
  if (fit >= 1.75)
    return {
      verdict: 'pass',
      slope: fit,
      points,
      words: `the remainder falls with the step to the power ${number(fit)}`,
    }
  const wrong = finding.outcome === 'disagree'
  const words = wrong
    ? `the remainder falls with the step to the power ${number(fit)}, expected 2: the gradient is not that of the loss`
    : `the remainder falls with the step to the power ${number(fit)}, expected 2: kinks or rounding at the steps used`
  return { verdict: wrong ? 'fail' : 'inconclusive', slope: fit, points, words }
}

/** Least squares in log-log. */
function slopeOf(points: readonly { readonly step: number; readonly remainder: number }[]): number {
  const xs = points.map(({ step }) => Math.log(step))
  const ys = points.map(({ remainder }) => Math.log(remainder))
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length
  const [mx, my] = [mean(xs), mean(ys)]
  const covariance = xs.reduce((sum, x, i) => sum + (x - mx) * (ys[i] - my), 0)
  return covariance / xs.reduce((sum, x) => sum + (x - mx) ** 2, 0)
}
