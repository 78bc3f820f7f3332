/** @file The point itself as a trouble: kinks, jumps and ends of the domain, seen in the slopes of both sides. */
import { type Limit, limitOf } from './limit.ts'
import { type Context, oneSided, type Pair } from './line.ts'

export type Sides =
  | { readonly kind: 'smooth' }
  /** The loss is not continuous at the point, or so near to it that no step fits between. */
  | { readonly kind: 'jump'; readonly height: number }
  /** The slopes of the two sides differ. */
  | { readonly kind: 'kink'; readonly ahead: Limit; readonly behind: Limit }
  /** The loss is a number on one side only. */
  | { readonly kind: 'half'; readonly slope: Limit }
  /** On neither. */
  | { readonly kind: 'undefined' }

/** @param pairs by rising step */
export function sidesOf(context: Context, pairs: readonly Pair[]): Sides {
  const right = pairs.filter(({ plus }) => Number.isFinite(plus))
  const left = pairs.filter(({ minus }) => Number.isFinite(minus))
  const height = Math.max(
    jump(
      context,
      right.map(({ plus }) => plus),
    ),
    jump(
      context,
      left.map(({ minus }) => minus),
    ),
  )
  if (height > 0) return { kind: 'jump', height }
  const ahead = limitOf(
    right.map((pair) => oneSided(context, pair, 'ahead')),
    1,
  )
  const behind = limitOf(
    left.map((pair) => oneSided(context, pair, 'behind')),
    1,
  )
  if (ahead === undefined || behind === undefined) {
    const slope = ahead ?? behind
    return slope === undefined ? { kind: 'undefined' } : { kind: 'half', slope }
  }
  const gap = Math.abs(ahead.value - behind.value)
  const seen = gap > 2 * (ahead.uncertainty + behind.uncertainty)
  return seen ? { kind: 'kink', ahead, behind } : { kind: 'smooth' }
}

/** How many of the smallest steps a jump must stand at, of about the same height. */
const steady = 3

/** Height of a jump between the base point and its nearest neighbours on one side; 0 where there is none. */
function jump({ noise }: Context, values: readonly number[]): number {
  const heights = values.slice(0, steady).map((value) => Math.abs(value - noise.loss))
  if (heights.length < steady) return 0
  const [low, high] = [Math.min(...heights), Math.max(...heights)]
  // A slope would make them differ as the steps do, 16 times.
  return low > 40 * noise.deviation && high < 1.5 * low ? low : 0
}
