/** @file One run of a store, read as far as it goes and kept up to date: each look fetches only what is new. */
import type { CheckEvent, FindingEvent } from '../../diagnose/events.ts'
import { type Finding, isTrouble } from '../../diagnose/finding.ts'
import { isHigherBetter, judgingSeries, reachedOf, shownState } from '../../store/run-summary.ts'
import type { RecordedEvent, Series, Store, StoredRun } from '../../store/store.ts'
import type { EndEvent, ProbeEvent, StartEvent } from '../../train/events.ts'
import { fromRecorded, isEventType } from '../../train/record-events.ts'
import { type RunCard, type RunNow, type ShownFinding, sparklinePoints, type Verdict } from '../documents.ts'

/** What reading needs of a store: a report brings a small one of its own. */
export type ReadableStore = Pick<Store, 'runs' | 'run' | 'events' | 'seriesNames' | 'series'>

/** What the diagnosis says of a run that nobody diagnosed while it went on; undefined of others. */
export type DiagnosisOf = (
  run: StoredRun,
) => Promise<{ readonly findings: readonly Finding[]; readonly verdict: Verdict } | undefined>

const keyOf = ({ code, where }: { readonly code: string; readonly where?: string }) => `${code} ${where ?? ''}`
const severities = ['error', 'warning', 'info'] as const

export class RunReader {
  readonly #store: ReadableStore
  readonly #id: string
  readonly #diagnosisOf: DiagnosisOf
  #run?: StoredRun
  #verdict?: Verdict
  #version = 0
  #events = 0
  #names: readonly string[] = []
  readonly #series = new Map<string, Series>()
  readonly #findings = new Map<string, ShownFinding>()
  /** What was told last of what there is one of. */
  start?: StartEvent
  check?: CheckEvent
  #end?: EndEvent
  /** All probes' events, in their order. */
  probes: ProbeEvent[] = []

  constructor(store: ReadableStore, id: string, diagnosisOf: DiagnosisOf = async () => undefined) {
    this.#store = store
    this.#id = id
    this.#diagnosisOf = diagnosisOf
  }

  get run(): StoredRun | undefined {
    return this.#run
  }

  /** Grows with each look that found something new. */
  get version(): number {
    return this.#version
  }

  get seriesNames(): readonly string[] {
    return this.#names
  }

  /** Looks again. @returns whether something is new; false too where there is no such run */
  async refresh(): Promise<boolean> {
    const run = await this.#store.run(this.#id)
    const isSame =
      run?.writtenAt === this.#run?.writtenAt && run?.state === this.#run?.state && run?.writing === this.#run?.writing
    if (run === undefined) this.#forget()
    this.#run = run
    if (isSame || run === undefined) return false
    const added = await this.#store.events(this.#id, this.#events)
    // A run that goes on from a checkpoint has taken back what lies behind it, events and points.
    if (this.#events > 0 && added.some(({ event }) => event.type === 'resume')) this.#forget()
    for (const { event, superseded } of this.#events === 0 ? await this.#store.events(this.#id) : added) {
      this.#events++
      if (!superseded) this.#take(event)
    }
    this.#names = await this.#store.seriesNames(this.#id)
    const diagnosis = await this.#diagnosisOf(run)
    if (diagnosis !== undefined) {
      this.#findings.clear()
      for (const finding of diagnosis.findings) this.#takeFinding({ type: 'finding', finding })
      this.#verdict = diagnosis.verdict
    }
    this.#version++
    return true
  }

  #forget(): void {
    this.#events = 0
    this.#series.clear()
    this.#findings.clear()
    this.probes = []
    this.start = this.check = this.#end = undefined
  }

  #take(recorded: RecordedEvent): void {
    const { type } = recorded
    if (type === 'check') this.check = recorded as unknown as CheckEvent
    else if (type === 'finding' || type === 'finding-cleared') this.#takeFinding(recorded as unknown as FindingEvent)
    // A foreign loop may have events of these names and of its own kind.
    else if (isEventType(type) && (type !== 'start' || typeof recorded.batchSize === 'number')) {
      const event = fromRecorded(recorded)
      if (event?.type === 'start') this.start = event
      else if (event?.type === 'end') this.#end = event
      else if (event?.type === 'probe') this.probes.push(event)
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
    const added = await this.#store.series(this.#id, name, before?.values.length ?? 0)
    if (added === undefined) return undefined
    const series = before === undefined ? added : added.values.length === 0 ? before : joined(before, added)
    this.#series.set(name, series)
    return series
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

  async now(): Promise<RunNow> {
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
    return { step, epoch, seconds }
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

function joined(before: Series, added: Series): Series {
  const of = (a: Float64Array, b: Float64Array) => {
    const all = new Float64Array(a.length + b.length)
    all.set(a)
    all.set(b, a.length)
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
