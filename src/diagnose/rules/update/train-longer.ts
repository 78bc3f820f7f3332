/** @file train-longer: all is well, and the run ended while it was still getting better by much. */
import { number } from '../../../check/words.ts'
import type { History } from '../../history.ts'
import type { DiagnosisRule } from '../../rule.ts'
import { badEnds } from '../../statistics/bad-ends.ts'
import { epochCurve, lossCurve } from '../../statistics/loss-curve.ts'
import { rates } from '../../statistics/rates.ts'

/** Shares of the way from guessing to the least loss. Learning curves fall as powers of the time: the next half brings less than the last. */
const inLastHalf = 0.12
const inLastQuarter = 0.04
const farOn = 0.82

export const trainLonger: DiagnosisRule = {
  code: 'train-longer',
  basis: ['run'],
  statistic:
    'How far the loss (of the validation part, where there is one) fell in the last half and in the last quarter of the run, as shares of the way from guessing to the least loss.',
  threshold:
    'At least 12% in the last half, 4% of it in the last quarter, less than 82% of the way done, in a run that ended by itself: by a power law as much time again brings about half as much, so that it matters. Healthy runs of the usual length gain a few per cent.',
  source:
    'Hestness et al. 2017, arXiv:1712.00409 (learning curves are power laws); CS231n notes, Neural networks 3 (the loss curve)',
  judge(run) {
    const curve = run.derive(lossCurve)
    if (curve === undefined || run.outcome?.reason !== 'finished' || Number.isNaN(curve.way)) return undefined
    const ends = run.derive(badEnds)
    if (ends === undefined || ends.worseThanGuessing || ends.rising || ends.spiky || rateIsGone(run)) return undefined
    const fell = gains(run)
    if (fell === undefined || !(fell.half > inLastHalf && fell.quarter > inLastQuarter)) return undefined
    const progress = (curve.origin - fell.last) / curve.way
    if (!(progress < farOn)) return undefined
    const epochs = run.start?.epochs
    return {
      severity: 'warning',
      confidence: Math.min(0.85, 0.55 + fell.half),
      words: `The run ended while the ${fell.part} loss was still falling: to ${number(fell.last)}, by ${number(100 * fell.half, 2)}% of the whole way in its last half and ${number(100 * fell.quarter, 2)}% in its last quarter.`,
      evidence: { loss: fell.last, lastHalf: fell.half, lastQuarter: fell.quarter, progress },
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

/** What the last half and the last quarter of the run brought, in shares of the way. */
function gains(run: History) {
  const curve = run.derive(lossCurve)
  if (curve === undefined) return undefined
  const measured = epochCurve(run, 'validation/loss')
  const { values } = measured
  const total = measured.steps.at(-1) ?? 0
  const whole = Math.floor(values.length)
  if (whole >= 5 && total > 0) {
    const at = (share: number) => atStep(measured, share * total)
    const last = Math.min(values[values.length - 1], (values[values.length - 1] + values[values.length - 2]) / 2)
    return { part: 'validation', last, half: (at(0.5) - last) / curve.way, quarter: (at(0.75) - last) / curve.way }
  }
  const { windows } = curve
  const n = windows.length
  if (n < 8) return undefined
  const mean = (from: number, to: number) => {
    const part = windows.slice(Math.floor(from * n), Math.ceil(to * n))
    return part.reduce((sum, w) => sum + w.mean, 0) / part.length
  }
  const last = mean(0.9, 1)
  return {
    part: 'training',
    last,
    half: (mean(0.45, 0.55) - last) / curve.way,
    quarter: (mean(0.7, 0.8) - last) / curve.way,
  }
}

/** Between two measurements on the straight line. */
function atStep(
  { steps, values }: { readonly steps: readonly number[]; readonly values: readonly number[] },
  step: number,
) {
  const after = steps.findIndex((at) => at >= step)
  if (after <= 0) return values[Math.max(0, after)]
  const share = (step - steps[after - 1]) / (steps[after] - steps[after - 1])
  return values[after - 1] + share * (values[after] - values[after - 1])
}
