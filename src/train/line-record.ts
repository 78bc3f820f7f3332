/**
 * @file The JSON-lines form of a run (docs/record.md), and what `rappel train --events` prints, as a record. What stands in a line comes
 * from anywhere: everything is looked at before it is used.
 */
import { RappelError, show, suggestion } from '../base/errors.ts'
import { Places } from '../store/point.ts'
import type { Plain, RecordedEvent, RunState } from '../store/store.ts'
import { checkEvent, checkValues } from '../store/values.ts'
import type { TrainingEvent } from './events.ts'
import { type RecordSink, TrainingRecord } from './record.ts'
import { eventVersions, fromRecorded, isEventType } from './record-events.ts'

type Fields = Readonly<Record<string, Plain | undefined>>

/** What the first line says of the run. */
export interface LineHeader {
  readonly name?: string
  /** Milliseconds since 1970. */
  readonly startedAt?: number
  readonly hyper?: Plain
  readonly seed?: Plain
}

/** How it ended. */
export interface LineEnd {
  readonly state: Exclude<RunState, 'running'>
  readonly result?: Plain
}

const ownTypes = ['start', 'log', 'event', 'end', 'result', 'check']
/** What is told around a training: kept as it is. */
const watchedTypes = ['check', 'finding', 'finding-cleared', 'experiment']
const states = ['finished', 'stopped-early', 'interrupted', 'diverged', 'failed'] as const

/** Writes the lines of one run. */
export class LineRecord {
  readonly #sink: RecordSink
  readonly #training: TrainingRecord
  readonly #places = new Places()
  #ended: LineEnd | undefined

  constructor(sink: RecordSink) {
    this.#sink = sink
    this.#training = new TrainingRecord(sink)
  }

  /** How the run ended; without a line that says it, it was interrupted. */
  get end(): LineEnd {
    return this.#ended ?? { state: 'interrupted' }
  }

  /** @throws RappelError 'data' or 'usage' that says what is wrong with the line; its place is the caller's */
  take(value: Plain): void {
    const line = fieldsOf(value)
    const type = line.type as string
    if (type === 'result') return this.#result(line)
    // What is found by the end is told behind it.
    if (watchedTypes.includes(type)) return this.#sink.event({ version: 1, ...line, type })
    if (this.#ended !== undefined)
      throw lineError(`'${type}' stands behind the end of the run`, 'one file holds one run')
    if (type === 'log') this.#log(line)
    else if (type === 'event') this.#event(line.event)
    else if (type === 'end') this.#end(line)
    else if (isEventType(type)) this.#own(type, line as RecordedEvent)
    else throw lineError(`'${type}' is no type of line`, suggestion(type, ownTypes))
  }

  #log(line: Fields): void {
    checkNames('log', line, ['type', 'step', 'epoch', 'seconds', 'values'])
    const { step, epoch, seconds, values } = line
    if (values === undefined) throw lineError('the log has no values', 'such as "values": {"loss": 0.3}')
    checkValues(values)
    const point = { step: orAbsent(step), epoch: orAbsent(epoch) }
    this.#sink.log(this.#places.place(point, number('seconds', orAbsent(seconds) ?? Number.NaN)), values)
  }

  #event(event: Plain | undefined): void {
    checkEvent(event)
    this.#sink.event(event)
  }

  /** An event of Rappel's own training. The series need a few fields; the rest is kept as it is. */
  #own(type: TrainingEvent['type'], line: RecordedEvent): void {
    if (type === 'start' && !isTrainingStart(line)) return this.#sink.event(line)
    if (type === 'steps') {
      number('first', line.first)
      number('epoch', line.epoch)
      checkNumbers('losses', line.losses)
    } else if (type === 'epoch' || type === 'probe') {
      number('step', line.step)
      number('epoch', line.epoch)
      if (type === 'epoch') checkMeasurements(line)
      else checkValues(line.values)
      if (type === 'probe') checkPictures(line.pictures)
    } else if (type === 'data') {
      number('training.rows', (Object(line.training) as Fields).rows)
      checkPictures(line.pictures)
    }
    const event = fromRecorded(line)
    if (event !== undefined) this.#training.write(event)
  }

  #end(line: Fields): void {
    const outcome = Object(line.outcome) as Fields
    const state = line.state ?? outcome.reason ?? 'finished'
    if (!isState(state)) throw lineError(`state is ${show(state)}`, suggestion(String(state), states))
    this.#ended = { state, ...(line.result !== undefined && { result: line.result }) }
    if (line.outcome !== undefined) this.#sink.event({ version: eventVersions.end, ...line, type: 'end' })
  }

  /** The last line of `--events`: the document. */
  #result(line: Fields): void {
    const { type: _, ...document } = line
    this.#ended = { ...this.end, result: document }
  }
}

/** What a run's start line says of it. Everything may be missing. @throws RappelError 'data' */
export function lineHeader(value: Plain): LineHeader {
  const { name, startedAt, hyper, seed, data } = fieldsOf(value)
  const called = name ?? (Object(data) as Fields).name
  if (called !== undefined && (typeof called !== 'string' || called.trim() === ''))
    throw lineError(`name is ${show(called)}, expected a text`, 'such as "name": "small-net"')
  return {
    ...(called !== undefined && { name: called }),
    ...(startedAt !== undefined && { startedAt: momentOf(startedAt) }),
    ...(hyper !== undefined && { hyper }),
    ...(seed !== undefined && { seed }),
  }
}

/** Whether a line may stand before the start of a run: what was checked before. */
export function comesBeforeStart(value: Plain): boolean {
  return fieldsOf(value).type === 'check'
}

export function isStart(value: Plain): boolean {
  return fieldsOf(value).type === 'start'
}

/** @throws RappelError 'data' when it is no object with a type */
function fieldsOf(value: Plain): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw lineError(
      `the line is ${show(value)}, expected a JSON object`,
      'such as {"type": "log", "values": {"loss": 0.3}}',
    )
  const { type } = value as Fields
  if (typeof type !== 'string')
    throw lineError(
      type === undefined ? 'the line has no type' : `type is ${show(type)}`,
      `expected one of: ${ownTypes.slice(0, 4).join(', ')}`,
    )
  return value as Fields
}

/** The start of a training by Rappel says how large a step is. */
function isTrainingStart(line: RecordedEvent): boolean {
  const { data, batchSize } = line as { data?: { training?: Plain } | null; batchSize?: Plain }
  return typeof batchSize === 'number' && typeof data?.training === 'number'
}

function checkMeasurements({ training, validation, penalty, learningRate }: RecordedEvent): void {
  for (const [part, measurement] of Object.entries({ training, validation })) {
    if (measurement === undefined) continue
    const { loss, accuracy } = Object(measurement) as Fields
    number(`${part}.loss`, loss)
    if (accuracy !== undefined) number(`${part}.accuracy`, accuracy)
  }
  number('penalty', penalty)
  if (learningRate !== undefined) number('learningRate', learningRate)
}

function checkPictures(pictures: Plain | undefined): void {
  for (const [name, picture] of Object.entries(Object(pictures) as Fields)) {
    const { shape, values, float32 } = Object(picture) as Fields
    checkNumbers(`the shape of ${name}`, shape)
    if (typeof float32 !== 'string') checkNumbers(`the values of ${name}`, values)
  }
}

function checkNumbers(name: string, values: Plain | undefined): void {
  if (!Array.isArray(values)) throw lineError(`${name} is ${show(values)}, expected numbers`)
  for (const [i, value] of values.entries()) number(`${name}[${i}]`, value)
}

function number(name: string, value: Plain | undefined): number {
  if (typeof value === 'number') return value
  throw lineError(`${name} is ${show(value)}, expected a number`)
}

/** Some languages write what is not there as null. */
function orAbsent(value: Plain | undefined): number | undefined {
  return (value ?? undefined) as number | undefined
}

/** A point of time in milliseconds since 1970. */
function momentOf(value: Plain): number {
  const moment = typeof value === 'string' ? Date.parse(value) : value
  // Seconds where milliseconds are meant would lie in January 1970.
  if (typeof moment === 'number' && moment > 1e11 && moment < 8.64e15) return moment
  throw lineError(
    `startedAt is ${show(value)}, expected milliseconds since 1970, or a text such as "2026-11-23T09:16:02Z"`,
    typeof moment === 'number' && moment > 1e8 ? 'it seems to be seconds: multiply by 1000' : undefined,
  )
}

/** A mistyped field would be lost without a word. */
function checkNames(type: string, line: Fields, known: readonly string[]): void {
  const odd = Object.keys(line).find((name) => !known.includes(name))
  if (odd !== undefined) throw lineError(`a line of type '${type}' has no field '${odd}'`, suggestion(odd, known))
}

function isState(state: Plain): state is (typeof states)[number] {
  return (states as readonly Plain[]).includes(state)
}

function lineError(message: string, hint?: string): RappelError {
  return new RappelError('data', message, hint)
}
