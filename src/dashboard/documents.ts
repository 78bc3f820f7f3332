/**
 * @file What the page asks for, and what it gets: plain data, and the one interface that all ways of getting it share.
 *
 * Three things give these documents: `reading/` from a store, `page/http-source.ts` over the network from a server that does, and
 * `page/report-source.ts` from a store that is embedded in a report. The page cannot tell them apart, but for `live`.
 */

import type { CheckEvent } from '../diagnose/events.ts'
import type { Finding } from '../diagnose/finding.ts'
import type { ShownState } from '../store/run-summary.ts'
import type { Plain } from '../store/store.ts'
import type { DataEvent, Distribution, Outcome, StartEvent } from '../train/events.ts'

/** What a horizontal axis counts: how often each example has been seen, updates made, seconds since the run began. */
export type Axis = 'epoch' | 'step' | 'seconds'

export const axes: readonly Axis[] = ['epoch', 'step', 'seconds']

/** 'too-early': the evidence is thin; 'nothing-wrong': looked at, and nothing was found. */
export interface Verdict {
  readonly state: string
  readonly words: string
}

/** A run at a glance: a row of the list of runs. */
export interface RunCard {
  readonly id: string
  readonly name: string
  readonly kind: string
  readonly state: ShownState
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly writtenAt: number
  /** How often each example has been seen, and how often it is planned. */
  readonly epoch?: number
  readonly epochs?: number
  /** Since the run began, of the last thing recorded. */
  readonly seconds?: number
  /** What the run is judged by. */
  readonly score?: {
    readonly series: string
    readonly last: number
    readonly best?: number
    readonly higherIsBetter: boolean
    /** The score over time, at most `sparklinePoints` of it. */
    readonly trace: readonly number[]
  }
  readonly verdict?: Verdict
  /** How many findings of each severity are open. */
  readonly findings: { readonly error: number; readonly warning: number; readonly info: number }
}

export const sparklinePoints = 60

/** A finding, and whether what was found is still so. */
export interface ShownFinding {
  readonly finding: Finding
  readonly clearedAt?: { readonly epoch: number; readonly step: number }
}

/** One run as it stands now: small, so that it can be sent whole whenever something has changed. */
export interface RunNow {
  readonly card: RunCard
  /** Grows with everything that is recorded: what was asked for before may be out of date. */
  readonly version: number
  readonly step: number
  /** Seconds that the rest of the planned epochs will take, at the pace so far; absent where nobody can know. */
  readonly secondsLeft?: number
  /** Seconds since the run began, of the last thing recorded. */
  readonly seconds?: number
  readonly outcome?: Outcome
  /** Open ones first, then those that have cleared; the worst first. */
  readonly findings: readonly ShownFinding[]
  /** Sorted. */
  readonly seriesNames: readonly string[]
  /** Verdicts of what was checked before the first step; absent where it was not. */
  readonly checked: { readonly gradients?: string; readonly sanity?: string }
}

/** What does not change while a run goes on. */
export interface RunFacts {
  /** Absent for a run that another program wrote. */
  readonly start?: StartEvent
  /** Hyperparameters, seed, hash of the data, version of the code, environment. */
  readonly facts: { readonly [name: string]: Plain | undefined }
  /** Where the run's files lie. */
  readonly folder?: string
  /** Checkpoints taken so far, and the last of them. */
  readonly checkpoints?: { readonly count: number; readonly epoch: number; readonly step: number }
}

/** What was checked before the first step; null where nothing was. */
export interface RunChecks {
  readonly check: CheckEvent | null
}

/** An array as plain numbers. */
export interface PlainArray {
  readonly shape: readonly number[]
  readonly values: readonly number[]
}

/** What the data are like; `data` is null of a run that did not tell it. */
export interface RunData {
  readonly data: (Omit<DataEvent, 'pictures'> & { readonly arrays: Readonly<Record<string, PlainArray>> }) | null
}

/** Of a run whose data were looked at. */
export type KnownData = NonNullable<RunData['data']>

export interface CurvesRequest {
  readonly names: readonly string[]
  /** What `from` and `to` count. */
  readonly axis: Axis
  /** Default: all. */
  readonly from?: number
  readonly to?: number
  /** How many points at most of each; default 1600. Of what is left out, the extremes stay. */
  readonly points?: number
  /** Also a smoothed line: an exponential mean in which a point has lost half its weight after so many points. */
  readonly halfLife?: number
}

/** A series, thinned for drawing. All lists have the same length. */
export interface Curve {
  readonly name: string
  readonly step: readonly number[]
  readonly epoch: readonly number[]
  readonly seconds: readonly number[]
  readonly values: readonly number[]
  /** Of all points, those not shown too. */
  readonly smoothed?: readonly number[]
  /** How many points the window really has. */
  readonly points: number
}

export interface MatrixRequest {
  /** What stands before the slash: 'update:weight', 'norm:gradient', 'dead'. */
  readonly measure: string
  /** How many columns at most; default 240. */
  readonly columns?: number
}

/** One measure of all tensors or layers over time: what the heat map draws. */
export interface Matrix {
  readonly measure: string
  /** Tensors or layers, in the order of the net. */
  readonly rows: readonly string[]
  /** Where each column begins. */
  readonly step: readonly number[]
  readonly epoch: readonly number[]
  readonly seconds: readonly number[]
  /** `values[row][column]`: the median of what was measured there, NaN where nothing was. */
  readonly values: readonly (readonly number[])[]
}

export interface DistributionsRequest {
  /** 'activation/dense1', 'gradient/dense1', 'exampleLoss/training'. */
  readonly name: string
  /** How many moments at most; default 120. */
  readonly moments?: number
}

/** How one distribution changed. All lists have the same length. */
export interface DistributionHistory {
  readonly name: string
  readonly step: readonly number[]
  readonly epoch: readonly number[]
  readonly seconds: readonly number[]
  readonly distributions: readonly Distribution[]
}

export interface PicturesRequest {
  /** Name of the pictures: that of a tensor. Default: the first. */
  readonly name?: string
  /** Which of the moments is wanted; default: the last. */
  readonly step?: number
}

/** The first layer's weights as images at one moment, and which other moments there are. */
export interface Pictures {
  readonly names: readonly string[]
  readonly name?: string
  /** Steps and epochs at which pictures were taken. */
  readonly steps: readonly number[]
  readonly epochs: readonly number[]
  /** Of the moment that was asked for. [pictures, height, width] or [pictures, height, width, 3]. */
  readonly picture?: { readonly step: number; readonly shape: readonly number[]; readonly values: readonly number[] }
}

/** What can be asked of a run, by name: the request, and the answer. A panel that needs something new adds it here. */
export interface Questions {
  facts: { request: Record<never, never>; answer: RunFacts }
  curves: { request: CurvesRequest; answer: readonly Curve[] }
  matrix: { request: MatrixRequest; answer: Matrix }
  distributions: { request: DistributionsRequest; answer: DistributionHistory }
  /** Names of the distributions that there are. */
  distributionNames: { request: Record<never, never>; answer: readonly string[] }
  pictures: { request: PicturesRequest; answer: Pictures }
  checks: { request: Record<never, never>; answer: RunChecks }
  data: { request: Record<never, never>; answer: RunData }
}

export type Question = keyof Questions

/** What has changed since the last news of the same connection; the first is whole. */
export interface News {
  /** All runs, the newest first. */
  readonly runs?: readonly RunCard[]
  /** Where there are no others than before: those that have changed. */
  readonly changed?: readonly RunCard[]
  /** The run that is followed; null when there is none of that name. */
  readonly run?: RunNow | null
}

export interface Source {
  /** Whether runs may still change. */
  readonly live: boolean
  /** Milliseconds since 1970: now, or when the report was written. */
  now(): number
  /**
   * Tells at once how things stand, and again whenever something changes.
   *
   * @param run that is looked at; none: only the list
   * @param onNews what stands there now; while what it returns is pending it is not called, and then told the newest only
   * @param onConnection whether the source answers
   * @returns what ends it
   */
  follow(
    run: string | undefined,
    onNews: (news: News) => void | Promise<void>,
    onConnection: (isConnected: boolean) => void,
  ): () => void
  /** @throws RappelError or Error with words for a person */
  ask<Q extends Question>(run: string, question: Q, request: Questions[Q]['request']): Promise<Questions[Q]['answer']>
}
