/** @file What the command line and the process that trains say to each other. */
import type { TrainingEvent } from '../train/events.ts'
import type { RunDocument } from './document.ts'
import type { Failure } from './failure.ts'

/** The work, sent once at the start. */
export interface TrainRequest {
  /** The project's file; undefined for the built-in demo. */
  readonly configFile?: string
  readonly seed?: number
  readonly threads?: number
  /** Folder into which the run is written: `model.onnx` and `run.json`. */
  readonly folder: string
}

export type ToChild = { readonly type: 'train'; readonly request: TrainRequest } | { readonly type: 'stop' }

export type FromChild =
  | { readonly type: 'ready' }
  | { readonly type: 'event'; readonly event: TrainingEvent }
  | { readonly type: 'done'; readonly document: RunDocument }
  | { readonly type: 'failed'; readonly failure: Failure }
