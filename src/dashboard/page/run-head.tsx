/** @file The head of a run's page: what runs or why it ended, how far it is, how long it will take, and the verdict. */
import type { RunNow } from '../documents.ts'
import { age, count, duration, position } from './format.ts'
import { now } from './state.ts'

const ended: Readonly<Record<string, string>> = {
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
  return (
    <div class="run-head">
      <h1>{card.name}</h1>
      <span class={`state ${card.state}`}>{ended[card.state]}</span>
      {card.verdict && <span class={`verdict ${card.verdict.state}`}>{card.verdict.words}</span>}
      <span class="spring" />
      <span class="facts">
        {epoch !== undefined && (
          <>
            epoch {position(Math.floor(epoch * 100) / 100)}
            {epochs !== undefined && ` of ${count(epochs)}`} ·{' '}
          </>
        )}
        {count(step + 1)} steps
        {seconds !== undefined && ` · ${duration(seconds)}`}
        {secondsLeft !== undefined && ` · ${duration(secondsLeft)} left`} · {age(card.startedAt, now.value)}
      </span>
      {epoch !== undefined && epochs !== undefined && (
        <progress value={epoch} max={epochs} aria-label="epochs done" class={card.state} />
      )}
      {outcome && 'message' in outcome && (
        <p class="outcome">
          {outcome.message}
          {'hint' in outcome && `; ${outcome.hint}`}
        </p>
      )}
    </div>
  )
}
