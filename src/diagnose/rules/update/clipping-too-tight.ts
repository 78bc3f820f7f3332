/** @file clipping-too-tight: nearly every gradient is cut, and the steps are too small. */
import { number } from '../../../check/words.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { leastLosses } from '../../statistics/bad-ends.ts'
import { descents } from '../../statistics/descent.ts'
import { doubling } from '../../statistics/doubling.ts'
import { type Gain, gains, isAdaptive } from '../../statistics/gain.ts'
import { type LossCurve, lossCurve } from '../../statistics/loss-curve.ts'
import { momentumOf } from '../../statistics/memory.ts'
import { median, quantile, shareOf } from '../../statistics/numbers.ts'
import { highestRate, rates } from '../../statistics/rates.ts'

/** Shares of the way, done and to come. */
const farOn = 0.8
const nearlyThere = 0.93
const comingOn = 0.03
/** A threshold in units of the usual gradient that leaves next to nothing. */
const small = 0.2

export const clippingTooTight: DiagnosisRule = {
  code: 'clipping-too-tight',
  basis: ['run'],
  statistic:
    'The largest element and the norm of updates, in units of the rate, against those of their gradients: under a clip they stand still while gradients vary; a threshold that the rule names.',
  threshold: `In at least 80% of the watched steps the update has the same size to 1% (largest element, or norm) though gradients vary by a factor of 1.5, and it is below half of rate · gradient; or in 80% the gradient is above the named threshold, and usually more than ${1 / small} times. Steps far too small for their valley (excess below 0.02) and less than ${100 * farOn}% of the way done (${100 * nearlyThere}% where as much time again would bring ${100 * comingOn}%).`,
  source:
    'Pascanu, Mikolov and Bengio 2013, section 3.2 (a threshold of 0.5 to 10 times the average norm); Zhang et al. 2020, arXiv:1905.11881',
  judge(run) {
    const curve = run.derive(lossCurve)
    if (run.start === undefined || curve === undefined || isAdaptive(run)) return undefined
    if (curve.count < (run.ended ? 12 : leastLosses)) return { tooEarly: leastLosses }
    const cut = cutOf(run) ?? declaredCut(run)
    if (cut === undefined || !isHeldBack(run, curve)) return undefined
    const excess = run.derive(descents)?.all.excess
    if (excess !== undefined && !(excess < 0.02)) return undefined
    const { threshold } = cut
    return {
      severity: 'warning',
      confidence: 0.8,
      words: `The ${cut.of} of the updates is held at ${number(threshold)} times the rate in ${number(100 * cut.share, 2)}% of the steps, while that of the gradients varies about ${number(cut.usual)}: nearly every gradient is clipped, and the loss is still ${number(curve.late.mean)}.`,
      evidence: {
        share: cut.share,
        gradient: cut.usual,
        threshold,
        loss: curve.late.mean,
        progress: curve.progress,
      },
      advice: `Clip only what is out of the ordinary: a threshold of ${number(cut.rare, 2)}, which nine tenths of the gradients stay below${`, instead of about ${number(threshold, 2)}`}.`,
      basis: 'run',
    }
  },
}

interface Cut {
  readonly of: string
  /** What is held, in units of the rate. */
  readonly threshold: number
  readonly share: number
  /** Of the gradients: the median, and what nine tenths stay below. */
  readonly usual: number
  readonly rare: number
}

/** Far from its end; or near it and still coming on. */
function isHeldBack(run: History, { progress }: LossCurve): boolean {
  return progress < farOn || (progress < nearlyThere && (run.derive(doubling)?.next ?? 0) >= comingOn)
}

const kinds = [
  { of: 'largest element', update: (g: Gain) => g.largestUpdate, gradient: (g: Gain) => g.largestGradient },
  { of: 'norm', update: (g: Gain) => g.update, gradient: (g: Gain) => g.gradient },
]

const watched = (run: History) => run.derive(gains).filter((gain) => gain.gradient > 0 && gain.update > 0)

/** What is held at one size, if anything is. */
function cutOf(run: History): Cut | undefined {
  const seen = watched(run)
  if (seen.length < 8) return undefined
  const rateOf = rateAt(run)
  for (const { of, update, gradient } of kinds) {
    const sizes = seen.map((gain) => update(gain) / rateOf(gain.step))
    const threshold = median(sizes)
    const share = shareOf(sizes, (value) => Math.abs(value / threshold - 1) < 0.01)
    const { low, usual, rare } = spread(seen.map(gradient))
    if (share >= 0.8 && rare / low > 1.5 && threshold < 0.5 * usual) return { of, threshold, share, usual, rare }
  }
  return undefined
}

const spread = (sizes: readonly number[]) => {
  const [low, usual, rare] = [0.05, 0.5, 0.9].map((at) => quantile(sizes, at))
  return { low, usual, rare }
}

/** A rule that names its threshold, which cuts nearly all off: gradients that hardly vary yet may be held as well. */
function declaredCut(run: History): Cut | undefined {
  const hyper = Object.entries(run.start?.rule?.hyper ?? {})
  const [, threshold] = hyper.find(([name, value]) => /clip|limit|threshold|max_?norm/i.test(name) && value > 0) ?? []
  const seen = watched(run)
  if (threshold === undefined || seen.length < 8) return undefined
  const rateOf = rateAt(run)
  const memory = 1 / (1 - (momentumOf(run) ?? 0))
  for (const { of, update, gradient } of kinds) {
    const isHeld = (gain: Gain) => update(gain) <= 1.01 * rateOf(gain.step) * threshold * memory
    const { usual, rare } = spread(seen.map(gradient))
    const share = shareOf(seen, (gain) => gradient(gain) > threshold && isHeld(gain))
    if (share >= 0.8 && threshold < small * usual) return { of, threshold, share, usual, rare }
  }
  return undefined
}

/** The rate of a step by the plan; 1 where nobody says. */
function rateAt(run: History): (step: number) => number {
  const plan = run.derive(rates)
  const rate = highestRate(run) ?? 1
  if (plan === undefined || plan.isConstant) return () => rate
  const total = Math.max(1, run.totalSteps ?? run.step)
  return (step) => {
    const after = Math.max(
      1,
      plan.points.findIndex(({ at }) => at >= step / total),
    )
    const [a, b] = [plan.points[after - 1], plan.points[after]]
    return a.rate + ((b.rate - a.rate) * (step / total - a.at)) / (b.at - a.at)
  }
}
