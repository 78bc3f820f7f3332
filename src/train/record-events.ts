/**
 * @file The form in which a run's events are recorded, and printed by `--events`: plain data with a version.
 *
 * Every type of event has a version of its own. A field that is added changes nothing: readers leave alone what they do not know, and
 * find what is missing undefined. What changes its meaning, or is taken away, raises the type's number here; `fromRecorded` then reads
 * the old form too, and a test holds a record of each.
 */
import { RappelError, show } from '../base/errors.ts'
import { sizeOf } from '../base/tensor.ts'
import type { Plain, RecordedEvent } from '../store/store.ts'
import { toPlain } from '../store/to-plain.ts'
import type { Picture, ProbeEvent, TrainingEvent } from './events.ts'

export const eventVersions = {
  start: 1,
  data: 1,
  steps: 1,
  epoch: 1,
  probe: 1,
  checkpoint: 1,
  resume: 1,
  'roll-back': 1,
  end: 1,
} as const satisfies Readonly<Record<TrainingEvent['type'], number>>

/** An event as plain data. Pictures become `{ shape, float32 }`: little-endian bytes in base64, a third of the length of digits. */
export function toRecorded(event: TrainingEvent): RecordedEvent {
  const pictures = 'pictures' in event && event.pictures && mapValues(event.pictures, packed)
  const { type, ...fields } = { ...event, ...(pictures && { pictures }) }
  return { type, version: eventVersions[type], ...(toPlain(fields) as Readonly<Record<string, Plain>>) }
}

/**
 * The event that was recorded; undefined for one of another kind, such as a person's note.
 *
 * @throws RappelError 'store' when a later version of Rappel recorded it
 */
export function fromRecorded(recorded: RecordedEvent): TrainingEvent | undefined {
  const { version, ...event } = recorded
  if (!isEventType(event.type)) return undefined
  if (Number(version ?? 1) > eventVersions[event.type])
    throw new RappelError(
      'store',
      `an event '${event.type}' has version ${version}, and this Rappel knows version ${eventVersions[event.type]}`,
      'a later version of Rappel recorded it: update this one',
    )
  const read = event as unknown as TrainingEvent
  if (read.type !== 'probe' && read.type !== 'data') return read
  const { pictures: packs } = read as { readonly pictures?: unknown }
  const pictures = packs === undefined ? undefined : mapValues(packs as Record<string, Packed>, unpacked)
  if (read.type === 'data') return { ...read, ...(pictures && { pictures }) }
  // What its values are, the series say.
  const { values = {} } = read as Partial<ProbeEvent>
  return { ...read, values, ...(pictures && { pictures }) }
}

export function isEventType(type: string): type is TrainingEvent['type'] {
  return Object.hasOwn(eventVersions, type)
}

/** `--events` prints the numbers themselves. */
type Packed = { readonly shape: readonly number[] } & (
  | { readonly float32: string }
  | { readonly values: readonly number[] }
)

function packed({ shape, values }: Picture): Packed {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  let text = ''
  // A call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 2 ** 14) text += String.fromCharCode(...bytes.subarray(at, at + 2 ** 14))
  return { shape, float32: btoa(text) }
}

function unpacked(picture: Packed): Picture {
  const { shape } = picture
  const values = 'float32' in picture ? floats(picture.float32) : Float32Array.from(picture.values)
  if (Array.isArray(shape) && sizeOf(shape) === values.length) return { shape, values }
  throw new RappelError('store', `a picture of the shape ${show(shape)} has ${values.length} numbers`)
}

function floats(text: string): Float32Array {
  try {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
    return new Float32Array(bytes.buffer)
  } catch (cause) {
    throw new RappelError('store', `a picture is damaged: ${show(text)}`, undefined, { cause })
  }
}

function mapValues<A, B>(from: Readonly<Record<string, A>>, to: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(from).map(([name, value]) => [name, to(value)]))
}
