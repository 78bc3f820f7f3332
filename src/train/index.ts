/** @file `rappel/train`: the training loop, its events and its results. */
export type { EndEvent, EpochEvent, Measurement, Outcome, StartEvent, StepsEvent, TrainingEvent } from './events.ts'
export { forwardGraph, measuringGraph, type NetDescription, type NetGraph, trainingGraph } from './graphs.ts'
export { type RunOptions, runTraining, type TrainingResult } from './loop.ts'
export { type ModelFileOptions, modelFile } from './model-file.ts'
export { makePlan, type PlanParts, type TrainingPlan } from './plan.ts'
export type { StepForm } from './stepper.ts'
