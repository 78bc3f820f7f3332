/** @file `rappel/nn`: layers, initialisers, losses and penalties, which build graphs. */

export type { Constraint, NormLimit } from './constraint.ts'
export * as constraint from './constraint.ts'
export type { Fans, Initialiser } from './init.ts'
export * as init from './init.ts'
export type { Loss, LossFormula } from './loss.ts'
export * as loss from './loss.ts'
export { type Buffer, initialValue, type Layer, type LayerContext, ModelContext, type Parameter } from './model.ts'
export * as nn from './nn.ts'
export type { Penalty } from './penalty.ts'
export * as penalty from './penalty.ts'
