/** @file unstable: it had learned, and late in the run the loss is thrown about. */
import { number } from '../../../check/words.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { badEnds, leastLosses } from '../../statistics/bad-ends.ts'
import { jumps, lossCurve } from '../../statistics/loss-curve.ts'
import { highestRate, rates } from '../../statistics/rates.ts'

export const unstable: DiagnosisRule = {
  code: 'unstable',
  basis: ['run'],
  statistic:
    'Mean losses of up to 20 equal parts of the run against the lowest before, in units of the way from guessing to 0 and of the standard error that the batches leave; jumps of the loss of the same training examples from one measurement to the next.',
  threshold:
    'The last quarter lies above the lowest part by 8% of the way, half as much again and five standard errors; or two parts of the second half by 15% and five; or three times (twice, one of them in the last third) the same examples’ loss goes up to twice as much and by 3% of the way; or at a fifth of the measurements, at least twice, by a fifth and 2% of the way, and ends a tenth above its lowest. One rise that heals is no fault.',
  source:
    'Bottou 2012, Stochastic gradient descent tricks; Smith 2018, arXiv:1803.09820 (reading the loss curve); von Neumann 1941 (noise from successive differences)',
  judge(run) {
    const [curve, ends] = [run.derive(lossCurve), run.derive(badEnds)]
    if (curve === undefined) return undefined
    if (ends === undefined) return { tooEarly: leastLosses }
    const isJumpy = ends.jumpy && run.derive(jumps)?.healed === false
    if (!(ends.rising || ends.spiky || isJumpy) || rateGoesUp(run.derive(rates))) return undefined
    const rate = highestRate(run)
    const { late, best, rise } = curve
    const highest = Math.max(...curve.windows.slice(Math.floor(curve.windows.length / 2)).map((w) => w.mean))
    return {
      severity: 'warning',
      confidence: ends.rising && ends.spiky ? 0.8 : 0.7,
      words: ends.rising
        ? `The loss had come down to ${number(best.mean)} and is ${number(late.mean)} now, ${number(rise.errors, 2)} standard errors higher.`
        : `The loss had come down to ${number(best.mean)} and is thrown up to ${number(highest)} again and again${ends.spiky ? '' : ', the same training examples’ by a fifth and more from one measurement to the next'}.`,
      evidence: { loss: late.mean, best: best.mean, highest, errors: rise.errors, noise: late.noise },
      advice: `Lower the learning rate late in the run${
        rate === undefined ? '' : ` (from ${number(rate)} to ${number(rate / 10, 2)}, or a schedule that comes down)`
      }, or clip the gradient's norm, and keep the parameters of the best epoch.`,
      ...(rate !== undefined && {
        suggestion: { what: 'learningRate' as const, value: Number((rate / 10).toPrecision(2)), instead: rate },
      }),
      basis: 'run',
    }
  },
}

/** A warm restart or a cycle raises the loss by design, and comes down again. */
function rateGoesUp(found: ReturnType<typeof rates>): boolean {
  if (found === undefined || found.isConstant) return false
  const { points, highest, last } = found
  const rises = points.some(({ at, rate }, i) => at > 0.25 && i > 0 && rate - points[i - 1].rate > 0.02 * highest)
  return rises && last < 0.9 * highest
}
