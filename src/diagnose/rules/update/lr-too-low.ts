/** @file lr-too-low: steps that are far too small for the valley they go down. */
import { number } from '../../../check/words.ts'
import type { Judgement } from '../../finding.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule, TooEarly } from '../../rule.ts'
import { leastLosses } from '../../statistics/bad-ends.ts'
import { type Descents, descents } from '../../statistics/descent.ts'
import { goesDown, trustsGradients } from '../../statistics/direction.ts'
import { doubling } from '../../statistics/doubling.ts'
import { type LossCurve, lossCurve } from '../../statistics/loss-curve.ts'
import { pull } from '../../statistics/pull.ts'
import { highestRate, rates } from '../../statistics/rates.ts'
import { isBeyondTrial, measuredRate, rateTrial, trialProposal } from '../../statistics/trials.ts'
import { updateRatios } from '../../statistics/update-ratios.ts'

/** Excess below which a rate could be 20 times higher and still stop well before the bottom of the valley. */
const flat = 0.007
/**
 * Where updates are small as well, late steps alone count, up to an excess of 0.009: first values that are far off lie in sharp places, from which
 * the first steps come. Above 0.05 those would not have borne a higher rate.
 */
const small = { ratio: 5e-4, late: 0.009, early: 0.05 }
/**
 * A run of some length that is amidst its way, with updates below the usual 1e-3 or so, on slopes that would bear five times as much: of as much time
 * again it would gain, of a higher rate as well, and sooner.
 */
const amidst = { ratio: 1.3e-3, late: 0.02, early: 0.05, next: 0.07, steps: 100 }
/** From 70% to 90% of the way on: update : weight that is far below the usual 1e-3, and what twenty times the steps would bring, in shares of the way. */
const slow = { ratio: 2e-4, gain: 0.1, times: 20 }
/** The excess that an advised rate aims at: a fifth of the way to the bottom, for there are sharper places than those seen. */
const goodExcess = 0.1
/** A tenth of the usual 1e-3: where losses were not measured along the steps. */
const tinyRatio = 1e-4
/** Of the way from guessing to the least loss: what is done beyond it may be all that there is to learn. */
const farOn = 0.7
const nearlyThere = 0.9
const hardlyMoved = 0.03
/** Of trials: what the run's own rate brings of what the best brings, and the least factor that speaks of it. */
const nextToNothing = 0.1
const leastFactor = 10
const mostTimes = 1000
const leastTimes = 5
/** Below it the gradients do not reach the weights, and the rate is not the reason. */
const leastPull = 0.2

export const lrTooLow: DiagnosisRule = {
  code: 'lr-too-low',
  basis: ['run', 'experiment'],
  statistic:
    'Excess 1 − decrease/predicted of watched steps (or update : weight), the share of the way from guessing to the least loss that is done, and the trend of the loss. With --probe: what some steps bring at the run’s rate and at others up to a hundred times it, or more.',
  threshold:
    'Excess below 0.007 early and late: the rate could be 20 times higher without reaching the bottom of the valley in one step; or below 0.009 late with updates below 5e-4 of the weights; or below 0.02 in a run of 100 steps or more with updates below 1.3e-3 to which as much time again would bring 7% of the way. And less than 70% of the way done (90% with updates below 2e-4, where twenty times the steps would bring a tenth of it, or all steps together have moved the weights by less than 3%) while the loss still falls, or while all slopes of the run together promise less than a fifth of what is left. In the trials: less than a tenth of what the best rate brings, at ten times the rate or more, in a run whose steps are fewer than half as many as would make up for it.',
  source:
    'LeCun, Bottou, Orr and Müller 1998, Efficient BackProp, section 4.6, eq. 23; CS231n notes, Neural networks 3 (update : weight about 1e-3; a linear fall is a low rate); Smith 2017, arXiv:1506.01186',
  judge(run) {
    const found = ofRun(run)
    return found !== undefined && !('tooEarly' in found) ? found : (ofTrials(run) ?? found)
  },
}

/** Some steps bring next to nothing where the same steps at ten times the rate or more bring much, and the whole run goes less far than they do. */
function ofTrials(run: History): Judgement | undefined {
  const trial = run.derive(rateTrial)
  const measured = measuredRate(run, 'higher')
  const rate = highestRate(run)
  if (trial === undefined || measured === undefined || rate === undefined) return undefined
  if (measured.factor < leastFactor || !(trial.own < nextToNothing) || run.outcome?.reason === 'stopped-early')
    return undefined
  const isShort = (run.totalSteps ?? 0) < 0.5 * measured.factor * trial.steps
  if (!isShort || isBeyondTrial(run, trial) || hasDecayed(run) || !goesDown(run) || !trustsGradients(run))
    return undefined
  return {
    severity: 'warning',
    confidence: 0.8,
    words: `${trial.steps} steps bring ${number(100 * Math.max(0, trial.own), 2)}% of what they bring at ${measured.factor} times the rate, and the run has ${run.totalSteps}.`,
    evidence: { learningRate: rate, timesHigher: measured.factor, ...measured.evidence },
    advice: `The learning rate ${number(rate)} is about ${measured.factor} times too low: try ${number(measured.value)}. ${measured.words}`,
    suggestion: { what: 'learningRate', value: measured.value, instead: rate },
    basis: 'experiment',
  }
}

function ofRun(run: History): Judgement | TooEarly | undefined {
  const curve = run.derive(lossCurve)
  if (curve === undefined || run.start === undefined || run.outcome?.reason === 'stopped-early') return undefined
  const needed = Math.max(leastLosses, 0.4 * (run.totalSteps ?? 0))
  if (!run.ended && curve.count < needed) return { tooEarly: Math.ceil(needed) }
  if (!isOnItsWay(run, curve) || !goesDown(run) || !trustsGradients(run)) return undefined
  if (hasDecayed(run) || !((run.derive(pull)?.early ?? 1) > leastPull)) return undefined
  const times = couldBeHigher(run, curve)
  if (times === undefined || !stillFalls(run, curve)) return undefined
  const rate = highestRate(run)
  const measured = measuredRate(run, 'higher')
  const value = measured?.value ?? (rate === undefined ? undefined : Number((rate * times).toPrecision(1)))
  const excess = run.derive(descents)?.all.excess
  const ratio = run.derive(updateRatios)?.all
  return {
    severity: 'warning',
    confidence: times > 50 ? 0.85 : 0.7,
    words: `After ${curve.count} steps the loss is ${number(curve.late.mean)}, ${number(100 * Math.max(0, curve.progress), 2)}% of the way from ${number(curve.origin)} to the least, and each step is far too small for the valley it goes down${
      excess === undefined
        ? ''
        : ` (its curvature takes ${number(100 * Math.max(0, excess), 2)}% of what the slope promises)`
    }.`,
    evidence: {
      loss: curve.late.mean,
      progress: curve.progress,
      timesHigher: measured?.factor ?? times,
      ...measured?.evidence,
      ...(rate !== undefined && { learningRate: rate }),
      ...(excess !== undefined && Number.isFinite(excess) && { excess }),
      ...(ratio !== undefined && Number.isFinite(ratio) && { updateToWeight: ratio }),
    },
    advice:
      value === undefined
        ? `Try a learning rate ${number(times, 1)} times higher.`
        : `The learning rate ${number(rate as number)} is about ${number(measured?.factor ?? times, 1)} times too low: try ${number(value)}.${measured ? ` ${measured.words}` : trialProposal(run, 'tries nine rates for some steps each')}`,
    ...(value !== undefined && { suggestion: { what: 'learningRate' as const, value, instead: rate } }),
    basis: measured ? 'experiment' : 'run',
  }
}

/** A rate that came down by plan is another matter. */
function hasDecayed(run: History): boolean {
  const all = run.derive(rates)
  return all !== undefined && !all.isConstant && all.used < 0.3
}

/** Much of the way is left; or it is known to be slow, and at a higher rate the same slope would lead much further. */
function isOnItsWay(run: History, { progress, count }: LossCurve): boolean {
  if (progress < farOn) return true
  const [ratios, time] = [run.derive(updateRatios), run.derive(doubling)]
  if (ratios === undefined || time === undefined || !(progress < nearlyThere && ratios.all < slow.ratio)) return false
  // All steps together have moved the weights by less than some per cent: it is the net that was drawn.
  if (count * ratios.all < hardlyMoved) return true
  // Along the same path at several times the speed: a curve falls by about as much in each doubling of the time.
  return Math.log2(slow.times) * time.next >= slow.gain
}

/** By how many times the rate could be higher; undefined where steps are not small, or nobody knows. */
function couldBeHigher(run: History, curve: LossCurve): number | undefined {
  const seen = run.derive(descents)
  const ratios = run.derive(updateRatios)
  if (seen !== undefined && seen.early.known + seen.late.known >= 4) {
    const [early, late] = [seen.early, seen.late].map(({ excess, typicalExcess }) =>
      Math.max(0, ...[excess, typicalExcess].filter(Number.isFinite)),
    )
    const isFlat = Math.max(early, late) <= flat
    const isSmall = (ratios?.all ?? 1) < small.ratio && late <= small.late && seen.early.typicalExcess <= small.early
    if (isFlat || isSmall) return within(goodExcess / Math.max(early, late, 1e-5))
    return isAmidst(run, curve) ? Math.max(leastTimes, goodExcess / late) : undefined
  }
  if (ratios === undefined || !(Math.max(ratios.early, ratios.late, ratios.all) < tinyRatio)) return undefined
  const { points } = seen ?? { points: [] }
  const promised = points.length === 0 ? Number.NaN : meanPredicted(points) * curve.count
  // So that the slopes of the run would do for three times what is left, which gets smaller on the way.
  const forTheRest = promised > 0 ? (3 * (curve.late.mean - (curve.floor ?? 0))) / promised : 0
  return within(Math.max(1e-3 / ratios.all, forTheRest))
}

function isAmidst(run: History, { progress, count }: LossCurve): boolean {
  const [seen, ratios, time] = [run.derive(descents), run.derive(updateRatios), run.derive(doubling)]
  if (seen === undefined || ratios === undefined || time === undefined) return false
  const late = Math.max(seen.late.excess, seen.late.typicalExcess)
  return (
    count >= amidst.steps &&
    progress < farOn &&
    time.next >= amidst.next &&
    ratios.all < amidst.ratio &&
    late <= amidst.late &&
    seen.early.typicalExcess <= amidst.early
  )
}

const within = (times: number) => Math.min(mostTimes, Math.max(10, times))

/** By an amount that matters, or surely while there is nearly all to learn; or it cannot fall by much, with the slopes that it has. */
function stillFalls(run: History, { trend, way, late, windows, count, floor = 0, progress }: LossCurve): boolean {
  const first = windows[0]
  const fell = first.mean - late.mean > 4 * Math.hypot(first.error, late.error)
  if (trend.change < -0.02 * way && trend.change < -3 * trend.error && fell) return true
  // On the same examples there is no noise of batches.
  const same = run.series('evaluated/training/loss') === undefined ? undefined : run.derive(doubling)?.fell
  if (same !== undefined && same > leastFall(run, progress, count)) return true
  const points = run.derive(descents)?.points ?? []
  const promised = points.length > 0 ? meanPredicted(points) * count : Number.NaN
  return promised > 0 && promised < 0.2 * (late.mean - floor)
}

/** On the same examples, in shares of the way. */
function leastFall(run: History, progress: number, count: number): number {
  if (count * (run.derive(updateRatios)?.all ?? 1) < hardlyMoved) return 0.003
  return progress < 0.3 ? 0.005 : 0.02
}

const meanPredicted = (points: Descents['points']) => points.reduce((sum, p) => sum + p.predicted, 0) / points.length
