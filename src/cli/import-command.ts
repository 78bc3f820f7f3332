/** @file `rappel runs import`: runs of other programs into the record. All of them, or none. */
import { resolve } from 'node:path'
import { RappelError } from '../base/errors.ts'
import { codeOf } from '../store/files.ts'
import { jsonLines } from '../store/json-lines.ts'
import { createNamedRun } from '../store/open-run.ts'
import type { Plain, RunWriter, Store } from '../store/store.ts'
import { TensorboardDecoder } from '../store/tensorboard.ts'
import { tfRecords } from '../store/tfrecord.ts'
import {
  comesBeforeStart,
  isStart,
  type LineEnd,
  type LineHeader,
  LineRecord,
  lineHeader,
} from '../train/line-record.ts'
import { TensorboardRecord } from '../train/tensorboard-record.ts'
import type { Flags } from './arguments.ts'
import { toJson } from './document.ts'
import { storeOf } from './find-run.ts'
import { forms, type ImportSource, importSources } from './import-sources.ts'
import { openStore } from './open-store.ts'
import { count } from './report.ts'

interface Imported {
  readonly id: string
  readonly name: string
  readonly files: readonly string[]
  /** Lines, or events of TensorBoard. */
  readonly records: number
  readonly warnings: readonly string[]
}

/** Lines or events between two writings: what waits is kept in memory. */
const betweenFlushes = 20_000
/** Events of TensorBoard in which hyperparameters are looked for: they stand at the beginning. */
const headEvents = 1000

export async function importRuns(flags: Flags, paths: readonly string[]): Promise<number> {
  const sources = importSources(paths)
  const store = openStore(storeOf(flags))
  const done = await importInto(store, sources, paths.join(', ')).finally(() => store.close())
  for (const warning of done.flatMap(({ warnings }) => warnings)) process.stderr.write(`rappel: warning: ${warning}\n`)
  if (flags.json) process.stdout.write(`${toJson({ schema: 1, imported: done })}\n`)
  else
    for (const { id, name, records } of done)
      process.stdout.write(`imported ${name} as ${id}: ${count(records)} ${records === 1 ? 'record' : 'records'}\n`)
  return 0
}

/**
 * Puts all runs of the sources into a store, or none.
 *
 * @param named what stands in the message where they hold no run
 * @throws RappelError 'data' that names file and line
 */
export async function importInto(store: Store, sources: readonly ImportSource[], named: string): Promise<Imported[]> {
  const done: Imported[] = []
  try {
    for (const source of sources) {
      const imported = await importOne(store, source)
      if (imported !== undefined) done.push(imported)
    }
    if (done.length === 0)
      throw new RappelError('data', `${named}: there are no scalars, histograms or hyperparameters in it`, forms)
    return done
  } catch (error) {
    for (const { id } of done) await store.deleteRun(id)
    throw error
  }
}

/** Takes away what it wrote when it fails. */
async function importOne(store: Store, source: ImportSource): Promise<Imported | undefined> {
  const into = new Import(store, source)
  try {
    return await (source.form === 'lines' ? into.lines() : into.tensorboard())
  } catch (error) {
    await into.undo()
    if (error instanceof RappelError) throw error
    const file = (error as NodeJS.ErrnoException).path ?? source.files.join(', ')
    if (codeOf(error) === undefined) throw error
    throw new RappelError('data', `${file} cannot be read: ${(error as Error).message}`, 'check its permissions', {
      cause: error,
    })
  }
}

class Import {
  readonly #store: Store
  readonly #source: ImportSource
  readonly #warnings: string[] = []
  #name: string
  #writer: RunWriter | undefined
  #records = 0

  constructor(store: Store, source: ImportSource) {
    this.#store = store
    this.#source = source
    this.#name = source.name
  }

  async lines(): Promise<Imported> {
    const [file] = this.#source.files
    // What stands before the start waits for it.
    const waiting: { line: number; value: Plain }[] = []
    let record: LineRecord | undefined
    for await (const next of jsonLines(file)) {
      if (next.type === 'cut') {
        this.#warnings.push(`${file}:${next.line}: the last line is cut off and left out`)
        continue
      }
      const { line, value } = next
      if (record === undefined && inLine(file, line, () => comesBeforeStart(value))) {
        waiting.push({ line, value })
        continue
      }
      if (record === undefined) {
        const header = inLine(file, line, () => (isStart(value) ? lineHeader(value) : {}))
        record = new LineRecord(await this.#begin(header))
        for (const early of waiting) inLine(file, early.line, () => record?.take(early.value))
      }
      const taking = record
      inLine(file, line, () => taking.take(value))
      await this.#count()
    }
    if (record === undefined)
      throw new RappelError('data', `${file} holds no run`, 'its first line is {"type": "start", …}')
    return this.#end(record.end)
  }

  /** Undefined for files without anything that is recorded: writers make such ones beside those of their runs. */
  async tensorboard(): Promise<Imported | undefined> {
    const { startedAt, hyper } = await this.#tensorboardHead()
    const writer = await this.#begin({ startedAt: Math.floor(startedAt * 1000), ...(hyper && { hyper }) })
    const record = new TensorboardRecord(writer, startedAt)
    const others = new Set<string>()
    let values = 0
    for (const file of this.#source.files) {
      const decoder = new TensorboardDecoder()
      let damaged = 0
      let firstDamaged: number | undefined
      for await (const next of tfRecords(file)) {
        if (next.type === 'cut') {
          this.#warnings.push(
            `${file} is damaged or cut off at byte ${next.at} (${next.why}): what stands before is kept`,
          )
          continue
        }
        const event = next.type === 'record' ? decoded(decoder, next.bytes) : undefined
        if (event === undefined) {
          damaged++
          if (next.type === 'damaged') firstDamaged ??= next.at
          continue
        }
        values += record.take(event)
        for (const tag of event.others) others.add(tag)
        await this.#count()
      }
      if (damaged > 0) {
        const where = firstDamaged === undefined ? '' : `, the first at byte ${firstDamaged},`
        this.#warnings.push(`${file}: ${damaged} damaged records${where} are left out`)
      }
    }
    if (others.size > 0)
      this.#warnings.push(`${this.#name}: left out, because they are no numbers: ${listed([...others])}`)
    if (values === 0 && hyper === undefined) return void (await this.undo())
    return this.#end({ state: 'finished' })
  }

  /** When the first event was written, and the hyperparameters. */
  async #tensorboardHead(): Promise<{ startedAt: number; hyper?: Readonly<Record<string, Plain>> }> {
    let startedAt: number | undefined
    let firstWritten: number | undefined
    let left = headEvents
    for (const file of this.#source.files) {
      const decoder = new TensorboardDecoder()
      for await (const next of tfRecords(file)) {
        if (left-- === 0) break
        const event = next.type === 'record' ? decoded(decoder, next.bytes) : undefined
        if (event === undefined) continue
        if (event.hyper !== undefined) return { startedAt: startedAt ?? event.wallTime, hyper: event.hyper }
        // The first is about the file, and a copy has another time.
        if (Object.keys({ ...event.scalars, ...event.histograms }).length > 0) startedAt ??= event.wallTime
        firstWritten ??= event.wallTime
      }
    }
    startedAt ??= firstWritten
    if (startedAt === undefined)
      throw new RappelError('data', `${this.#source.files[0]} holds no whole event`, 'copy it again')
    return { startedAt }
  }

  async #begin({ name, startedAt = Date.now(), hyper, seed }: LineHeader): Promise<RunWriter> {
    this.#name = name ?? this.#name
    const facts = {
      ...(hyper !== undefined && { hyper }),
      ...(seed !== undefined && { seed }),
      imported: this.#source.files.map((file) => resolve(file)),
    }
    this.#writer = await createNamedRun(this.#store, { kind: 'import', name: this.#name, startedAt, facts })
    return this.#writer
  }

  async #count(): Promise<void> {
    if (++this.#records % betweenFlushes === 0) await this.#writer?.flush(Date.now())
  }

  async #end({ state, result }: LineEnd): Promise<Imported> {
    const writer = this.#writer as RunWriter
    await writer.close(state, result, Date.now())
    return {
      id: writer.id,
      name: this.#name,
      files: this.#source.files,
      records: this.#records,
      warnings: this.#warnings,
    }
  }

  async undo(): Promise<void> {
    if (this.#writer === undefined) return
    await this.#writer.release().catch(() => {})
    await this.#store.deleteRun(this.#writer.id).catch(() => {})
  }
}

/** Says in which line something is wrong. */
function inLine<T>(file: string, line: number, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof RappelError)) throw error
    throw new RappelError('data', `${file}:${line}: ${error.message}`, error.hint, { cause: error })
  }
}

/** Undefined for bytes that are no event though their checksum is right. */
function decoded(decoder: TensorboardDecoder, bytes: Uint8Array) {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ')
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown
}
