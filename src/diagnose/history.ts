/** @file What a run has told so far, in the form in which rules read it. It grows with the run, and slower than it. */
import type { Distribution, EpochEvent, Measurement, Outcome, StartEvent, StepsEvent } from '../train/events.ts'
import { apart } from '../train/record.ts'
import type { CheckEvent, ExperimentEvent, LogEvent, RunEvent } from './events.ts'
import { isLearningRate, meaningOf } from './foreign.ts'

/** One number over time. */
export interface Series {
  readonly steps: readonly number[]
  /** NaN where they are not known. */
  readonly epochs: readonly number[]
  readonly values: readonly number[]
}

export interface SeenDistribution {
  readonly step: number
  readonly epoch: number
  readonly distribution: Distribution
}

/** From here on every second one of the older half is let go. */
const mostPoints = 4096
const mostDistributions = 64

interface Growing {
  steps: number[]
  epochs: number[]
  values: number[]
}

export class History {
  start: StartEvent | undefined
  check: CheckEvent | undefined
  outcome: Outcome | undefined
  /** Updates made. */
  step = 0
  /** How often each example has been seen; NaN where nobody says. */
  epoch = 0
  /** Of a foreign run, the steps at which a training or a validation part was measured; what is not known is NaN. */
  readonly epochs: EpochEvent[] = []
  readonly experiments: ExperimentEvent[] = []
  /** The factors of roll-backs so far. */
  readonly rollBacks: number[] = []
  /** The batch loss of every step, and the step of each. */
  #losses = new Float64Array(1024)
  #steps = new Float64Array(1024)
  #count = 0
  readonly #series = new Map<string, Growing>()
  readonly #distributions = new Map<string, SeenDistribution[]>()
  #derived = new Map<unknown, unknown>()

  /** Batch losses, one a step; of a foreign run that tells no others, the training part's. A view that is valid until the next event. */
  get losses(): Float64Array {
    if (this.#count > 0) return this.#losses.subarray(0, this.#count)
    return this.derive('training losses', () => Float64Array.from(this.#trained, ({ training }) => training?.loss ?? 0))
  }

  /** The step of each of `losses`. */
  get lossSteps(): Float64Array {
    if (this.#count > 0) return this.#steps.subarray(0, this.#count)
    return this.derive('training steps', () => Float64Array.from(this.#trained, ({ step }) => step))
  }

  get #trained(): EpochEvent[] {
    return this.start === undefined ? this.epochs.filter(({ training }) => training !== undefined) : []
  }

  get ended(): boolean {
    return this.outcome !== undefined
  }

  /** Steps that the run will have, where it is known. */
  get totalSteps(): number | undefined {
    if (this.start === undefined) return undefined
    const { epochs, batchSize, data } = this.start
    return epochs * Math.ceil(data.training / batchSize)
  }

  /** Names of all series: 'update:weight/dense1.weight', …; of a foreign run, whatever it logs. */
  get names(): readonly string[] {
    return [...this.#series.keys()]
  }

  /** One number over time; undefined where it was never told. */
  series(name: string): Series | undefined {
    return this.#series.get(name)
  }

  /** Of all series whose name stands before a slash, by what stands behind it: `by('update:weight')` gives each tensor's. */
  by(name: string): ReadonlyMap<string, Series> {
    return this.derive(`by ${name}`, () => {
      const found = new Map<string, Series>()
      for (const [key, series] of this.#series)
        if (key.startsWith(`${name}/`)) found.set(key.slice(name.length + 1), series)
      return found
    })
  }

  /** Of a layer's 'activation/…' or 'gradient/…', oldest first. */
  distributions(name: string): readonly SeenDistribution[] {
    return this.#distributions.get(name) ?? []
  }

  /** Names of all distributions. */
  get distributionNames(): readonly string[] {
    return [...this.#distributions.keys()]
  }

  /** Computed once for all rules, until the next event. @param key a name, or the function itself */
  derive<T>(key: string, make: () => T): T
  derive<T>(make: (run: History) => T): T
  derive<T>(key: string | ((run: History) => T), make?: () => T): T {
    if (!this.#derived.has(key)) this.#derived.set(key, typeof key === 'string' ? make?.() : key(this))
    return this.#derived.get(key) as T
  }

  take(event: RunEvent): void {
    if (this.#derived.size > 0) this.#derived = new Map()
    switch (event.type) {
      case 'start':
        this.start = event
        return
      case 'check':
        this.check = { ...this.check, ...event }
        return
      case 'steps':
        event.losses.forEach((loss, i) => this.#loss(event.first + i, loss))
        this.#at(event.first + event.losses.length, this.#epochAfter(event))
        return
      case 'epoch':
        this.epochs.push(event)
        this.#at(event.step, event.epoch)
        return
      case 'probe':
        this.#log({ ...event, values: apart(event.probe, event.values) })
        for (const [name, distribution] of Object.entries(event.distributions ?? {}))
          this.#distribution(name, { step: event.step, epoch: event.epoch, distribution })
        return
      case 'log':
        this.#foreign(event)
        return
      case 'experiment':
        this.experiments.push(event)
        return
      case 'roll-back':
        this.#rollBack(event.to, event.rateFactor)
        return
      case 'resume':
        this.#cut(event.step)
        return
      case 'end':
        this.outcome = event.outcome
        this.#at(event.step, event.epoch)
        return
      case 'checkpoint':
      case 'data':
        return
    }
  }

  /** A group of steps lies within one epoch, whose last batch may be smaller. */
  #epochAfter({ epoch, losses }: StepsEvent): number {
    if (this.start === undefined) return epoch
    const { batchSize, data } = this.start
    return Math.min(Math.floor(epoch) + 1, epoch + (losses.length * batchSize) / data.training)
  }

  #at(step: number, epoch: number): void {
    this.step = Math.max(this.step, step)
    if (!(epoch < this.epoch)) this.epoch = epoch
  }

  #loss(step: number, loss: number): void {
    if (this.#count === this.#losses.length) {
      this.#losses = enlarged(this.#losses)
      this.#steps = enlarged(this.#steps)
    }
    this.#losses[this.#count] = loss
    this.#steps[this.#count] = step
    this.#count += 1
  }

  #log({ step, epoch = Number.NaN, values }: Pick<LogEvent, 'step' | 'epoch' | 'values'>): void {
    for (const [name, value] of Object.entries(values)) {
      const series = this.#series.get(name) ?? { steps: [], epochs: [], values: [] }
      this.#series.set(name, series)
      series.steps.push(step)
      series.epochs.push(epoch)
      series.values.push(value)
      if (series.steps.length > mostPoints) thin(series)
    }
  }

  /** Whatever a foreign loop calls its losses and accuracies, rules find them where those of our own runs are. */
  #foreign(event: LogEvent): void {
    this.#log(event)
    const { step, epoch = Number.NaN, values } = event
    for (const [name, value] of Object.entries(values)) {
      const meaning = this.start === undefined ? meaningOf(name) : undefined
      if (meaning?.part === 'validation') this.#measured(step, epoch, 'validation', { [meaning.of]: value })
      else if (meaning?.part === 'training') this.#measured(step, epoch, 'training', { [meaning.of]: value })
      else if (meaning?.of === 'loss') this.#loss(step, value)
      else if (meaning === undefined && this.start === undefined && isLearningRate(name) && name !== 'learningRate')
        this.#log({ step, epoch, values: { learningRate: value } })
    }
    // Of our own runs the steps tell how far it is.
    this.#at(this.start === undefined ? step + 1 : step, epoch)
  }

  /** Losses and accuracies of one step come together or one by one. */
  #measured(step: number, epoch: number, part: 'training' | 'validation', value: Partial<Measurement>): void {
    const last = this.epochs.at(-1)
    const here = last?.step === step ? last : { type: 'epoch' as const, epoch, step, penalty: 0 }
    if (here === last) this.epochs.pop()
    const known = here[part] ?? { loss: Number.NaN, examples: Number.NaN }
    this.epochs.push({ ...here, [part]: { ...known, ...value } })
  }

  #distribution(name: string, seen: SeenDistribution): void {
    const kept = this.#distributions.get(name) ?? []
    this.#distributions.set(name, kept)
    kept.push(seen)
    if (kept.length > mostDistributions) kept.splice(0, kept.length, ...kept.filter(isKept(kept.length)))
  }

  #rollBack(to: number, rateFactor: number): void {
    this.rollBacks.push(rateFactor)
    this.#cut(to)
  }

  /** What was told behind a step to which the run went back is superseded. */
  #cut(step: number): void {
    let count = this.#count
    while (count > 0 && this.#steps[count - 1] >= step) count--
    this.#count = count
    while ((this.epochs.at(-1)?.step ?? 0) > step) this.epochs.pop()
    for (const series of this.#series.values()) {
      let kept = series.steps.length
      while (kept > 0 && series.steps[kept - 1] >= step) kept--
      for (const list of [series.steps, series.epochs, series.values]) list.length = kept
    }
    for (const kept of this.#distributions.values()) while ((kept.at(-1)?.step ?? -1) >= step) kept.pop()
    this.step = step
    this.epoch = this.epochs.at(-1)?.epoch ?? 0
  }
}

function enlarged(values: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(values.length * 2)
  larger.set(values)
  return larger
}

/** The first and the newer half stay; of the older half every second one. */
const isKept = (length: number) => (_: unknown, i: number) => i % 2 === 0 || i > length / 2

function thin(series: Growing): void {
  const keep = isKept(series.steps.length)
  series.steps = series.steps.filter(keep)
  series.epochs = series.epochs.filter(keep)
  series.values = series.values.filter(keep)
}
