/** @file A recorded run as the events from which it was made: series become events again, in the order of the steps. */
import type { Plain, RunState, Series, Store, StoredRun } from '../store/store.ts'
import type { EpochEvent, Measurement, StartEvent, TrainingEvent } from '../train/events.ts'
import { fromRecorded } from '../train/record-events.ts'
import type { CheckEvent, ExperimentEvent, RunEvent } from './events.ts'
import { isLearningRate } from './foreign.ts'

/** Groups of losses into which a long run is cut. */
const groups = 1000

/** Where an event stands among those of its step: what was before the first step, what ended with an epoch, what a step showed, the end. */
type Rank = 0 | 1 | 2 | 3

/** What is read of a store. */
type Stored = Pick<Store, 'events' | 'seriesNames' | 'series'>

interface Placed {
  readonly step: number
  readonly rank: Rank
  readonly event: RunEvent
}

const atEnd = { step: Number.POSITIVE_INFINITY, rank: 3 } as const

/**
 * The events of a stored run, of Rappel's own or of another program's: what `diagnose` takes. What a resumed or rolled-back run took
 * back is left out.
 *
 * @throws RappelError 'store' when a later version of Rappel recorded it
 */
export async function eventsOf(store: Stored, { id, state, writing, facts }: StoredRun): Promise<RunEvent[]> {
  const placed = await storedEvents(store, id)
  const byStep = new Map<string, Series>()
  for (const name of await store.seriesNames(id)) {
    const series = await store.series(id, name)
    if (series !== undefined && series.values.length > 0) byStep.set(name, withoutSuperseded(series))
  }
  const start = placed.find(({ event }) => event.type === 'start')?.event as StartEvent | undefined
  if (start !== undefined) placed.push(...trainingEvents(byStep, start))
  else placed.push(...foreignRate(facts.hyper))
  // One by one: a call takes only so many arguments.
  for (const series of byStep.values()) for (const log of logs(series)) placed.push(log)
  if (!writing && !placed.some(({ event }) => event.type === 'end')) placed.push(foreignEnd(state))
  // Stable: events of one place keep their order.
  return placed.sort((a, b) => a.step - b.step || a.rank - b.rank).map(({ event }) => event)
}

async function storedEvents(store: Stored, id: string): Promise<Placed[]> {
  const found: Placed[] = []
  for (const { event: recorded, superseded } of await store.events(id)) {
    if (superseded) continue
    if (recorded.type === 'check') found.push({ step: 0, rank: 0, event: recorded as unknown as CheckEvent })
    else if (recorded.type === 'experiment') {
      const event = recorded as unknown as ExperimentEvent
      found.push({ step: event.step, rank: 2, event })
    } else {
      const event = isTrainingStart(recorded) ? fromRecorded(recorded) : undefined
      if (event !== undefined) found.push(placeOf(event))
    }
  }
  return found
}

/** A foreign loop may have an event 'start' of its own kind. */
function isTrainingStart(recorded: { readonly type: string; readonly batchSize?: unknown }): boolean {
  return recorded.type !== 'start' || typeof recorded.batchSize === 'number'
}

function placeOf(event: TrainingEvent): Placed {
  switch (event.type) {
    case 'start':
    case 'data':
      return { step: 0, rank: 0, event }
    case 'roll-back':
      return { step: event.to, rank: 1, event }
    case 'end':
      return { ...atEnd, event }
    case 'steps':
      return { step: event.first, rank: 2, event }
    case 'probe':
      return { step: event.step, rank: 2, event }
    default:
      return { step: event.step, rank: 1, event }
  }
}

/** A constant rate stands among the hyperparameters; one that is logged comes later and is heard. */
function foreignRate(hyper: Plain | undefined): Placed[] {
  const [, rate] = Object.entries(Object(hyper) as object).find(([name]) => isLearningRate(name)) ?? []
  if (typeof rate !== 'number') return []
  return [{ step: 0, rank: 0, event: { type: 'log', step: 0, values: { learningRate: rate } } }]
}

/** A foreign loop says in one word how it ended; one that was killed was interrupted. */
function foreignEnd(state: RunState): Placed {
  const reason = state === 'finished' || state === 'diverged' ? 'finished' : 'interrupted'
  return { ...atEnd, event: { type: 'end', outcome: { reason }, epoch: Number.NaN, step: 0 } }
}

/** Of steps that were made twice, after a roll-back, the later ones count. */
function withoutSuperseded(series: Series): Series {
  const kept: number[] = []
  series.steps.forEach((step, i) => {
    const isBack = step < (series.steps[kept[kept.length - 1]] ?? step)
    while (isBack && kept.length > 0 && series.steps[kept[kept.length - 1]] >= step) kept.pop()
    kept.push(i)
  })
  if (kept.length === series.steps.length) return series
  const of = (values: Float64Array) => Float64Array.from(kept, (i) => values[i])
  return {
    name: series.name,
    steps: of(series.steps),
    epochs: of(series.epochs),
    seconds: of(series.seconds),
    values: of(series.values),
  }
}

const ofEpochs = [
  'training/loss',
  'training/accuracy',
  'validation/loss',
  'validation/accuracy',
  'penalty',
  'learningRate',
]

/** Takes the loop's own series out and makes its events of them. */
function trainingEvents(series: Map<string, Series>, { data }: StartEvent): Placed[] {
  const losses = series.get('loss')
  const epochs = epochEvents(series, data)
  for (const name of ['loss', ...ofEpochs]) series.delete(name)
  return [...(losses === undefined ? [] : stepsEvents(losses)), ...epochs]
}

function* stepsEvents({ steps, epochs, values }: Series): Generator<Placed> {
  const size = Math.max(1, Math.ceil(values.length / groups))
  for (let at = 0; at < values.length; at += size) {
    const event = {
      type: 'steps' as const,
      first: steps[at],
      epoch: epochs[at],
      losses: Array.from(values.subarray(at, at + size)),
    }
    yield { step: steps[at], rank: 2, event }
  }
}

function epochEvents(all: ReadonlyMap<string, Series>, data: StartEvent['data']): Placed[] {
  const values = new Map(
    ofEpochs.map((name) => {
      const series = all.get(name)
      return [name, new Map(series && Array.from(series.steps, (step, i) => [step, series.values[i]]))]
    }),
  )
  const measured = (part: 'training' | 'validation', step: number): Measurement | undefined => {
    const loss = values.get(`${part}/loss`)?.get(step)
    const accuracy = values.get(`${part}/accuracy`)?.get(step)
    return loss === undefined ? undefined : { loss, ...(accuracy !== undefined && { accuracy }), examples: data[part] }
  }
  const penalty = all.get('penalty')
  return Array.from(penalty?.steps ?? [], (step, i) => {
    const [training, validation] = [measured('training', step), measured('validation', step)]
    const learningRate = values.get('learningRate')?.get(step)
    const event: EpochEvent = {
      type: 'epoch',
      epoch: penalty?.epochs[i] ?? Number.NaN,
      step,
      ...(training && { training }),
      ...(validation && { validation }),
      penalty: penalty?.values[i] ?? Number.NaN,
      ...(learningRate !== undefined && { learningRate }),
    }
    return { step, rank: 1, event }
  })
}

function* logs({ name, steps, epochs, values }: Series): Generator<Placed> {
  for (let i = 0; i < values.length; i++) {
    const [step, epoch] = [steps[i], epochs[i]]
    yield {
      step,
      rank: 2,
      event: { type: 'log', step, ...(!Number.isNaN(epoch) && { epoch }), values: { [name]: values[i] } },
    }
  }
}
