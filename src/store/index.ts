/** @file `rappel/store`: where runs are kept. */
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
