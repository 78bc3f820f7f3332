/**
 * @file `openRun`: the record of a training loop that is not Rappel's. Node's modules and the store are loaded when it is called, so
 * that `rappel` itself loads without them.
 */
import { checkInteger, checkOptions, show, suggestion, usageError } from '../base/errors.ts'
import type { Flushing } from './flushing.ts'
import { Places, type Point } from './point.ts'
import type { NewRun, Plain, RecordedEvent, RunState, RunWriter, Store } from './store.ts'
import { checkEvent, checkValues } from './values.ts'

export interface OpenRunOptions {
  /** What a person calls it: the data's name, the project's. */
  readonly name: string
  /** Hyperparameters: what differs between runs. */
  readonly hyper?: Readonly<Record<string, Plain>>
  readonly seed?: number
  /** A file, or a store that is open already and stays so. Default: what RAPPEL_STORE names, else `.rappel/runs.sqlite`. */
  readonly store?: string | Store
  /** Folder of the run's own large files, if it has one. */
  readonly folder?: string
  /** Milliseconds since 1970. Default: `Date.now`. */
  readonly now?: () => number
}

export interface EndOptions {
  /** Default: 'finished'. */
  readonly state?: Exclude<RunState, 'running'>
  /** What came out: plain data. */
  readonly result?: Plain
}

/** A run that is being written. What was logged is written about once a second, and when the program ends by itself. */
export interface OpenRun {
  /** Under which `rappel runs` knows it: `20261123-091602`. */
  readonly id: string
  /**
   * One point of each of the named series, remembered until the next writing. Costs about a microsecond.
   *
   * @param values numbers by name, NaN and infinities too: `loss`, `training/accuracy`, `validation/loss`, `learningRate` are names
   *   that reports know
   * @throws RappelError 'usage' when a name or a value is none
   */
  log(values: Readonly<Record<string, number>>, point?: Point): void
  /** What happened besides. @throws RappelError 'usage' when it is no plain object with a `type` */
  event(event: RecordedEvent): void
  /** Writes everything now. @throws RappelError 'store' when it cannot be written */
  flush(): Promise<void>
  /**
   * Writes everything and ends the run; a second call does nothing.
   *
   * @throws RappelError 'store' when it cannot be written
   */
  end(options?: EndOptions): Promise<void>
  /** Ends a run that nobody ended as 'interrupted': it may be an error that leaves the block. */
  [Symbol.asyncDispose](): Promise<void>
}

const states = ['finished', 'stopped-early', 'interrupted', 'diverged', 'failed'] as const

/**
 * Begins the record of a run.
 *
 * @throws RappelError 'usage' for options that do not fit, 'store' when the store cannot be opened
 */
export async function openRun(options: OpenRunOptions): Promise<OpenRun> {
  checkOpenOptions(options)
  const { name, hyper, seed, folder, now = Date.now } = options
  const { codeVersion, environment } = await import('./environment.ts')
  const { Flushing } = await import('./flushing.ts')
  const startedAt = now()
  const run = {
    kind: 'foreign',
    name,
    startedAt,
    ...(folder !== undefined && { folder: (await import('node:path')).resolve(folder) }),
    facts: {
      ...(hyper && { hyper }),
      ...(seed !== undefined && { seed }),
      code: { ...(await codeVersion(process.cwd())) },
      environment: { ...environment() },
    },
  }
  const given = typeof options.store === 'object' ? options.store : undefined
  const store = given ?? (await openStore(options.store as string | undefined))
  try {
    const writer = await createNamedRun(store, run)
    const flushing = new Flushing(writer, now, warn)
    return new WritingRun(writer, flushing, now, startedAt, given === undefined ? store : undefined)
  } catch (error) {
    if (given === undefined) await store.close()
    throw error
  }
}

/** Runs sort by their ids: `20261123-091602` in UTC; further ones in the same second get a number. */
export function runId(startedAt: number, number = 1): string {
  const time = new Date(startedAt).toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15)
  return number === 1 ? time : `${time}-${number}`
}

/**
 * Makes a run whose id says when it began. Several processes may do so within one second.
 *
 * @param wanted an id to be tried first
 */
export async function createNamedRun(store: Store, run: Omit<NewRun, 'id'>, wanted?: string): Promise<RunWriter> {
  for (let number = wanted === undefined ? 1 : 0; ; number++) {
    const id = wanted !== undefined && number === 0 ? wanted : runId(run.startedAt, number)
    if ((await store.run(id)) !== undefined) continue
    try {
      return await store.createRun({ id, ...run })
    } catch (error) {
      // Another process may have been faster; what else is wrong stays wrong.
      if ((await store.run(id)) === undefined) throw error
    }
  }
}

async function openStore(path: string | undefined): Promise<Store> {
  const { storePath } = await import('./place.ts')
  const { sqliteStore } = await import('./sqlite.ts')
  return sqliteStore(storePath(path))
}

/** A loop does not end because its record cannot be written for now. */
function warn(error: unknown): void {
  process.emitWarning(`${(error as Error).message} (what is logged is kept in memory and tried again)`, 'RappelWarning')
}

class WritingRun implements OpenRun {
  readonly #writer: RunWriter
  readonly #flushing: Flushing
  readonly #now: () => number
  readonly #startedAt: number
  /** To be closed with the run. */
  readonly #store: Store | undefined
  readonly #places = new Places()
  #ended: Promise<void> | undefined

  constructor(writer: RunWriter, flushing: Flushing, now: () => number, startedAt: number, store: Store | undefined) {
    this.#writer = writer
    this.#flushing = flushing
    this.#now = now
    this.#startedAt = startedAt
    this.#store = store
    process.on('beforeExit', this.#onExit)
  }

  get id(): string {
    return this.#writer.id
  }

  log(values: Readonly<Record<string, number>>, point: Point = {}): void {
    this.#checkOpen()
    checkValues(values)
    this.#writer.log(this.#places.place(point, (this.#now() - this.#startedAt) / 1000), values)
  }

  event(event: RecordedEvent): void {
    this.#checkOpen()
    checkEvent(event)
    this.#writer.event(event)
  }

  async flush(): Promise<void> {
    this.#checkOpen()
    await this.#writer.flush(this.#now())
  }

  async end({ state = 'finished', result, ...odd }: EndOptions = {}): Promise<void> {
    checkOptions('end', odd, ['state', 'result'])
    if (!states.includes(state)) throw usageError(`state is ${show(state)}`, suggestion(String(state), states))
    this.#ended ??= this.#end(state, result)
    await this.#ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end({ state: 'interrupted' })
  }

  async #end(state: Exclude<RunState, 'running'>, result: Plain | undefined): Promise<void> {
    try {
      await this.#writer.close(state, result, this.#now())
    } catch (error) {
      // Nothing is lost yet: the caller may make room and try again.
      this.#ended = undefined
      throw error
    }
    process.off('beforeExit', this.#onExit)
    await this.#flushing.stop()
    await this.#store?.close()
  }

  /** The program has nothing left to do and did not say that the run had finished. */
  readonly #onExit = () => {
    // Once: what cannot be written now would be tried for ever.
    process.off('beforeExit', this.#onExit)
    this.end({ state: 'interrupted' }).catch(warn)
  }

  #checkOpen(): void {
    if (this.#ended !== undefined) throw usageError(`the run ${this.id} has ended`, 'begin another with openRun()')
  }
}

function checkOpenOptions(options: OpenRunOptions): void {
  if (typeof options !== 'object' || options === null)
    throw usageError(`openRun takes an object, got ${show(options)}`, "such as openRun({ name: 'digits' })")
  checkOptions('openRun', options, ['name', 'hyper', 'seed', 'store', 'folder', 'now'])
  const { name, hyper, seed, store } = options
  if (typeof name !== 'string' || name.trim() === '')
    throw usageError(`name is ${show(name)}, expected a text`, "what is trained: openRun({ name: 'digits' })")
  if (hyper !== undefined) {
    if (typeof hyper !== 'object' || hyper === null || Array.isArray(hyper))
      throw usageError(`hyper is ${show(hyper)}, expected an object`, 'each hyperparameter by its name')
  }
  if (seed !== undefined) checkInteger('seed', seed)
  const isStore = typeof store === 'object' && store !== null && 'createRun' in store
  if (store !== undefined && !isStore && (typeof store !== 'string' || store === ''))
    throw usageError(`store is ${show(store)}, expected the path of a file`, 'such as runs.sqlite')
}
