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

/** Points of one difference table: the base and six more. */
const rows = 6
/** Relative distance of the points: some hundred spacings of the numbers, too near for the loss to curve. */
const near = { float64: 2 ** -42, float32: 2 ** -17 } as const
const lines = 3
/** No power of two: values of a loss in float64 then do not fit into float32 by accident. */
const odd = 0.0031415926

/**
 * @param scales of each coordinate, by tensor
 * @param gradient at the base point: says how much the loss should move
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
  const offsets = Array.from({ length: rows + 1 }, (_, i) => i * near.float64)
  const table = directions.flatMap((direction) => offsets.map((offset) => ({ direction, offset })))
  const apart = directions.flatMap((direction) => [odd, -odd * 1.7].map((offset) => ({ direction, offset })))
  const losses = await lossesAt(evaluator, [...table, ...apart])
  const [loss] = losses
  const far = losses.slice(table.length).filter(Number.isFinite)
  const flat = losses.every((value) => value === loss)
  const grainy = far.some((value) => value !== loss) && far.every((value) => Math.fround(value) === value)
  const precision = grainy || evaluator.precision === 'float32' ? 'float32' : 'float64'
  const expected = directions.map((direction) => Math.abs(inner(gradient, direction)) * rows * near.float64)
  const chunks = directions.map((_, i) => losses.slice(i * (rows + 1), (i + 1) * (rows + 1)))
  const grain = rounding[grainy ? 'float32' : 'float64']
  const floor = grain * Math.max(...losses.filter(Number.isFinite).map(Math.abs), 0)
  // Float32 somewhere inside: moves below its grain do nothing, though the gradient says that they should.
  const deaf = chunks.some(
    (chunk, i) => chunk.every((value) => value === loss) && expected[i] > 64 * rounding.float64 * Math.abs(loss),
  )
  let deviation = median(chunks.map(deviationOf))
  if (precision === 'float32' || deaf) {
    const wide = directions.flatMap((direction) =>
      offsets.map((offset) => ({ direction, offset: (offset / near.float64) * near.float32 })),
    )
    const again = await lossesAt(evaluator, wide)
    const wider = directions.map((_, i) => deviationOf(again.slice(i * (rows + 1), (i + 1) * (rows + 1))))
    deviation = Math.max(deviation, median(wider))
  }
  return { deviation: Math.max(deviation, floor), grain, precision, loss, flat }
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
