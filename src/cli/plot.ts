/** @file Line plots for the terminal, in braille dots: 2×4 to a character. */

export interface Series {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
  /** Paints the series' characters, where the terminal has colours. */
  readonly paint?: (text: string) => string
}

export interface PlotOptions {
  /** Characters of the plotting area; default 60 by 12. */
  readonly width?: number
  readonly height?: number
  readonly xLabel?: string
}

/** Bits of a braille character for the dots of its 4 rows and 2 columns (Unicode block 2800). */
const dots = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
]

/**
 * Draws series as lines over a common x-axis. The y-axis is logarithmic when all values are positive and span more than a
 * factor of 30. Points that are not finite leave gaps.
 */
export function linePlot(series: readonly Series[], options: PlotOptions = {}): string {
  const { width = 60, height = 12 } = options
  const finite = series.flatMap(({ points }) => points.filter((point) => point.every(Number.isFinite)))
  if (finite.length === 0) return '(nothing to draw)'
  const [xs, ys] = [finite.map(([x]) => x), finite.map(([, y]) => y)]
  const [xLow, xHigh] = [Math.min(...xs), Math.max(...xs)]
  const axis = valueAxis(Math.min(...ys), Math.max(...ys))
  const column = (x: number) => Math.round(((x - xLow) / (xHigh - xLow || 1)) * (width * 2 - 1))
  const row = (y: number) => Math.round((1 - axis.place(y)) * (height * 4 - 1))
  const cells = Array.from({ length: height }, () => new Array<{ bits: number; owner: number }>(width))
  series.forEach(({ points }, owner) => {
    const drawn = points.map(([x, y]) => (Number.isFinite(x + y) ? ([column(x), row(y)] as const) : undefined))
    drawn.forEach((point, i) => {
      if (point === undefined) return
      for (const [x, y] of line(drawn[i - 1] ?? point, point)) {
        const cell = (cells[y >> 2][x >> 1] ??= { bits: 0, owner })
        cell.bits |= dots[y & 3][x & 1]
        cell.owner = owner
      }
    })
  })
  const labels = labelRows(axis, height)
  const margin = Math.max(...labels.map(({ length }) => length))
  const lines = cells.map((cellsOfRow, i) => {
    const text = Array.from(cellsOfRow, (cell) => {
      if (cell === undefined) return ' '
      const dot = String.fromCharCode(0x2800 + cell.bits)
      return series[cell.owner].paint?.(dot) ?? dot
    })
    return `${labels[i].padStart(margin)} ${labels[i] === '' ? '│' : '┤'}${text.join('').trimEnd()}`
  })
  const [from, to] = [number(xLow), `${options.xLabel === undefined ? '' : `${options.xLabel} `}${number(xHigh)}`]
  const gap = Math.max(1, width - from.length - to.length)
  return [
    ...lines,
    `${' '.repeat(margin)} └${'─'.repeat(width)}`,
    `${' '.repeat(margin + 2)}${from}${' '.repeat(gap)}${to}`,
  ].join('\n')
}

interface ValueAxis {
  /** Where a value lies, from 0 at the bottom to 1 at the top. */
  readonly place: (y: number) => number
  readonly at: (place: number) => number
}

function valueAxis(low: number, high: number): ValueAxis {
  if (low > 0 && high / low > 30) {
    const span = Math.log(high / low)
    return { place: (y) => Math.log(y / low) / span, at: (place) => low * Math.exp(place * span) }
  }
  const span = high - low || 1
  return { place: (y) => (y - low) / span, at: (place) => low + place * span }
}

/** A label at the top, at the bottom, and about every fourth row between. */
function labelRows(axis: ValueAxis, height: number): string[] {
  const count = Math.max(2, Math.round(height / 4) + 1)
  const rows = new Set(Array.from({ length: count }, (_, i) => Math.round((i * (height - 1)) / (count - 1))))
  return Array.from({ length: height }, (_, i) => (rows.has(i) ? number(axis.at(1 - i / (height - 1))) : ''))
}

/** The dots of a straight line (Bresenham 1965). */
function line([x0, y0]: readonly [number, number], [x1, y1]: readonly [number, number]): [number, number][] {
  const steps = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0), 1)
  return Array.from({ length: steps + 1 }, (_, i) => [
    Math.round(x0 + ((x1 - x0) * i) / steps),
    Math.round(y0 + ((y1 - y0) * i) / steps),
  ])
}

/** Two significant digits are enough for an axis. */
function number(value: number): string {
  const size = Math.abs(value)
  if (size === 0 || (size >= 0.001 && size < 100_000)) return String(Number(value.toPrecision(size >= 100 ? 5 : 2)))
  return value.toExponential(0)
}
