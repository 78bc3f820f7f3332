/** @file train-longer: all is well, and the run ended while it was still getting better by much. */
import { number } from '../../../check/words.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { badEnds } from '../../statistics/bad-ends.ts'
import { epochCurve, lossCurve, lossWindow } from '../../statistics/loss-curve.ts'
import { rates } from '../../statistics/rates.ts'

/** Shares of the way from guessing to the least loss. Learning curves fall as powers of the time: the next half brings less than the last. */
const inLastHalf = 0.12
const inLastQuarter = 0.03
const farOn = 0.82
const tooHigh = 3

export const trainLonger: DiagnosisRule = {
  code: 'train-longer',
  basis: ['run'],
  statistic:
    'How far the training loss fell in the last half and in the last quarter of the run, as shares of the way from guessing to the least loss, while the validation loss is at its lowest.',
  threshold:
    'At least 12% in the last half, 3% of it in the last quarter, less than 82% of the way done, in a run that ended by itself: by a power law as much time again brings about half as much, so that it matters. Healthy runs of the usual length gain a few per cent.',
  source:
    'Hestness et al. 2017, arXiv:1712.00409 (learning curves are power laws); CS231n notes, Neural networks 3 (the loss curve)',
  judge(run) {
    const curve = run.derive(lossCurve)
    if (curve === undefined || run.outcome?.reason !== 'finished' || Number.isNaN(curve.way)) return undefined
    // It spent its time on first values that were far off.
    if (curve.initial > tooHigh * curve.origin) return undefined
    const ends = run.derive(badEnds)
    if (ends === undefined || ends.worseThanGuessing || ends.rising || ends.spiky || rateIsGone(run)) return undefined
    const fell = gains(run)
    if (fell === undefined || !(fell.half > inLastHalf && fell.quarter > inLastQuarter)) return undefined
    const progress = (curve.origin - fell.least) / curve.way
    if (!(progress < farOn)) return undefined
    const epochs = run.start?.epochs
    return {
      severity: 'warning',
      confidence: Math.min(0.85, 0.55 + fell.half),
      words: `The run ended while the loss was still falling: to ${number(fell.least)}, by ${number(100 * fell.half, 2)}% of the whole way in its last half and ${number(100 * fell.quarter, 2)}% in its last quarter.`,
      evidence: { loss: fell.least, lastHalf: fell.half, lastQuarter: fell.quarter, progress },
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

/** What the last half and the last quarter of the run brought on the training part, in shares of the way; and where it ended. */
function gains(run: History) {
  const [curve, { losses }] = [run.derive(lossCurve), run]
  const n = losses.length
  if (curve === undefined || n < 16) return undefined
  const mean = (from: number, to: number) => lossWindow(losses, Math.floor(from * n), Math.ceil(to * n)).mean
  // What lies above guessing has to be unlearnt; that says nothing of the learning.
  const begin = (from: number, to: number) => Math.min(mean(from, to), curve.origin)
  const end = mean(0.9, 1)
  const validated = epochCurve(run, 'validation/loss').values
  const last = validated[validated.length - 1]
  // What no longer gets better on the validation part gets nothing from more time.
  const stillBetter = last === undefined || last <= 1.02 * Math.min(...validated.slice(0, -1))
  return {
    least: end,
    half: stillBetter ? (begin(0.42, 0.58) - end) / curve.way : 0,
    quarter: stillBetter ? (begin(0.68, 0.82) - end) / curve.way : 0,
  }
}
