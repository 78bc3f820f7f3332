/**
 * @file The port to where runs are kept. One process writes a run, any number read it while it is written. Implementations pass the
 * contract suite in `rappel/testing`.
 */

/** Plain data. Numbers may be NaN or infinite: every implementation keeps them. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [name: string]: Plain | undefined }

/** Where a point of a series stands. */
export interface At {
  /** Updates made before. */
  readonly step: number
  /** How often each example had been seen, with fractions. NaN where nobody says. */
  readonly epoch: number
  /** Seconds since the run began. NaN where nobody says. */
  readonly seconds: number
}

/** What happened, in words that a program reads: `type` says which fields there are. */
export interface RecordedEvent {
  readonly type: string
  readonly [field: string]: Plain | undefined
}

export interface StoredEvent {
  /** From 0, in the order of writing, without gaps. */
  readonly index: number
  readonly event: RecordedEvent
  /** Whether a resumed run has taken it back: it lies behind the checkpoint from which the run went on. */
  readonly superseded: boolean
}

/** A series: one number for each of many points, in the order of writing. All four arrays have the same length. The values keep their bits, a NaN's too. */
export interface Series {
  readonly name: string
  readonly steps: Float64Array
  readonly epochs: Float64Array
  readonly seconds: Float64Array
  readonly values: Float64Array
}

/** How far a record goes: what a checkpoint keeps, so that a resumed run goes on from there. */
export interface RecordPosition {
  readonly events: number
  /** Points by the name of the series; a series that is missing has none. */
  readonly points: Readonly<Record<string, number>>
}

export interface NewRun {
  /** Unique in the store; runs sort by it: `20261123-091602`. */
  readonly id: string
  /** What made it: 'train', 'demo', 'foreign' (a loop of somebody's own), 'import'. */
  readonly kind: string
  /** What a person calls it: the data's name, the project's. */
  readonly name: string
  /** Milliseconds since 1970, UTC. */
  readonly startedAt: number
  /** Where its large files lie: an absolute path. */
  readonly folder?: string
  /** Hyperparameters, seed, hash of the data, version of the code, environment: what is needed to do it again. */
  readonly facts: { readonly [name: string]: Plain | undefined }
}

/** Why a run is not going on, or that it is. */
export type RunState = 'running' | 'finished' | 'stopped-early' | 'interrupted' | 'diverged' | 'failed'

export interface StoredRun extends NewRun {
  readonly state: RunState
  /** Whether a living process writes it. A run that is 'running' and is not being written was killed, or its writer let it go. */
  readonly writing: boolean
  /** Milliseconds since 1970 of the last write. */
  readonly writtenAt: number
  /** What came out: the final document; absent while it runs. */
  readonly result?: Plain
}

/** A checkpoint's place in the index. Its content is a file of the run's folder, named by its hash. */
export interface StoredCheckpoint {
  readonly step: number
  readonly epoch: number
  /** Name of the file within the run's folder. */
  readonly file: string
  /** Bytes. */
  readonly size: number
  /** Why it is kept; one may be several. */
  readonly kept: readonly ('newest' | 'best' | 'periodic')[]
  /** What was recorded when it was taken. */
  readonly position: RecordPosition
}

/**
 * Writes one run. Owned by one process: a second writer of the same run is refused while the first lives. `log` and `event` only
 * remember; `flush` writes all of it in one transaction, and only then readers see it. A process that is killed loses what it has
 * not flushed, never what it has.
 */
export interface RunWriter {
  readonly id: string
  /** One point of each of the named series. */
  log(at: At, values: Readonly<Record<string, number>>): void
  /** Many points of one series: the arrays are copied. */
  logMany(series: Series): void
  /** @throws RappelError 'usage' when it is not plain data: a typed array, a Date */
  event(event: RecordedEvent): void
  /** @param now milliseconds since 1970 @throws RappelError 'store' when it cannot be written (a full disk): all is kept for the next flush */
  flush(now: number): Promise<void>
  /** Of what was logged so far, flushed or not. */
  position(): RecordPosition
  /**
   * Takes back what lies behind a position: points are removed, events marked. Flushes. Nothing may be logged until it is done.
   *
   * @throws RappelError 'store' when the position lies behind what there is
   */
  supersede(position: RecordPosition, now: number): Promise<void>
  /** Replaces the index of checkpoints, in the same transaction as what is not flushed yet. */
  checkpoints(all: readonly StoredCheckpoint[], now: number): Promise<void>
  /**
   * Flushes and ends the run. Nothing may be logged meanwhile, and the writer refuses all else afterwards. When it throws, nothing has
   * changed: it may be tried again.
   */
  close(state: Exclude<RunState, 'running'>, result: Plain | undefined, now: number): Promise<void>
  /** Lets the run go without saying how it ended: it stays 'running', and what was not flushed is lost, as if the process were killed. */
  release(): Promise<void>
}

/**
 * Where runs are kept. Every read sees whole transactions, and never waits for a writer. Reads of a run that is being written give what
 * has been flushed; of a run that does not exist, nothing: an empty list or undefined.
 */
export interface Store {
  /** @throws RappelError 'store' when a run has the id already */
  createRun(run: NewRun): Promise<RunWriter>
  /** To go on writing a run: it is 'running' again, without a result. @throws RappelError 'store' when there is none, or it is being written */
  continueRun(id: string): Promise<RunWriter>
  /** All runs, sorted by id. @param brief whether `facts` may be empty and `result` left out: of many runs they are large */
  runs(brief?: boolean): Promise<readonly StoredRun[]>
  run(id: string): Promise<StoredRun | undefined>
  /** Removes a run's record. Its folder is the caller's. @throws RappelError 'store' when it is being written */
  deleteRun(id: string): Promise<void>
  /**
   * Superseded events too.
   *
   * @param from index of the first that is wanted; default 0
   * @param brief a type of event of which the type is enough: its other fields may be left out. A long run has thousands of large ones
   */
  events(id: string, from?: number, brief?: string): Promise<readonly StoredEvent[]>
  /** Sorted. */
  seriesNames(id: string): Promise<readonly string[]>
  /** @param from number of the first point that is wanted; default 0. Undefined where there is no such series */
  series(id: string, name: string, from?: number): Promise<Series | undefined>
  storedCheckpoints(id: string): Promise<readonly StoredCheckpoint[]>
  /** Lets the runs go that are still being written here, as `release` does. */
  close(): Promise<void>
}
