/** @file Situations to practise on while rules are made: no part of either half, not in the tests, their streams are not kept. */
import { type Situation, situations } from '../../situation.ts'
import { practiceObjective } from './practice-objective.ts'
import { practiceUpdate } from './practice-update.ts'

export const practice: readonly Situation[] = situations('practice', [...practiceUpdate, ...practiceObjective])
