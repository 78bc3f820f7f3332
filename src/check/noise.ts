/** @file How much rounding there is in a loss: measured, since nobody can know it from outside. Moré and Wild 2011, 'ECnoise'. */
import { RandomStream } from '../base/random.ts'
import type { Evaluator } from './evaluator.ts'
import { rounding } from './scale.ts'

export interface Noise {
  /** Standard deviation of the loss's rounding near the base point. */
  readonly deviation: number
  /** Relative error of one rounding of the loss's own value. */
  readonly grain: number
  /** In which the loss is computed, as its values show. */
  readonly precision: 'float64' | 'float32'
  /** The loss at the base point, as the differences see it. */
  readonly loss: number
  /** Whether the loss was the same at every point that was looked at. */
  readonly flat: boolean
}

/** Points of one difference table, beside the base: a kink or jump there is no rounding. */
const rows = 7
/**
 * Relative distances of the points: the smallest at which the values differ, since rounding does not show where they stand still. All are
 * too near for the loss to bend.
 */
const distances = {
  float64: [2 ** -42, 2 ** -34, 2 ** -26, 2 ** -17],
  float32: [2 ** -17, 2 ** -14, 2 ** -11, 2 ** -8],
}
const lines = 3
/** No power of two: values of a loss in float64 then do not fit into float32 by accident. */
const odd = 0.0031415926

/**
 * @param scales of each coordinate, by tensor: on which the loss surely does not bend
 * @param gradient at the base point: says whether the loss should move
 */
export async function measureNoise(
  evaluator: Evaluator,
  scales: readonly Float64Array[],
  gradient: readonly Float64Array[],
  seed: number,
): Promise<Noise> {
  const random = new RandomStream(seed, 'check/noise')
  const directions = Array.from({ length: lines }, () =>
    scales.map((scale) => scale.map((s) => (random.integer(2) === 0 ? s : -s))),
  )
  const apart = directions.flatMap((direction) => [0, odd, -odd * 1.7].map((offset) => ({ direction, offset })))
  const losses = await lossesAt(evaluator, apart)
  const [loss] = losses
  const flat = losses.every((value) => value === loss)
  const telling = !flat || (loss !== 0 && gradient.some((values) => values.some((g) => g !== 0)))
  const grainy = telling && losses.every((value) => !Number.isFinite(value) || Math.fround(value) === value)
  const precision = grainy || evaluator.precision === 'float32' ? 'float32' : 'float64'
  const grain = rounding[grainy ? 'float32' : 'float64']
  const largest = Math.max(...losses.filter(Number.isFinite).map(Math.abs), 0)
  // A loss of exactly 0 may be the difference of larger things, which round: as large as what it moves by.
  // Nothing is known of a loss that is 0 all around but that nets compute with numbers near 1.
  const floor = flat && loss === 0 ? rounding[precision] : grain * (loss === 0 ? largest / odd : largest)
  const deviation = flat ? 0 : await measured(evaluator, directions, distances[precision])
  return { deviation: Math.max(deviation, floor), grain, precision, loss, flat }
}

/** The deviation at the first distance at which the losses differ from point to point. */
async function measured(
  evaluator: Evaluator,
  directions: readonly (readonly Float64Array[])[],
  tried: readonly number[],
): Promise<number> {
  let deviation = 0
  for (const distance of tried) {
    const points = directions.flatMap((direction) =>
      Array.from({ length: rows }, (_, i) => ({ direction, offset: (i + 1) * distance })),
    )
    const losses = await lossesAt(evaluator, points)
    const tables = directions.map((_, i) => losses.slice(i * rows, (i + 1) * rows))
    deviation = Math.max(deviation, median(tables.map(deviationOf)))
    const moving = tables.filter((table) => new Set(table).size > rows / 2)
    if (moving.length > lines / 2) break
  }
  return deviation
}

async function lossesAt(
  evaluator: Evaluator,
  points: readonly { readonly direction: readonly Float64Array[]; readonly offset: number }[],
): Promise<number[]> {
  const { loss } = await evaluator.valuesAlong(
    points.map(({ direction }) => direction),
    points.map(({ offset }) => offset),
  )
  return Array.from(loss)
}

/** From the third to the fifth differences of equally spaced values: a smooth part is gone by then, and rounding is left. */
function deviationOf(values: readonly number[]): number {
  let differences = values
  const found: number[] = []
  // γ_k = (k!)² / (2k)!: the k-th difference of independent errors has 1/γ_k times their variance.
  let gamma = 1
  for (let k = 1; k <= 5; k++) {
    differences = differences.slice(1).map((value, i) => value - differences[i])
    gamma *= k / (2 * (2 * k - 1))
    const mean = differences.reduce((sum, d) => sum + d * d, 0) / differences.length
    if (k >= 3) found.push(Math.sqrt(gamma * mean))
  }
  return median(found)
}

function median(values: readonly number[]): number {
  const finite = values.filter(Number.isFinite).sort((a, b) => a - b)
  return finite.length === 0 ? 0 : finite[finite.length >> 1]
}

/** ⟨a, b⟩ over all tensors. */
export function inner(a: readonly Float64Array[], b: readonly Float64Array[]): number {
  let sum = 0
  for (let t = 0; t < a.length; t++) for (let i = 0; i < a[t].length; i++) sum += a[t][i] * b[t][i]
  return sum
}
