/** @file What the command line and the process that works say to each other. */
import type { CheckProgress } from '../check/model-check.ts'
import type { SanityCheckName } from '../check/sanity/report.ts'
import type { LoadProgress } from '../data/progress.ts'
import type { ToldEvent } from '../diagnose/events.ts'
import type { RaceProgress, RaceReport } from '../search/race.ts'
import type { RateTest } from '../train/find-rate.ts'
import type { CheckDocument } from './check-document.ts'
import type { RunDocument } from './document.ts'
import type { Failure } from './failure.ts'
import type { RunFolder } from './run-folder.ts'

/** What both kinds of work take. */
export interface Project {
  /** The project's file; undefined for the built-in demo. */
  readonly configFile?: string
  readonly seed?: number
  readonly threads?: number
}

export interface TrainRequest extends Project {
  /** Folder into which the run is written, `model.onnx` and `run.json`; default: a new one. */
  readonly out?: string
  /** File of the store in which the run is recorded; default: see `storePath`. */
  readonly store?: string
  /** What the record says that made the run; default: 'train', or 'demo' without a configuration. */
  readonly kind?: string
  /** A run to go on with: its id, its folder, or 'last'. Its configuration, seed and threads are used again. */
  readonly resume?: string
  /** Whether gradients too are checked before, and whether the net can learn a few examples by heart. */
  readonly check?: boolean
  /** Whether the quick checks are left out, which are made before every training. Default false. */
  readonly unchecked?: boolean
  /** Whether trials are made first: other rates, shuffled targets, one batch over and over. */
  readonly probe?: boolean
}

export interface CheckRequest extends Project {
  /** How many coordinates of each tensor, every tensor by directions, or what the check chooses. */
  readonly extent?: 'all' | 'directions'
  readonly examples?: number
}

export interface RaceRequest extends Project {
  readonly store?: string
  /** By name, and 'own' for the configuration's. */
  readonly rules: readonly string[]
  readonly seeds?: number
}

/** The work, sent once at the start. */
export type Work =
  | { readonly type: 'train'; readonly request: TrainRequest }
  | { readonly type: 'check'; readonly request: CheckRequest }
  | { readonly type: 'find-rate'; readonly request: Project }
  | { readonly type: 'race'; readonly request: RaceRequest }

export type ToChild = Work | { readonly type: 'stop' }

export type FromChild =
  | { readonly type: 'ready' }
  /** The data come from afar. */
  | { readonly type: 'loading'; readonly progress: LoadProgress }
  /** From here on there is a folder, which is to be taken away if nothing is done in it. */
  | { readonly type: 'claimed'; readonly folder: RunFolder }
  | { readonly type: 'event'; readonly event: ToldEvent }
  | { readonly type: 'checking'; readonly progress: CheckProgress }
  | { readonly type: 'racing'; readonly progress: RaceProgress }
  /** One of the checks before learning begins. */
  | { readonly type: 'looking'; readonly check: SanityCheckName }
  /** The trials before a training begin. */
  | { readonly type: 'trying' }
  /** The check before a training. */
  | { readonly type: 'before'; readonly check: CheckDocument }
  | Result

/** The last message. */
export type Result =
  | { readonly type: 'trained'; readonly document: RunDocument }
  | { readonly type: 'checked'; readonly document: CheckDocument }
  | { readonly type: 'rate-found'; readonly test: RateTest }
  /** `runs`: ids of those that were recorded. */
  | { readonly type: 'raced'; readonly report: RaceReport; readonly runs: readonly string[] }
  | { readonly type: 'failed'; readonly failure: Failure }
