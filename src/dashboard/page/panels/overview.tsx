/** @file Overview: findings, loss, accuracy, learning rate, loss and penalty apart. One axis, one cursor. */
import type { Curve } from '../../documents.ts'
import type { Line, Mark } from '../chart.tsx'
import { ChartPanel } from '../chart-panel.tsx'
import { Findings } from '../findings.tsx'
import { percent } from '../format.ts'
import { Panel } from '../panel.tsx'
import { Segments } from '../segments.tsx'
import { knownSeries } from '../series-names.ts'
import { run, useAnswer } from '../state.ts'
import { AxisSwitch, ScaleSwitch } from '../switches.tsx'
import { axis, isLogarithmic, kept, zoom } from '../view.ts'

const notes = 'https://cs231n.github.io/neural-networks-3/'
/** How much of a run one half-life of the smoothed loss is. */
const smoothing = kept('smooth', '50')

export function Overview() {
  const now = run.value
  const known = knownSeries(now?.seriesNames ?? [])
  const names = [...new Set(Object.values(known).filter((name) => name !== undefined))]
  const window = { axis: axis.value, from: zoom.value?.[0], to: zoom.value?.[1] }
  const steps = Math.max(1, now?.step ?? 1)
  // In powers of two, so that a growing run is not asked anew with each step.
  const halfLife =
    smoothing.value === '0' ? undefined : 2 ** Math.round(Math.log2(Math.max(1, steps / Number(smoothing.value))))
  const { value: curves = [], error } = useAnswer('curves', { names, ...window, ...(halfLife && { halfLife }) }).value
  if (!now) return null
  const find = (name: string | undefined) => curves.find((curve) => curve.name === name && curve.values.length > 0)
  const marks: Mark[] = now.findings
    .filter(({ finding, clearedAt }) => finding.severity !== 'info' && clearedAt === undefined)
    .map(({ finding }) => ({ at: finding.at, colour: finding.severity }))
  const accuracy = [
    line('training', find(known.trainingAccuracy), 'training'),
    line('validation', find(known.validationAccuracy), 'validation'),
  ].flat()
  const gap = gapOf(find(known.trainingAccuracy), find(known.validationAccuracy))
  const rate = line('rate', find(known.learningRate), 'third')
  const penalty = [
    line('loss', find(known.trainingLoss) ?? find(known.loss), 'training'),
    line('penalty', nonZero(find(known.penalty)), 'fourth'),
  ]
  return (
    <div class="overview">
      <Panel
        title="Findings"
        decision="what to change next"
        rule={{ words: 'one change at a time, the worst finding first', href: notes }}
      >
        <Findings run={now} />
      </Panel>
      <div class="charts">
        <Toolbar />
        <ChartPanel
          title="Loss"
          decision="whether it learns, and whether the learning rate fits"
          rule={{
            words: 'a good rate falls fast and flattens late; a wide band of batches asks for larger ones',
            href: notes,
          }}
          error={error}
          lines={lossLines(find(known.loss), find(known.validationLoss), halfLife !== undefined)}
          isLogarithmic={isLogarithmic.value}
          marks={marks}
          kind={accuracy.length > 0 ? '' : 'full'}
          height={accuracy.length > 0 ? 232 : 300}
        />
        {accuracy.length > 0 && (
          <ChartPanel
            title="Accuracy"
            decision="whether to regularise more, or to take a larger net"
            rule={{ words: 'a wide gap is overfitting; no gap and a low level ask for more capacity', href: notes }}
            lines={accuracy}
            marks={marks}
            format={(value) => percent(value)}
            controls={gap !== undefined && <span class="note">gap {gap}</span>}
            height={232}
          />
        )}
        {rate.length > 0 && (
          <ChartPanel
            title="Learning rate"
            decision="when to lower it"
            rule={{ words: 'when the validation loss stops falling, halve it', href: notes }}
            kind={accuracy.length > 0 ? '' : 'small'}
            lines={rate}
            height={120}
          />
        )}
        {penalty[1].length > 0 && (
          <ChartPanel
            title="Loss and penalty"
            decision="whether the penalty is too strong"
            rule={{ words: 'the penalty stays well below the loss, or its gradient rules the training', href: notes }}
            lines={penalty.flat()}
            isLogarithmic
            height={120}
          />
        )}
      </div>
    </div>
  )
}

function Toolbar() {
  return (
    <div class="toolbar">
      <AxisSwitch />
      <ScaleSwitch />
      <Segments
        label="smoothing"
        options={[
          ['0', 'raw'],
          ['50', 'smooth'],
          ['12', 'smoother'],
        ]}
        value={smoothing.value}
        onChange={(value) => {
          smoothing.value = value
        }}
      />
      {zoom.value && (
        <button
          type="button"
          onClick={() => {
            zoom.value = undefined
          }}
        >
          whole run
        </button>
      )}
    </div>
  )
}

/** A net without a penalty has a penalty of 0. */
const nonZero = (curve: Curve | undefined) => (curve?.values.some((value) => value !== 0) ? curve : undefined)

function line(label: string, curve: Curve | undefined, colour: string): Line[] {
  return curve ? [{ label, curve, colour }] : []
}

function lossLines(loss: Curve | undefined, validation: Curve | undefined, isSmoothed: boolean): Line[] {
  if (loss === undefined) return line('validation', validation, 'validation')
  const batches: Line[] = isSmoothed
    ? [
        { label: 'batch', curve: loss, colour: 'training', isFaint: true },
        { label: 'smoothed', curve: loss, colour: 'training', of: 'smoothed' },
      ]
    : [{ label: 'batch', curve: loss, colour: 'training' }]
  return [...batches, ...line('validation', validation, 'validation')]
}

/** Training less validation accuracy at the end, in percentage points. */
function gapOf(training: Curve | undefined, validation: Curve | undefined): string | undefined {
  const [a, b] = [training, validation].map((curve) => curve?.values.at(-1))
  return a === undefined || b === undefined ? undefined : `${(100 * (a - b)).toFixed(1).replace('-', '−')} points`
}
