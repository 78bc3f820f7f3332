/** @file Home: all runs, the newest first, or sorted by a column; several can be chosen and compared. */
import { signal } from '@preact/signals'
import type { RunCard } from '../../documents.ts'
import { age, counted, duration, percent, position, significant } from '../format.ts'
import { stateWords } from '../run-head.tsx'
import { Sparkline } from '../sparkline.tsx'
import { now, runs } from '../state.ts'
import { kept, linkTo } from '../view.ts'

const filter = kept('filter', '')
/** Column, and '-' before it for the other way round. */
const order = kept('sort', '-started')
const chosen = signal<readonly string[]>([])

const columns: Readonly<Record<string, (card: RunCard) => number | string>> = {
  name: ({ name }) => name,
  state: ({ state }) => state,
  verdict: ({ findings: { error, warning } }) => error * 1000 + warning,
  score: ({ score }) =>
    score === undefined ? Number.NEGATIVE_INFINITY : score.higherIsBetter ? score.last : -score.last,
  epochs: ({ epoch = 0 }) => epoch,
  started: ({ startedAt }) => startedAt,
}

export function Runs() {
  const all = runs.value
  if (all === undefined) return null
  if (all.length === 0) return <Empty />
  const words = filter.value.toLowerCase()
  const found = all.filter((card) => textOf(card).includes(words))
  return (
    <section class="panel" aria-label="Runs">
      <div class="toolbar">
        <h2>{counted(all.length, 'run')}</h2>
        <input
          type="search"
          placeholder="name, state, finding"
          aria-label="filter the runs"
          value={filter.value}
          onInput={({ currentTarget }) => (filter.value = currentTarget.value)}
        />
        {chosen.value.length > 1 ? (
          <a class="pill plain" href={`#/compare?runs=${chosen.value.map(encodeURIComponent).join(',')}`}>
            compare {chosen.value.length}
          </a>
        ) : (
          <span class="note">tick two or more to compare them</span>
        )}
      </div>
      <table class="list runs">
        <thead>
          <tr>
            <th aria-label="compare" />
            <Head name="name">Run</Head>
            <Head name="state">State</Head>
            <Head name="verdict">Verdict</Head>
            <th class="wide-only">Curve</th>
            <Head name="score" isNumber>
              Score
            </Head>
            <Head name="epochs" isNumber>
              Epochs
            </Head>
            <Head name="started">Started</Head>
          </tr>
        </thead>
        <tbody>
          {sorted(found).map((card) => (
            <Row key={card.id} card={card} />
          ))}
        </tbody>
      </table>
      {found.length === 0 && <p class="note">No run fits ‘{filter.value}’.</p>}
    </section>
  )
}

function Head({
  name,
  isNumber,
  children,
}: {
  readonly name: string
  readonly isNumber?: boolean
  readonly children: string
}) {
  const isOwn = order.value.replace('-', '') === name
  const isDown = order.value.startsWith('-')
  return (
    <th class={isNumber ? 'number' : ''} aria-sort={isOwn ? (isDown ? 'descending' : 'ascending') : undefined}>
      <button type="button" onClick={() => (order.value = isOwn && isDown ? name : `-${name}`)}>
        {children}
        {isOwn && (isDown ? ' ↓' : ' ↑')}
      </button>
    </th>
  )
}

function Row({ card }: { readonly card: RunCard }) {
  const { id, name, kind, state, epoch, epochs, score, verdict, startedAt } = card
  const isChosen = chosen.value.includes(id)
  const value = score && (score.higherIsBetter ? percent(score.last) : significant(score.last))
  const best =
    score?.best === undefined ? undefined : score.higherIsBetter ? percent(score.best) : significant(score.best)
  return (
    <tr class={isChosen ? 'selected' : ''}>
      <td>
        <input
          type="checkbox"
          aria-label={`compare ${name}`}
          checked={isChosen}
          onChange={() =>
            (chosen.value = isChosen ? chosen.value.filter((other) => other !== id) : [...chosen.value, id])
          }
        />
      </td>
      <td>
        <a href={linkTo(id)}>
          <b>{name}</b>
        </a>{' '}
        <span class="note">
          {kind} {id}
        </span>
      </td>
      <td>
        <span class={`pill ${state}`}>{stateWords[state]}</span>
      </td>
      <td class="verdict">{verdict && <span class={`pill plain ${verdict.state}`}>{verdict.words}</span>}</td>
      <td class="wide-only">{score && <Sparkline values={score.trace} label={`${score.series} over time`} />}</td>
      <td class="number">
        {score && (
          <span title={`${score.series}${best === undefined ? '' : `, best ${best}`}`}>
            <b>{value}</b> <span class="note">{score.series.replace('validation/', 'val. ')}</span>
          </span>
        )}
      </td>
      <td class="number wide-only">
        {epoch !== undefined && position(Math.round(epoch * 10) / 10)}
        {epochs !== undefined && <span class="note"> of {epochs}</span>}
      </td>
      <td class="wide-only">
        {age(startedAt, now.value)}
        {card.seconds !== undefined && <span class="note">, {duration(card.seconds)}</span>}
      </td>
    </tr>
  )
}

function Empty() {
  return (
    <div class="empty">
      <h2>No runs yet</h2>
      The first one appears here by itself, as soon as it begins.
      <br />
      <pre>npx rappel demo</pre>
    </div>
  )
}

const textOf = ({ id, name, kind, state, verdict }: RunCard) =>
  `${id} ${name} ${kind} ${stateWords[state]} ${verdict?.words ?? ''}`.toLowerCase()

function sorted(cards: readonly RunCard[]): RunCard[] {
  const isDown = order.value.startsWith('-')
  const value = columns[order.value.replace('-', '')] ?? columns.started
  const sign = isDown ? -1 : 1
  const compare = (a: number | string, b: number | string) =>
    typeof a === 'string' ? a.localeCompare(String(b), 'en', { numeric: true }) : a - Number(b)
  return [...cards].sort((a, b) => sign * compare(value(a), value(b)))
}
