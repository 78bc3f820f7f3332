/** @file Lines through the base point, one coordinate or a direction, and the loss at points on both sides of it. */
import type { Evaluator, Values } from './evaluator.ts'
import type { Difference } from './limit.ts'
import type { Noise } from './noise.ts'
import type { Settings } from './options.ts'

/** What all parts of one check share. */
export interface Context {
  readonly evaluator: Evaluator
  readonly settings: Settings
  readonly gradient: readonly Float64Array[]
  readonly scales: readonly Float64Array[]
  readonly noise: Noise
  /** What the loss and its changes are like: rounding is beside it. */
  readonly size: number
  /** What terms of the analytic gradient that cancel may leave over, along a coordinate's scale. */
  readonly residue: number
  /** log2 of the step to begin with, in units of a coordinate's scale. */
  readonly firstExponent: number
  /** Losses computed so far. */
  evaluations: number
}

/**
 * The point x + t·unit for all t. For a coordinate the unit is its scale, for a direction its vector. Derivatives along a line are by t.
 */
export type Line =
  | { readonly kind: 'coordinate'; readonly tensor: number; readonly index: number }
  | { readonly kind: 'direction'; readonly direction: readonly Float64Array[] }

/** The loss on both sides of the base point. */
export interface Pair {
  /** Distances really gone, both positive. */
  readonly ahead: number
  readonly behind: number
  readonly plus: number
  readonly minus: number
  readonly kinks: number
}

/** How many times the standard deviation of the rounding counts as possible. */
const deviations = 4

/** Both sides went the same way: near the spacing of the numbers one may go further, and the second derivative would enter. */
function isEven({ ahead, behind }: Pair): boolean {
  return ahead > 0 && behind > 0 && Math.abs(ahead - behind) <= 1e-3 * (ahead + behind)
}

/** Rounding of the loss at a pair's points. */
function deviationAt({ noise }: Context, pair: Pair): number {
  const [plus, minus] = [Math.abs(pair.plus), Math.abs(pair.minus)]
  const larger = Math.max(Number.isFinite(plus) ? plus : 0, Number.isFinite(minus) ? minus : 0)
  return Math.max(noise.deviation, noise.grain * larger)
}

export function centred(context: Context, pair: Pair): Difference {
  const width = pair.ahead + pair.behind
  // The two errors are independent: √2 of one, over twice the step.
  const noise = (deviations * Math.SQRT2 * deviationAt(context, pair)) / width
  return { step: width / 2, value: (pair.plus - pair.minus) / width, noise }
}

export function oneSided(context: Context, pair: Pair, side: 'ahead' | 'behind'): Difference {
  const { loss } = context.noise
  const step = pair[side]
  const value = side === 'ahead' ? (pair.plus - loss) / step : (loss - pair.minus) / step
  return { step, value, noise: (deviations * Math.SQRT2 * deviationAt(context, pair)) / step }
}

export function scaleOf(context: Context, line: Line): number {
  return line.kind === 'coordinate' ? context.scales[line.tensor][line.index] : 1
}

/**
 * The loss at ±t on each line, in as few calls as there are kinds of lines. Pairs that did not move evenly are left out.
 *
 * @param steps for each line, values of t
 * @param frozen with the winners of the base point; coordinates only
 */
export async function pairsOn(
  context: Context,
  lines: readonly Line[],
  steps: readonly (readonly number[])[],
  frozen = false,
): Promise<Pair[][]> {
  const moves: { tensor: number; index: number; offset: number }[] = []
  const directions: (readonly Float64Array[])[] = []
  const offsets: number[] = []
  for (const [i, line] of lines.entries()) {
    for (const t of steps[i]) {
      for (const signed of [t, -t]) {
        if (line.kind === 'direction') {
          directions.push(line.direction)
          offsets.push(signed)
        } else moves.push({ tensor: line.tensor, index: line.index, offset: signed * scaleOf(context, line) })
      }
    }
  }
  context.evaluations += moves.length + offsets.length
  const { evaluator } = context
  const none: Values = { loss: new Float64Array(), moved: new Float64Array() }
  const single =
    moves.length === 0
      ? none
      : await (frozen ? (evaluator.frozenValuesAt?.(moves) ?? evaluator.valuesAt(moves)) : evaluator.valuesAt(moves))
  const along = offsets.length === 0 ? none : await evaluator.valuesAlong(directions, offsets)
  const next = { coordinate: 0, direction: 0 }
  return lines.map((line, i) =>
    steps[i]
      .map(() => {
        const values = line.kind === 'coordinate' ? single : along
        const at = next[line.kind]
        next[line.kind] += 2
        const scale = scaleOf(context, line)
        return {
          plus: values.loss[at],
          minus: values.loss[at + 1],
          ahead: values.moved[at] / scale,
          behind: -values.moved[at + 1] / scale,
          kinks: values.kinks === undefined ? 0 : values.kinks[at] + values.kinks[at + 1],
        }
      })
      .filter(isEven),
  )
}
