/** @file `rappel/search`: search spaces, races of update rules. */
export {
  type Contestant,
  type Milestone,
  type RaceOptions,
  type RaceProgress,
  type RaceReport,
  type RaceResult,
  type RaceRun,
  race,
} from './race.ts'

export type { ChoiceSpace, NumberSpace } from './space.ts'
export * as space from './space.ts'
