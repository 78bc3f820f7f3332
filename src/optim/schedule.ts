/** @file The group `schedule`: how a hyperparameter changes while a network learns. */
export { cosine } from './schedules/cosine.ts'
export { bottou, constant, exponential, inverse, step } from './schedules/decay.ts'
export { oneCycle } from './schedules/one-cycle.ts'
export { piecewise, product, sequence, warmUp } from './schedules/parts.ts'
export { plateau } from './schedules/plateau.ts'
export { linear, polynomial } from './schedules/polynomial.ts'
export { sutskever } from './schedules/sutskever.ts'
