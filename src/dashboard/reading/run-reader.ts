/** @file One run of a store, read as far as it goes and kept up to date: each look fetches only what is new. */
import type { CheckEvent, FindingEvent } from '../../diagnose/events.ts'
import { type Finding, isTrouble } from '../../diagnose/finding.ts'
import { isHigherBetter, judgingSeries, reachedOf, shownState } from '../../store/run-summary.ts'
import type { RecordedEvent, Series, Store, StoredRun } from '../../store/store.ts'
import type { CheckpointEvent, DataEvent, EndEvent, ProbeEvent, StartEvent } from '../../train/events.ts'
import { fromRecorded, isEventType } from '../../train/record-events.ts'
import { type RunCard, type RunNow, type ShownFinding, sparklinePoints, type Verdict } from '../documents.ts'
import { ThinnedProbes } from './thinned-probes.ts'

/** What reading needs of a store: a report brings a small one of its own. */
export type ReadableStore = Pick<Store, 'runs' | 'run' | 'events' | 'seriesNames' | 'series'>

/** What the diagnosis says of a run that nobody diagnosed while it went on; undefined of others. */
export type DiagnosisOf = (
  run: StoredRun,
) => Promise<{ readonly findings: readonly Finding[]; readonly verdict: Verdict } | undefined>

export interface RunReaderOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Absent: a run has the findings that were recorded, and no others. */
  readonly diagnosisOf?: DiagnosisOf
}

const keyOf = ({ code, where }: { readonly code: string; readonly where?: string }) => `${code} ${where ?? ''}`
const severities = ['error', 'warning', 'info'] as const
/** Points of one run's series that are kept at most: about 200 MB. Those that were asked for longest ago are read again. */
const mostPoints = 6_000_000
/** Milliseconds at least between two diagnoses of a run that nobody diagnoses while it goes on; and they take at most a tenth of the time. */
const diagnosisPace = 1000

export class RunReader {
  readonly #store: ReadableStore
  readonly #id: string
  readonly #options: RunReaderOptions
  #run?: StoredRun
  #version: number
  #events = 0
  #names: readonly string[] = []
  readonly #series = new Map<string, Series>()
  readonly #findings = new Map<string, ShownFinding>()
  #verdict?: Verdict
  /** Whether findings were recorded: somebody looked for them. */
  #isDiagnosed = false
  /** Whether something was recorded since the findings were looked for. */
  #undiagnosed = false
  #diagnoseAfter = Number.NEGATIVE_INFINITY
  readonly #probes = new ThinnedProbes()
  /** Number of the first event that may be a probe's and has not been read. */
  #probesFrom = 0
  /** Looks come one after the other: two at once would take the same events twice. */
  #queue: Promise<unknown> = Promise.resolve()
  #now?: { readonly version: number; readonly now: RunNow }
  /** What was told last of what there is one of. */
  start?: StartEvent
  check?: CheckEvent
  #data?: RecordedEvent
  #end?: EndEvent
  checkpoints: CheckpointEvent[] = []

  constructor(store: ReadableStore, id: string, options: RunReaderOptions) {
    this.#store = store
    this.#id = id
    this.#options = options
    // After a restart of the server too, a later version has a higher number.
    this.#version = options.now()
  }

  get run(): StoredRun | undefined {
    return this.#run
  }

  /** Grows with each look that found something new. */
  get version(): number {
    return this.#version
  }

  /** What the data are like; undefined where it was not told. */
  get data(): DataEvent | undefined {
    if (this.#data === undefined || !isOwnData(this.#data)) return undefined
    const event = fromRecorded(this.#data)
    return event?.type === 'data' ? event : undefined
  }

  get seriesNames(): readonly string[] {
    return this.#names
  }

  /** Probes' events in their order; of very many, some at equal distances. `readProbes` reads them. */
  get probes(): readonly ProbeEvent[] {
    return this.#probes.all
  }

  /** Looks again. @returns whether something is new; false too where there is no such run */
  refresh(): Promise<boolean> {
    return this.#inTurn(() => this.#refresh())
  }

  /** Reads the probes' events that have come since. */
  readProbes(): Promise<void> {
    return this.#inTurn(async () => {
      for (const { index, event, superseded } of await this.#store.events(this.#id, this.#probesFrom)) {
        this.#probesFrom = index + 1
        if (event.type !== 'probe' || superseded) continue
        const probe = fromRecorded(event)
        if (probe?.type === 'probe') this.#probes.push(probe)
      }
    })
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work)
    this.#queue = done.catch(() => {})
    return done
  }

  async #refresh(): Promise<boolean> {
    const run = await this.#store.run(this.#id)
    const before = this.#run
    if (run === undefined) {
      this.#forget()
      this.#run = undefined
      return false
    }
    if (before !== undefined && isSame(before, run)) return this.#diagnose(before)
    // Another run of that name, or one that goes on from a checkpoint.
    if (before !== undefined && (before.startedAt !== run.startedAt || (run.writing && !before.writing))) this.#forget()
    let added = await this.#store.events(this.#id, this.#events, 'probe')
    // What lies behind the checkpoint has been taken back, events and points.
    if (this.#events > 0 && added.some(({ event }) => event.type === 'resume')) {
      this.#forget()
      added = await this.#store.events(this.#id, 0, 'probe')
    }
    for (const { index, event, superseded } of added) {
      this.#events = index + 1
      if (!superseded) this.#take(event)
    }
    this.#names = await this.#store.seriesNames(this.#id)
    this.#run = run
    this.#version++
    this.#undiagnosed = !this.#isDiagnosed
    await this.#diagnose(run)
    return true
  }

  /** @returns whether the findings were looked for */
  async #diagnose(run: StoredRun): Promise<boolean> {
    const { now, diagnosisOf } = this.#options
    const begun = now()
    if (!this.#undiagnosed || diagnosisOf === undefined || begun < this.#diagnoseAfter) return false
    this.#undiagnosed = false
    const diagnosis = await diagnosisOf(run)
    if (diagnosis === undefined) return false
    this.#findings.clear()
    for (const finding of diagnosis.findings) this.#takeFinding({ type: 'finding', finding })
    this.#verdict = diagnosis.verdict
    const ended = now()
    this.#diagnoseAfter = ended + Math.max(diagnosisPace, 9 * (ended - begun))
    this.#version++
    return true
  }

  #forget(): void {
    this.#events = this.#probesFrom = 0
    this.#series.clear()
    this.#findings.clear()
    this.#probes.clear()
    this.#verdict = undefined
    this.#isDiagnosed = false
    this.checkpoints = []
    this.start = this.check = this.#data = this.#end = undefined
  }

  #take(recorded: RecordedEvent): void {
    const { type } = recorded
    // Read when somebody asks.
    if (type === 'probe') return
    if (type === 'data') {
      this.#data = recorded
      return
    }
    if (type === 'check') this.check = recorded as unknown as CheckEvent
    else if (type === 'finding' || type === 'finding-cleared') {
      if (!isFinding(recorded)) return
      this.#isDiagnosed = true
      this.#takeFinding(recorded as unknown as FindingEvent)
    }
    // A foreign loop may have events of these names and of its own kind.
    else if (isEventType(type) && (type !== 'start' || typeof recorded.batchSize === 'number')) {
      const event = fromRecorded(recorded)
      if (event?.type === 'start') this.start = event
      else if (event?.type === 'end') this.#end = event
      else if (event?.type === 'checkpoint' && typeof event.step === 'number') this.checkpoints.push(event)
    }
  }

  #takeFinding(event: FindingEvent): void {
    if (event.type === 'finding') this.#findings.set(keyOf(event.finding), { finding: event.finding })
    else {
      const found = this.#findings.get(keyOf(event))
      if (found !== undefined) this.#findings.set(keyOf(event), { ...found, clearedAt: event.at })
    }
  }

  /** A series as far as it goes; undefined where there is none of that name. */
  async series(name: string): Promise<Series | undefined> {
    const before = this.#series.get(name)
    const known = before?.values.length ?? 0
    // The last one that is known comes once more: it tells whether points were taken back meanwhile.
    const added = await this.#store.series(this.#id, name, Math.max(0, known - 1))
    if (added === undefined) return undefined
    const goesOn = before !== undefined && known > 0 && isSamePoint(before, known - 1, added, 0)
    const series = goesOn ? joined(before, added, 1) : known < 2 ? added : await this.#store.series(this.#id, name)
    if (series === undefined) return undefined
    this.#series.delete(name)
    this.#series.set(name, series)
    this.#makeRoom()
    return series
  }

  #makeRoom(): void {
    let points = 0
    for (const { values } of this.#series.values()) points += values.length
    for (const [name, { values }] of this.#series) {
      if (points <= mostPoints || this.#series.size === 1) return
      points -= values.length
      this.#series.delete(name)
    }
  }

  async card(): Promise<RunCard> {
    const run = this.#run as StoredRun
    const { id, name, kind, startedAt, writtenAt } = run
    const judged = judgingSeries(this.#names)
    const series = judged === undefined ? undefined : await this.series(judged)
    const progress = await this.#progress()
    const verdict = this.#trouble() ?? verdictOf(run) ?? this.#verdict ?? this.#soFar()
    return {
      id,
      name,
      kind,
      state: shownState(run),
      startedAt,
      writtenAt,
      ...(progress && Number.isFinite(progress.epoch) && { epoch: progress.epoch }),
      ...(this.start && { epochs: this.start.epochs }),
      ...(progress && Number.isFinite(progress.seconds) && { seconds: progress.seconds }),
      ...(series && series.values.length > 0 && { score: scoreOf(series) }),
      ...(verdict && { verdict }),
      findings: this.#counts(),
    }
  }

  /** The same object while nothing is new. */
  async now(): Promise<RunNow> {
    const version = this.#version
    if (this.#now?.version !== version) this.#now = { version, now: await this.#stands() }
    return this.#now.now
  }

  async #stands(): Promise<RunNow> {
    const card = await this.card()
    const progress = await this.#progress()
    const { sanity, verdict } = this.check ?? {}
    return {
      card,
      version: this.#version,
      step: progress?.step ?? 0,
      ...(progress && Number.isFinite(progress.seconds) && { seconds: progress.seconds }),
      ...(progress && card.state === 'running' && secondsLeft(progress, this.start)),
      ...(this.#end && { outcome: this.#end.outcome }),
      findings: this.#sorted(),
      seriesNames: this.#names,
      checked: { ...(verdict && { gradients: verdict }), ...(sanity && { sanity: sanity.verdict }) },
    }
  }

  /** Where the run stands: of the loss, or of whatever it logs. */
  async #progress(): Promise<{ step: number; epoch: number; seconds: number } | undefined> {
    const name = this.#names.includes('loss') ? 'loss' : judgingSeries(this.#names)
    const series = name === undefined ? undefined : await this.series(name)
    if (series === undefined || series.values.length === 0) return undefined
    const { step, epoch, seconds } = reachedOf(series)
    // A loss stands at the beginning of its step; what was measured after an epoch, at its end.
    const measured = this.#names.includes('penalty') ? await this.series('penalty') : undefined
    const ended = measured && measured.values.length > 0 ? reachedOf(measured).epoch : epoch
    return { step, epoch: ended > epoch ? ended : epoch, seconds }
  }

  #sorted(): ShownFinding[] {
    const rank = ({ finding, clearedAt }: ShownFinding) =>
      severities.indexOf(finding.severity) - finding.confidence / 2 + (clearedAt === undefined ? 0 : 10)
    return [...this.#findings.values()].sort((a, b) => rank(a) - rank(b))
  }

  #counts(): RunCard['findings'] {
    const open = [...this.#findings.values()].filter(({ clearedAt }) => clearedAt === undefined)
    const count = (severity: string) => open.filter(({ finding }) => finding.severity === severity).length
    return { error: count('error'), warning: count('warning'), info: count('info') }
  }

  /** In a word: the worst finding's code, and how many more there are. */
  #trouble(): Verdict | undefined {
    const open = this.#sorted().filter(({ finding, clearedAt }) => clearedAt === undefined && isTrouble(finding))
    if (open.length === 0) return undefined
    const { severity, code } = open[0].finding
    return { state: severity, words: open.length === 1 ? code : `${code} and ${open.length - 1} more` }
  }

  #soFar(): Verdict | undefined {
    return this.start && { state: 'too-early', words: 'Nothing wrong so far.' }
  }
}

/** A foreign loop may tell something of the name 'data'. */
function isOwnData({ training }: RecordedEvent): boolean {
  return typeof (Object(training) as { readonly rows?: unknown }).rows === 'number'
}

/** Another program may have events of this name and of its own kind. */
function isFinding(recorded: RecordedEvent): boolean {
  if (recorded.type === 'finding-cleared') return typeof Object(recorded.at).step === 'number'
  const { severity, at, words, basis, evidence, explains } = Object(recorded.finding)
  const texts = [words, basis].every((text) => typeof text === 'string')
  return (
    texts &&
    severities.includes(severity) &&
    typeof at?.step === 'number' &&
    Object(evidence) === evidence &&
    Array.isArray(explains)
  )
}

const isSame = (a: StoredRun, b: StoredRun) =>
  a.writtenAt === b.writtenAt && a.state === b.state && a.writing === b.writing && a.startedAt === b.startedAt

function isSamePoint(a: Series, i: number, b: Series, j: number): boolean {
  return i < a.values.length && j < b.values.length && a.steps[i] === b.steps[j] && Object.is(a.values[i], b.values[j])
}

/** @param skip so many of the added are known already */
function joined(before: Series, added: Series, skip: number): Series {
  if (added.values.length === skip) return before
  const of = (a: Float64Array, b: Float64Array) => {
    const all = new Float64Array(a.length + b.length - skip)
    all.set(a)
    all.set(skip === 0 ? b : b.subarray(skip), a.length)
    return all
  }
  return {
    name: before.name,
    steps: of(before.steps, added.steps),
    epochs: of(before.epochs, added.epochs),
    seconds: of(before.seconds, added.seconds),
    values: of(before.values, added.values),
  }
}

/** That of the final document. */
function verdictOf({ result }: StoredRun): Verdict | undefined {
  const { verdict } = (result ?? {}) as { readonly verdict?: Verdict }
  return typeof verdict?.state === 'string' && typeof verdict.words === 'string' ? verdict : undefined
}

function scoreOf(series: Series): NonNullable<RunCard['score']> {
  const { last, best } = reachedOf(series)
  const { length } = series.values
  const taken = Math.min(length, sparklinePoints)
  const trace = Array.from({ length: taken }, (_, i) =>
    taken === 1 ? series.values[0] : series.values[Math.round((i * (length - 1)) / (taken - 1))],
  )
  return {
    series: series.name,
    last,
    ...(best !== undefined && { best }),
    higherIsBetter: isHigherBetter(series.name),
    trace,
  }
}

function secondsLeft(
  { epoch, seconds }: { readonly epoch: number; readonly seconds: number },
  start: StartEvent | undefined,
): { secondsLeft?: number } {
  if (start === undefined || !(epoch > 0) || !(seconds > 0)) return {}
  return { secondsLeft: Math.max(0, ((start.epochs - epoch) * seconds) / epoch) }
}
