/** @file One measure of all tensors over time: the rows and columns of the heat map. */

import type { Matrix, MatrixRequest } from '../documents.ts'
import { orderOf } from './order.ts'
import type { RunReader } from './run-reader.ts'

/** The median of what was measured in each column; columns have equal numbers of steps. */
export async function matrixOf(run: RunReader, { measure, columns = 240 }: MatrixRequest): Promise<Matrix> {
  const prefix = `${measure}/`
  const names = run.seriesNames.filter((name) => name.startsWith(prefix))
  const found = (await Promise.all(names.map((name) => run.series(name)))).filter((series) => series !== undefined)
  const rows = orderOf(run).sort(found.map(({ name }) => name.slice(prefix.length)))
  const byRow = new Map(found.map((series) => [series.name.slice(prefix.length), series]))
  const longest = found.reduce((a, b) => (b.values.length > a.values.length ? b : a), found[0])
  if (longest === undefined) return { measure, rows: [], step: [], epoch: [], seconds: [], values: [] }
  const moments = longest.steps.length
  const count = Math.min(columns, moments)
  const begins = Array.from({ length: count }, (_, i) => Math.floor((i * moments) / count))
  const values = rows.map((row) => {
    const series = byRow.get(row)
    let at = 0
    return begins.map((_, i) => {
      const end = i + 1 < count ? longest.steps[begins[i + 1]] : Number.POSITIVE_INFINITY
      const there: number[] = []
      while (series !== undefined && at < series.steps.length && series.steps[at] < end) there.push(series.values[at++])
      return median(there)
    })
  })
  const pick = (x: Float64Array) => begins.map((i) => x[i])
  return {
    measure,
    rows,
    step: pick(longest.steps),
    epoch: pick(longest.epochs),
    seconds: pick(longest.seconds),
    values,
  }
}

/** NaN of nothing, and where more than half of it is NaN. */
function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN
  const sorted = [...values].sort((a, b) => (Number.isNaN(a) ? 1 : Number.isNaN(b) ? -1 : a - b))
  return sorted[(sorted.length - 1) >> 1]
}
