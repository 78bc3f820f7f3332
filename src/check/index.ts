/** @file `rappel/check`: the gradient check, and the sanity checks before learning. Loads without a runtime. */

export * from './adapters/index.ts'
export { checkEvaluator } from './check-evaluator.ts'
export type { CheckedTensor, Evaluator, Move, Values } from './evaluator.ts'
export { type AssertOptions, assertGradient, type GradientCheckOptions, gradientCheck } from './gradient-check.ts'
export { type ModelEvaluatorOptions, modelEvaluator } from './model.ts'
export { checkModel, type ModelCheckOptions } from './model-check.ts'
export type { ModelReport } from './model-report.ts'
export type { Both, NumberArray, Objective, Point } from './objective.ts'
export type { CheckOptions } from './options.ts'
export type {
  Band,
  CoordinateReport,
  Diagnosis,
  DirectionReport,
  GradientReport,
  SecondOrderReport,
  TaylorReport,
  TensorReport,
  Verdict,
} from './report.ts'
export type { SanityCheckName, SanityFinding, SanityReport, SanityVerdict } from './sanity/report.ts'
export { type SanityOptions, sanityChecks } from './sanity/sanity.ts'
