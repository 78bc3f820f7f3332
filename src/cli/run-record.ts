/** @file The record of a training: everything that it tells goes into the store while it goes on. */
import { basename, resolve } from 'node:path'
import { RappelError } from '../base/errors.ts'
import { dataHash } from '../data/hash.ts'
import type { RunEvent, ToldEvent } from '../diagnose/events.ts'
import { eventsOf } from '../diagnose/stored.ts'
import type { Engine } from '../engine/engine.ts'
import { codeVersion, environment } from '../store/environment.ts'
import { Flushing } from '../store/flushing.ts'
import { createNamedRun } from '../store/open-run.ts'
import { storePath } from '../store/place.ts'
import type { Plain, RunWriter, Store } from '../store/store.ts'
import { toPlain } from '../store/to-plain.ts'
import type { TrainingEvent } from '../train/events.ts'
import type { TrainingPlan } from '../train/plan.ts'
import { TrainingRecord } from '../train/record.ts'
import { isEventType } from '../train/record-events.ts'
import { CheckpointFiles, type Found } from './checkpoint-files.ts'
import type { RunDocument } from './document.ts'
import { failureOf } from './failure.ts'
import type { KeptRun } from './kept-run.ts'
import { openStore } from './open-store.ts'
import type { TrainRequest } from './protocol.ts'

export class RunRecord {
  readonly #store: Store
  readonly #writer: RunWriter
  readonly #record: TrainingRecord
  readonly #flushing: Flushing
  readonly #startedAt: number
  readonly #lost = new AbortController()
  /** Where checkpoints go. */
  readonly checkpoints: CheckpointFiles
  /** What a run that goes on has told so far. */
  readonly before: readonly RunEvent[]

  /** @param kept a run that goes on, and what it has told */
  private constructor(
    store: Store,
    writer: RunWriter,
    folder: string,
    { found: kept, before = [] }: { readonly found?: Found; readonly before?: readonly RunEvent[] } = {},
  ) {
    this.before = before
    this.#store = store
    this.#writer = writer
    this.#startedAt = performance.now() - (kept?.content.seconds ?? 0) * 1000
    const named = kept ? [...kept.older, kept.checkpoint] : []
    this.checkpoints = new CheckpointFiles(writer, folder, named, Date.now, this.lost)
    this.#record = new TrainingRecord(writer)
    this.#flushing = new Flushing(writer, Date.now, (error) => this.#lost.abort(error))
  }

  /**
   * Begins the record of a run.
   *
   * @param folder of the run
   * @throws RappelError 'store' when it cannot be written: nothing is trained that would not be recorded
   */
  static async begin(plan: TrainingPlan, engine: Engine, folder: string, request: TrainRequest): Promise<RunRecord> {
    const run = {
      kind: request.kind ?? (request.configFile === undefined ? 'demo' : 'train'),
      name: plan.name,
      startedAt: Date.now(),
      folder: resolve(folder),
      facts: await factsOf(plan, engine, request),
    }
    const store = openStore(storePath(request.store))
    try {
      // A folder that somebody named may be used again and again.
      const wanted = request.out === undefined ? basename(folder) : undefined
      return new RunRecord(store, await createNamedRun(store, run, wanted), folder)
    } catch (error) {
      await store.close()
      throw error
    }
  }

  /** Goes on with a record: what lies behind the checkpoint, or all of it where there is none, is taken back. */
  static async resume({ id, folder, found }: KeptRun, request: TrainRequest): Promise<RunRecord> {
    const store = openStore(storePath(request.store))
    try {
      const writer = await store.continueRun(id)
      await writer.supersede(found?.checkpoint.position ?? { events: 0, points: {} }, Date.now())
      const run = await store.run(id)
      return new RunRecord(store, writer, folder, { found, before: run && (await eventsOf(store, run)) })
    } catch (error) {
      await store.close()
      throw error
    }
  }

  get id(): string {
    return this.#writer.id
  }

  /** Aborted when the record cannot be written any more. */
  get lost(): AbortSignal {
    return this.#lost.signal
  }

  write(event: ToldEvent): void {
    if (isTraining(event)) return this.#record.write(event, (performance.now() - this.#startedAt) / 1000)
    const { type, ...fields } = event
    this.#writer.event({ type, version: 1, ...(toPlain(fields) as Readonly<Record<string, Plain>>) })
  }

  /**
   * Does the work and ends the record with what came out, or with what went wrong.
   *
   * @throws what the work throws; RappelError 'store' when the record was lost on the way
   */
  async through(work: () => Promise<RunDocument>): Promise<RunDocument> {
    let document: RunDocument
    try {
      document = await work()
    } catch (error) {
      // The same full disk may have kept the work from writing what it reached.
      await this.#close('failed', { failure: { ...failureOf(error) } }).catch(() => {})
      throw this.lost.aborted ? this.#lostError(`The run was ended, and ${(error as Error).message}`) : error
    }
    const { steps, model } = document
    const reached = `after ${steps} steps${model === undefined ? '' : `; what was reached is kept in ${model}`}`
    try {
      await this.#close(document.outcome.reason, toPlain(document))
    } catch (error) {
      this.#lost.abort(error)
    }
    if (this.lost.aborted) throw this.#lostError(`The run was ended ${reached}`)
    return document
  }

  async #close(state: Parameters<RunWriter['close']>[0], result: Plain): Promise<void> {
    try {
      await this.#flushing.stop()
      await this.#writer.close(state, result, Date.now())
    } finally {
      await this.#store.close()
    }
  }

  #lostError(consequence: string): unknown {
    const error: unknown = this.lost.reason
    if (!(error instanceof RappelError)) return error
    const hint = 'make room there, or record elsewhere with --store, and train again'
    return new RappelError(error.code, `${error.message}. ${consequence}`, hint, { cause: error })
  }
}

const isTraining = (event: ToldEvent): event is TrainingEvent => isEventType(event.type)

/** What is needed to do it again. What executes is told by the start event. */
async function factsOf(plan: TrainingPlan, engine: Engine, request: TrainRequest): Promise<Record<string, Plain>> {
  const { name, training, validation, seed, hyper } = plan
  const data = {
    name,
    training: await dataHash(training),
    ...(validation && { validation: await dataHash(validation) }),
  }
  return {
    hyper: toPlain(hyper),
    seed,
    data,
    code: toPlain(await codeVersion(process.cwd())),
    environment: {
      ...(toPlain(environment()) as Record<string, Plain>),
      engine: engine.description,
      ...(plan.threads !== undefined && { threads: plan.threads }),
    },
    ...(request.configFile !== undefined && { configuration: resolve(request.configFile) }),
  }
}
