/** @file Parts of series. */
import type { Series } from '../history.ts'

/** Values from this share of the points on: `late(series)` is the last quarter, at least the last point. */
export function late(series: Series | undefined, from = 0.75): readonly number[] {
  const values = series?.values ?? []
  return values.slice(Math.min(Math.floor(from * values.length), Math.max(0, values.length - 1)))
}
