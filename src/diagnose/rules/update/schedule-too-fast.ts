/** @file schedule-too-fast: the learning rate was gone before the learning was done. */
import { number } from '../../../check/words.ts'
import type { Judgement } from '../../finding.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { badEnds, leastLosses } from '../../statistics/bad-ends.ts'
import { descents } from '../../statistics/descent.ts'
import { doubling } from '../../statistics/doubling.ts'
import { type LossCurve, lossCurve } from '../../statistics/loss-curve.ts'
import { type Rates, rates } from '../../statistics/rates.ts'

/** Of a constant highest rate: half a cosine uses 0.5, decay to a hundredth 0.21, a fall by half every fifth of the run 0.39. */
const leastUsed = 0.18
/** Less than any schedule that is meant. */
const starved = 0.08
/** The rate counts as gone from here on: steps a hundred times smaller than they were. */
const gone = 0.01
const farOn = 0.85
/** Of a decay that goes on for ever: what it uses, its rate from half of the run on, and the excess of steps that are far too small. */
const creepUsed = 0.25
const lowLater = 0.15
const flat = 0.01

export const scheduleTooFast: DiagnosisRule = {
  code: 'schedule-too-fast',
  basis: ['run', 'graph'],
  statistic:
    'The share ∫ rate / (highest · length) that the plan (or the logged rate) uses, when the rate falls below a hundredth of its highest, what the loss did before and after, and how much of the way is left.',
  threshold:
    'Less than 18% used, the rate gone in the first 70% of the run, more than 15% of the way left, and next to nothing learnt since (2% of the way; 15% where less than 8% is used). Or less than 25% used, below 15% of the highest from half of the run on, steps of an excess below 0.01 since, and the loss still falling. Usual schedules use 20% to 50%.',
  source:
    'Robbins and Monro 1951 (the sum of the rates has to diverge); CS231n notes, Neural networks 3, Annealing the learning rate; Bottou 2012, section 5.2',
  judge(run) {
    const [plan, curve] = [run.derive(rates), run.derive(lossCurve)]
    if (plan === undefined || curve === undefined || plan.isConstant) return undefined
    const creep = creeping(run, plan, curve)
    if (creep !== undefined) return creep
    const left = wentAt(plan)
    if (plan.used > leastUsed || left === undefined || left > 0.7) return undefined
    const ends = run.derive(badEnds)
    const reached = run.totalSteps === undefined ? 1 : run.step / run.totalSteps
    if (ends === undefined || (!run.ended && reached < Math.min(0.9, left + 0.25)))
      return { tooEarly: Math.max(leastLosses, Math.ceil((left + 0.25) * (run.totalSteps ?? 0))) }
    if (!(curve.progress < farOn) || ends.worseThanGuessing) return undefined
    const stall = stallOf(curve, left / reached)
    if (stall === undefined) return undefined
    // What hardly had a rate at all may creep on, or not have begun.
    const isStarved = plan.used < starved
    if (!(stall.after < (isStarved ? 0.15 : 0.02) * curve.way)) return undefined
    if (!isStarved && !(stall.before > 0.02 * curve.way)) return undefined
    return {
      severity: 'warning',
      confidence: 0.85,
      words: `The learning rate fell to a hundredth of its highest after ${number(100 * left, 2)}% of the run, and the loss is still ${number(curve.late.mean)}, ${number(100 * Math.max(0, curve.progress), 2)}% of the way.`,
      evidence: { used: plan.used, goneAt: left, loss: curve.late.mean, progress: curve.progress, rate: plan.highest },
      advice: `Let the rate ${number(plan.highest)} last for most of the run: a half cosine or steps that reach a hundredth at its end. A decay by the step where one by the epoch was meant is the usual slip.`,
      basis: 'run',
    }
  },
}

/**
 * The rate never quite goes, but from half of the run on it is so low that each step is far too small for its valley; and the same examples' loss is
 * still falling, if slowly: with larger steps it would.
 */
function creeping(run: History, plan: Rates, curve: LossCurve): Judgement | undefined {
  const [seen, time] = [run.derive(descents), run.derive(doubling)]
  if (!run.ended || seen === undefined || time === undefined || plan.used > creepUsed) return undefined
  const later = plan.points.filter(({ at }) => at >= 0.5).reduce((most, { rate }) => Math.max(most, rate), 0)
  const [early, late] = [seen.early, seen.late].map((part) => Math.max(part.excess, part.typicalExcess))
  const isSmall = later < lowLater * plan.highest && late < flat && early > 2 * late
  if (!isSmall || !(curve.progress < farOn) || !(time.fell > 0.01)) return undefined
  return {
    severity: 'warning',
    confidence: 0.75,
    words: `From half of the run on the learning rate is below ${number((100 * later) / plan.highest, 2)}% of its highest, each step is far too small for its valley (its curvature takes ${number(100 * Math.max(0, late), 2)}% of what the slope promises), and the loss is still ${number(curve.late.mean)} and falling.`,
    evidence: { used: plan.used, later, excess: late, loss: curve.late.mean, progress: curve.progress },
    advice: `Let the rate ${number(plan.highest)} last for most of the run: a half cosine, or a decay several times slower.`,
    basis: 'run',
  }
}

/** Share of the run after which the rate stays below a hundredth of its highest; undefined where it never does. */
function wentAt({ points, highest }: Rates): number | undefined {
  const last = points.findLastIndex(({ rate }) => rate >= gone * highest)
  return points[last + 1]?.at
}

/** How far the loss fell before and after. @param at as a share of what has been run */
function stallOf({ windows, initial, origin }: LossCurve, at: number) {
  const after = windows.filter(({ from }) => from >= at * windows[windows.length - 1].to)
  if (after.length < 2) return undefined
  const [first, last] = [after[0].mean, after[after.length - 1].mean]
  return { before: Math.max(initial, origin) - first, after: first - last }
}
