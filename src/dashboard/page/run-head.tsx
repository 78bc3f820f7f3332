/** @file The head of a run's page: what runs or why it ended, how far it is, how long it will take, and the verdict. */
import type { RunNow } from '../documents.ts'
import { age, count, duration, position } from './format.ts'
import { now } from './state.ts'

export const stateWords: Readonly<Record<string, string>> = {
  running: 'running',
  finished: 'finished',
  'stopped-early': 'stopped early',
  interrupted: 'interrupted',
  diverged: 'diverged',
  failed: 'failed',
  killed: 'killed',
}

export function RunHead({ run }: { readonly run: RunNow }) {
  const { card, outcome, step, secondsLeft, seconds } = run
  const { epoch, epochs } = card
  const message = outcome !== undefined && 'message' in outcome ? outcome.message : undefined
  const hint = outcome !== undefined && 'hint' in outcome ? outcome.hint : undefined
  return (
    <div class="run-head">
      <h1>{card.name}</h1>
      <span class={`pill ${card.state}`}>{stateWords[card.state]}</span>
      {card.verdict && <span class={`pill plain ${card.verdict.state}`}>{card.verdict.words}</span>}
      <span class="spring" />
      <span class="facts">
        {epoch !== undefined && (
          <>
            epoch <b>{position(Math.round(epoch * 10) / 10)}</b>
            {epochs !== undefined && ` of ${count(epochs)}`} ·{' '}
          </>
        )}
        <b>{count(step + 1)}</b> steps
        {seconds !== undefined && ` in ${duration(seconds)}`}
        {secondsLeft !== undefined && (
          <>
            {' '}
            · <b>{duration(secondsLeft)}</b> left
          </>
        )}{' '}
        · {age(card.startedAt, now.value)}
      </span>
      {message !== undefined && (
        <p class="outcome">
          {message}
          {hint !== undefined && `. ${hint[0].toUpperCase()}${hint.slice(1)}`}
        </p>
      )}
      {epoch !== undefined && epochs !== undefined && (
        <div
          class={`done ${card.state}`}
          role="progressbar"
          aria-label="epochs done"
          aria-valuenow={epoch}
          aria-valuemin={0}
          aria-valuemax={epochs}
        >
          <i style={{ width: `${Math.min(100, (100 * epoch) / epochs)}%` }} />
        </div>
      )}
    </div>
  )
}
