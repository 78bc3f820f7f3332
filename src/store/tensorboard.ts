/**
 * @file Decodes what TensorBoard's event files hold: scalars, histograms, hyperparameters. Messages and field numbers are those of
 * tensorflow/core/util/event.proto, core/framework/summary.proto, tensor.proto, and tensorboard/plugins/hparams/plugin_data.proto.
 */
import { BinaryReader } from '@bufbuild/protobuf/wire'
import type { Plain } from './store.ts'

/** A histogram as the file has it: `counts[i]` numbers lie in [edges[i], edges[i + 1]]. */
export interface TensorboardHistogram {
  readonly edges: readonly number[]
  readonly counts: readonly number[]
  /** Exact moments, where the file has them. */
  readonly moments?: { readonly count: number; readonly sum: number; readonly sumOfSquares: number }
}

export interface TensorboardEvent {
  /** Seconds since 1970. */
  readonly wallTime: number
  readonly step: number
  /** By tag. */
  readonly scalars: Readonly<Record<string, number>>
  readonly histograms: Readonly<Record<string, TensorboardHistogram>>
  /** Hyperparameters, where this event tells them. */
  readonly hyper?: Readonly<Record<string, Plain>>
  /** Tags of what is neither: images, audio, texts, tensors. */
  readonly others: readonly string[]
}

/** A field of a message: its number, and the reader that stands before its value. */
type OnField = (field: number, reader: BinaryReader, wireType: number) => boolean | undefined

const double = 1
const packed = 2

/** Reads a message; what `onField` does not take (it returns false) is skipped. */
function message(bytes: Uint8Array, onField: OnField): void {
  const reader = new BinaryReader(bytes)
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag()
    if (onField(field, reader, wireType) === false) reader.skip(wireType, field)
  }
}

/** Decodes the events of one file, in order: a tag's kind is told only where it comes first. */
export class TensorboardDecoder {
  readonly #plugins = new Map<string, string>()

  /** @throws Error when the bytes are no such message */
  decode(bytes: Uint8Array): TensorboardEvent {
    const event = { wallTime: Number.NaN, step: 0, values: [] as Uint8Array[] }
    message(bytes, (field, reader) => {
      if (field === 1) event.wallTime = reader.double()
      else if (field === 2) event.step = Number(reader.int64())
      else if (field === 5)
        message(reader.bytes(), (inner, summary) => {
          if (inner !== 1) return false
          event.values.push(summary.bytes())
          return true
        })
      else return false
      return true
    })
    const found: Found = { scalars: {}, histograms: {}, others: [] }
    for (const value of event.values) this.#value(value, found)
    return { wallTime: event.wallTime, step: event.step, ...found }
  }

  #value(bytes: Uint8Array, found: Found): void {
    let tag = ''
    let scalar: number | undefined
    let histogram: Uint8Array | undefined
    let tensor: Uint8Array | undefined
    message(bytes, (field, reader) => {
      if (field === 1) tag = tagOf(reader.string())
      else if (field === 2) scalar = reader.float()
      else if (field === 5) histogram = reader.bytes()
      else if (field === 8) tensor = reader.bytes()
      else if (field === 9) this.#metadata(tag, reader.bytes(), found)
      else return false
      return true
    })
    if (scalar !== undefined) found.scalars[tag] = scalar
    else if (histogram !== undefined) found.histograms[tag] = histogramOf(histogram)
    else if (tensor !== undefined) this.#tensor(tag, tensorOf(tensor), found)
    else if (this.#plugins.get(tag) !== 'hparams') found.others.push(tag)
  }

  /** The tag stands in front of it in every writer that is known; where it does not, the form of the value decides. */
  #metadata(tag: string, bytes: Uint8Array, found: Found): void {
    message(bytes, (field, reader) => {
      if (field !== 1) return false
      let content: Uint8Array | undefined
      message(reader.bytes(), (inner, plugin) => {
        if (inner === 1) this.#plugins.set(tag, plugin.string())
        else if (inner === 2) content = plugin.bytes()
        else return false
        return true
      })
      const hyper = content && this.#plugins.get(tag) === 'hparams' ? hyperOf(content) : undefined
      if (hyper !== undefined) found.hyper = hyper
      return true
    })
  }

  #tensor(tag: string, { shape, values }: TensorValue, found: Found): void {
    const plugin = this.#plugins.get(tag)
    if (plugin === 'hparams') return
    if (values?.length === 1 && (plugin === undefined || plugin === 'scalars')) found.scalars[tag] = values[0]
    else if (values !== undefined && plugin === 'histograms' && shape[1] === 3)
      found.histograms[tag] = histogramOfRows(values)
    else found.others.push(tag)
  }
}

/** What a store and a terminal take as a name. */
function tagOf(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, ' ').trim() || 'unnamed'
}

interface Found {
  scalars: Record<string, number>
  histograms: Record<string, TensorboardHistogram>
  others: string[]
  hyper?: Record<string, Plain>
}

/** HistogramProto: the buckets' upper limits, which some writers begin with the lower one of the first. */
function histogramOf(bytes: Uint8Array): TensorboardHistogram {
  const of = { min: 0, max: 0, count: 0, sum: 0, sumOfSquares: 0 }
  const names = ['min', 'max', 'count', 'sum', 'sumOfSquares'] as const
  const limits: number[] = []
  const counts: number[] = []
  message(bytes, (field, reader, wireType) => {
    if (field >= 1 && field <= 5) of[names[field - 1]] = reader.double()
    else if (field === 6) doubles(reader, wireType, limits)
    else if (field === 7) doubles(reader, wireType, counts)
    else return false
    return true
  })
  // Empty buckets at both ends reach to ±1.8e308.
  const first = Math.max(
    0,
    counts.findIndex((count) => count > 0),
  )
  const last = counts.findLastIndex((count) => count > 0)
  const kept = counts.slice(first, last + 1)
  const upper = limits.slice(first, last + 1).map((limit) => Math.min(limit, of.max))
  const { count, sum, sumOfSquares } = of
  return {
    edges: kept.length === 0 ? [] : [Math.max(of.min, limits[first - 1] ?? of.min), ...upper],
    counts: kept,
    moments: { count, sum, sumOfSquares },
  }
}

/** TensorFlow 2's form: rows of lower limit, upper limit, count. */
function histogramOfRows(values: readonly number[]): TensorboardHistogram {
  const rows = Array.from({ length: values.length / 3 }, (_, row) => values.slice(3 * row, 3 * row + 3))
  const full = rows.filter(([, , count]) => count > 0)
  const edges = full.length === 0 ? [] : [full[0][0], ...full.map(([, right]) => right)]
  return { edges, counts: full.map(([, , count]) => count) }
}

interface TensorValue {
  readonly shape: readonly number[]
  /** Undefined where they are no numbers that are read here. */
  readonly values: readonly number[] | undefined
}

/** DataType of tensorflow/core/framework/types.proto, and how its values lie in `tensor_content`. */
const contentReaders: Readonly<Record<number, { size: number; read: (view: DataView, at: number) => number }>> = {
  1: { size: 4, read: (view, at) => view.getFloat32(at, true) },
  2: { size: 8, read: (view, at) => view.getFloat64(at, true) },
  3: { size: 4, read: (view, at) => view.getInt32(at, true) },
  9: { size: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
}

function tensorOf(bytes: Uint8Array): TensorValue {
  let dtype = 0
  let content: Uint8Array | undefined
  const shape: number[] = []
  const values: number[] = []
  message(bytes, (field, reader, wireType) => {
    if (field === 1) dtype = reader.int32()
    else if (field === 2) shape.push(...shapeOf(reader.bytes()))
    else if (field === 4) content = reader.bytes()
    else if (field === 5) repeated(reader, wireType, (inner) => values.push(inner.float()))
    else if (field === 6) doubles(reader, wireType, values)
    else if (field === 7) repeated(reader, wireType, (inner) => values.push(inner.int32()))
    else if (field === 10) repeated(reader, wireType, (inner) => values.push(Number(inner.int64())))
    else return false
    return true
  })
  const form = contentReaders[dtype]
  if (form === undefined) return { shape, values: undefined }
  if (content === undefined) return { shape, values }
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength)
  const length = Math.floor(content.length / form.size)
  return { shape, values: Array.from({ length }, (_, i) => form.read(view, i * form.size)) }
}

function shapeOf(bytes: Uint8Array): number[] {
  const shape: number[] = []
  message(bytes, (field, reader) => {
    if (field !== 2) return false
    let size = 0
    message(reader.bytes(), (inner, dim) => {
      if (inner !== 1) return false
      size = Number(dim.int64())
      return true
    })
    shape.push(size)
    return true
  })
  return shape
}

function doubles(reader: BinaryReader, wireType: number, into: number[]): void {
  repeated(reader, wireType, (inner) => into.push(inner.double()))
}

/** A repeated number: packed, or one at a time. */
function repeated(reader: BinaryReader, wireType: number, readOne: (reader: BinaryReader) => void): void {
  if (wireType !== packed) return readOne(reader)
  const inner = new BinaryReader(reader.bytes())
  while (inner.pos < inner.len) readOne(inner)
}

/** HParamsPluginData.session_start_info.hparams: a map to google.protobuf.Value. */
function hyperOf(bytes: Uint8Array): Record<string, Plain> | undefined {
  let hyper: Record<string, Plain> | undefined
  message(bytes, (field, reader) => {
    if (field !== 3) return false
    hyper = {}
    const into = hyper
    message(reader.bytes(), (inner, session) => {
      if (inner !== 1) return false
      let name = ''
      let value: Plain = null
      message(session.bytes(), (part, entry) => {
        if (part === 1) name = entry.string()
        else if (part === 2) value = plainValue(entry.bytes())
        else return false
        return true
      })
      into[name] = value
      return true
    })
    return true
  })
  return hyper
}

function plainValue(bytes: Uint8Array): Plain {
  let value: Plain = null
  message(bytes, (field, reader, wireType) => {
    if (field === 2 && wireType === double) value = reader.double()
    else if (field === 3) value = reader.string()
    else if (field === 4) value = reader.bool()
    else return false
    return true
  })
  return value
}
