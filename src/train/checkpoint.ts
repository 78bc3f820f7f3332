/**
 * @file A checkpoint as bytes: one file that holds all a run needs to go on.
 *
 *     8 bytes   'RAPPELCK'
 *     4, 4      version of the format and length of the header, little-endian
 *     header    JSON in UTF-8 (see store/plain.ts), padded with spaces to a multiple of 64 bytes from the file's start
 *     tensors   float32, little-endian, one after the other as the header lists them
 *     16        digest of everything before, as hexadecimal digits
 */

import { digest } from '../base/digest.ts'
import { RappelError } from '../base/errors.ts'
import { fromText, toText } from '../store/plain.ts'
import type { Plain, RecordPosition } from '../store/store.ts'
import type { Best } from './early-stopping.ts'
import type { EpochEvent } from './events.ts'
import type { Conditions, Identity } from './identity.ts'
import type { Capture, Regions } from './progress.ts'

/** Everything that a run is between two calls. */
export interface Checkpoint {
  /** What is trained: a run that goes on must be the same. */
  readonly identity: Identity
  /** What executes: another one may give other bits. */
  readonly conditions: Conditions
  readonly now: Capture
  readonly best?: Best
  /** The parameters and buffers of the best epoch, where they are to be restored at the end. */
  readonly bestRegions?: Regions
  /** To where a divergence rolls the run back. */
  readonly back?: Capture
  /** Every epoch event; of those that came afterwards, `writeCheckpoint` takes no notice. */
  readonly epochs: readonly EpochEvent[]
  /** Number of checkpoints taken, this one included. */
  readonly taken: number
  /** Seconds since the start, and of these in training steps; without a clock, 0. */
  readonly seconds: number
  readonly trainingSeconds: number
  /** How far the record of the run went. */
  readonly record?: RecordPosition
}

const magic = 'RAPPELCK'
const version = 1
const headerStart = magic.length + 8
const digestLength = 16
/** Tensors start on such a boundary, so that they can be read where they lie. */
const boundary = 64

/** What stands in the header of one tensor: to which part it belongs, its name, its number of values. */
type Listed = readonly [part: 'now' | 'best' | 'back', name: string, length: number]

interface Header extends Omit<Checkpoint, 'now' | 'back' | 'bestRegions'> {
  readonly now: Capture['progress']
  readonly back?: Capture['progress']
  readonly tensors: readonly Listed[]
}

export function writeCheckpoint({ now, back, bestRegions, ...rest }: Checkpoint): Uint8Array<ArrayBuffer> {
  const parts = { now: now.regions, best: bestRegions, back: back?.regions }
  const tensors = Object.entries(parts).flatMap(([part, regions = {}]) =>
    Object.entries(regions).map(([name, data]) => ({ listed: [part, name, data.length] as Listed, data })),
  )
  const header: Header = {
    ...rest,
    epochs: rest.epochs.slice(0, now.progress.epochEvents),
    now: now.progress,
    ...(back && { back: back.progress }),
    tensors: tensors.map(({ listed }) => listed),
  }
  const text = new TextEncoder().encode(toText(header as unknown as Plain, 'the header of the checkpoint'))
  const start = Math.ceil((headerStart + text.length) / boundary) * boundary
  const bytes = new Uint8Array(tensors.reduce((sum, { data }) => sum + data.byteLength, start + digestLength))
  bytes.set(new TextEncoder().encode(magic))
  const view = new DataView(bytes.buffer)
  view.setUint32(magic.length, version, true)
  view.setUint32(magic.length + 4, start - headerStart, true)
  bytes.fill(0x20, headerStart, start)
  bytes.set(text, headerStart)
  let at = start
  for (const { data } of tensors) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at)
    at += data.byteLength
  }
  bytes.set(new TextEncoder().encode(digest(bytes.subarray(0, at))), at)
  return bytes
}

/** @throws RappelError 'store' when the bytes are no checkpoint, are damaged, or come from a newer version */
export function readCheckpoint(bytes: Uint8Array): Checkpoint {
  const whole = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
  const text = (from: number, to: number) => new TextDecoder().decode(whole.subarray(from, to))
  if (text(0, magic.length) !== magic)
    throw new RappelError('store', 'this is no checkpoint of Rappel', 'give a file from the folder of a run')
  if (whole.length < headerStart + digestLength) throw damaged(`it ends after ${whole.length} bytes`)
  const view = new DataView(whole.buffer, whole.byteOffset, whole.byteLength)
  const written = view.getUint32(magic.length, true)
  if (written > version)
    throw new RappelError(
      'store',
      `the checkpoint has format ${written}, this version of Rappel reads up to ${version}`,
      'go on with the version that wrote it, or a newer one',
    )
  const end = whole.length - digestLength
  if (digest(whole.subarray(0, end)) !== text(end, whole.length)) throw damaged('its bytes do not fit its digest')
  const start = headerStart + view.getUint32(magic.length + 4, true)
  const { tensors, now, back, ...rest } = fromText(text(headerStart, start)) as unknown as Header
  const parts: Record<Listed[0], Record<string, Float32Array>> = { now: {}, best: {}, back: {} }
  let at = start
  for (const [part, name, length] of tensors) {
    parts[part][name] = new Float32Array(whole.buffer, whole.byteOffset + at, length)
    at += length * Float32Array.BYTES_PER_ELEMENT
  }
  return {
    ...rest,
    now: { progress: now, regions: parts.now },
    ...(back && { back: { progress: back, regions: parts.back } }),
    ...(Object.keys(parts.best).length > 0 && { bestRegions: parts.best }),
  }
}

function damaged(how: string): RappelError {
  return new RappelError('store', `the checkpoint is damaged: ${how}`, 'go on from the one before it')
}
