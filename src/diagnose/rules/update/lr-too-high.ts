/** @file lr-too-high: steps go over the valley that they should go down. */
import { number } from '../../../check/words.ts'
import type { Judgement } from '../../finding.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { lowerRate } from '../../statistics/advised-rate.ts'
import { type BadEnds, badEnds } from '../../statistics/bad-ends.ts'
import { descents } from '../../statistics/descent.ts'
import { goesDown, trustsGradients } from '../../statistics/direction.ts'
import { type Divergence, divergence } from '../../statistics/divergence.ts'
import { doubling } from '../../statistics/doubling.ts'
import { epochCurve, lossCurve } from '../../statistics/loss-curve.ts'
import { highestRate } from '../../statistics/rates.ts'
import { startsSaturated } from '../../statistics/saturated-layers.ts'
import { shrinking } from '../../statistics/shrinking.ts'
import { isBeyondTrial, measuredRate, rateTrial, trialProposal } from '../../statistics/trials.ts'
import { updateRatios } from '../../statistics/update-ratios.ts'

/**
 * Half the curvature along a step, in units of its slope. On a quadratic 0.5 goes to the bottom and 1 is the edge of stability (rate 2/λ).
 * Trainings with large batches live near 1 and do well (Cohen et al. 2021), so that it needs a bad end besides.
 */
const steep = 0.5
/** Of the first steps together: they brought next to nothing of what their slope promised. */
const atTheEdge = 0.9
/** Enough where updates are large as well and less than half of the way is done. */
const ratherSteep = 0.3
/** A part of the run on average so many times above its start: no batch noise, and no warm-up's bump. */
const flung = 4
/** Where the loss is worse than a guess though each step goes down, less will do as evidence. */
const someExcess = 0.1
const largeRatio = 0.01
const nearlyAll = 0.9
const replaced = 0.5
const stillSteep = 0.25
const shrunk = 0.5
const stillComing = 0.06
/** What a trial at the run's own rate brings, of what the best brings: of nets that train well two thirds and more. */
const littleOfBest = 0.3
/** Before a run is out of bounds: the largest loss in units of the first, or update : weight. */
const thrownUp = 3
const hugeRatio = 0.1

export const lrTooHigh: DiagnosisRule = {
  code: 'lr-too-high',
  basis: ['run', 'experiment'],
  statistic:
    'Excess 1 − decrease/predicted of watched steps, and median update : weight, beside what became of the loss: out of bounds, worse than guessing, thrown far up and left there, a plateau, rising, or up and down from epoch to epoch on the same examples. With --probe: what some steps bring at the run’s rate and at others from a hundredth to a hundred times it.',
  threshold:
    'A bad end and, as its reason, an excess above 0.5 (beyond the bottom of a quadratic valley) or above 0.9 in the first steps; with a loss that is worse than guessing an excess of 0.1 or an update : weight of 0.01 is enough. In the trials: less than 0.3 of what the best rate brings, at a rate of which a third or less brings nearly all; healthy nets are at 0.7 and more. A run that has come half as far as the best trial is past it.',
  source:
    'LeCun, Bottou, Orr and Müller 1998, Efficient BackProp, section 4.6, eq. 23 (best rate 1/λ, divergence above 2/λ); Cohen et al. 2021, edge of stability; CS231n notes, Neural networks 3 (update : weight about 1e-3)',
  judge(run) {
    if (run.start === undefined || !goesDown(run) || !trustsGradients(run)) return undefined
    if (run.derive(divergence) !== undefined) return ofDivergence(run)
    if (run.rollBacks.length > 0) return ofRollBacks(run)
    return ofBadEnd(run) ?? ofTrials(run)
  },
}

/** Some steps at the run's rate bring little or nothing where the same steps at a third of it or less bring much. */
function ofTrials(run: History): Judgement | undefined {
  const trial = run.derive(rateTrial)
  const measured = measuredRate(run, 'lower')
  if (trial === undefined || measured === undefined || !(trial.own < littleOfBest)) return undefined
  if (isBeyondTrial(run, trial)) return undefined
  const hasDiverged = !Number.isFinite(trial.own)
  return judgement(run, {
    severity: hasDiverged ? 'error' : 'warning',
    confidence: hasDiverged ? 0.9 : 0.8,
    words: hasDiverged
      ? `Within ${trial.steps} steps from the first values the loss is out of bounds`
      : `${trial.steps} steps from the first values bring ${number(100 * Math.max(0, trial.own), 2)}% of what they bring at the best of the rates that were tried`,
  })
}

/** Undefined where something else made the loss odd: what came in, or a value that was odd before the first update. */
function ofDivergence(run: History): Judgement | undefined {
  const found = run.derive(divergence)
  if (found === undefined || found.first === 'input' || found.first === 'target') return undefined
  if (!Number.isFinite(run.losses[0]) || run.losses.length === 0) return undefined
  // A gradient that is not finite at the first step is not the rate's doing.
  if (run.losses.length < 2 && found.first?.startsWith('gradient/')) return undefined
  if (!isBySteps(run, found)) return undefined
  return judgement(run, {
    severity: 'error',
    confidence: 0.85,
    words: `${found.words} The steps were too large for the valley that they went down`,
  })
}

/**
 * Steps that are too large show before the end: in losses that grow, or in weights that change by much in a step. What is suddenly not finite out of
 * small losses and small steps is a value that no number stands for, such as the logarithm of 0.
 */
function isBySteps(run: History, { kind, factor }: Divergence): boolean {
  const ratios = run.derive(updateRatios)
  const largest = Math.max(
    0,
    ...(ratios?.tensors.flatMap(({ first, early, late }) => [first, early, late]) ?? []).filter(Number.isFinite),
  )
  return kind === 'exploded' || ratios === undefined || factor > thrownUp || largest >= hugeRatio
}

function ofRollBacks(run: History): Judgement {
  const factor = run.rollBacks[run.rollBacks.length - 1]
  const rate = highestRate(run)
  const times = run.rollBacks.length === 1 ? 'once' : `${run.rollBacks.length} times`
  return {
    severity: 'warning',
    confidence: 0.8,
    words: `The run diverged ${times} and went on from before with ${number(factor)} times the learning rate.`,
    evidence: { rollBacks: run.rollBacks.length, factor, ...(rate !== undefined && { learningRate: rate }) },
    advice:
      rate === undefined ? 'Begin with the lower rate.' : `Begin with the learning rate ${number(rate * factor, 2)}.`,
    ...(rate !== undefined && {
      suggestion: { what: 'learningRate' as const, value: Number((rate * factor).toPrecision(2)), instead: rate },
    }),
    basis: 'run',
  }
}

function ofBadEnd(run: History): Judgement | undefined {
  const ends = run.derive(badEnds)
  // What begins at the ends of its range jumps from one to the other at any rate.
  if (ends === undefined || startsSaturated(run).length > 0) return undefined
  // Steps are large beside weights that something else has made small.
  if ((run.derive(shrinking)?.left ?? 1) < shrunk) return undefined
  if ((ends.rising || ends.spiky) && hadLearnt(run, ends)) return undefined
  const seen = run.derive(descents)
  const ratios = run.derive(updateRatios)
  const excess = Math.max(seen?.late.excess ?? 0, seen?.late.typicalExcess ?? 0)
  const early = seen?.early.excess ?? 0
  const isLarge = Math.max(ratios?.early ?? 0, ratios?.late ?? 0) >= largeRatio
  const isLost = isLarge && excess >= ratherSteep && !((run.derive(lossCurve)?.progress ?? 1) >= 0.5)
  const isSteep = excess >= steep || early >= atTheEdge || (seen?.late.overshooting ?? 0) >= 0.15 || isLost
  const isHighSomehow = isSteep || isLarge || Math.max(excess, early) >= someExcess
  const { worseThanGuessing, thrown, stuck, plateau, rising, spiky, jumpy } = ends
  const sure = (worseThanGuessing || thrown) && isHighSomehow
  // Thrown to several times where it began, by steps that brought nothing, it may come back, to somewhere else.
  const curve = run.derive(lossCurve)
  const isFlung =
    curve !== undefined && early >= atTheEdge && curve.peak.mean > flung * Math.max(curve.initial, curve.origin)
  const isDead = stuck && early >= steep
  const isJumpy = jumpy && (excess >= steep || (excess >= 0.8 * steep && (ratios?.late ?? 0) >= largeRatio))
  // Sums are led by odd steps, as of batches of two; a plateau is what the usual ones make.
  const typicalEarly = seen?.early.typicalExcess ?? 0
  // On the same examples it does not come on.
  const stands = !((run.derive(doubling)?.fell ?? 0) > stillComing)
  const isHeld =
    plateau &&
    isSteep &&
    ((early >= atTheEdge && typicalEarly >= ratherSteep) || (stands && (seen?.late.typicalExcess ?? 0) >= 0.25))
  // First steps as large as the weights, over the valley: what was drawn is gone, and what they threw there is where the run went on from.
  const isReplaced =
    (ratios?.first ?? 0) >= replaced &&
    early >= steep &&
    Math.max(typicalEarly, excess) >= steep &&
    excess >= stillSteep &&
    !((curve?.progress ?? 1) >= nearlyAll)
  // At chance, with weights that still change by per cents in each step: a walk.
  const isWalk = plateau && isLost && (ratios?.late ?? 0) >= 2 * largeRatio
  if (
    !sure &&
    !((rising || spiky) && isSteep) &&
    !isWalk &&
    !isThrownAbout(run) &&
    !isHeld &&
    !isFlung &&
    !isDead &&
    !isJumpy &&
    !isReplaced
  )
    return undefined
  return judgement(run, {
    severity: 'warning',
    confidence: sure ? 0.85 : 0.75,
    words: wordsFor(run, ends),
  })
}

/**
 * Steps that bring next to nothing of what their slopes promise, from first to last: the training part is learnt nevertheless, by weights that are
 * thrown so far that the validation loss has left its best behind.
 */
function isThrownAbout(run: History): boolean {
  const [seen, ratios, curve] = [run.derive(descents), run.derive(updateRatios), run.derive(lossCurve)]
  if (seen === undefined || ratios === undefined || curve === undefined) return false
  const validated = epochCurve(run, 'validation/loss').values
  const best = Math.min(...validated)
  const isBehind = validated[validated.length - 1] > 1.4 * best + 0.03 * curve.way
  return (
    isBehind &&
    Math.min(seen.late.excess, seen.late.typicalExcess) >= 0.7 &&
    Math.min(seen.early.excess, seen.early.typicalExcess) >= steep &&
    ratios.first >= 5 * largeRatio
  )
}

/** What bore its rate until it had learnt nearly all, and was thrown out after that, is `unstable`. */
function hadLearnt(run: History, { thrown, worseThanGuessing }: BadEnds): boolean {
  const curve = run.derive(lossCurve)
  if (curve === undefined || !(curve.bestProgress > nearlyAll)) return false
  return (!thrown && !worseThanGuessing) || curve.peak.from > curve.best.from
}

function wordsFor(run: History, ends: BadEnds): string {
  const curve = run.derive(lossCurve)
  if (curve === undefined) return ''
  const [late, origin, best] = [curve.late.mean, curve.origin, curve.best.mean].map((value) => number(value))
  if (ends.worseThanGuessing)
    return `The loss is ${late}, worse than ${curve.chance === undefined ? 'at the start' : 'guessing'} (${origin}), though each step went down its own batch's slope`
  if (ends.thrown || curve.peak.mean > flung * Math.max(curve.initial, curve.origin))
    return `The loss went up to ${number(curve.peak.mean)} from ${number(curve.initial)} at the start, and is ${late} now`
  if (ends.stuck)
    return `The loss stands at ${late}, as good as guessing, and the weights no longer move: large first steps switched the units off`
  if (ends.rising || ends.spiky)
    return `The loss had come down to ${best} and is ${late} now, beyond what the batches' noise explains`
  if (!ends.plateau && !ends.jumpy)
    return `The first steps were as large as the weights themselves, and the loss is still ${late}, where guessing gives ${origin}`
  return `The loss stays at ${late}, where guessing gives ${origin}`
}

function judgement(run: History, told: Pick<Judgement, 'severity' | 'confidence' | 'words'>): Judgement {
  const seen = run.derive(descents)
  const ratios = run.derive(updateRatios)
  const rate = highestRate(run)
  const measured = measuredRate(run, 'lower')
  const lower = measured?.value ?? lowerRate(run)
  const evidence: Record<string, number> = {}
  const note = (name: string, value: number | undefined) => {
    if (value !== undefined && Number.isFinite(value)) evidence[name] = value
  }
  note('learningRate', rate)
  note('excess', seen?.late.excess)
  note('excessAtFirst', seen?.early.excess)
  note('updateToWeight', ratios?.all)
  note('updateToWeightAtFirst', ratios?.first)
  note('loss', run.derive(lossCurve)?.late.mean)
  const excess = evidence.excess ?? evidence.excessAtFirst
  const brought =
    excess === undefined
      ? ''
      : ` (a step brings ${number(1 - excess, 2)} of the decrease that its slope promises; 0.75 or more is usual)`
  const times = rate === undefined || lower === undefined ? undefined : rate / lower
  const advice =
    rate === undefined || lower === undefined || times === undefined
      ? 'Try a tenth of the learning rate.'
      : `The learning rate ${number(rate)} is about ${number(times, 1)} times too high: try ${number(lower, 2)}.`
  const isSettled = (run.derive(rateTrial)?.own ?? 1) < littleOfBest
  return {
    ...told,
    ...(measured && isSettled && { confidence: Math.max(told.confidence, 0.9) }),
    words: `${told.words}${brought}.`,
    evidence: { ...evidence, ...measured?.evidence },
    advice: measured
      ? `${advice} ${measured.words}`
      : `${advice}${trialProposal(run, 'tries nine rates for some steps each')}`,
    ...(rate !== undefined &&
      lower !== undefined && { suggestion: { what: 'learningRate' as const, value: lower, instead: rate } }),
    basis: measured && isSettled ? 'experiment' : 'run',
  }
}
