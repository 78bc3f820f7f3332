/** @file The group `optim`: update rules, in the words of the field. */
export { adam } from './adam.ts'
export { momentum } from './momentum.ts'
export { nesterov } from './nesterov.ts'
export { rule } from './rule.ts'
export { sgd } from './sgd.ts'
