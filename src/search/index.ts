/** @file `rappel/search`: search spaces. */

export type { ChoiceSpace, NumberSpace } from './space.ts'
export * as space from './space.ts'
