/** @file Runs a run's probes: says which steps are watched, and makes events of what was measured. */
import { RappelError } from '../../base/errors.ts'
import type { Engine } from '../../engine/engine.ts'
import type { At } from '../../optim/rate.ts'
import type { ProbeEvent } from '../events.ts'
import type { Seconds } from '../phases.ts'
import type { TrainingPlan } from '../plan.ts'
import type { TrainingState } from '../state.ts'
import type { Stepper } from '../stepper.ts'
import { Context, type Moment, type Watching } from './context.ts'
import { GraphRuns } from './graph-runs.ts'
import {
  type Cadence,
  isDue,
  isDueAfter,
  leadsUpTo,
  type Measured,
  measuresAt,
  type Position,
  type Probe,
} from './probe.ts'

export interface ProbeRunnerParts {
  readonly plan: TrainingPlan
  readonly probes: readonly Probe[]
  readonly engine: Engine
  /** Made with room to watch. */
  readonly state: TrainingState
  /** In one epoch. */
  readonly batches: number
}

export class ProbeRunner {
  readonly #probes: readonly Probe[]
  readonly #batches: number
  readonly #epochs: number
  readonly #watching: Watching

  constructor({ plan, probes, engine, state, batches }: ProbeRunnerParts) {
    const { watched } = state
    if (watched === undefined) throw new RappelError('usage', 'the state has no room for what probes watch')
    this.#probes = probes
    this.#batches = batches
    this.#epochs = plan.epochs
    this.#watching = { plan, state: state as Watching['state'], runs: new GraphRuns(engine, state, plan.threads) }
  }

  /** Whether a step is to be made alone and looked at. */
  watches(at: Position): boolean {
    return this.#probes.some((probe) => measuresAt(probe, at, this.#batches) || leadsUpTo(probe, at, this.#batches))
  }

  /**
   * How many steps from this one on may be made in one call: 1 where it is watched. Before the next that is, a power of two, so that
   * few numbers of steps have to be compiled.
   */
  stepsBefore({ epoch, batch, step }: Position, most: number): number {
    for (let i = 0; i < most && batch + i < this.#batches; i++) {
      if (!this.watches({ epoch, batch: batch + i, step: step + i })) continue
      return i === 0 ? 1 : 2 ** Math.floor(Math.log2(i))
    }
    return most
  }

  /** Keeps what the step will change, where it is watched. */
  before(at: Position): void {
    if (!this.watches(at)) return
    const { watched, sets, bufferSets } = this.#watching.state
    watched.before?.region.data.set(sets[0].x.region.data)
    if (watched.before !== undefined) watched.buffers.region.data.set(bufferSets[0].region.data)
  }

  /** Measures a step that was watched. @param at where it stood; @param stepper what made it */
  async after(position: Position, { step, epoch }: At, stepper: Stepper): Promise<ProbeEvent[]> {
    const context = this.#context({
      step,
      epoch,
      stepper,
      isDue: (cadence) => isDue(cadence, position, this.#batches),
      hasPrevious: this.#watching.state.watched.previousStep === step - 1,
    })
    const due = this.#probes.filter((probe) => measuresAt(probe, position, this.#batches))
    const events = await measureAll(due, context)
    if (this.#probes.some((probe) => leadsUpTo(probe, position, this.#batches))) {
      context.updates()
      const { watched } = this.#watching.state
      watched.previous.region.data.set(watched.update.region.data)
      watched.previousStep = step
    }
    return events
  }

  /** Measures between steps. @param epoch epochs done. @param seconds where its time went, where there is a clock */
  epochEnd(epoch: number, seconds?: Seconds): Promise<ProbeEvent[]> {
    const isDueNow = (cadence: Cadence) => isDueAfter(cadence, epoch, this.#batches, this.#epochs)
    const due = this.#probes.filter(({ cadence }) => isDueNow(cadence))
    return measureAll(due, this.#context({ step: this.#watching.state.step, epoch, seconds, isDue: isDueNow }))
  }

  release(): Promise<void> {
    return this.#watching.runs.release()
  }

  #context(moment: Moment): Context {
    return new Context(this.#watching, moment)
  }
}

/** @throws RappelError with the probe's name, whatever the probe throws */
async function measure(probe: Probe, context: Context): Promise<Measured | undefined> {
  try {
    return await probe.measure(context)
  } catch (cause) {
    const { code, hint } = cause instanceof RappelError ? cause : { code: 'usage' as const, hint: undefined }
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new RappelError(code, `the probe '${probe.name}': ${message}`, hint, { cause })
  }
}

async function measureAll(probes: readonly Probe[], context: Context): Promise<ProbeEvent[]> {
  const events: ProbeEvent[] = []
  for (const probe of probes) {
    const { step, epoch } = context
    const measured = await measure(probe, context)
    if (measured === undefined) continue
    events.push({ type: 'probe', probe: probe.name, step, epoch, ...measured, values: measured.values ?? {} })
  }
  return events
}
