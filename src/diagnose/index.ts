/** @file The diagnosis of a run: what is wrong, how sure, what to do next. */
export { Diagnosis, type DiagnosisReport, diagnose, type Verdict } from './diagnosis.ts'
export type { CheckEvent, ExperimentEvent, FindingEvent, LogEvent, RunEvent, ToldEvent } from './events.ts'
export { type ExperimentOptions, runExperiments } from './experiments.ts'
export { type Basis, type Finding, type FindingCode, findingCodes, type Judgement, type Severity } from './finding.ts'
export { History } from './history.ts'
export type { DiagnosisRule, TooEarly } from './rule.ts'
export { rules } from './rules/index.ts'
export { eventsOf } from './stored.ts'
export {
  type Trained,
  type TrainOptions,
  train,
  type WatchedOptions,
  type WatchedResult,
  watchedTraining,
} from './train.ts'
