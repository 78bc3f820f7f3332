/** @file A chart of curves over the shared axis: uPlot, with our colours, one cursor for all, and zoom. */
import { effect } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import type { Axis, Curve } from '../documents.ts'
import { onScheme, token } from './colours.ts'
import { position, significant } from './format.ts'
import { axis, cursor, zoom } from './view.ts'

/** A line of a chart. */
export interface Line {
  readonly label: string
  readonly curve: Curve
  /** Name of a colour in style/tokens.css: 'training', 'validation', 'accent'. */
  readonly colour: string
  /** Which of the curve's numbers; default 'values'. */
  readonly of?: 'values' | 'smoothed'
  /** In the background: thin and pale. */
  readonly isFaint?: boolean
  readonly isDashed?: boolean
  /** Only the edge of a band. */
  readonly isEdge?: boolean
}

/** The area between two of the lines. */
export interface Band {
  /** Places of the two lines. */
  readonly between: readonly [upper: number, lower: number]
  readonly opacity: number
}

export interface ChartProps {
  readonly lines: readonly Line[]
  readonly isLogarithmic?: boolean
  /** Pixels; default 220. */
  readonly height?: number
  readonly bands?: readonly Band[]
  /** Horizontal lines at values that a rule of thumb names. */
  readonly levels?: readonly number[]
  /** Of the vertical axis' numbers. */
  readonly format?: (value: number) => string
  /** Fixed ends of the vertical axis. */
  readonly range?: readonly [number, number]
  /** Places to mark on the axis, in steps and epochs: findings, ends of epochs. */
  readonly marks?: readonly Mark[]
  /** Gets the canvas once it is there, so that it can be saved. */
  readonly onCanvas?: (canvas: HTMLCanvasElement) => void
}

export interface Mark {
  readonly at: { readonly epoch: number; readonly step: number }
  readonly colour: string
}

export function Chart(props: ChartProps) {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | undefined>(undefined)
  const latest = useRef(props)
  latest.current = props
  const drawn = props.lines.map(({ label, colour, of, isFaint, isDashed }) => [label, colour, of, isFaint, isDashed])
  // What the plot is made with; new numbers only go into it.
  const shape = JSON.stringify([drawn, props.isLogarithmic, props.height, props.range, isShort(props.lines)])

  useEffect(() => {
    const element = box.current as HTMLDivElement
    const make = () => {
      plot.current?.destroy()
      plot.current = new uPlot(optionsOf(latest, element.clientWidth), dataOf(latest.current.lines), element)
      latest.current.onCanvas?.(plot.current.ctx.canvas)
    }
    make()
    const resized = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height: latest.current.height ?? 220 }),
    )
    resized.observe(element)
    const endScheme = onScheme(make)
    const endCursor = effect(() => showCursor(plot.current, cursor.value))
    const endZoom = effect(() => {
      void axis.value
      const range = zoom.value
      const shown = plot.current
      if (shown) shown.setData(dataOf(latest.current.lines), range === undefined)
      if (shown && range !== undefined) shown.setScale('x', { min: range[0], max: range[1] })
    })
    return () => {
      resized.disconnect()
      endScheme()
      endCursor()
      endZoom()
      plot.current?.destroy()
      plot.current = undefined
    }
  }, [shape])

  useEffect(() => {
    const shown = plot.current
    if (shown === undefined) return
    shown.setData(dataOf(props.lines), zoom.peek() === undefined)
    const range = zoom.peek()
    if (range !== undefined) shown.setScale('x', { min: range[0], max: range[1] })
    showCursor(shown, cursor.peek())
  }, [props.lines])

  const said = props.lines.map(
    ({ label, curve }) => `${label} ${significant(curve.values[curve.values.length - 1] ?? Number.NaN)}`,
  )
  return (
    <div
      class="chart"
      ref={box}
      role="img"
      aria-label={`chart by ${axis.value}; last values: ${said.join(', ')}`}
      style={{ height: `${props.height ?? 220}px` }}
    />
  )
}

/** With so few points that each should be seen. */
const isShort = (lines: readonly Line[]) => lines.every(({ curve }) => curve.values.length <= 60)

/** All lines on one list of positions, as uPlot wants them; where a line has no point it has undefined, where it has NaN a gap. */
function dataOf(lines: readonly Line[]): uPlot.AlignedData {
  if (lines.length === 0) return [[]]
  const on = axis.peek()
  return uPlot.join(
    lines.map(({ curve, of = 'values' }) => {
      const y = (of === 'smoothed' ? curve.smoothed : curve.values) ?? curve.values
      return [curve[on] as number[], y.map((value) => (Number.isFinite(value) ? value : null))] as uPlot.AlignedData
    }),
    // Where a curve has no point of its own it goes on; where its value is not finite it breaks.
    lines.map(() => [0, 2]),
  )
}

function optionsOf(latest: { readonly current: ChartProps }, width: number): uPlot.Options {
  const { lines, isLogarithmic = false, height = 220, range, bands = [] } = latest.current
  const { format = (value: number) => significant(value) } = latest.current
  const ink = {
    stroke: token('ink-2'),
    font: `11px ${token('font')}`,
    ticks: { show: false },
    grid: { stroke: token('grid'), width: 1 },
  }
  return {
    width,
    height,
    legend: { show: false },
    cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 6 }, y: false },
    scales: {
      x: { time: false },
      y: { distr: isLogarithmic ? 3 : 1, ...(range && !isLogarithmic && { range: [...range] as [number, number] }) },
    },
    axes: [
      { ...ink, size: 26, values: (_, ticks) => ticks.map(position) },
      {
        ...ink,
        size: 50,
        // Between powers of ten uPlot asks for labels too; they would stand upon each other.
        values: (_, ticks) =>
          ticks.map((tick) => (tick === null || (isLogarithmic && !isDecade(tick, ticks)) ? '' : format(tick))),
      },
    ],
    series: [
      {},
      ...lines.map(({ label, colour, isFaint, isDashed, isEdge }) => ({
        label,
        stroke: token(colour),
        width: isEdge ? 0 : isFaint ? 1 : 1.75,
        alpha: isFaint ? 0.38 : 1,
        ...(isDashed && { dash: [5, 3] }),
        points: { show: isShort(lines) && !isFaint && bands.length === 0, size: 4, fill: token(colour) },
      })),
    ],
    ...(bands.length > 0 && {
      bands: bands.map(({ between: [upper, lower], opacity }) => ({
        series: [upper + 1, lower + 1] as [number, number],
        fill: `color-mix(in srgb, ${token('band')} ${100 * opacity}%, transparent)`,
      })),
    }),
    hooks: {
      draw: [
        (plot) => {
          drawMarks(plot, latest.current.marks ?? [])
          drawLevels(plot, latest.current.levels ?? [])
        },
      ],
      setCursor: [
        (plot) => {
          const { left, event } = plot.cursor
          if (event == null || left == null) return
          cursor.value = left < 0 ? undefined : plot.posToVal(left, 'x')
        },
      ],
      // Positions are known only once a scale has been set.
      setScale: [(plot, key) => key === 'x' && showCursor(plot, cursor.peek())],
      setSelect: [
        (plot) => {
          const { left, width: wide } = plot.select
          if (wide > 4) zoom.value = [plot.posToVal(left, 'x'), plot.posToVal(left + wide, 'x')]
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
        },
      ],
      ready: [(plot) => plot.over.addEventListener('dblclick', () => (zoom.value = undefined))],
    },
  }
}

/** A power of ten; where the axis has none or one of them, every label stands. */
function isDecade(tick: number, ticks: readonly (number | null)[]): boolean {
  const isPower = (value: number | null) => value !== null && value > 0 && Math.abs(Math.log10(value) % 1) < 1e-9
  return ticks.filter(isPower).length < 2 || isPower(tick)
}

function drawMarks(plot: uPlot, marks: readonly Mark[]): void {
  const { ctx, bbox } = plot
  ctx.save()
  for (const { at, colour } of marks) {
    const place = axis.peek() === 'seconds' ? Number.NaN : at[axis.peek() as Exclude<Axis, 'seconds'>]
    if (!Number.isFinite(place)) continue
    const x = Math.round(plot.valToPos(place, 'x', true))
    if (x < bbox.left || x > bbox.left + bbox.width) continue
    ctx.strokeStyle = token(colour)
    ctx.setLineDash([4, 3])
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
  }
  ctx.restore()
}

function drawLevels(plot: uPlot, levels: readonly number[]): void {
  const { ctx, bbox } = plot
  ctx.save()
  ctx.strokeStyle = token('ink-3')
  ctx.setLineDash([2, 3])
  for (const level of levels) {
    const y = Math.round(plot.valToPos(level, 'y', true))
    if (!(y >= bbox.top && y <= bbox.top + bbox.height)) continue
    ctx.beginPath()
    ctx.moveTo(bbox.left, y)
    ctx.lineTo(bbox.left + bbox.width, y)
    ctx.stroke()
  }
  ctx.restore()
}

/** Without an event of its own, so that the charts do not answer each other. */
function showCursor(plot: uPlot | undefined, at: number | undefined): void {
  if (plot === undefined) return
  const left = at === undefined ? -10 : plot.valToPos(at, 'x')
  plot.setCursor({ left, top: at === undefined ? -10 : 0 }, false)
}
