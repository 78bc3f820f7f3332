/** @file What a source tells while it loads: large files take time. */

export interface LoadProgress {
  /** What is being fetched: a file's name. */
  readonly what: string
  /** Bytes there are. */
  readonly done: number
  /** Bytes there will be, where that is known. */
  readonly total?: number
}

export interface LoadOptions {
  readonly onProgress?: (progress: LoadProgress) => void
}
