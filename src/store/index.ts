/** @file `rappel/store`: where runs are kept. */
export { type EndOptions, type OpenRun, type OpenRunOptions, openRun } from './open-run.ts'
export type { Point } from './point.ts'
export { type RunFile, readRunFile, removeRunFiles, writeRunFile } from './run-files.ts'
export { type SqliteOptions, sqliteStore } from './sqlite.ts'
export type {
  At,
  NewRun,
  Plain,
  RecordedEvent,
  RecordPosition,
  RunState,
  RunWriter,
  Series,
  Store,
  StoredCheckpoint,
  StoredEvent,
  StoredRun,
} from './store.ts'
