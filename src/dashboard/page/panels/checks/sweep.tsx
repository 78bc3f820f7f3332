/** @file The sweep over steps as a V: large steps are off by truncation, small ones by rounding. */
import type { SweepPoint, SweepReport } from '../../../../check/report.ts'
import { Plot, type PlotLine } from '../../plot.tsx'

/** A difference that is right to the last bit is drawn at the bottom, not at minus infinity. */
const least = 2 ** -53

/** Steps and relative errors of the differences against the analytic value. */
export function errorsOf(
  points: readonly SweepPoint[],
  analytic: number,
): { readonly x: number[]; readonly y: number[] } {
  const y = points.map(({ difference }) => {
    const size = Math.max(Math.abs(Number(difference)), Math.abs(analytic))
    return size === 0 ? least : Math.max(least, Math.abs(Number(difference) - analytic) / size)
  })
  return { x: points.map(({ step }) => Number(step)), y }
}

export function Sweep({ name, sweep }: { readonly name: string; readonly sweep: SweepReport }) {
  const { coordinate, points, float32 } = sweep
  const analytic = Number(coordinate.analytic)
  const lines: PlotLine[] = [
    {
      label: 'float64',
      colour: 'training',
      ...errorsOf(points, analytic),
      dots: true,
      hollow: points.map(({ kinks = 0 }) => kinks > 0),
    },
    ...(float32 && float32.length > 0
      ? [{ label: 'float32', colour: 'validation', ...errorsOf(float32, analytic), dots: true }]
      : []),
  ]
  const isWrong = coordinate.verdict === 'fail'
  return (
    <figure class="sweep">
      <figcaption>
        Error against step at [{coordinate.position.join(', ')}]
        <span class="legend">
          {lines.map(({ label, colour }) => (
            <span key={label}>
              <i style={{ borderColor: `var(--${colour})` }} />
              {label}
            </span>
          ))}
        </span>
      </figcaption>
      <Plot
        label={`relative error of the difference at ${name} by step`}
        lines={lines}
        x={{ title: 'step h', isLogarithmic: true }}
        y={{ title: 'relative error', isLogarithmic: true, always: [1e-6, 1] }}
        height={200}
      />
      <p class="note">
        {isWrong
          ? 'No step comes near: it is the gradient that is wrong, not the difference.'
          : 'Small steps are off by rounding (1/h), large ones by truncation (h²); the valley is where the check looks.'}
        {points.some(({ kinks = 0 }) => kinks > 0) && ' Hollow: the step crosses a kink.'}
      </p>
    </figure>
  )
}
