/** @file The final document of a run: what `--json` prints and `run.json` holds. Documented in docs/json.md. */
import { wilsonInterval } from '../base/statistics.ts'
import type { DiagnosisReport } from '../diagnose/diagnosis.ts'
import type { ExperimentEvent } from '../diagnose/events.ts'
import type { WatchedResult } from '../diagnose/train.ts'
import type { EpochEvent, Measurement, Outcome, StartEvent } from '../train/events.ts'

/** A measurement with the uncertainty that the number of examples brings. */
export interface Measured extends Measurement {
  /** 95% interval of the accuracy (Wilson). */
  readonly accuracyInterval?: readonly [low: number, high: number]
}

export interface RunDocument extends DiagnosisReport {
  readonly schema: 1
  readonly outcome: Outcome
  /** What the trials before the first step showed, where they were made (`--probe`). */
  readonly experiments?: readonly ExperimentEvent[]
  readonly seed: number
  readonly validation?: Measured
  readonly training?: Measured
  readonly epochs: readonly EpochEvent[]
  readonly steps: number
  readonly stepsPerSecond?: number
  /** Seconds from the start to the last epoch. */
  readonly seconds?: number
  readonly start: StartEvent
  /** The epoch that was measured best, where early stopping has made the model that of this epoch: the measurements are its too. */
  readonly restored?: { readonly epoch: number; readonly step: number }
  /** Path of the model's file, absent when none was written. */
  readonly model?: string
}

export function runDocument(result: WatchedResult, model: string | undefined): RunDocument {
  const last = result.epochs[result.epochs.length - 1]
  const { restored } = result
  const measuredAt = restored ? (result.epochs.find(({ epoch }) => epoch === restored.epoch) ?? last) : last
  const trained = restored ? measuredAt : result.epochs.findLast(({ training }) => training !== undefined)
  return {
    schema: 1,
    outcome: result.outcome,
    verdict: result.verdict,
    findings: result.findings,
    ...(result.experiments && { experiments: result.experiments }),
    seed: result.start.seed,
    ...(measuredAt.validation && { validation: measured(measuredAt.validation) }),
    ...(trained?.training && { training: measured(trained.training) }),
    epochs: result.epochs,
    steps: result.steps,
    ...(result.stepsPerSecond !== undefined && { stepsPerSecond: result.stepsPerSecond }),
    ...(last.seconds !== undefined && { seconds: last.seconds }),
    start: result.start,
    ...(restored && { restored }),
    ...(model !== undefined && { model }),
  }
}

function measured(measurement: Measurement): Measured {
  const { accuracy, examples } = measurement
  if (accuracy === undefined) return measurement
  return { ...measurement, accuracyInterval: wilsonInterval(Math.round(accuracy * examples), examples) }
}

/** JSON in which NaN and infinities are spelt out, as the strings "NaN", "Infinity" and "-Infinity"; typed arrays are arrays. */
export function toJson(value: unknown, indent?: number): string {
  const spell = (_key: string, inner: unknown) => {
    if (inner instanceof Float32Array) return Array.from(inner)
    return typeof inner === 'number' && !Number.isFinite(inner) ? String(inner) : inner
  }
  return JSON.stringify(value, spell, indent)
}
