/** @file gradient-accumulated: each step is the sum of all gradients since the start. */
import { number } from '../../../check/words.ts'
import type { Judgement } from '../../finding.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { badEnds } from '../../statistics/bad-ends.ts'
import { descents } from '../../statistics/descent.ts'
import { divergence } from '../../statistics/divergence.ts'
import { gains, isAdaptive } from '../../statistics/gain.ts'
import { lossCurve } from '../../statistics/loss-curve.ts'
import { type CarryingOn, carryingOn, momentumOf } from '../../statistics/memory.ts'
import { median } from '../../statistics/numbers.ts'
import { rates } from '../../statistics/rates.ts'

/** Momentum 0.9 has about 0.1, 0.95 half of it; 0.99 would have 0.01, and is declared. */
const none = 0.03
/** Of a rule without velocity every step goes downhill, along its gradient. */
const plain = { cosine: 0.95, alignment: 0.5, damping: 0.05 }
/** A momentum of 0.9 forgets in ten steps: a direction that turns by less than 2° in each of them is that of the gradients, unless it is older. */
const remembering = { cosine: 0.9993, alignment: 0.05, uphill: 0.25, usual: 0.95 }
const heavy = { cosine: 0.997, alignment: 0.2, uphill: 0.3 }
/** A step that is its gradient's alone: alignment, and update : gradient in units of the first step's. */
const fresh = { alignment: 0.999, gain: 2e-3 }
const offGradient = 0.8
const advice =
  'Clear the gradients before each step, so that a step takes only its own; or let the sum decay: velocity ← 0.9 · velocity − rate · gradient.'
/** Watched steps: fewer tell nothing of a median. */
const enough = 10

export const gradientAccumulated: DiagnosisRule = {
  code: 'gradient-accumulated',
  basis: ['run'],
  statistic:
    'While gradients are large: the damping of the updates, from the balance of what a gradient adds to their length; the cosine of successive updates; their alignment with downhill, and how many go uphill; and steps that are their gradient’s alone.',
  threshold:
    'In a rule that declares no momentum, successive updates that point the same way (cosine above 0.95) though not downhill (alignment below 0.5), with a damping below 0.05 for each step (0.9 has 0.1), or with single later steps that lie exactly along their gradient: there the sum began anew. In one that declares at most 0.95, and ends badly: a damping below 0.03 and hardly any alignment (below 0.2) with a cosine above 0.997 and 30% uphill; of rules that divide by the size of gradients a direction that turns by less than 2° a step (cosine above 0.9993), without alignment (below 0.05), with a quarter of the steps uphill.',
  source:
    'Polyak 1964, eq. 9 (the heavy ball without friction never comes to rest); PyTorch, Optimizer.zero_grad: gradients add up until they are cleared',
  judge(run) {
    const mu = momentumOf(run)
    if (run.start === undefined || (mu !== undefined && mu > remembering.usual) || isGone(run)) return undefined
    // The first sum is the first gradient.
    if (!((run.derive(descents)?.points[0]?.alignment ?? 1) > 0)) return undefined
    const fast = ofDivergence(run)
    if (fast !== undefined) return fast
    const seen = run.derive(carryingOn)
    if (seen === undefined) return undefined
    if (seen.count < enough) return run.ended ? undefined : { tooEarly: Math.max(40, 2 * run.step) }
    const adaptive = isAdaptive(run)
    const begins = !adaptive && mu === undefined ? beginsAnew(run, seen) : 0
    const isSum = adaptive || mu !== undefined ? endsBadly(run) && goesOn(seen, adaptive) : isUndamped(seen)
    if (!isSum && begins === 0) return undefined
    return {
      severity: isSum ? 'error' : 'warning',
      confidence: adaptive ? 0.75 : 0.85,
      words: isSum ? wordsFor(seen) : wordsForStretches(seen),
      evidence: {
        cosine: seen.cosine,
        alignment: seen.alignment,
        uphill: seen.uphill,
        ...(!adaptive && { damping: seen.damping }),
        ...(begins > 0 && { begins }),
      },
      advice,
      basis: 'run',
    }
  },
}

/** Out of bounds within some steps, by a rule that knows nothing but its rate: it can only go along its gradient, unless it adds up. */
function ofDivergence(run: History): Judgement | undefined {
  const { rule, constraint } = run.start ?? {}
  const knowsMore = Object.keys(rule?.hyper ?? { mu: 0 }).some((name) => name !== 'learningRate')
  if (run.derive(divergence) === undefined || knowsMore || constraint !== undefined || isAdaptive(run)) return undefined
  const later = (run.derive(descents)?.points ?? []).filter(
    ({ step, alignment }) => step > 0 && Number.isFinite(alignment),
  )
  const off = later.filter(({ alignment }) => alignment < offGradient)
  if (off.length < 2 || off.length < 0.75 * later.length) return undefined
  const alignment = median(later.map((p) => p.alignment))
  return {
    severity: 'error',
    confidence: 0.75,
    words: `The loss has gone out of bounds, and updates do not lie along their gradients (cosine ${number(alignment, 2)} with downhill) though the rule knows nothing but a learning rate: each is the sum of all gradients so far.`,
    evidence: { alignment, steps: later.length },
    advice,
    basis: 'run',
  }
}

const isUndamped = ({ cosine, alignment, damping }: CarryingOn) =>
  cosine > plain.cosine && alignment < plain.alignment && damping < plain.damping

/** With a momentum that would have forgotten. */
function goesOn({ cosine, alignment, uphill, damping }: CarryingOn, adaptive: boolean): boolean {
  if (adaptive)
    return cosine > remembering.cosine && Math.abs(alignment) < remembering.alignment && uphill >= remembering.uphill
  return cosine > heavy.cosine && Math.abs(alignment) < heavy.alignment && uphill >= heavy.uphill && damping < none
}

/** Any rule coasts along the floor of a narrow valley, or at the end of its way, and does well. */
function endsBadly(run: History): boolean {
  const [ends, curve] = [run.derive(badEnds), run.derive(lossCurve)]
  if (ends === undefined || curve === undefined) return false
  return ends.rising || ends.spiky || ends.jumpy || ends.worseThanGuessing || ends.thrown || curve.progress < 0.8
}

/** Where the rate has gone, what is left of the velocity goes on by itself. */
function isGone(run: History): boolean {
  const plan = run.derive(rates)
  return plan !== undefined && !plan.isConstant && plan.used < 0.3
}

/**
 * Later steps that are their gradient's alone, in a rule whose steps are mostly not: the sum is set back to 0 now and then, as once in an epoch. Clipped
 * gradients have such steps among others too, which do not go on in one direction.
 */
function beginsAnew(run: History, { cosine, alignment }: CarryingOn): number {
  const [seen, plan] = [run.derive(gains), run.derive(rates)]
  if (!(cosine > 0.85 && alignment < 0.7) || seen[0]?.step !== 0 || plan?.isConstant === false) return 0
  const alpha = seen[0].update / seen[0].gradient
  const sameSize = new Set(
    seen
      .filter(({ step, update, gradient }) => step > 0 && Math.abs(update / gradient / alpha - 1) < fresh.gain)
      .map(({ step }) => step),
  )
  const points = run.derive(descents)?.points ?? []
  const isAlong = (i: number) => (points[i]?.alignment ?? 0) > fresh.alignment
  const known = new Set(seen.map(({ step }) => step))
  // Alone among others: what coasts to the end along one direction lies along it step after step.
  const along = points.filter(
    ({ step }, i) =>
      i > 0 && isAlong(i) && !isAlong(i - 1) && !isAlong(i + 1) && (sameSize.has(step) || !known.has(step)),
  ).length
  // Sizes alone may agree by chance.
  return along > 0 ? along : sameSize.size >= 3 ? sameSize.size : 0
}

const wordsForStretches = ({ cosine, alignment }: CarryingOn) =>
  `The rule has no momentum, but most updates carry on (cosine ${number(cosine)} from one to the next, ${number(alignment, 2)} with downhill), and a few are their own gradient's alone: gradients add up, and are set back to zero only now and then.`

const wordsFor = ({ cosine, alignment, uphill }: CarryingOn) =>
  `Updates go on in one direction (cosine ${number(cosine)} from one to the next) though it is hardly downhill (cosine ${number(alignment, 2)}, ${number(100 * uphill, 2)}% of them uphill): each is the sum of all gradients so far.`
