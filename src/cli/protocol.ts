/** @file What the command line and the process that trains say to each other. */
import type { LoadProgress } from '../data/progress.ts'
import type { TrainingEvent } from '../train/events.ts'
import type { RunDocument } from './document.ts'
import type { Failure } from './failure.ts'
import type { RunFolder } from './run-folder.ts'

/** The work, sent once at the start. */
export interface TrainRequest {
  /** The project's file; undefined for the built-in demo. */
  readonly configFile?: string
  readonly seed?: number
  readonly threads?: number
  /** Folder into which the run is written, `model.onnx` and `run.json`; default: a new one. */
  readonly out?: string
}

export type ToChild = { readonly type: 'train'; readonly request: TrainRequest } | { readonly type: 'stop' }

export type FromChild =
  | { readonly type: 'ready' }
  /** The data come from afar. */
  | { readonly type: 'loading'; readonly progress: LoadProgress }
  /** From here on there is a folder, which is to be taken away if nothing is done in it. */
  | { readonly type: 'claimed'; readonly folder: RunFolder }
  | { readonly type: 'event'; readonly event: TrainingEvent }
  | Result

/** The last message. */
export type Result =
  | { readonly type: 'done'; readonly document: RunDocument }
  | { readonly type: 'failed'; readonly failure: Failure }
