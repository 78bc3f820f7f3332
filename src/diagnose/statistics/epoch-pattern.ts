/** @file Whether batch losses repeat from epoch to epoch. */
import type { History } from '../history.ts'
import { line, mean } from './numbers.ts'

export interface EpochPattern {
  /** Steps in an epoch; may be fractional where losses were not told at every step. */
  readonly length: number
  /** Whole epochs that were looked at: the first is left out, since it falls too steeply. */
  readonly epochs: number
  /** Places in an epoch that were told apart. */
  readonly places: number
  /** Share of the variance that the place explains, in [0, 1], and what it would be by chance. */
  readonly explained: number
  readonly chance: number
  /** Correlation of the places' means with those of the next place. */
  readonly blocks: number
}

const mostPlaces = 200
const mostEpochs = 40
const fewestPlaces = 6

/** Undefined where nobody knows how long an epoch is, or where it is too short. Call it as `run.derive(epochPattern)`. */
export function epochPattern(run: History): EpochPattern | undefined {
  const length = epochLength(run)
  const { losses, lossSteps } = run
  if (length === undefined || losses.length < 3 * fewestPlaces) return undefined
  const between = losses.length > 1 ? (lossSteps[losses.length - 1] - lossSteps[0]) / (losses.length - 1) : 1
  const places = Math.min(mostPlaces, Math.floor(length / between))
  if (places < fewestPlaces) return undefined
  const rows = epochRows(run, length, places)
  if (rows.length < 2) return undefined
  const means = Array.from({ length: places }, (_, p) => mean(rows.map((row) => row[p])))
  const all = rows.flatMap((row) => row.filter(Number.isFinite))
  const total = all.reduce((sum, value) => sum + value * value, 0)
  const of = rows.reduce(
    (sum, row) => sum + row.reduce((a, v, p) => a + (Number.isFinite(v) ? means[p] ** 2 : 0), 0),
    0,
  )
  if (!(total > 0)) return undefined
  return {
    length,
    epochs: rows.length,
    places,
    explained: of / total,
    // Means over E epochs of what is independent keep 1/E of its variance.
    chance: 1 / rows.length,
    blocks: autocorrelation(means),
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

/** For each epoch but the first the mean of the losses at each place, less the epoch's straight line; in units of the epoch's mean loss. */
function epochRows({ losses, lossSteps }: History, length: number, places: number): number[][] {
  const last = lossSteps[losses.length - 1]
  const count = Math.floor((last + 1) / length)
  const first = Math.max(count > 3 ? 1 : 0, count - mostEpochs)
  const sums = Array.from({ length: Math.max(0, count - first) }, () => new Float64Array(places))
  const counts = sums.map(() => new Float64Array(places))
  for (let i = 0; i < losses.length; i++) {
    const epoch = Math.floor(lossSteps[i] / length) - first
    if (epoch < 0 || epoch >= sums.length || !Number.isFinite(losses[i])) continue
    const place = Math.min(places - 1, Math.floor(((lossSteps[i] % length) / length) * places))
    sums[epoch][place] += losses[i]
    counts[epoch][place]++
  }
  return sums.map((row, e) => levelled(Array.from(row, (sum, p) => sum / counts[e][p])))
}

function levelled(values: readonly number[]): number[] {
  const known = values.flatMap((value, p) => (Number.isFinite(value) ? [p] : []))
  const { slope, intercept } = line(
    known,
    known.map((p) => values[p]),
  )
  const size = Math.abs(mean(values)) || 1
  return values.map((value, p) => (value - intercept - slope * p) / size)
}

function autocorrelation(values: readonly number[]): number {
  const middle = mean(values)
  let [sum, squares] = [0, 0]
  for (let p = 0; p < values.length; p++) {
    if (!Number.isFinite(values[p])) continue
    squares += (values[p] - middle) ** 2
    if (p > 0 && Number.isFinite(values[p - 1])) sum += (values[p] - middle) * (values[p - 1] - middle)
  }
  return squares > 0 ? sum / squares : 0
}
