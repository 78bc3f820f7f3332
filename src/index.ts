/** @file `rappel`: what a project's configuration needs, in groups whose names are the field's. */
export { RappelError } from './base/errors.ts'
export type { Engine } from './engine/engine.ts'
export { constraint, init, loss, nn, penalty } from './nn/index.ts'
export * as optim from './optim/optim.ts'
export * as schedule from './optim/schedule.ts'
export * as space from './search/space.ts'
export { type Config, defineConfig } from './train/config.ts'
export { type TrainOptions, train } from './train/train.ts'
