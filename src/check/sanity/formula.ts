/**
 * @file Losses once more, in float64 on plain numbers and one example at a time: an independent computation beside the graph's. And
 * the least loss that one answer for several targets can have, which is what guessing has, and what no net can go below.
 */
import type { LossFormula } from '../../nn/loss.ts'

type Numbers = ArrayLike<number>

/** One example's scores and target, as they lie in longer arrays. */
export interface Example {
  readonly scores: Numbers
  readonly scoresAt: number
  readonly scoresLength: number
  readonly targets: Numbers
  readonly targetsAt: number
  readonly targetsLength: number
}

/** The loss of one example. Softmax and hinge: scores [positions, classes] and targets [positions]. */
export function lossOf(formula: LossFormula, example: Example): number {
  const { scores, scoresAt, scoresLength, targets, targetsAt, targetsLength } = example
  const score = (i: number) => scores[scoresAt + i]
  const target = (i: number) => targets[targetsAt + i]
  if (formula.kind === 'softmax' || formula.kind === 'hinge') {
    const classes = scoresLength / targetsLength
    const each = formula.kind === 'softmax' ? softmaxAt(formula.smoothing) : hingeAt(formula.margin)
    return meanOver(targetsLength, (p) => each((c) => score(p * classes + c), classes, target(p)))
  }
  if (formula.kind === 'distribution') {
    const { classes } = formula
    return meanOver(scoresLength / classes, (p) => {
      const log = logSum((c) => score(p * classes + c), classes)
      return sumOver(classes, (c) => target(p * classes + c) * (log - score(p * classes + c)))
    })
  }
  return meanOver(scoresLength, (i) => elementLoss(formula, score(i), target(i)))
}

type Element = Extract<LossFormula, { kind: 'binary' | 'squared' | 'absolute' | 'huber' }>

function elementLoss(formula: Element, score: number, target: number): number {
  const size = Math.abs(score - target)
  switch (formula.kind) {
    case 'binary':
      return Math.max(score, 0) - score * target + Math.log1p(Math.exp(-Math.abs(score)))
    case 'squared':
      return size * size
    case 'absolute':
      return size
    case 'huber':
      return size <= formula.delta ? (size * size) / 2 : formula.delta * (size - formula.delta / 2)
  }
}

type OfClass = (score: (c: number) => number, classes: number, target: number) => number

const softmaxAt =
  (smoothing: number): OfClass =>
  (score, classes, target) => {
    const log = logSum(score, classes)
    return (1 - smoothing) * (log - score(target)) + smoothing * meanOver(classes, (c) => log - score(c))
  }

const hingeAt =
  (margin: number): OfClass =>
  (score, classes, target) =>
    sumOver(classes, (c) => (c === target ? 0 : Math.max(0, score(c) - score(target) + margin)))

/** log Σ e^score */
function logSum(score: (c: number) => number, classes: number): number {
  let top = Number.NEGATIVE_INFINITY
  for (let c = 0; c < classes; c++) top = Math.max(top, score(c))
  return top + Math.log(sumOver(classes, (c) => Math.exp(score(c) - top)))
}

function sumOver(count: number, of: (i: number) => number): number {
  let sum = 0
  for (let i = 0; i < count; i++) sum += of(i)
  return sum
}

export const meanOver = (count: number, of: (i: number) => number) => sumOver(count, of) / count

/** How the targets of a loss lie: so many numbers an example, and into how many classes. */
export interface Targets {
  readonly values: Numbers
  /** Numbers an example. */
  readonly width: number
  /** Of a softmax or hinge loss. */
  readonly classes: number
}

/**
 * The mean loss of the best single answer for several examples: with all examples of the data, the loss at chance. It is the targets'
 * entropy (cross-entropies), (classes − 1)·margin or less (hinge), their variance (squared error), their mean distance from the
 * median (absolute error). At each position and output by itself, so that it is what a net reaches by its last biases alone, where it has
 * them for each.
 *
 * @param rows which examples; at least one
 */
export function bestConstant(formula: LossFormula, targets: Targets, rows: Numbers): number {
  const { values, width, classes } = targets
  const column = (j: number) => Float64Array.from({ length: rows.length }, (_, k) => values[rows[k] * width + j])
  if (formula.kind === 'distribution')
    return sumOver(width, (j) => entropyPart(meanOf(column(j)))) / (width / formula.classes)
  return meanOver(width, (j) => bestOfColumn(formula, column(j), classes))
}

function bestOfColumn(
  formula: Exclude<LossFormula, { kind: 'distribution' }>,
  column: Float64Array,
  classes: number,
): number {
  switch (formula.kind) {
    case 'softmax': {
      const { smoothing } = formula
      return sharesOf(column, classes).reduce(
        (sum, share) => sum + entropyPart((1 - smoothing) * share + smoothing / classes),
        0,
      )
    }
    case 'hinge':
      return bestHinge(sharesOf(column, classes), formula.margin)
    case 'binary': {
      const share = meanOf(column)
      return entropyPart(share) + entropyPart(1 - share)
    }
    case 'squared':
      return varianceOf(column)
    default:
      return leastOnLine(column, (answer) => meanOver(column.length, (k) => elementLoss(formula, answer, column[k])))
  }
}

/**
 * A bound on the best: either the classes that occur share one score and the others lie a margin below, or the most frequent one stands
 * a margin above all others.
 */
function bestHinge(shares: readonly number[], margin: number): number {
  const present = shares.filter((share) => share > 0).length
  const rest = 1 - Math.max(...shares)
  return Math.min((present - 1) * margin, rest * (2 * margin + (shares.length - 2) * margin))
}

/** A convex function's least value between the least and the greatest of some numbers: golden section. */
function leastOnLine(column: Float64Array, of: (x: number) => number): number {
  let [low, high] = [minOf(column), maxOf(column)]
  const golden = (Math.sqrt(5) - 1) / 2
  let [a, b] = [high - golden * (high - low), low + golden * (high - low)]
  let [fa, fb] = [of(a), of(b)]
  for (let i = 0; i < 60; i++) {
    if (fa <= fb) {
      ;[high, b, fb] = [b, a, fa]
      a = high - golden * (high - low)
      fa = of(a)
    } else {
      ;[low, a, fa] = [a, b, fb]
      b = low + golden * (high - low)
      fb = of(b)
    }
  }
  return Math.min(fa, fb)
}

export function sharesOf(labels: Numbers, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0)
  for (let k = 0; k < labels.length; k++) counts[labels[k]]++
  return counts.map((count) => count / labels.length)
}

const entropyPart = (share: number) => (share > 0 ? -share * Math.log(share) : 0)

export const meanOf = (values: Numbers) => meanOver(values.length, (i) => values[i])

export function varianceOf(values: Numbers): number {
  const mean = meanOf(values)
  return meanOver(values.length, (i) => (values[i] - mean) ** 2)
}

export function minOf(values: Numbers): number {
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < values.length; i++) least = Math.min(least, values[i])
  return least
}

export function maxOf(values: Numbers): number {
  let most = Number.NEGATIVE_INFINITY
  for (let i = 0; i < values.length; i++) most = Math.max(most, values[i])
  return most
}
