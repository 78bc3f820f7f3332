/** @file `rappel/train`: the training loop, its events and its results. */
export type { CheckpointSink, TakenCheckpoint } from './checkpoints.ts'
export {
  type CheckpointEvent,
  type Distribution,
  type EndEvent,
  type EpochEvent,
  type GraphFacts,
  type LayerFacts,
  type Measurement,
  type Outcome,
  type ParameterFacts,
  type Picture,
  type ProbeEvent,
  quantileLevels,
  type ResumeEvent,
  type RollBackEvent,
  type RuleFacts,
  type StartEvent,
  type StepsEvent,
  type TrainingEvent,
} from './events.ts'
export { type FindRateOptions, findRate, type RateTest } from './find-rate.ts'
export { forwardGraph, measuringGraph, type NetDescription, type NetGraph, trainingGraph } from './graphs.ts'
export { type RunOptions, runTraining, type TrainingResult } from './loop.ts'
export { type ModelFileOptions, modelFile } from './model-file.ts'
export { makePlan, type PlanParts, type TrainingPlan } from './plan.ts'
export type { Cadence, Measured, Probe, ProbeContext, WatchedBatch, WatchedLayer } from './probes/probe.ts'
export type { StepForm } from './stepper.ts'
