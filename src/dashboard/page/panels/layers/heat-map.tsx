/** @file A heat map of tensors by time, on a canvas: rows are tensors, columns moments on the shared axis. */
import { effect } from '@preact/signals'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Matrix } from '../../../documents.ts'
import { onScheme, token } from '../../colours.ts'
import { position } from '../../format.ts'
import { axis, cursor, tensor, zoom } from '../../view.ts'
import { type Measure, typicalOf } from './measures.ts'

export interface HeatMapProps {
  readonly matrix: Matrix
  readonly measure: Measure
  /** Rows in the order in which they are shown, as places in the matrix. */
  readonly order: readonly number[]
  /** Names that have an open finding. */
  readonly marked: ReadonlySet<string>
  readonly onCanvas?: (canvas: HTMLCanvasElement) => void
}

const axisHeight = 20
/** Pixels that a row takes at most and at least. */
const [tallest, lowest] = [22, 5]

export function HeatMap({ matrix, measure, order, marked, onCanvas }: HeatMapProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [width, setWidth] = useState(0)
  const [hovered, setHovered] = useState<{ row: number; column: number } | undefined>(undefined)
  const height = Math.min(tallest, Math.max(lowest, 460 / order.length))
  const scale = scaleOf(matrix, width)

  useEffect(() => {
    const element = canvas.current as HTMLCanvasElement
    onCanvas?.(element)
    const box = element.parentElement as HTMLElement
    const resized = new ResizeObserver(() => setWidth(box.clientWidth))
    resized.observe(box)
    setWidth(box.clientWidth)
    return () => resized.disconnect()
  }, [])
  useEffect(() => {
    const draw = () => drawCells(canvas.current as HTMLCanvasElement, { matrix, measure, order, width, height })
    const ends = [
      onScheme(draw),
      effect(() => {
        void [axis.value, zoom.value]
        draw()
      }),
    ]
    return () => ends.forEach((end) => end())
  }, [matrix, measure, order, width, height])

  const cellAt = (event: MouseEvent) => {
    const box = (canvas.current as HTMLCanvasElement).getBoundingClientRect()
    const [x, y] = [event.clientX - box.left, event.clientY - box.top]
    const row = Math.min(order.length - 1, Math.floor(y / height))
    const place = scale.value(x)
    const column = matrix[axis.value].findLastIndex((begin) => begin <= place)
    return { row, column: Math.max(0, column), place }
  }
  const moveRow = (by: number) => {
    const now = order.findIndex((row) => matrix.rows[row] === tensor.value)
    tensor.value = matrix.rows[order[Math.min(order.length - 1, Math.max(0, now + by))]]
  }
  const told = hovered && matrix.rows[order[hovered.row]]
  return (
    <div class="heat-map">
      <ol
        class="heat-names"
        style={{ lineHeight: `${height}px`, fontSize: `${Math.min(12, Math.max(7, height - 2))}px` }}
      >
        {order.map((row) => {
          const name = matrix.rows[row]
          return (
            <li key={name} style={{ height: `${height}px` }}>
              <button
                type="button"
                class={name === tensor.value ? 'selected' : ''}
                title={name}
                onClick={() => (tensor.value = name)}
                onKeyDown={(event) => {
                  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
                  event.preventDefault()
                  moveRow(event.key === 'ArrowDown' ? 1 : -1)
                }}
              >
                {marked.has(name) && <span class="mark" aria-label="has a finding" />}
                {name}
              </button>
            </li>
          )
        })}
      </ol>
      <div class="heat-cells">
        <canvas
          ref={canvas}
          role="img"
          aria-label={`${measure.title} of ${order.length} tensors over time; the same numbers can be saved as csv`}
          style={{ width: '100%', height: `${height * order.length + axisHeight}px` }}
          onMouseMove={(event) => {
            const cell = cellAt(event)
            setHovered(cell)
            cursor.value = cell.place
          }}
          onMouseLeave={() => setHovered(undefined)}
          onClick={(event) => (tensor.value = matrix.rows[order[cellAt(event).row]])}
        />
        <CursorLine scale={scale} height={height * order.length} />
        <SelectedRow order={order} matrix={matrix} height={height} />
        <p class="heat-told" aria-live="off">
          {hovered && told
            ? `${told}, ${axis.value} ${position(matrix[axis.value][hovered.column])}: ${measure.format(matrix.values[order[hovered.row]][hovered.column])}`
            : ' '}
        </p>
      </div>
    </div>
  )
}

interface Scale {
  readonly from: number
  readonly to: number
  x(value: number): number
  value(x: number): number
}

function scaleOf(matrix: Matrix, width: number): Scale {
  const x = matrix[axis.value]
  const count = x.length
  // The last column is as wide as the one before it.
  const end = count > 1 ? x[count - 1] + (x[count - 1] - x[count - 2]) : (x[0] ?? 0) + 1
  const [from, to] = zoom.value ?? [x[0] ?? 0, end]
  return {
    from,
    to,
    x: (value) => ((value - from) / (to - from || 1)) * width,
    value: (at) => from + (at / (width || 1)) * (to - from),
  }
}

function drawCells(
  canvas: HTMLCanvasElement,
  {
    matrix,
    measure,
    order,
    width,
    height,
  }: { matrix: Matrix; measure: Measure; order: readonly number[]; width: number; height: number },
): void {
  const tall = height * order.length + axisHeight
  const ratio = window.devicePixelRatio || 1
  canvas.width = Math.round(width * ratio)
  canvas.height = Math.round(tall * ratio)
  const ink = canvas.getContext('2d')
  if (ink === null || width === 0) return
  ink.scale(ratio, ratio)
  const scale = scaleOf(matrix, width)
  const typical = typicalOf(matrix.values)
  const x = matrix[axis.value]
  const gap = height >= 10 ? 1 : 0
  order.forEach((row, place) => {
    matrix.values[row].forEach((value, column) => {
      const left = scale.x(x[column])
      const right = scale.x(x[column + 1] ?? scale.to)
      if (right < 0 || left > width || Number.isNaN(value)) return
      ink.fillStyle =
        Number.isFinite(value) && value >= 0
          ? measure.colour(value === 0 ? 0 : measure.share(value, typical))
          : token('error')
      ink.fillRect(left, place * height, Math.max(1, right - left + 0.5), height - gap)
    })
  })
  drawAxis(ink, scale, width, height * order.length)
}

function drawAxis(ink: CanvasRenderingContext2D, { from, to, x }: Scale, width: number, top: number): void {
  ink.fillStyle = token('ink-2')
  ink.font = `11px ${token('font')}`
  ink.textBaseline = 'top'
  const rough = (to - from) / Math.max(2, width / 90)
  const power = 10 ** Math.floor(Math.log10(rough || 1))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough
  for (let tick = Math.ceil(from / step) * step; tick <= to; tick += step) {
    const text = position(Number(tick.toPrecision(10)))
    const half = ink.measureText(text).width / 2
    ink.fillText(text, Math.min(width - 2 * half, Math.max(0, x(tick) - half)), top + 6)
  }
}

function CursorLine({ scale, height }: { readonly scale: Scale; readonly height: number }) {
  const at = cursor.value
  if (at === undefined || at < scale.from || at > scale.to) return null
  return <i class="heat-cursor" style={{ left: `${scale.x(at)}px`, height: `${height}px` }} />
}

function SelectedRow({
  order,
  matrix,
  height,
}: {
  readonly order: readonly number[]
  readonly matrix: Matrix
  readonly height: number
}) {
  const place = order.findIndex((row) => matrix.rows[row] === tensor.value)
  if (place < 0) return null
  return <i class="heat-selected" style={{ top: `${place * height - 1}px`, height: `${height + 1}px` }} />
}
