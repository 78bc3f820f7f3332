/** @file The batch losses of a run: where it began, how far it came, its noise, its trend, its rises. */
import type { StartEvent } from '../../train/events.ts'
import type { History } from '../history.ts'
import { line, median } from './numbers.ts'

/** Consecutive steps, as one number and what is known of its error. */
export interface LossWindow {
  /** Index in `run.losses` of its first loss, and of the one behind its last. */
  readonly from: number
  readonly to: number
  /** Mean of the finite losses. */
  readonly mean: number
  /** Standard error of `mean` that the batches' noise leaves. */
  readonly error: number
  /** Largest loss; infinite where one is not finite. */
  readonly max: number
  /**
   * Standard deviation of one batch's loss about its neighbours, from successive differences: √(Σ(lᵢ₊₁ − lᵢ)²/2n) (von Neumann 1941),
   * which a slow trend does not move.
   */
  readonly noise: number
}

export interface LossCurve {
  /** Losses told. */
  readonly count: number
  /** Step of the first loss that is not finite. */
  readonly brokenAt: number | undefined
  /** Before the first update: of the validation part where it was measured then, else the first batch's. */
  readonly initial: number
  /** What the best single answer gives: from the check's evidence, else ln C for a cross-entropy; undefined where nobody knows. */
  readonly chance: number | undefined
  /** The least possible: 0, the entropy of smoothed labels; undefined for losses of which it is not known. */
  readonly floor: number | undefined
  /** From where on something has been learnt: `chance`, or where it is not known `initial`. */
  readonly origin: number
  /** `origin − floor`, the whole way, > 0; NaN where the floor is not known. */
  readonly way: number
  /** Up to 20 equal parts of the run, of at least 5 losses each; fewer in a short run. */
  readonly windows: readonly LossWindow[]
  /** The lowest window. */
  readonly best: LossWindow
  /** The highest. */
  readonly peak: LossWindow
  /** The last quarter of the run, as one. */
  readonly late: LossWindow
  /** Share of the way that is done, late and at best; below 0 where it is worse than `origin`; NaN where the way is not known. */
  readonly progress: number
  readonly bestProgress: number
  /** Straight line through the windows of the run's second half: change over that half, and its standard error. */
  readonly trend: { readonly change: number; readonly error: number }
  /** Mean of what came after the best part above it, in losses and in standard errors of both; 0 where less than two parts came after it. */
  readonly rise: { readonly size: number; readonly errors: number }
}

const mostWindows = 20
const leastInWindow = 5

/** Undefined with fewer than four losses. Call it as `run.derive(lossCurve)`. */
export function lossCurve(run: History): LossCurve | undefined {
  const { losses, lossSteps } = run
  const count = losses.length
  if (count < 4) return undefined
  const parts = Math.max(2, Math.min(mostWindows, Math.floor(count / leastInWindow)))
  const windows = Array.from({ length: parts }, (_, k) =>
    lossWindow(losses, Math.floor((k * count) / parts), Math.floor(((k + 1) * count) / parts)),
  )
  const late = lossWindow(losses, Math.floor(count * 0.75), count)
  const sound = windows.filter((w) => Number.isFinite(w.mean))
  const best = sound.reduce((a, b) => (b.mean < a.mean ? b : a), sound[0] ?? late)
  const peak = sound.reduce((a, b) => (b.mean > a.mean ? b : a), sound[0] ?? late)
  const broken = losses.findIndex((loss) => !Number.isFinite(loss))
  const measured = run.epochs[0]?.epoch === 0 ? run.epochs[0].validation?.loss : undefined
  const initial = measured !== undefined && Number.isFinite(measured) ? measured : losses[0]
  const chance = chanceLoss(run)
  const floor = leastLoss(run.start, losses)
  const origin = chance ?? initial
  const way = floor !== undefined && origin > floor ? origin - floor : Number.NaN
  return {
    count,
    brokenAt: broken < 0 ? undefined : lossSteps[broken],
    initial,
    chance,
    floor,
    origin,
    way,
    windows,
    best,
    peak,
    late,
    progress: (origin - late.mean) / way,
    bestProgress: (origin - best.mean) / way,
    trend: trendOf(windows.slice(Math.floor(parts / 2))),
    rise: riseAfter(losses, windows, best),
  }
}

/** @param to the index behind the last */
export function lossWindow(losses: Float64Array, from: number, to: number): LossWindow {
  let [sum, count, differences, pairs, max] = [0, 0, 0, 0, Number.NEGATIVE_INFINITY]
  for (let i = from; i < to; i++) {
    const loss = losses[i]
    if (!Number.isFinite(loss)) {
      max = Number.POSITIVE_INFINITY
      continue
    }
    sum += loss
    count++
    if (loss > max) max = loss
    if (i > from && Number.isFinite(losses[i - 1])) {
      differences += (loss - losses[i - 1]) ** 2
      pairs++
    }
  }
  const noise = pairs === 0 ? Number.NaN : Math.sqrt(differences / 2 / pairs)
  return { from, to, mean: sum / count, error: noise / Math.sqrt(count), max, noise }
}

function riseAfter(losses: Float64Array, windows: readonly LossWindow[], best: LossWindow): LossCurve['rise'] {
  if (windows.length - windows.indexOf(best) < 3) return { size: 0, errors: 0 }
  const after = lossWindow(losses, best.to, losses.length)
  const size = after.mean - best.mean
  return { size, errors: size / Math.hypot(after.error, best.error) }
}

function trendOf(windows: readonly LossWindow[]): LossCurve['trend'] {
  const sound = windows.filter((w) => Number.isFinite(w.mean))
  const steps = (windows.at(-1)?.to ?? 0) - (windows[0]?.from ?? 0)
  const { slope, error } = line(
    sound.map(({ from, to }) => (from + to) / 2),
    sound.map((w) => w.mean),
  )
  return { change: slope * steps, error: error * steps }
}

/** What the best single answer gives: the entropy of the classes' shares, the variance of the targets, …; undefined where nobody knows. */
function chanceLoss({ check, start }: Pick<History, 'check' | 'start'>): number | undefined {
  const found = check?.sanity?.findings.find((finding) => finding.check === 'loss')?.evidence.chance
  if (found !== undefined && Number.isFinite(found)) return found
  return guessing(start)
}

/** What equal scores of all classes give: the softmax's ln C, the binary ln 2; undefined for other losses. */
export function guessing(start: StartEvent | undefined): number | undefined {
  const classes = start?.data.classes?.length ?? 0
  if (start === undefined || classes < 2) return undefined
  if (start.loss.startsWith('softmaxCrossEntropy')) return Math.log(classes)
  if (start.loss.startsWith('binaryCrossEntropy')) return Math.LN2
  return undefined
}

/** Smoothed labels have an entropy, which no net can go below (Szegedy et al. 2016, section 7). */
function leastLoss(start: StartEvent | undefined, losses: Float64Array): number | undefined {
  const smoothing = Number(/smoothing ([\d.e-]+)/.exec(start?.loss ?? '')?.[1] ?? 0)
  const classes = start?.data.classes?.length ?? 0
  if (smoothing > 0 && classes > 1) {
    const [own, other] = [1 - smoothing + smoothing / classes, smoothing / classes]
    return -own * Math.log(own) - (classes - 1) * other * Math.log(other)
  }
  if (start?.loss === 'softCrossEntropy') return undefined
  return losses.some((loss) => loss < 0) ? undefined : 0
}

/** One number an epoch. */
export interface EpochCurve {
  /** NaN where a foreign run does not say. */
  readonly epochs: readonly number[]
  readonly steps: readonly number[]
  readonly values: readonly number[]
}

/**
 * What was measured after each epoch: 'validation/loss', 'training/loss', 'validation/accuracy', 'training/accuracy', of foreign runs too;
 * NaN where one measurement lacks it. Empty where it never was.
 */
export function epochCurve(run: History, name: `${'training' | 'validation'}/${'loss' | 'accuracy'}`): EpochCurve {
  const [part, what] = name.split('/') as ['training' | 'validation', 'loss' | 'accuracy']
  const measured = run.epochs.filter((event) => event[part]?.[what] !== undefined)
  return {
    epochs: measured.map(({ epoch }) => epoch),
    steps: measured.map(({ step }) => step),
    values: measured.map((event) => event[part]?.[what] as number),
  }
}

/** How often a loss on the same examples jumps up from one measurement to the next. */
export interface Jumps {
  /** To at least twice as much, and by at least 3% of the way. */
  readonly large: number
  /** Of at least a fifth, and by at least 2% of the way. */
  readonly all: number
  /** Whether one of the large ones lies in the last third. */
  readonly late: boolean
  /** The last measurements (median of three) are within a tenth of the lowest: what jumped has come back. */
  readonly healed: boolean
  /** Measurements looked at. */
  readonly count: number
}

/**
 * Jumps of `evaluated/training/loss` behind the first quarter of its measurements: always the same examples, without dropout, so that there is
 * no batch noise in them; what jumps is the net. A healthy one comes down with hardly a jump. Of several measurements up in a row the first counts. Undefined with
 * fewer than six. Call it as `run.derive(jumps)`.
 */
export function jumps(run: History): Jumps | undefined {
  const curve = run.derive(lossCurve)
  // With batch normalisation the running statistics jump by themselves, and so do those of a batch: what jumps by both is the net.
  const hasRunning = run.start?.layers?.some(({ kind }) => kind === 'batchNorm') ?? false
  const asTrained = hasRunning ? (run.series('evaluated/training/lossInTraining')?.values ?? []) : []
  const used = run.series('evaluated/training/loss')?.values ?? []
  const all = used.map((loss, i) => Math.min(loss, asTrained[i] ?? loss))
  if (curve === undefined || Number.isNaN(curve.way) || all.length < 6) return undefined
  const from = Math.max(1, Math.floor(all.length / 4))
  const up = (factor: number, share: number) =>
    all.flatMap((value, i) => {
      const isUp = (k: number) => all[k] >= factor * all[k - 1] && all[k] - all[k - 1] >= share * curve.way
      return i >= from && isUp(i) && !(i > from && isUp(i - 1)) && Number.isFinite(value) ? [i] : []
    })
  const large = up(2, 0.03)
  return {
    large: large.length,
    all: up(1.2, 0.02).length,
    late: large.some((i) => i >= (2 * all.length) / 3),
    healed: median(all.slice(-3)) <= 1.1 * all.reduce((a, b) => Math.min(a, b)),
    count: all.length - from,
  }
}
