/** @file How a layer's activations and gradients are distributed, over time and at the cursor. */

import { quantileLevels } from '../../../../train/events.ts'
import type { Curve, DistributionHistory } from '../../../documents.ts'
import type { Band, Line } from '../../chart.tsx'
import { ChartPanel } from '../../chart-panel.tsx'
import { significant } from '../../format.ts'
import { useAnswer } from '../../state.ts'
import { axis, cursor } from '../../view.ts'

const levels = { min: 0, low: 0.023, lower: 0.159, median: 0.5, upper: 0.841, high: 0.977, max: 1 } as const
const place = (level: number) => quantileLevels.indexOf(level as (typeof quantileLevels)[number])
const bands: readonly Band[] = [
  { between: [6, 0], opacity: 0.1 },
  { between: [5, 1], opacity: 0.18 },
  { between: [4, 2], opacity: 0.3 },
]

export function Distributions({
  name,
  title,
  rule,
}: {
  readonly name: string
  readonly title: string
  readonly rule: string
}) {
  const { value: history } = useAnswer('distributions', { name }).value
  if (history === undefined || history.distributions.length === 0) return null
  return (
    <ChartPanel
      title={title}
      decision="how to initialise, and which activation to take"
      rule={{ words: rule, href: 'https://cs231n.github.io/neural-networks-3/' }}
      lines={linesOf(history)}
      bands={bands}
      height={190}
      foot={<Histogram history={history} />}
    />
  )
}

function linesOf(history: DistributionHistory): Line[] {
  const { step, epoch, seconds, distributions } = history
  return Object.entries(levels).map(([label, level]) => {
    const values = distributions.map(({ quantiles }) => quantiles[place(level)])
    const curve: Curve = { name: label, step, epoch, seconds, values, points: values.length }
    const isMedian = level === 0.5
    return {
      label: isMedian ? 'median; bands hold 68%, 95% and all' : label,
      curve,
      colour: 'training',
      isEdge: !isMedian,
    }
  })
}

/** At the cursor, or at the end. */
function Histogram({ history }: { readonly history: DistributionHistory }) {
  const x = history[axis.value]
  const at = cursor.value
  const found =
    at === undefined
      ? x.length - 1
      : Math.max(
          0,
          x.findLastIndex((value) => value <= at),
        )
  const { histogram, mean, deviation, nonFinite } = history.distributions[found]
  const most = Math.max(...histogram.counts, 1)
  const [width, height] = [160, 30]
  const bar = width / histogram.counts.length
  const words = `mean ${significant(mean, 2)}, deviation ${significant(deviation, 2)}${nonFinite > 0 ? `, ${nonFinite} not finite` : ''}`
  return (
    <span class="histogram">
      <span class="note">{words}</span>
      <svg width={width} height={height} role="img" aria-label={`histogram: ${words}`}>
        {histogram.counts.map((count, i) => (
          <rect
            key={`${i}`}
            x={i * bar}
            y={height - (height * count) / most}
            width={Math.max(1, bar - 0.5)}
            height={(height * count) / most}
            fill="var(--training)"
          />
        ))}
      </svg>
    </span>
  )
}
