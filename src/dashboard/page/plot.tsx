/** @file A small drawing of lines and bars over an axis of its own, as SVG: what does not lie on the run's shared axis. */
import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { significant } from './format.ts'
import { type Scale, scaleOf } from './scales.ts'

export interface PlotLine {
  readonly label: string
  /** Name of a colour in style/tokens.css. */
  readonly colour: string
  readonly x: readonly number[]
  readonly y: readonly number[]
  readonly dots?: boolean
  /** Which of the dots are hollow. */
  readonly hollow?: readonly boolean[]
}

export interface PlotProps {
  /** For those who do not see it. */
  readonly label: string
  readonly lines?: readonly PlotLine[]
  /** Areas on top of each other, on one list of positions. */
  readonly stacked?: { readonly x: readonly number[]; readonly layers: readonly Omit<PlotLine, 'x'>[] }
  readonly bars?: { readonly edges: readonly number[]; readonly counts: readonly number[]; readonly colour: string }
  readonly x?: { readonly title: string; readonly isLogarithmic?: boolean }
  readonly y?: { readonly title: string; readonly isLogarithmic?: boolean; readonly always?: readonly number[] }
  /** Pixels; default 180. */
  readonly height?: number
  readonly format?: (value: number) => string
  /** Horizontal lines. */
  readonly levels?: readonly number[]
  readonly children?: ComponentChildren
}

const margin = { left: 52, right: 10, top: 8, bottom: 34 }

export function Plot({ label, lines = [], stacked, bars, x = { title: '' }, y = { title: '' }, ...rest }: PlotProps) {
  const { height = 180, format = (value: number) => significant(value, 2), levels = [], children } = rest
  const box = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  useEffect(() => {
    const element = box.current as HTMLDivElement
    const look = () => setWidth(element.clientWidth)
    look()
    const resized = new ResizeObserver(look)
    resized.observe(element)
    return () => resized.disconnect()
  }, [])
  const heaps = stacked ? heaped(stacked.layers.map((layer) => layer.y)) : []
  const most = Math.max(2, Math.floor(width / 70))
  const across = scaleOf([...lines.flatMap((line) => line.x), ...(stacked?.x ?? []), ...(bars?.edges ?? [])], {
    ...x,
    most,
  })
  const up = scaleOf([...lines.flatMap((line) => line.y), ...heaps.flat(), ...(bars?.counts ?? [])], {
    ...y,
    most: Math.max(2, Math.floor(height / 36)),
    always: [...(y.always ?? []), ...(stacked || bars ? [0] : [])],
  })
  const inner = { width: Math.max(0, width - margin.left - margin.right), height: height - margin.top - margin.bottom }
  const px = (value: number) => margin.left + across.at(value) * inner.width
  const py = (value: number) => margin.top + (1 - up.at(value)) * inner.height
  return (
    <div class="plot" ref={box} style={{ height: `${height}px` }}>
      {width > 0 && (
        <svg width={width} height={height} role="img" aria-label={label}>
          <title>{label}</title>
          <Axes {...{ across, up, px, py, inner, height, width, format }} xTitle={x.title} yTitle={y.title} />
          {levels.map((level) => (
            <line key={level} class="level" x1={margin.left} x2={width - margin.right} y1={py(level)} y2={py(level)} />
          ))}
          {bars?.counts.map((count, i) => (
            <rect
              key={bars.edges[i]}
              x={px(bars.edges[i]) + 0.5}
              width={Math.max(0.5, px(bars.edges[i + 1]) - px(bars.edges[i]) - 1)}
              y={py(count)}
              height={Math.max(0, py(0) - py(count))}
              style={{ fill: `var(--${bars.colour})` }}
            />
          ))}
          {stacked?.layers.map((layer, i) => (
            <path
              key={layer.label}
              d={areaPath(stacked.x.map(px), heaps[i].map(py), heaps[i - 1]?.map(py) ?? stacked.x.map(() => py(0)))}
              style={{ fill: `var(--${layer.colour})` }}
            >
              <title>{layer.label}</title>
            </path>
          ))}
          {lines.map((line) => (
            <Drawn key={line.label} line={line} px={px} py={py} />
          ))}
        </svg>
      )}
      {children}
    </div>
  )
}

interface AxesProps {
  readonly across: Scale
  readonly up: Scale
  readonly px: (value: number) => number
  readonly py: (value: number) => number
  readonly inner: { readonly width: number; readonly height: number }
  readonly height: number
  readonly width: number
  readonly format: (value: number) => string
  readonly xTitle: string
  readonly yTitle: string
}

function Axes({ across, up, px, py, inner, height, width, format, xTitle, yTitle }: AxesProps) {
  return (
    <g class="axes">
      {up.ticks.map((tick) => (
        <g key={tick}>
          <line x1={margin.left} x2={width - margin.right} y1={py(tick)} y2={py(tick)} />
          <text x={margin.left - 6} y={py(tick) + 4} text-anchor="end">
            {tickText(tick, up, format)}
          </text>
        </g>
      ))}
      {across.ticks.map((tick) => (
        <text key={tick} x={px(tick)} y={margin.top + inner.height + 14} text-anchor="middle">
          {tickText(tick, across, format)}
        </text>
      ))}
      <text class="title" x={margin.left + inner.width / 2} y={height - 4} text-anchor="middle">
        {[yTitle, xTitle].filter(Boolean).join(' by ')}
      </text>
    </g>
  )
}

const tickText = (tick: number, { isLogarithmic }: Scale, format: (value: number) => string) =>
  isLogarithmic && Number.isInteger(Math.log10(tick))
    ? `1e${Math.round(Math.log10(tick))}`.replace('-', '−')
    : format(tick)

function Drawn({ line, px, py }: { readonly line: PlotLine; px(value: number): number; py(value: number): number }) {
  const { x, y, colour, dots, hollow } = line
  const colourOf = `var(--${colour})`
  const isShown = (i: number) => Number.isFinite(px(x[i])) && Number.isFinite(py(y[i]))
  return (
    <g>
      <path class="line" d={linePath(x.map(px), y.map(py))} style={{ stroke: colourOf }} />
      {dots &&
        x.map(
          (at, i) =>
            isShown(i) && (
              <circle
                key={at}
                cx={px(at)}
                cy={py(y[i])}
                r={3}
                style={{ stroke: colourOf, fill: hollow?.[i] ? 'var(--surface)' : colourOf }}
              >
                <title>{`${line.label}: ${significant(y[i])} at ${significant(at)}`}</title>
              </circle>
            ),
        )}
    </g>
  )
}

/** A path through the points that there are; a gap where one is not finite. */
export function linePath(x: readonly number[], y: readonly number[]): string {
  let isDown = false
  let path = ''
  for (let i = 0; i < x.length; i++) {
    const isPoint = Number.isFinite(x[i]) && Number.isFinite(y[i])
    if (isPoint) path += `${isDown ? 'L' : 'M'}${x[i].toFixed(1)} ${y[i].toFixed(1)}`
    isDown = isPoint
  }
  return path
}

function areaPath(x: readonly number[], upper: readonly number[], lower: readonly number[]): string {
  if (x.length === 0) return ''
  const back = x.map((at, i) => `L${at.toFixed(1)} ${lower[i].toFixed(1)}`).reverse()
  return `${linePath(x, upper)}${back.join('')}Z`
}

/** Each layer on top of those before it. What is not finite counts as 0. */
export function heaped(layers: readonly (readonly number[])[]): number[][] {
  const heaps: number[][] = []
  for (const layer of layers)
    heaps.push(layer.map((value, i) => (heaps.at(-1)?.[i] ?? 0) + (Number.isFinite(value) ? value : 0)))
  return heaps
}
