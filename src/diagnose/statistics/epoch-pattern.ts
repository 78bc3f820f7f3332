/** @file Whether batch losses repeat from epoch to epoch. */
import type { History } from '../history.ts'
import { mean } from './numbers.ts'

export interface EpochPattern {
  /** Steps in an epoch; may be fractional where losses were not told at every step. */
  readonly length: number
  /** Whole epochs that were looked at. The first is left out: it falls too steeply. */
  readonly epochs: number
  /** Places in an epoch that were told apart. The last is left out: its batch may be a smaller one. */
  readonly places: number
  /**
   * Mean correlation of two epochs: of the ranks of their losses, a bend and a slope over the epoch taken out. 0 where every epoch has an
   * order of its own, near 1 where all have the same.
   */
  readonly repeats: number
  /** Standard error of `repeats` where there is nothing: √(2/(places · epochs · (epochs − 1))). */
  readonly error: number
}

const mostPlaces = 200
const mostEpochs = 40
const fewestPlaces = 7

/** Undefined where nobody knows how long an epoch is, where it is too short, or with fewer than two after the first. Call it as `run.derive(epochPattern)`. */
export function epochPattern(run: History): EpochPattern | undefined {
  const length = epochLength(run)
  const { losses, lossSteps } = run
  if (length === undefined || losses.length < 3 * fewestPlaces) return undefined
  const between = (lossSteps[losses.length - 1] - lossSteps[0]) / (losses.length - 1)
  const places = Math.min(mostPlaces, Math.floor(length / between))
  if (!(places >= fewestPlaces)) return undefined
  const rows = epochRows(run, length, places).map(levelled)
  const epochs = rows.length
  if (epochs < 2) return undefined
  const width = places - 1
  let [between2, total] = [0, 0]
  for (let p = 0; p < width; p++) {
    const column = rows.map((row) => row[p])
    between2 += epochs * mean(column) ** 2
    for (const value of column) total += value * value
  }
  const explained = between2 / total
  return {
    length,
    epochs,
    places: width,
    // A mean over E epochs of what is independent keeps 1/E of its variance.
    repeats: (explained - 1 / epochs) / (1 - 1 / epochs),
    error: Math.sqrt(2 / (width * epochs * (epochs - 1))),
  }
}

/** Steps in an epoch: planned, or from what a foreign loop says of its epochs. */
function epochLength(run: History): number | undefined {
  if (run.start !== undefined) return Math.ceil(run.start.data.training / run.start.batchSize)
  for (const name of ['validation/loss', 'training/loss', 'validation/accuracy', 'training/accuracy']) {
    const told = run.series(name)
    if (told === undefined || told.steps.length < 2) continue
    const n = told.steps.length - 1
    const steps = told.steps[n] - told.steps[0]
    const epochs = told.epochs[n] - told.epochs[0]
    // Without a word on epochs, what is measured in between is measured once in an epoch.
    return Number.isFinite(epochs) && epochs > 0 ? steps / epochs : steps / n
  }
  return undefined
}

/** For each whole epoch but the first, the mean loss at each place but the last; epochs with a gap are left out. */
function epochRows({ losses, lossSteps }: History, length: number, places: number): number[][] {
  const count = Math.floor((lossSteps[losses.length - 1] + 1) / length + 1e-9)
  const first = Math.max(1, count - mostEpochs)
  const sums = Array.from({ length: Math.max(0, count - first) }, () => new Float64Array(places))
  const counts = sums.map(() => new Float64Array(places))
  for (let i = 0; i < losses.length; i++) {
    const epoch = Math.floor(lossSteps[i] / length + 1e-9)
    const row = sums[epoch - first]
    if (row === undefined) continue
    const place = Math.min(places - 1, Math.floor((lossSteps[i] / length - epoch) * places + 1e-6))
    row[place] += losses[i]
    counts[epoch - first][place]++
  }
  return sums
    .map((row, e) => Array.from(row.subarray(0, places - 1), (sum, p) => sum / counts[e][p]))
    .filter((row) => row.every(Number.isFinite))
}

/** Ranks, less their parabola over the epoch: what is left is of mean 0. */
function levelled(values: readonly number[]): number[] {
  const n = values.length
  const order = Array.from(values.keys()).sort((a, b) => values[a] - values[b])
  const ranks = new Array<number>(n)
  order.forEach((place, rank) => {
    ranks[place] = rank - (n - 1) / 2
  })
  const slope = (p: number) => p - (n - 1) / 2
  const bend = (p: number) => slope(p) ** 2 - (n * n - 1) / 12
  return without(without(ranks, slope), bend)
}

/** Less its part along another one. @param of of mean 0 */
function without(values: readonly number[], of: (p: number) => number): number[] {
  let [xx, xy] = [0, 0]
  values.forEach((value, p) => {
    xx += of(p) ** 2
    xy += of(p) * value
  })
  return values.map((value, p) => value - (xx > 0 ? (xy / xx) * of(p) : 0))
}
