/** @file Where the time of each epoch went, and how many examples were trained on in a second. */
import type { Curve } from '../../../documents.ts'
import { count, percent, significant } from '../../format.ts'
import { csv, Panel } from '../../panel.tsx'
import { Plot } from '../../plot.tsx'
import { useAnswer } from '../../state.ts'

const phases = [
  { name: 'step', colour: 'training', words: 'gradients and update' },
  { name: 'filling', colour: 'sixth', words: 'reading batches' },
  { name: 'probes', colour: 'fourth', words: 'watching steps' },
  { name: 'measuring', colour: 'validation', words: 'loss and accuracy at the ends of epochs' },
  { name: 'others', colour: 'ink-3', words: 'all else in the process' },
] as const

const prefix = 'seconds/'
const speed = 'examplesPerSecond'

/** Of all seconds, how much each phase took; those that took nothing are left out. */
export function phaseShares(curves: readonly Curve[]) {
  const sums = phases.map((phase) => {
    const curve = curves.find(({ name }) => name === prefix + phase.name)
    return {
      ...phase,
      seconds: (curve?.values ?? []).reduce((sum, value) => sum + (Number.isFinite(value) ? value : 0), 0),
    }
  })
  const total = sums.reduce((sum, { seconds }) => sum + seconds, 0)
  return sums.filter(({ seconds }) => seconds > 0).map((phase) => ({ ...phase, share: phase.seconds / total }))
}

export function TimePanel({ seriesNames }: { readonly seriesNames: readonly string[] }) {
  const names = [...phases.map(({ name }) => prefix + name), speed].filter((name) => seriesNames.includes(name))
  const { value: curves = [] } = useAnswer(
    'curves',
    names.length === 0 ? undefined : { names, axis: 'epoch', points: 300 },
  ).value
  const shares = phaseShares(curves)
  if (shares.length === 0) return null
  const of = (name: string) => curves.find((curve) => curve.name === name)
  const epochs = of(`${prefix}step`)?.epoch ?? []
  const layers = shares.map(({ name, colour }) => ({ label: name, colour, y: of(prefix + name)?.values ?? [] }))
  const rate = of(speed)
  return (
    <Panel
      title="Time by phase"
      decision="what to make faster: the reading, the step, or how much is measured"
      rule={{
        words:
          'most of the time should go into the step; much filling asks for data that are read ahead or kept in memory',
      }}
      takeaways={[
        {
          ending: '.csv',
          make: () =>
            csv(
              ['epoch', ...layers.map(({ label }) => label)],
              epochs.map((epoch, i) => [epoch, ...layers.map(({ y }) => y[i])]),
            ),
        },
      ]}
    >
      <p class="legend squares">
        {shares.map(({ name, colour, words, share }) => (
          <span key={name} title={words}>
            <i style={{ background: `var(--${colour})` }} />
            {name} <b>{percent(share, 0)}</b>
          </span>
        ))}
      </p>
      <Plot
        label="seconds of each epoch by phase"
        {...(epochs.length > 1 ? { stacked: { x: epochs, layers } } : {})}
        x={{ title: 'epoch' }}
        y={{ title: 'seconds' }}
        height={170}
      />
      {rate && rate.values.length > 0 && (
        <p class="note">
          {count(median(rate.values))} examples a second (median of {count(rate.values.length)} epochs;{' '}
          {significant(Math.min(...rate.values))} to {significant(Math.max(...rate.values))}), measuring left out.
        </p>
      )}
    </Panel>
  )
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[(sorted.length - 1) >> 1]
}
