/** @file A panel with a chart: legend with the values under the cursor, the chart, and its numbers and picture to take away. */
import type { ComponentChildren } from 'preact'
import { useRef } from 'preact/hooks'
import { Chart, type ChartProps, type Line } from './chart.tsx'
import { token } from './colours.ts'
import { significant } from './format.ts'
import { csv, Panel, type PanelProps } from './panel.tsx'
import { axis, cursor } from './view.ts'

type ChartPanelProps = Omit<PanelProps, 'children' | 'takeaways'> &
  Omit<ChartProps, 'onCanvas'> & {
    readonly error?: string
    /** Under the chart. */
    readonly foot?: ComponentChildren
    /** Said where there is nothing to draw. */
    readonly nothing?: string
  }

export function ChartPanel({
  lines,
  error,
  foot,
  nothing = 'Nothing has been recorded yet.',
  ...rest
}: ChartPanelProps) {
  const canvas = useRef<HTMLCanvasElement | undefined>(undefined)
  const { title, decision, rule, controls, kind, format = (value: number) => significant(value), ...chart } = rest
  const takeaways =
    lines.length === 0
      ? []
      : [
          { ending: '.png', make: () => picture(canvas.current) },
          { ending: '.csv', make: () => table(lines) },
        ]
  return (
    <Panel {...{ title, decision, rule, controls, kind, takeaways }}>
      {error !== undefined && <p class="error-text">{error}</p>}
      {lines.length === 0 ? (
        <p class="note">{nothing}</p>
      ) : (
        <>
          <Legend lines={lines} format={format} />
          <Chart {...chart} lines={lines} format={format} onCanvas={(made) => (canvas.current = made)} />
          {foot}
        </>
      )}
    </Panel>
  )
}

/** Under the cursor, or at the end. */
function Legend({ lines, format }: { readonly lines: readonly Line[]; readonly format: (value: number) => string }) {
  return (
    <div class="legend">
      {lines
        .filter(({ isEdge }) => !isEdge)
        .map((line) => (
          <span key={line.label}>
            <i
              class={line.isFaint ? 'faint' : ''}
              style={{ borderColor: `var(--${line.colour})`, borderTopStyle: line.isDashed ? 'dashed' : 'solid' }}
            />
            {line.label} <b>{format(valueAt(line))}</b>
          </span>
        ))}
    </div>
  )
}

/** Of the last point that is not behind the cursor. */
function valueAt({ curve, of = 'values' }: Line): number {
  const y = (of === 'smoothed' ? curve.smoothed : curve.values) ?? curve.values
  const at = cursor.value
  if (at === undefined) return y[y.length - 1] ?? Number.NaN
  const x = curve[axis.value]
  let [low, high] = [0, x.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (x[middle] > at) high = middle
    else low = middle + 1
  }
  return y[Math.max(0, low - 1)] ?? Number.NaN
}

function table(lines: readonly Line[]): Blob {
  const rows = lines.flatMap(({ label, curve, of = 'values' }) => {
    const y = (of === 'smoothed' ? curve.smoothed : curve.values) ?? curve.values
    return y.map((value, i) => [label, curve.step[i], curve.epoch[i], curve.seconds[i], value])
  })
  return csv(['series', 'step', 'epoch', 'seconds', 'value'], rows)
}

/** The chart on the panel's ground. */
export async function picture(canvas: HTMLCanvasElement | undefined): Promise<Blob> {
  if (canvas === undefined) throw new Error('there is no chart to save')
  const whole = document.createElement('canvas')
  ;[whole.width, whole.height] = [canvas.width, canvas.height]
  const ink = whole.getContext('2d') as CanvasRenderingContext2D
  ink.fillStyle = token('surface')
  ink.fillRect(0, 0, whole.width, whole.height)
  ink.drawImage(canvas, 0, 0)
  return new Promise((resolve, reject) =>
    whole.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('the browser made no picture'))), 'image/png'),
  )
}
