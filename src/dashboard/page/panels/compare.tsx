/** @file Compare: what differs between runs first, then what came out, then their curves over one axis. */
import { useMemo } from 'preact/hooks'
import { flatten } from '../../../store/run-summary.ts'
import type { Plain } from '../../../store/store.ts'
import type { RunCard, RunFacts } from '../../documents.ts'
import type { Line } from '../chart.tsx'
import { ChartPanel } from '../chart-panel.tsx'
import { percent, significant } from '../format.ts'
import { csv, Panel } from '../panel.tsx'
import { stateWords } from '../run-head.tsx'
import { Segments } from '../segments.tsx'
import { runs, useAnswer } from '../state.ts'
import { AxisSwitch, ScaleSwitch } from '../switches.tsx'
import { axis, isLogarithmic, kept, linkTo, zoom } from '../view.ts'

const compared = kept('runs', '')
const shown = kept('series', 'validation/loss')
const colours = ['training', 'validation', 'third', 'fourth', 'fifth', 'sixth'] as const

export function Compare() {
  const all = runs.value
  if (all === undefined) return null
  const wanted = compared.value === '' ? all.slice(0, 3).map(({ id }) => id) : compared.value.split(',')
  const cards = wanted.flatMap((id) => all.find((card) => card.id === id) ?? []).slice(0, colours.length * 2)
  if (cards.length < 2)
    return (
      <div class="empty">
        <h2>Two runs or more can be compared</h2>
        Tick them in the <a href="#/">list of runs</a>.
      </div>
    )
  return (
    <div class="panels">
      <Differences cards={cards} />
      <Curves cards={cards} />
    </div>
  )
}

const toggle = (id: string) => {
  const ids = compared.value.split(',')
  compared.value = ids.filter((other) => other !== id).join(',')
}

/** A run's line: colours first, then again dashed. */
const styleOf = (i: number) => ({ colour: colours[i % colours.length], isDashed: i >= colours.length })

function Name({ card, i }: { readonly card: RunCard; readonly i: number }) {
  const { colour, isDashed } = styleOf(i)
  return (
    <span class="run-name">
      <i style={{ borderColor: `var(--${colour})`, borderTopStyle: isDashed ? 'dashed' : 'solid' }} />
      <a href={linkTo(card.id)}>{card.name}</a> <span class="note">{card.id}</span>
    </span>
  )
}

function Differences({ cards }: { readonly cards: readonly RunCard[] }) {
  const facts = cards.map(({ id }) => useAnswer('facts', {}, id).value.value)
  const rows = useMemo(() => rowsOf(facts), [JSON.stringify(facts)])
  const different = rows.filter(({ values }) => new Set(values).size > 1)
  const same = rows.filter(({ values }) => new Set(values).size === 1)
  const table = () =>
    csv(
      ['setting', ...cards.map(({ id }) => id)],
      rows.map(({ name, values }) => [name, ...values]),
    )
  return (
    <Panel
      title="What differs"
      decision="which change made the difference"
      rule={{ words: 'change one thing at a time, or the comparison says nothing' }}
      kind="wide"
      takeaways={[{ ending: '.csv', make: table }]}
    >
      <div class="scroll">
        <table class="list compare">
          <thead>
            <tr>
              <th />
              {cards.map((card, i) => (
                <th key={card.id}>
                  <Name card={card} i={i} />
                  {cards.length > 2 && compared.value !== '' && (
                    <button
                      type="button"
                      class="quiet"
                      aria-label={`leave out ${card.id}`}
                      onClick={() => toggle(card.id)}
                    >
                      ×
                    </button>
                  )}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {different.map(({ name, values }) => (
              <tr key={name}>
                <td class="mono">{name}</td>
                {values.map((value, i) => (
                  <td key={cards[i].id}>{value}</td>
                ))}
              </tr>
            ))}
            {different.length === 0 && facts.every((own) => own !== undefined) && (
              <tr>
                <td class="note" colSpan={cards.length + 1}>
                  Nothing that was recorded differs.
                </td>
              </tr>
            )}
            <tr>
              <td>state</td>
              {cards.map(({ id, state }) => (
                <td key={id}>
                  <span class={`pill ${state}`}>{stateWords[state]}</span>
                </td>
              ))}
            </tr>
            <tr>
              <td>verdict</td>
              {cards.map(({ id, verdict }) => (
                <td key={id}>{verdict && <span class={`pill plain ${verdict.state}`}>{verdict.words}</span>}</td>
              ))}
            </tr>
            <tr>
              <td>score</td>
              {cards.map(({ id, score }) => (
                <td key={id}>
                  {score && (
                    <>
                      <b>{score.higherIsBetter ? percent(score.last) : significant(score.last)}</b>{' '}
                      <span class="note">{score.series}</span>
                    </>
                  )}
                </td>
              ))}
            </tr>
          </tbody>
        </table>
      </div>
      {same.length > 0 && (
        <details>
          <summary>{same.length} settings are the same</summary>
          <table class="list">
            <tbody>
              {same.map(({ name, values }) => (
                <tr key={name}>
                  <td class="mono">{name}</td>
                  <td>{values[0]}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      )}
    </Panel>
  )
}

interface Row {
  readonly name: string
  readonly values: readonly string[]
}

/** What may differ, by its path; what one run does not have is a dash. */
function rowsOf(facts: readonly (RunFacts | undefined)[]): Row[] {
  const columns = facts.map((own) => new Map(flatten(settingsOf(own))))
  const names = [...new Set(columns.flatMap((column) => [...column.keys()]))]
  return names.map((name) => ({
    name,
    values: columns.map((column) => (column.has(name) ? textOf(column.get(name)) : '–')),
  }))
}

function settingsOf(own: RunFacts | undefined): Plain {
  if (own === undefined) return {}
  const { start, facts } = own
  if (start === undefined) return facts
  const { loss, penalty, constraint, augment, update, epochs, batchSize, form, threads } = start
  const net = start.parameters.map(({ name, shape }) => `${name} ${shape.join('×')}`).join(', ')
  return { ...facts, loss, penalty, constraint, augment, update, epochs, batchSize, form, threads, net }
}

const textOf = (value: Plain | undefined) =>
  typeof value === 'number'
    ? String(Number(value.toPrecision(6)))
    : typeof value === 'string'
      ? value
      : JSON.stringify(value)

function Curves({ cards }: { readonly cards: readonly RunCard[] }) {
  const series = shown.value
  const isSmoothed = series === 'loss'
  const request = { axis: axis.value, from: zoom.value?.[0], to: zoom.value?.[1], ...(isSmoothed && { halfLife: 16 }) }
  // Foreign runs have names of their own for the same.
  const answers = cards.map(({ id, score }) => {
    const names = series === 'score' ? (score ? [score.series] : []) : aliasesOf(series)
    return useAnswer('curves', { names, ...request }, id).value
  })
  const lines = answers.flatMap(({ value }, i): Line[] => {
    const curve = value?.find(({ values }) => values.length > 0)
    if (curve === undefined) return []
    return [{ label: `${cards[i].name} ${cards[i].id}`, curve, of: isSmoothed ? 'smoothed' : 'values', ...styleOf(i) }]
  })
  return (
    <ChartPanel
      title="Curves"
      decision="which run to go on with"
      rule={{ words: 'compare at equal epochs or equal seconds, and by the validation part' }}
      kind="wide"
      lines={lines}
      height={360}
      isLogarithmic={isLogarithmic.value && series !== 'validation/accuracy'}
      format={(value) => (series === 'validation/accuracy' ? percent(value) : significant(value))}
      nothing="None of these runs has this series."
      controls={
        <>
          <Segments
            label="series"
            options={[
              ['validation/loss', 'validation loss'],
              ['validation/accuracy', 'validation accuracy'],
              ['loss', 'batch loss'],
              ['learningRate', 'learning rate'],
              ['score', 'score'],
            ]}
            value={series}
            onChange={(value) => {
              shown.value = value
            }}
          />
          <AxisSwitch />
          <ScaleSwitch />
        </>
      }
    />
  )
}

/** A series' own name and what other programs are known to call it. */
function aliasesOf(series: string): string[] {
  const usual: Readonly<Record<string, readonly string[]>> = {
    'validation/loss': ['val_loss', 'val/loss', 'eval/loss', 'eval_loss', 'valid_loss', 'test/loss'],
    'validation/accuracy': ['val_acc', 'val_accuracy', 'val/accuracy', 'eval/accuracy', 'test/accuracy'],
    loss: ['train_loss', 'train/loss', 'training/loss'],
    learningRate: ['lr', 'learning_rate'],
  }
  return [series, ...(usual[series] ?? [])]
}
