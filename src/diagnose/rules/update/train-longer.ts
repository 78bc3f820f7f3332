/** @file train-longer: all is well, and the run ended while it was still getting better by much. */
import { number } from '../../../check/words.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { badEnds } from '../../statistics/bad-ends.ts'
import { type Doubling, doubling } from '../../statistics/doubling.ts'
import { epochCurve, lossCurve } from '../../statistics/loss-curve.ts'
import { rates } from '../../statistics/rates.ts'

/** Shares of the way from guessing to the least loss that as much time again would bring, alone and where it is much of what is left. */
const much = 0.12
/** In the middle of its learning: what the last half brought, and what is left. */
const amidst = { lastHalf: 0.25, left: 0.1 }
const enough = { ofWay: 0.085, ofRest: 0.3 }
const tooHigh = 3

export const trainLonger: DiagnosisRule = {
  code: 'train-longer',
  basis: ['run'],
  statistic:
    'What as much time again would bring to the losses of both parts, in shares of the way from guessing to the least loss: ρ times what the last half of the run brought, ρ (at most 1) what that was of what the quarter before brought, and at most 60% of what is left.',
  threshold: `At least ${100 * much}% of the way, or ${100 * enough.ofWay}% where that is ${100 * enough.ofRest}% of what is left, or a last half that brought ${100 * amidst.lastHalf}% with ${100 * amidst.left}% left, in a run that ended by itself. Runs of the usual length would gain some per cent, or have hardly anything left.`,
  source:
    'Hestness et al. 2017, arXiv:1712.00409 (learning curves are power laws); CS231n notes, Neural networks 3 (the loss curve)',
  judge(run) {
    const curve = run.derive(lossCurve)
    if (curve === undefined || run.outcome?.reason !== 'finished' || Number.isNaN(curve.way)) return undefined
    // It spent its time on first values that were far off.
    if (curve.initial > tooHigh * curve.origin) return undefined
    const ends = run.derive(badEnds)
    if (ends === undefined || ends.worseThanGuessing || ends.rising || ends.spiky || rateIsGone(run)) return undefined
    const time = run.derive(doubling)
    if (time === undefined || !isWorthIt(time) || !isAtItsBest(run)) return undefined
    const loss = curve.late.mean
    const epochs = run.start?.epochs
    return {
      severity: 'warning',
      confidence: Math.min(0.85, 0.6 + time.next),
      words: `The run ended while the loss was still falling: to ${number(loss)}, by ${number(100 * time.lastHalf, 2)}% of the whole way in its last half. As much time again would bring about ${number(100 * time.next, 2)}% more.`,
      evidence: { loss, lastHalf: time.lastHalf, next: time.next, left: time.left },
      advice:
        epochs === undefined
          ? 'Train about twice as long.'
          : `Train about twice as long: try ${2 * epochs} epochs instead of ${epochs}, with early stopping on the validation loss.`,
      ...(epochs !== undefined && { suggestion: { what: 'epochs' as const, value: 2 * epochs, instead: epochs } }),
      basis: 'run',
    }
  },
}

/** More time brings nothing where the plan has taken the rate away. */
function rateIsGone(run: History): boolean {
  const all = run.derive(rates)
  return all !== undefined && all.last < 0.05 * all.highest
}

const isWorthIt = ({ next, ofRest, lastHalf, left }: Doubling) =>
  next >= much ||
  (next >= enough.ofWay && ofRest >= enough.ofRest) ||
  (lastHalf >= amidst.lastHalf && left >= amidst.left)

/** What no longer gets better on the validation part gets nothing from more time. */
function isAtItsBest(run: History): boolean {
  const validated = epochCurve(run, 'validation/loss').values
  const last = validated[validated.length - 1]
  return last === undefined || last <= 1.02 * Math.min(...validated.slice(0, -1))
}
