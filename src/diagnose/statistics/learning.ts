/** @file Whether a run has learnt anything, and when it began to. */
import type { History } from '../history.ts'
import { lossCurve } from './loss-curve.ts'
import { late } from './series.ts'

export interface Learning {
  /** Updates made so far, as a share of those planned; 1 at the end, and where nobody knows the plan. */
  readonly done: number
  /**
   * Of the way from knowing nothing (0) to a perfect answer to all training examples (1), late in the run: by the loss or, where that is
   * further, by the accuracy (of a noisy label the loss has no way to 0). Below 0: worse than nothing. NaN where chance is not known.
   */
  readonly reached: number
  /** From here on the loss stayed a tenth below chance, as a share of the updates made; undefined: it is not there, or chance is not known. */
  readonly left: number | undefined
  /**
   * It has stood at chance for a third of the planned updates or more, from the start on, or does still after a third. False where chance is
   * not known. A late start that is shorter is none of a fault's.
   */
  readonly stalled: boolean
}

/** Left is who is this much below chance. */
const tenth = 0.9
const third = 1 / 3

/** Undefined with fewer than four losses. Call it as `run.derive(learning)`. */
export function learning(run: History): Learning | undefined {
  const curve = run.derive(lossCurve)
  if (curve === undefined) return undefined
  const { chance, windows, progress } = curve
  const done = run.ended || run.totalSteps === undefined ? 1 : Math.min(1, run.step / run.totalSteps)
  let place = windows.length
  while (chance !== undefined && place > 0 && windows[place - 1].mean < tenth * chance) place--
  const left = place === windows.length ? undefined : place / windows.length
  return {
    done,
    reached: Number.isFinite(curve.late.mean) ? reachedBy(progress, byAccuracy(run)) : Number.NEGATIVE_INFINITY,
    left,
    stalled: chance !== undefined && done >= third && (left ?? 1) * done >= third,
  }
}

/** While the loss is at chance, right answers are those of the largest class. */
const reachedBy = (progress: number, accuracy: number) =>
  progress > 1 - tenth ? Math.max(progress, accuracy) : progress

/** Answers that no single class explains. */
function byAccuracy(run: History): number {
  const classes = run.start?.data.classes?.length
  if (classes === undefined || classes < 2) return Number.NEGATIVE_INFINITY
  const [evaluated] = late(run.series('evaluated/training/accuracy')).slice(-1)
  const batches = run.epochs.at(-1)?.training?.accuracy
  const accuracy = Math.max(evaluated ?? 0, batches ?? 0)
  return Number.isFinite(accuracy) ? (accuracy - 1 / classes) / (1 - 1 / classes) : Number.NEGATIVE_INFINITY
}
