/** @file The gradient check, tensor by tensor: bands, kinks, the worst error; a row opens its coordinates and the sweep over steps. */
import type { GradientReport, TensorReport, Verdict } from '../../../../check/report.ts'
import type { CheckEvent } from '../../../../diagnose/events.ts'
import { count, counted, significant } from '../../format.ts'
import { csv, Panel } from '../../panel.tsx'
import { Segments } from '../../segments.tsx'
import { kept, tensor as selected } from '../../view.ts'
import { bands, placeOnTrack, shares } from './bands.ts'
import { Coordinates } from './coordinates.tsx'
import { Sweep } from './sweep.tsx'

interface CheckedPoint {
  readonly steps: number
  readonly data: GradientReport
  readonly penalty?: GradientReport
  readonly float32?: {
    readonly verdict: string
    readonly words: string
    readonly tensors: readonly { readonly name: string; readonly deviation: number; readonly verdict: string }[]
  }
}

/** The check's event holds the whole document where the gradients were checked. */
export type CheckDocumentLike = Omit<CheckEvent, 'points'> & {
  readonly points?: readonly CheckedPoint[]
  readonly examples?: number
  readonly depth?: number
  readonly seconds?: number
  readonly warnings?: readonly string[]
}

const chosenPoint = kept('point', '0')
const chosenPart = kept('part', 'data')
const notes = 'https://cs231n.github.io/neural-networks-3/#gradcheck'
const rule = {
  words: 'in float64 a relative error up to 1e−7 is happy, up to 1e−4 fine beside kinks, above 1e−2 wrong',
  href: notes,
}
const decision = 'whether the gradients, and so all that is learned from them, can be trusted'

export function GradientPanel({ check }: { readonly check: CheckDocumentLike }) {
  // The check before a foreign run may be of another kind.
  const points = (check.points ?? []).filter(({ data }) => data?.tensors?.every((one) => typeof one.bands === 'object'))
  if (points.length === 0)
    return (
      <Panel title="Gradient check" decision={decision} rule={rule}>
        <p>
          {check.verdict === undefined && check.words !== undefined
            ? check.words
            : 'The gradients were not checked before this run.'}{' '}
          <code>rappel check</code> checks them; <code>rappel train --check</code> does so before it trains.
        </p>
      </Panel>
    )
  const point = points[Number(chosenPoint.value)] ?? points[0]
  const isPenalty = chosenPart.value === 'penalty' && point.penalty !== undefined
  const report = (isPenalty && point.penalty) || point.data
  const deviations = new Map(isPenalty ? [] : point.float32?.tensors.map((one) => [one.name, one]))
  return (
    <Panel
      title="Gradient check"
      decision={decision}
      rule={rule}
      controls={<Choices points={points} hasPenalty={point.penalty !== undefined} />}
      takeaways={[{ ending: '.csv', make: () => gradientCsv(report) }]}
    >
      <p class="check-words">
        <span class={`badge ${report.verdict}`}>{report.verdict}</span> {sentence(report.words)}
        {point.float32 !== undefined && !isPenalty && <span class="note"> {point.float32.words}</span>}
      </p>
      <Key report={report} />
      <div class={report.tensors.length > 24 ? 'scroll tall' : 'scroll'}>
        <table class="list facts gradient">
          <thead>
            <tr>
              <th>tensor</th>
              <th>verdict</th>
              <th>coordinates by band</th>
              <th class="number">checked</th>
              <th class="number wide-only">at kinks</th>
              <th class="number">worst relative error</th>
              <th class="wide-only" aria-hidden="true">
                <span class="track-ends">
                  <span>1e−12</span>
                  <span>1</span>
                </span>
              </th>
              <th
                class="number wide-only"
                title="largest difference of the float32 step, in units of the tensor’s greatest entry"
              >
                float32 step
              </th>
            </tr>
          </thead>
          <tbody>
            {worstFirst(report.tensors).map((one) => (
              <Row key={one.name} tensor={one} deviation={deviations.get(one.name)?.deviation} />
            ))}
          </tbody>
        </table>
      </div>
      <Remarks check={check} report={report} />
    </Panel>
  )
}

function Choices({ points, hasPenalty }: { readonly points: readonly CheckedPoint[]; readonly hasPenalty: boolean }) {
  return (
    <>
      {points.length > 1 && (
        <Segments
          label="point"
          options={points.map(
            ({ steps }, i) => [String(i), steps === 0 ? 'as initialised' : `after ${counted(steps, 'step')}`] as const,
          )}
          value={chosenPoint.value}
          onChange={(value) => {
            chosenPoint.value = value
          }}
        />
      )}
      {hasPenalty && (
        <Segments
          label="part of the objective"
          options={[
            ['data', 'data loss'],
            ['penalty', 'penalty'],
          ]}
          value={chosenPart.value}
          onChange={(value) => {
            chosenPart.value = value
          }}
        />
      )}
    </>
  )
}

/** Of the bands that occur. */
function Key({ report }: { readonly report: GradientReport }) {
  const found = new Set(report.tensors.flatMap((one) => shares(one.bands).map(({ name }) => name)))
  return (
    <p class="legend squares">
      {bands
        .filter(({ name }) => found.has(name))
        .map(({ name, colour, words }) => (
          <span key={name} title={words}>
            <i style={{ background: `var(--${colour})` }} />
            {name}
          </span>
        ))}
    </p>
  )
}

function Row({ tensor, deviation }: { readonly tensor: TensorReport; readonly deviation: number | undefined }) {
  const { name, verdict, relativeError, kinks, checked, size } = tensor
  const isOpen = selected.value === name
  const toggle = () => {
    selected.value = isOpen ? undefined : name
  }
  const isTelling = Number(relativeError) > 0
  return (
    <>
      <tr class={isOpen ? 'link selected' : 'link'} onClick={toggle}>
        <td>
          <button
            type="button"
            class="row-opener"
            aria-expanded={isOpen}
            onClick={(event) => {
              event.stopPropagation()
              toggle()
            }}
          >
            {name}
          </button>
          <span class="shape"> {tensor.shape.join(' × ')}</span>
        </td>
        <td>
          <span class={`badge ${verdict}`}>{verdict}</span>
        </td>
        <td class="bands-cell">
          <Bands tensor={tensor} />
        </td>
        <td class="number" title={`${count(checked)} one by one, of ${count(size)}`}>
          {count(checked)}
          <span class="of"> of {count(size)}</span>
        </td>
        <td class="number wide-only">{kinks === 0 ? '–' : count(kinks)}</td>
        <td class="number">{isTelling ? significant(Number(relativeError), 2) : '–'}</td>
        <td class="wide-only">
          <span class="track" aria-hidden="true">
            {isTelling && <i style={{ left: `${100 * placeOnTrack(Number(relativeError))}%` }} />}
          </span>
        </td>
        <td class="number wide-only">{deviation === undefined ? '–' : significant(Number(deviation), 2)}</td>
      </tr>
      {isOpen && (
        <tr class="opened">
          <td colSpan={8}>
            <p class="note">
              {sentence(tensor.words)}
              {tensor.diagnosis && ` ${sentence(tensor.diagnosis.words)}`}
            </p>
            <div class="split">
              {tensor.sweep && <Sweep name={name} sweep={tensor.sweep} />}
              <Coordinates tensor={tensor} />
            </div>
          </td>
        </tr>
      )}
    </>
  )
}

function Bands({ tensor }: { readonly tensor: TensorReport }) {
  const all = shares(tensor.bands)
  if (all.length === 0) return <span class="note">along directions</span>
  const text = all.map(({ name, count: many }) => `${many} ${name}`).join(', ')
  return (
    <span class="stack" role="img" aria-label={text} title={text}>
      {all.map(({ name, colour, share }) => (
        <i key={name} style={{ width: `${100 * share}%`, background: `var(--${colour})` }} />
      ))}
    </span>
  )
}

function Remarks({ check, report }: { readonly check: CheckDocumentLike; readonly report: GradientReport }) {
  const { examples, depth = 1, seconds } = check
  const facts = [
    `loss ${significant(Number(report.loss), 4)} in ${report.precision}`,
    examples !== undefined && counted(examples, 'example'),
    depth > 1 && `bands for a depth of ${count(depth)}`,
    `${count(report.evaluations.loss)} losses computed`,
    seconds !== undefined && `${significant(Number(seconds), 2)} s in all`,
    report.secondOrder && `second derivatives: ${report.secondOrder.verdict}`,
    report.taylor && `Taylor remainders: ${report.taylor.verdict}`,
  ].filter(Boolean)
  return (
    <div class="remarks">
      <p class="note">{facts.join(' · ')}</p>
      {report.warnings.length > 0 && (
        <details>
          <summary>{counted(report.warnings.length, 'remark')}</summary>
          <ul>
            {report.warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </details>
      )}
    </div>
  )
}

/** What failed, then what could not be shown, then the rest; each in the order of the net. */
export function worstFirst<T extends { readonly verdict: Verdict }>(tensors: readonly T[]): readonly T[] {
  const rank: Readonly<Record<Verdict, number>> = { fail: 0, inconclusive: 1, pass: 2 }
  return [...tensors].sort((a, b) => rank[a.verdict] - rank[b.verdict])
}

/** With a capital letter and a full stop. */
export function sentence(words: string): string {
  const first = words.charAt(0)
  return `${words.startsWith("'") ? first : first.toUpperCase()}${words.slice(1)}${/[.?!]$/.test(words) ? '' : '.'}`
}

function gradientCsv(report: GradientReport): Blob {
  return csv(
    ['tensor', 'verdict', 'checked', 'kinks', 'relativeError', ...bands.map(({ name }) => name)],
    report.tensors.map((one) => [
      one.name,
      one.verdict,
      one.checked,
      one.kinks,
      Number(one.relativeError),
      ...bands.map(({ name }) => one.bands[name] ?? 0),
    ]),
  )
}
