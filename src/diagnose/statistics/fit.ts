/** @file Whether the training part is fit better than the validation part, by more than chance and by enough to matter. */
import type { History } from '../history.ts'
import { type Parts, parts, progressOf } from './parts.ts'

/** A gap of accuracies that matters: one answer in seven. With a handful of examples of each class, one in twenty. */
const [accuracyGap, ofFew] = [0.15, 0.05]
/** Between so many of each class it goes from the one to the other. */
const [handful, enough] = [8, 20]
/** Share of what had been gained against guessing that later training gave back. */
const givenBack = 0.25
/** A gap of losses, in units of the way from guessing to the least loss. */
const lossGap = 0.25
const standardErrors = 3
/** Training that has come less far fits nothing. */
const leastFit = 0.3

export interface Overfit {
  /** Which of the signs are there. */
  readonly byAccuracy: boolean
  readonly byRise: boolean
  readonly byLoss: boolean
  /** Of the gain against guessing, how much was given back since the best validation loss. */
  readonly givenBack: number
  readonly parts: Parts
}

/**
 * Undefined where nothing can be said yet. Three signs, each beyond three standard errors:
 * - accuracies of training and validation part more than 0.15 apart (less with a handful of examples of each class);
 * - the validation loss has risen since its best by a quarter of what had been gained until then;
 * - numbers to be predicted: the losses lie a quarter of the way apart, and the validation loss is twice the training loss.
 */
export function overfit(run: History): Overfit | undefined {
  const both = run.derive(parts)
  if (both === undefined || both.points.length < 3) return undefined
  const { last, best, errors, way, origin } = both
  if (!(progressOf(both, last.training) > leastFit)) return undefined
  const known = (value: number, otherwise: number) => (Number.isFinite(value) ? value : otherwise)
  const lossError = Math.hypot(known(errors.training, 0), known(errors.validation, 0.05 * way))
  const back = both.rise / Math.max(origin - best.validation, 0.05 * way)
  return {
    parts: both,
    givenBack: back,
    byAccuracy: both.accuracyGap > gapThatMatters(run) + standardErrors * known(both.accuracyGapError, 0.02),
    byRise:
      back > givenBack &&
      both.gap > 0 &&
      // The same examples twice: their errors mostly cancel.
      both.rise > known(errors.validation, 0.05 * way) &&
      both.rise > 0.03 * way,
    byLoss:
      Number.isNaN(both.accuracyGap) &&
      both.gap > lossGap * way &&
      last.validation > 2 * last.training &&
      both.gap > 2.5 * lossError,
  }
}

function gapThatMatters(run: History): number {
  const rows = rowsPerClass(run) ?? enough
  const share = Math.min(1, Math.max(0, (rows - handful) / (enough - handful)))
  return ofFew + share * (accuracyGap - ofFew)
}

/** Training rows for each class; for each output of numbers, half as many: undefined where nobody says. */
export function rowsPerClass(run: History): number | undefined {
  const { data } = run.start ?? {}
  if (data === undefined) return undefined
  return data.task === 'classification' ? data.training / Math.max(2, data.classes?.length ?? 2) : data.training / 2
}

/** Numbers that are trained; undefined where nobody says. */
export function parameterCount(run: History): number | undefined {
  return run.start?.parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)
}
