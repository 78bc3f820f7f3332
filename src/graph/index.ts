/** @file `rappel/graph`: ONNX graphs as the intermediate representation. */
export { gradients, hessianVector, pullback } from './autodiff.ts'
export { batchGraph } from './batch.ts'
export { toFloat64 } from './float64.ts'
export { fastForms } from './forms.ts'
export { Builder, OPSET } from './graph.ts'
export { freezeWinners, recordWinners, type Winner } from './kinks.ts'
export { lowerForRuntime } from './lower.ts'
export * as op from './op.ts'
export { operators } from './ops/index.ts'
export { type PerturbOptions, perturbGraph } from './perturb.ts'
export { readModel, writeModel } from './proto.ts'
export { inline, type Replace, rewrite } from './rewrite.ts'
export { freeBatch, type SymbolicGraph } from './symbolic.ts'
export { graphText, parseGraph, printGraph } from './text.ts'
export type {
  Attributes,
  AttributeValue,
  Graph,
  GraphBuilder,
  Node,
  OpDefinition,
  Operators,
  OpKind,
  Value,
  ValueType,
} from './types.ts'
